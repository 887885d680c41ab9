//! What of it is shown, kept and passed on.

use super::{
    Address, Bound, Engine, Face, HOPS, HomeId, Item, MirrorRecord, Origin, Output, Path, Post, Record, Thing, Told,
    Ways, Word,
};

impl Engine {
    /// Returns what a peer is told of what another home retains; nothing if it came from there or by there.
    pub(in crate::homes) fn passed_on(&self, peer: &HomeId, path: &str) -> Option<Item> {
        if !self.homes.peers.known.get(peer)?.transit {
            return None;
        }
        let thing = self.homes.peers.mirrors.things.get(path)?;
        let (told, is_sure) = self.best(thing)?;
        let is_back = told.peer == *peer || told.via.contains(peer) || thing.address.home() == peer;
        if is_back || told.via.len() >= HOPS {
            return None;
        }
        let via = told.via.iter().chain([&self.home]).cloned().collect();
        let body = if is_sure { told.word.datum() } else { told.word.unsure().datum() };
        Some(Item { path: path.to_owned(), stamp: told.stamp, body, via })
    }

    pub(crate) fn mirror_post(&self, path: &str) -> Option<Post> {
        let thing = self.homes.peers.mirrors.things.get(path)?;
        let (told, is_sure) = self.best(thing)?;
        let payload = if is_sure { told.word.payload() } else { told.word.unsure().payload() };
        let origin = Origin { home: thing.address.home().clone(), stamp: told.stamp, via: told.via.clone() };
        Some(Post { topic: self.root.topic(&thing.address), payload, retain: true, origin: Some(Box::new(origin)) })
    }

    /// Returns where other homes retain something: all of it below one of some levels, or there alone.
    pub(crate) fn mirror_paths<'e>(&'e self, below: &'e str) -> impl Iterator<Item = &'e str> {
        let things = self.homes.peers.mirrors.things.range::<str, _>((Bound::Included(below), Bound::Unbounded));
        things.map(|(path, _)| path.as_ref()).take_while(move |path| path.starts_with(below))
    }

    /// Returns what counts of what several peers told, and whether it is sure.
    pub(super) fn best<'t>(&self, thing: &'t Thing) -> Option<(&'t Told, bool)> {
        let sure = |told: &Told| {
            let ear = self.homes.peers.known.get(&told.peer).map(|known| &known.ear);
            ear.is_some_and(|ear| ear.is_current && ear.snapshots == told.snapshot)
        };
        let worth = |told: &Told| {
            let way = (told.via.is_empty(), told.stamp, told.word.is_alive());
            (sure(told), way, std::cmp::Reverse(told.via.len()))
        };
        let latest = thing.told.iter().filter(|told| told.word.version() >= thing.highest);
        let best = latest.max_by_key(|told| worth(told)).map(|told| (told, sure(told)));
        best.or_else(|| thing.last.as_ref().map(|told| (told, false)))
    }

    pub(super) fn face(&self, path: &str) -> Option<Face> {
        let (told, is_sure) = self.best(self.homes.peers.mirrors.things.get(path)?)?;
        let word = if is_sure { told.word.clone() } else { told.word.unsure() };
        Some(Face { word, peer: told.peer.clone(), via: told.via.clone() })
    }

    /// Publishes, keeps and passes on what has become of something.
    pub(super) fn show_mirror(&mut self, path: &Path, before: Option<Face>) {
        let after = self.face(path);
        if before == after {
            return;
        }
        let (was, is) = (before.map(|face| face.word), after.map(|face| face.word));
        self.pass_on(path);
        if was == is {
            return;
        }
        let post = self.mirror_post(path).or_else(|| self.mirror_end(path));
        post.into_iter().for_each(|post| self.put(Output::Publish(post)));
        let record = self.mirror_record(path).map_or_else(|| Record::MirrorGone(path.as_ref().into()), Record::Mirror);
        self.put(Output::Save(record));
        self.tell_document(path);
    }

    /// Has a thing told to those who are told of other homes, if there are any.
    pub(super) fn pass_on(&mut self, path: &Path) {
        if self.homes.peers.ways() == Ways::Several {
            self.touch(path);
        }
    }

    pub(super) fn mirror_end(&self, path: &str) -> Option<Post> {
        let address = self.root.parse(&format!("{}/{path}", self.root.as_str()))?;
        Some(Post { topic: self.root.topic(&address), payload: Vec::new(), retain: true, origin: None })
    }

    pub(super) fn mirror_record(&self, path: &str) -> Option<MirrorRecord> {
        let (told, _) = self.best(self.homes.peers.mirrors.things.get(path)?)?;
        let body = told.word.datum();
        let item = Item { path: path.to_owned(), stamp: told.stamp, body, via: told.via.clone() };
        Some(MirrorRecord { peer: told.peer.clone(), item })
    }

    /// Tells the gates what another home's device can do, or that it has gone.
    pub(super) fn tell_document(&mut self, path: &str) {
        let Some(Address::Document(device)) = self.root.parse(&format!("{}/{path}", self.root.as_str())) else {
            return;
        };
        let best = self.homes.peers.mirrors.things.get(path).and_then(|thing| self.best(thing));
        let document = best.and_then(|(told, _)| match &told.word {
            Word::Document(document) => Some(document.clone()),
            Word::Home(_) | Word::Cluster(_) | Word::Device(_) | Word::Value(_) => None,
        });
        self.put(Output::Mirrored(device, document));
    }
}
