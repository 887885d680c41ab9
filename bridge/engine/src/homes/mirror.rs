//! What other homes retain, as peers tell it: retained here as well, below the other home's id.
//!
//! The same may be told by several peers, where one passes on what another home says. The home's own word counts most while
//! it is there, then the latest.

mod graves;
mod retell;
mod show;

use std::{collections::BTreeMap, ops::Bound};

use hes_schemas::{
    Address, HomeId, Timestamp,
    link::{Item, Mark, Stamp, State},
};

use self::graves::Graves;
use super::{feed::Path, peers::Ways, word::Word};
use crate::{
    engine::Engine,
    origin::Origin,
    output::{Output, Post},
    record::{MirrorRecord, Record},
    timers::Timer,
};

/// How many homes may have passed something on.
const HOPS: usize = 16;

/// How far the states of a peer have been heard.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// In which of its lives.
    pub(super) epoch: u64,
    /// Up to which number.
    pub(super) stands: u64,
    /// A snapshot has begun and not ended.
    is_naming: bool,
    /// Something of this life and this link has been heard, so that what is known is so.
    is_current: bool,
    /// How many snapshots have begun: what the last one has not named is not sure.
    snapshots: u64,
}

/// All that other homes retain.
#[derive(Debug, Default)]
pub(super) struct Mirrors {
    things: BTreeMap<Path, Thing>,
    loads: BTreeMap<HomeId, (usize, usize)>,
    graves: Graves,
}

#[derive(Debug)]
struct Thing {
    address: Address,
    told: Vec<Told>,
    /// The highest version that anybody told: whoever tells of a lower one is behind, and will be told.
    highest: u64,
    /// What was told of that version, if nobody tells it any more and others are behind.
    last: Option<Told>,
}

/// What one peer told.
#[derive(Debug, Clone)]
pub(super) struct Told {
    peer: HomeId,
    stamp: Stamp,
    pub(super) via: Vec<HomeId>,
    word: Word,
    snapshot: u64,
    size: usize,
}

/// What a thing looks like from outside.
#[derive(Debug, PartialEq)]
struct Face {
    word: Word,
    peer: HomeId,
    via: Vec<HomeId>,
}

impl Ear {
    /// Begins a link with a life of the peer.
    pub(super) const fn begin(&mut self, epoch: u64) {
        if self.epoch != epoch {
            (self.epoch, self.stands, self.is_naming) = (epoch, 0, false);
        }
        self.is_current = false;
    }

    pub(super) const fn fall_silent(&mut self) {
        self.is_current = false;
    }

    /// Says whether a part is the next one, and goes on.
    const fn takes(&mut self, state: &State) -> bool {
        match state.snapshot {
            Some(Mark::First | Mark::Whole) => {
                self.snapshots += 1;
                self.is_naming = matches!(state.snapshot, Some(Mark::First));
            }
            Some(Mark::More | Mark::Last) if !self.is_naming => return false,
            None if self.is_naming || self.stands == 0 => return false,
            Some(Mark::More | Mark::Last) | None if state.from > self.stands || state.to <= self.stands => {
                return false;
            }
            Some(Mark::Last) => self.is_naming = false,
            Some(Mark::More) | None => {}
        }
        (self.stands, self.is_current) = (state.to, true);
        true
    }
}

impl Mirrors {
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.things.keys()
    }

    pub(super) fn len(&self) -> usize {
        self.things.len()
    }

    /// Takes in what a peer told; returns whether there was room.
    fn set(&mut self, path: &Path, address: Address, told: Told, room: (usize, usize)) -> bool {
        let before = self.things.get(path).and_then(|thing| thing.of(&told.peer)).map_or((0, 0), |it| (1, it.size));
        let load = self.loads.entry(told.peer.clone()).or_default();
        let after = (load.0 + 1 - before.0, load.1 + told.size - before.1);
        if after.0 > room.0 || after.1 > room.1 {
            return false;
        }
        *load = after;
        let thing = self.things.entry(Path::clone(path)).or_insert_with(|| {
            let highest = self.graves.open(path);
            Thing { address, told: Vec::new(), highest, last: None }
        });
        thing.highest = thing.highest.max(told.word.version());
        let before = thing.take(&told.peer);
        thing.told.push(told);
        thing.settle(before);
        true
    }

    /// Lets go of what a peer told; returns how many versions of others are forgotten for want of room.
    fn remove(&mut self, path: &str, peer: &HomeId, ways: Ways) -> u64 {
        let Some((path, thing)) = self.things.get_key_value(path).map(|(path, _)| Path::clone(path)).and_then(|path| {
            let thing = self.things.get_mut(&path)?;
            Some((path, thing))
        }) else {
            return 0;
        };
        let Some(told) = thing.take(peer) else { return 0 };
        if let Some(load) = self.loads.get_mut(peer) {
            *load = (load.0 - 1, load.1 - told.size);
        }
        if !thing.told.is_empty() {
            thing.settle(Some(told));
            return 0;
        }
        let highest = thing.highest;
        self.things.remove(&path);
        if ways == Ways::Several { self.graves.dig(path, highest) } else { 0 }
    }

    /// Forgets which versions a peer told of, and of its home; returns where that was all that held others back.
    fn disown(&mut self, peer: &HomeId) -> Vec<Path> {
        self.graves.forget(peer);
        let is_held = |thing: &Thing| thing.last.as_ref().is_some_and(|last| last.peer == *peer);
        let held = self.things.iter().filter(|(_, thing)| is_held(thing));
        held.map(|(path, _)| Path::clone(path)).collect()
    }

    /// Has those count again who are behind.
    fn let_count(&mut self, path: &str) {
        if let Some(thing) = self.things.get_mut(path) {
            thing.last = None;
            thing.highest = thing.told.iter().map(|told| told.word.version()).max().unwrap_or_default();
        }
    }

    fn of(&self, peer: &HomeId, is_meant: impl Fn(&Told) -> bool) -> Vec<Path> {
        let told = self.things.iter().filter(|(_, thing)| thing.of(peer).is_some_and(&is_meant));
        told.map(|(path, _)| Path::clone(path)).collect()
    }

    fn after<'m>(&'m self, path: &'m str) -> impl Iterator<Item = (&'m Path, &'m Thing)> {
        self.things.range::<str, _>((Bound::Excluded(path), Bound::Unbounded))
    }
}

impl Thing {
    fn of(&self, peer: &HomeId) -> Option<&Told> {
        self.told.iter().find(|told| told.peer == *peer)
    }

    fn take(&mut self, peer: &HomeId) -> Option<Told> {
        let place = self.told.iter().position(|told| told.peer == *peer)?;
        Some(self.told.swap_remove(place))
    }

    /// Keeps what somebody told until now, if all others are behind it.
    fn settle(&mut self, before: Option<Told>) {
        let is_latest = |told: &Told| told.word.version() >= self.highest;
        if self.told.iter().any(is_latest) {
            self.last = None;
        } else if let Some(before) = before.filter(is_latest) {
            self.last = Some(before);
        }
    }
}

impl Engine {
    /// Takes in how things are at other homes.
    pub(super) fn state_came(&mut self, now: Timestamp, peer: &HomeId, state: State) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let was_current = known.ear.is_current;
        let is_next = known.ear.takes(&state);
        self.acknowledge(now, peer);
        if !is_next {
            self.counters.states_repeated += 1;
            return;
        }
        for item in state.items {
            self.item_came(peer, item);
        }
        match state.snapshot {
            Some(Mark::Whole | Mark::Last) => {
                let snapshots = self.homes.peers.known.get(peer).map_or(0, |known| known.ear.snapshots);
                self.forget_mirrors(peer, |told| told.snapshot != snapshots);
            }
            None if !was_current => self.timers.set(now, Timer::Mirror(peer.clone(), "".into())),
            Some(Mark::First | Mark::More) | None => {}
        }
    }

    fn item_came(&mut self, peer: &HomeId, item: Item) {
        let Some(known) = self.homes.peers.known.get(peer) else { return };
        let snapshot = known.ear.snapshots;
        let Some(address) = self.root.parse(&format!("{}/{}", self.root.as_str(), item.path)) else {
            return self.lied(peer, "it tells of what cannot be");
        };
        if !self.may_tell(peer, address.home(), &item.via) {
            return self.lied(peer, "it tells of a home that it does not speak for");
        }
        let path = Path::from(item.path);
        let before = self.face(&path);
        if item.body.is_null() {
            self.remove_mirror(&path, peer);
            return self.show_mirror(&path, before);
        }
        let size = path.len() + item.body.weight();
        let Some(word) = Word::read(&address, item.body) else {
            return self.lied(peer, "it tells of something in a way that cannot be");
        };
        let told = Told { peer: peer.clone(), stamp: item.stamp, via: item.via, word, snapshot, size };
        let room = (self.limits.mirrored, self.limits.mirrored_bytes);
        if !self.homes.peers.mirrors.set(&path, address, told, room) {
            self.counters.mirrors_dropped += 1;
            self.remove_mirror(&path, peer);
        }
        self.show_mirror(&path, before);
    }

    fn remove_mirror(&mut self, path: &Path, peer: &HomeId) {
        let ways = self.homes.peers.ways();
        self.counters.versions_forgotten += self.homes.peers.mirrors.remove(path, peer, ways);
    }

    /// Forgets what a peer made others wait for that there is no trust with any more.
    pub(super) fn disown(&mut self, peer: &HomeId) {
        for path in self.homes.peers.mirrors.disown(peer) {
            let before = self.face(&path);
            self.homes.peers.mirrors.let_count(&path);
            self.show_mirror(&path, before);
        }
    }

    /// Says whether a peer may tell of a home: of itself, or of others in their name if that was agreed on.
    pub(super) fn may_tell(&self, peer: &HomeId, home: &HomeId, via: &[HomeId]) -> bool {
        let transit = self.homes.peers.known.get(peer).is_some_and(|known| known.transit);
        let is_passed_on = transit && via.last() == Some(peer) && via.len() <= HOPS;
        let is_loop = *home == self.home || via.contains(&self.home) || via.contains(home);
        !is_loop && if home == peer { via.is_empty() } else { is_passed_on }
    }

    /// Lets go of some of what a peer told.
    pub(super) fn forget_mirrors(&mut self, peer: &HomeId, is_meant: impl Fn(&Told) -> bool) {
        for path in self.homes.peers.mirrors.of(peer, is_meant) {
            let before = self.face(&path);
            self.remove_mirror(&path, peer);
            self.show_mirror(&path, before);
        }
    }
}
