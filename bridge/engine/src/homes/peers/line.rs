//! The first words on a way to a peer, signs of life, and acknowledgements.

use hes_schemas::{
    HomeId, Timestamp,
    link::{Beat, Heard, Hello, LinkMessage, VERSION},
};

use super::{BEAT, FORMAT, HELLO, SILENCE, TAKES, Way};
use crate::{engine::Engine, notice::Notice, output::Output, timers::Timer};

impl Engine {
    pub(super) fn greeted(&mut self, now: Timestamp, peer: &HomeId, hello: &Hello) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let was_linked = known.is_linked();
        if known.line.greeted_at.is_some_and(|at| now.since(at) < HELLO) {
            return self.lied(peer, "it says hello without end");
        }
        known.line.greeted_at = Some(now);
        if hello.home != *peer {
            return self.lied(peer, "it says hello for another home");
        }
        if !hello.versions.contains(&VERSION) || !hello.formats.iter().any(|format| format == FORMAT) {
            return self.note(Notice::PeerOffline(peer.clone(), "it speaks another language".to_owned()));
        }
        if was_linked && known.line.epoch != hello.epoch {
            self.unlink(now, peer, "it has begun anew");
        }
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let line = &mut known.line;
        (line.way, line.heard_at) = (Way::Linked, now);
        (line.epoch, line.takes) = (hello.epoch, hello.limits);
        known.ear.begin(hello.epoch);
        if was_linked {
            self.say_hello(now, peer);
        } else {
            self.note(Notice::PeerOnline(peer.clone()));
        }
        self.feed_from(now, peer, hello.heard);
        self.log_from(now, peer, hello.heard.log);
        self.tokens_up(now, peer);
        self.schedule(peer);
    }

    pub(super) fn acknowledged(&mut self, now: Timestamp, peer: &HomeId, heard: Heard) {
        if heard.epoch == self.epoch {
            self.feed_heard(peer, heard.state);
        }
        self.log_heard(now, peer, heard.log);
    }

    /// Ends what there was with a peer, if there was anything.
    pub(super) fn unlink(&mut self, now: Timestamp, peer: &HomeId, reason: &str) {
        let Some(known) = self.homes.peers.known.get_mut(peer).filter(|it| it.is_linked()) else { return };
        known.line.way = Way::Open;
        known.line.acknowledge_at = None;
        known.ear.fall_silent();
        self.note(Notice::PeerOffline(peer.clone(), reason.to_owned()));
        self.asks_down(now, peer);
        self.timers.set(now, Timer::Mirror(peer.clone(), "".into()));
    }

    pub(super) fn say_hello(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.line.said_at = now;
        let hello = Hello {
            versions: vec![VERSION],
            formats: vec![FORMAT.to_owned()],
            home: self.home.clone(),
            epoch: self.epoch,
            limits: TAKES,
            heard: known.heard(),
        };
        self.put(Output::Say(peer.clone(), LinkMessage::Hello(hello)));
    }

    pub(super) fn say_beat(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        (known.line.said_at, known.line.acknowledge_at) = (now, None);
        let heard = known.heard();
        self.put(Output::Say(peer.clone(), LinkMessage::Beat(Beat { heard })));
    }

    /// Sets the one timer of a peer to what is due next.
    pub(super) fn schedule(&mut self, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let line = &mut known.line;
        let next = match line.way {
            Way::Closed => None,
            Way::Open => Some(line.said_at + BEAT),
            Way::Linked => line.acknowledge_at.into_iter().chain([line.said_at + BEAT, line.heard_at + SILENCE]).min(),
        };
        let before = std::mem::replace(&mut line.due, next);
        if let Some(before) = before.filter(|_| before != next) {
            self.timers.cancel(before, Timer::Peer(peer.clone()));
        }
        if let Some(next) = next {
            self.timers.set(next, Timer::Peer(peer.clone()));
        }
    }
}
