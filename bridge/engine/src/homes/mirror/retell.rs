//! What other homes told is told again: after a restart, and after one of them came or went.

use hes_schemas::{HomeId, Timestamp};

use super::{Path, Told};
use crate::{engine::Engine, homes::word::Word, output::Output, record::MirrorRecord, timers::Timer};

/// How many things are published at a time after a peer came or went, so that no input waits long.
const BATCH: usize = 128;

impl Engine {
    /// Publishes what a peer told as it is worth after it came or went, some of it at a time.
    pub(crate) fn tell_mirrors(&mut self, now: Timestamp, peer: HomeId, after: &str) {
        let things = self.homes.peers.mirrors.after(after).take(BATCH);
        let (mut paths, mut last) = (Vec::new(), None);
        for (path, thing) in things {
            last = Some(Path::clone(path));
            paths.extend(thing.of(&peer).map(|_| Path::clone(path)));
        }
        for path in paths {
            if let Some(post) = self.mirror_post(&path) {
                self.put(Output::Publish(post));
                self.pass_on(&path);
            }
        }
        if let Some(last) = last {
            self.timers.set(now, Timer::Mirror(peer, last.as_ref().into()));
        }
    }

    /// Takes back what was known before a restart; it is stale until it is told again.
    pub(in crate::homes) fn restore_mirrors(&mut self, records: Vec<MirrorRecord>) {
        for MirrorRecord { peer, item } in records {
            let Some(address) = self.root.parse(&format!("{}/{}", self.root.as_str(), item.path)) else { continue };
            if self.homes.peers.origins.restore(&peer, &address, &item) {
                continue;
            }
            let size = item.path.len() + item.body.weight();
            let Some(word) = Word::read(&address, item.body) else { continue };
            self.homes.peers.known.entry(peer.clone()).or_default();
            let told = Told { peer, stamp: item.stamp, via: item.via, word, snapshot: 0, size };
            let room = (self.limits.mirrored, self.limits.mirrored_bytes);
            let path = Path::from(item.path);
            self.homes.peers.mirrors.set(&path, address, told, room);
            self.tell_document(&path);
        }
    }
}
