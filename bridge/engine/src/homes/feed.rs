//! How things are here, told to a peer: each thing as it is at the moment when it is told.
//!
//! What has changed waits in a queue that holds each thing once, so that a peer that is slow or away costs no more than a
//! list of names. A part that is not acknowledged makes its things wait again; numbers of parts are never used twice.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use hes_schemas::{
    HomeId, Millis, Timestamp,
    link::{Heard, Item, LinkMessage, Mark, State},
    rights::Grants,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::outbox::AGAIN;
use crate::{engine::Engine, output::Output};

/// How many parts are told before the first of them is acknowledged.
const WINDOW: usize = 64;

/// How long changes wait for others at most, while so much happens that nothing else is done.
const PATIENCE: Millis = Millis::new(5);

/// Where something is retained, below the root.
pub(super) type Path = Arc<str>;

/// The stream of states to one peer.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// What any guest of the peer may.
    pub(super) guests: Vec<Arc<Grants>>,
    /// The peer has been told of all, or is about to be; before that, changes need not be noted.
    stands: bool,
    queue: BTreeMap<u64, Path>,
    places: FxHashMap<Path, u64>,
    last_place: u64,
    /// What the peer believes to be so.
    shown: FxHashSet<Path>,
    sent: VecDeque<Sent>,
    last: u64,
    acknowledged: u64,
    snapshot: Snapshot,
    /// A part is to be told even if it is empty.
    is_owed: bool,
    /// How much was not told lately, because the peer does not take as much at a time.
    left_out: usize,
}

/// How far a snapshot has come.
#[derive(Debug, Clone, Copy, Default)]
enum Snapshot {
    /// It is to be told up to this place in the queue, and has begun or not.
    Under { end: u64, has_begun: bool },
    /// Its last part has this number.
    Told(u64),
    /// The peer has all of it.
    #[default]
    Heard,
}

#[derive(Debug)]
struct Sent {
    to: u64,
    at: Timestamp,
    paths: Vec<Path>,
}

impl Feed {
    /// Notes that something has changed.
    pub(super) fn touch(&mut self, path: &Path) {
        if self.stands && !self.places.contains_key(path) {
            self.last_place += 1;
            self.queue.insert(self.last_place, Arc::clone(path));
            self.places.insert(Arc::clone(path), self.last_place);
        }
    }

    pub(super) const fn stands(&self) -> bool {
        self.stands
    }

    /// Begins to tell everything anew.
    fn begin(&mut self, paths: &[Path]) {
        self.queue.clear();
        self.places.clear();
        self.shown.clear();
        self.sent.clear();
        (self.stands, self.is_owed, self.acknowledged) = (true, true, self.last);
        paths.iter().for_each(|path| self.touch(path));
        self.snapshot = Snapshot::Under { end: self.last_place, has_begun: false };
    }

    /// Learns how far the peer has heard; returns whether that can be.
    fn heard(&mut self, state: u64) -> bool {
        if state > self.last {
            return false;
        }
        self.acknowledged = self.acknowledged.max(state);
        while self.sent.front().is_some_and(|sent| sent.to <= state) {
            self.sent.pop_front();
        }
        if let Snapshot::Told(last) = self.snapshot
            && state >= last
        {
            self.snapshot = Snapshot::Heard;
        }
        true
    }

    /// Says whether who has heard so far has all that was acknowledged: in another life, it may have forgotten.
    const fn is_known_by(&self, state: u64) -> bool {
        state >= self.acknowledged
    }

    /// Has all told again that has not been acknowledged; returns whether that is enough.
    fn go_back(&mut self) -> bool {
        if !self.stands || !matches!(self.snapshot, Snapshot::Heard) {
            return false;
        }
        for path in std::mem::take(&mut self.sent).iter().flat_map(|sent| &sent.paths) {
            self.touch(path);
            // what was told as gone may not have been heard to be
            self.shown.insert(Arc::clone(path));
        }
        self.is_owed = true;
        true
    }

    fn is_stuck(&self, now: Timestamp) -> bool {
        self.sent.front().is_some_and(|sent| now.since(sent.at) >= AGAIN)
    }

    /// Returns the next part, if there is something to be told and room for it.
    fn next(
        &mut self,
        now: Timestamp,
        (bytes, room): (usize, usize),
        render: impl Fn(&str) -> Option<Item>,
        gone: Item,
    ) -> Option<State> {
        if self.sent.len() >= WINDOW || (self.queue.is_empty() && !self.is_owed) {
            return None;
        }
        let end = match self.snapshot {
            Snapshot::Under { end, .. } => end,
            Snapshot::Told(_) | Snapshot::Heard => u64::MAX,
        };
        let (mut items, mut paths, mut size) = (Vec::new(), Vec::new(), 0);
        while let Some((place, path)) = self.queue.first_key_value().filter(|(place, _)| **place <= end) {
            let (place, path) = (*place, Arc::clone(path));
            let found = render(&path);
            let is_any = found.is_some();
            let item = found.filter(|item| item.weight() <= room);
            let is_shown = item.is_some();
            let item = item
                .or_else(|| self.shown.contains(&path).then(|| Item { path: path.as_ref().into(), ..gone.clone() }));
            if let Some(item) = item {
                let more = item.weight();
                if size + more > bytes && !items.is_empty() {
                    break;
                }
                size += more;
                items.push(item);
                paths.push(Arc::clone(&path));
            }
            self.left_out += usize::from(is_any && !is_shown);
            self.queue.remove(&place);
            self.places.remove(&path);
            if is_shown {
                self.shown.insert(path)
            } else {
                self.shown.remove(&path)
            };
        }
        let is_last = self.queue.first_key_value().is_none_or(|(place, _)| *place > end);
        if items.is_empty() && !self.is_owed && !matches!(self.snapshot, Snapshot::Under { .. }) {
            return None;
        }
        let from = self.sent.back().map_or(self.acknowledged, |sent| sent.to);
        self.last = self.last.saturating_add(1);
        self.is_owed = false;
        self.sent.push_back(Sent { to: self.last, at: now, paths });
        Some(State { from, to: self.last, snapshot: self.mark(is_last), items })
    }

    /// Returns which part of a snapshot is about to be told.
    const fn mark(&mut self, is_last: bool) -> Option<Mark> {
        let Snapshot::Under { end, has_begun } = self.snapshot else { return None };
        self.snapshot = if is_last { Snapshot::Told(self.last) } else { Snapshot::Under { end, has_begun: true } };
        Some(match (has_begun, is_last) {
            (false, true) => Mark::Whole,
            (false, false) => Mark::First,
            (true, false) => Mark::More,
            (true, true) => Mark::Last,
        })
    }
}

impl Engine {
    /// Tells a peer anew what it may see, because its guests have other rights.
    pub(crate) fn guests_changed(&mut self, _now: Timestamp, peer: &HomeId) {
        let guests = self.guests_of(peer).into_iter().map(|(_, grants)| grants).collect();
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.feed.guests = guests;
        if known.feed.stands {
            self.tell_everything(peer);
        }
    }

    /// Goes on where the peer has heard the states, on a new link.
    pub(super) fn feed_from(&mut self, _now: Timestamp, peer: &HomeId, heard: Heard) {
        let guests = self.guests_of(peer).into_iter().map(|(_, grants)| grants).collect();
        let epoch = self.epoch;
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.feed.guests = guests;
        let is_ours = heard.epoch == epoch && known.feed.is_known_by(heard.state);
        let can_go_on = is_ours && known.feed.heard(heard.state) && known.feed.go_back();
        if can_go_on {
            self.homes.peers.expectant.insert(peer.clone());
        } else {
            self.tell_everything(peer);
        }
    }

    pub(super) fn feed_heard(&mut self, peer: &HomeId, state: u64) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        if !known.feed.heard(state) {
            return self.lied(peer, "it has heard states that were never told");
        }
        self.homes.peers.expectant.insert(peer.clone());
    }

    /// Tells again what has not been acknowledged for long, in both streams.
    pub(super) fn say_again(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer).filter(|it| it.is_linked()) else { return };
        let (is_feed_stuck, is_log_stuck) = (known.feed.is_stuck(now), known.outbox.is_stuck(now));
        if is_log_stuck {
            known.outbox.go_back();
        }
        let is_new = is_feed_stuck && !known.feed.go_back();
        if is_new {
            self.tell_everything(peer);
        }
        self.homes.peers.expectant.insert(peer.clone());
    }

    fn tell_everything(&mut self, peer: &HomeId) {
        let paths = self.exported(peer);
        if let Some(known) = self.homes.peers.known.get_mut(peer) {
            known.feed.begin(&paths);
            self.homes.peers.expectant.insert(peer.clone());
        }
    }

    /// Has those that are there told what has changed, together with what else changes now, but not much later.
    pub(crate) fn tell_peers_later(&mut self, now: Timestamp) {
        if self.homes.peers.expectant.is_empty() {
            return;
        }
        let since = *self.homes.peers.waiting_since.get_or_insert(now);
        if now.since(since) >= PATIENCE {
            self.tell_peers(now);
        }
    }

    /// Tells those that are there what has changed and what happened, as far as there is room on the way.
    pub(crate) fn tell_peers(&mut self, now: Timestamp) {
        self.homes.peers.waiting_since = None;
        while let Some(peer) = self.homes.peers.expectant.pop_first() {
            let Some(known) = self.homes.peers.known.get_mut(&peer).filter(|it| it.is_linked()) else { continue };
            let (mut feed, bytes) = (std::mem::take(&mut known.feed), (known.part_bytes(), known.room()));
            let gone = self.gone();
            let render = |guests: &[Arc<Grants>], path: &str| self.item(now, &peer, guests, path);
            let guests = std::mem::take(&mut feed.guests);
            let mut states = Vec::new();
            while let Some(state) = feed.next(now, bytes, |path| render(&guests, path), gone.clone()) {
                states.push(state);
            }
            feed.guests = guests;
            self.left_out(&peer, std::mem::take(&mut feed.left_out));
            if let Some(known) = self.homes.peers.known.get_mut(&peer) {
                known.feed = feed;
            }
            for state in states {
                self.put(Output::Say(peer.clone(), LinkMessage::State(state)));
            }
            self.say_log(now, &peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use hes_schemas::link::Stamp;

    use super::*;

    const DOOR: &str = "elm/zigbee/door/$doc";

    fn item(body: &str) -> Item {
        let body = if body.is_empty() { hes_schemas::Datum::Null } else { body.into() };
        Item { path: DOOR.to_owned(), stamp: Stamp::default(), body, via: Vec::new() }
    }

    /// Tells the next part, of a world in which the door is as it is given.
    fn tell(feed: &mut Feed, door: Option<&str>) -> Vec<Item> {
        let part = feed.next(Timestamp::default(), (10_000, 10_000), |_| door.map(item), item(""));
        part.map(|part| part.items).unwrap_or_default()
    }

    #[test]
    fn who_has_forgotten_what_it_acknowledged_cannot_go_on() {
        let mut feed = Feed::default();
        feed.begin(&[DOOR.into()]);
        assert_eq!(tell(&mut feed, Some("a door")), [item("a door")]);
        assert!(feed.heard(1));
        assert_eq!([0, 1].map(|heard| feed.is_known_by(heard)), [false, true]);
    }

    #[test]
    fn what_has_gone_is_told_again_until_the_peer_has_heard_it() {
        let mut feed = Feed::default();
        feed.begin(&[DOOR.into()]);
        assert_eq!(tell(&mut feed, Some("a door")), [item("a door")]);
        assert!(feed.heard(1));
        feed.touch(&DOOR.into());
        assert_eq!(tell(&mut feed, None), [item("")]);
        assert!(feed.go_back());
        assert_eq!(tell(&mut feed, None), [item("")]);
    }
}
