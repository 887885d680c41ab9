//! Which events of other homes have been heard, by whatever way, so that each is heard once.

use std::collections::BTreeSet;

use hes_schemas::{
    Address, Datum, HomeId,
    link::{Item, Stamp},
};
use rustc_hash::FxHashMap;

use crate::record::MirrorRecord;

/// How many events of one kind of one device are remembered. What is older has been heard: every way keeps their order.
const REMEMBERED: usize = 64;

/// How many are remembered while an older one is still to be put on disk.
const MOST: usize = 1_024;

/// Of how many kinds of events, of those that one peer was the first to tell of.
const PATHS: usize = 10_000;

/// The events that have been heard last, by where they are published.
#[derive(Debug, Default)]
pub(super) struct Origins {
    heard: FxHashMap<String, Events>,
    /// Of how many kinds each peer was the first to tell.
    loads: FxHashMap<HomeId, usize>,
}

/// The events of one kind of one device.
#[derive(Debug, Default)]
struct Events {
    /// Who was the first to tell of any, as long as it takes room for that.
    teller: Option<HomeId>,
    /// All up to this one count as heard.
    floor: Stamp,
    /// Those above it that are on disk.
    noted: BTreeSet<Stamp>,
    /// Those that are about to be.
    waiting: BTreeSet<Stamp>,
    /// Those that could not be, and will be told again.
    missing: BTreeSet<Stamp>,
    /// All this is kept, or about to be.
    is_kept: bool,
}

impl Events {
    fn is_heard(&self, stamp: Stamp) -> bool {
        let is_old = stamp <= self.floor && !self.missing.contains(&stamp);
        is_old || self.noted.contains(&stamp) || self.waiting.contains(&stamp)
    }

    /// Forgets the oldest ones, but not before those that are older still are on disk; returns how many of these are given
    /// up for want of room.
    fn shorten(&mut self) -> u64 {
        while self.noted.len() > REMEMBERED {
            let open = self.waiting.first().into_iter().chain(self.missing.first()).min().copied();
            let is_blocked = open.is_some_and(|open| self.noted.first().is_some_and(|oldest| open < *oldest));
            if is_blocked && self.noted.len() <= MOST {
                break;
            }
            self.floor = self.noted.pop_first().map_or(self.floor, |oldest| oldest.max(self.floor));
        }
        let before = self.missing.len();
        if self.noted.len() >= MOST {
            self.missing.retain(|stamp| *stamp > self.floor);
        }
        u64::try_from(before - self.missing.len()).unwrap_or(u64::MAX)
    }
}

impl Origins {
    /// Notes an event that a peer tells of and that is about to be put on disk; returns whether it is new, or nothing if that
    /// peer has no room to note it in.
    pub(super) fn hear(&mut self, peer: &HomeId, path: &str, stamp: Stamp) -> Option<bool> {
        if !self.heard.contains_key(path) && !self.take_room(peer) {
            return None;
        }
        let begin = || Events { teller: Some(peer.clone()), ..Events::default() };
        let events = self.heard.entry(path.to_owned()).or_insert_with(begin);
        if events.is_heard(stamp) {
            return Some(false);
        }
        events.missing.remove(&stamp);
        events.waiting.insert(stamp);
        events.is_kept = false;
        Some(true)
    }

    /// Forgets what a peer was the first to tell of, with the room that it took.
    pub(super) fn let_go(&mut self, peer: &HomeId) {
        self.heard.retain(|_, events| events.teller.as_ref() != Some(peer));
        self.loads.remove(peer);
    }

    fn take_room(&mut self, peer: &HomeId) -> bool {
        let load = self.loads.entry(peer.clone()).or_default();
        let has_room = *load < PATHS;
        *load += usize::from(has_room);
        has_room
    }

    /// Learns that an event is on disk; returns how many others were given up for want of room.
    pub(super) fn note(&mut self, path: &str, stamp: Stamp) -> u64 {
        let Some(events) = self.heard.get_mut(path) else { return 0 };
        if events.waiting.remove(&stamp) {
            events.noted.insert(stamp);
        }
        events.shorten()
    }

    /// Forgets an event that could not be kept, so that it is new when it is told again.
    pub(super) fn forget(&mut self, path: &str, stamp: Stamp) {
        if let Some(events) = self.heard.get_mut(path)
            && events.waiting.remove(&stamp)
            && events.missing.len() < MOST
        {
            events.missing.insert(stamp);
        }
    }

    /// Returns what is to be kept of the events on a path: the floor, and all that was heard above it.
    pub(super) fn record(&mut self, peer: &HomeId, path: &str) -> Option<MirrorRecord> {
        let events = self.heard.get_mut(path)?;
        events.is_kept = true;
        let number = |number: u64| Datum::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let stamps = std::iter::once(&events.floor).chain(&events.noted).chain(&events.waiting);
        let body = stamps.map(|it| Datum::from(vec![number(it.epoch), number(it.seq)])).collect::<Vec<_>>();
        let stamp = events.waiting.last().max(events.noted.last()).copied().unwrap_or_default();
        Some(MirrorRecord {
            peer: peer.clone(),
            item: Item { path: path.to_owned(), stamp, body: body.into(), via: Vec::new() },
        })
    }

    /// Returns what is to be kept of all events that is not; each as the first that its own home told.
    pub(super) fn records(&mut self) -> Vec<MirrorRecord> {
        let open = self.heard.iter().filter(|(_, events)| !events.is_kept);
        let paths: Vec<String> = open.map(|(path, _)| path.clone()).collect();
        let home = |path: &str| path.split('/').next().and_then(|home| HomeId::new(home).ok());
        paths.iter().filter_map(|path| self.record(&home(path)?, path)).collect()
    }

    /// Takes back what was kept; returns whether it was about events.
    pub(super) fn restore(&mut self, peer: &HomeId, address: &Address, item: &Item) -> bool {
        if !matches!(address, Address::Event(..)) {
            return false;
        }
        let mut stamps = item.body.as_list().unwrap_or_default().iter().filter_map(stamp);
        let floor = stamps.next().unwrap_or_default();
        let events =
            Events { floor, noted: stamps.collect(), is_kept: true, teller: Some(peer.clone()), ..Events::default() };
        if self.heard.insert(item.path.clone(), events).is_none() {
            *self.loads.entry(peer.clone()).or_default() += 1;
        }
        true
    }
}

fn stamp(datum: &Datum) -> Option<Stamp> {
    let number = |datum: &Datum| match datum {
        Datum::Integer(number) => u64::try_from(*number).ok(),
        Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::Text(_) | Datum::List(_) | Datum::Map(_) => None,
    };
    match datum.as_list()? {
        [epoch, seq] => Some(Stamp { epoch: number(epoch)?, seq: number(seq)? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTION: &str = "elm/zigbee/button/event/action";

    fn elm() -> HomeId {
        HomeId::new("elm").unwrap()
    }

    fn stamp_of(seq: u64) -> Stamp {
        Stamp { epoch: 1, seq }
    }

    /// Hears of an event, and puts it on disk if it is new.
    fn hears(origins: &mut Origins, seq: u64) -> bool {
        let is_new = origins.hear(&elm(), ACTION, stamp_of(seq)) == Some(true);
        origins.note(ACTION, stamp_of(seq));
        is_new
    }

    #[test]
    fn an_event_that_is_too_old_to_be_remembered_is_not_heard_again() {
        let mut origins = Origins::default();
        assert!((1..200).all(|seq| hears(&mut origins, seq)));
        assert!((1..200).all(|seq| !hears(&mut origins, seq)));
        assert!(hears(&mut origins, 200));
    }

    #[test]
    fn a_peer_that_has_gone_takes_no_room_and_harms_no_other() {
        let (mut origins, fir) = (Origins::default(), HomeId::new("fir").unwrap());
        let path = |number: usize| format!("elm/zigbee/b{number}/event/action");
        let tells = |origins: &mut Origins, peer: &HomeId, number| origins.hear(peer, &path(number), stamp_of(1));
        assert_eq!(tells(&mut origins, &fir, PATHS), Some(true));
        assert!((0..PATHS).all(|number| tells(&mut origins, &elm(), number) == Some(true)));
        assert_eq!(tells(&mut origins, &elm(), PATHS + 1), None, "it has no room");
        origins.let_go(&elm());
        assert_eq!(origins.heard.len(), 1);
        assert_eq!(tells(&mut origins, &elm(), PATHS), Some(false), "what another told is known still");
        assert_eq!(tells(&mut origins, &elm(), PATHS + 1), Some(true));
    }

    #[test]
    fn what_could_not_be_kept_is_new_again_and_nothing_else() {
        let mut origins = Origins::default();
        assert!((1..100).all(|seq| hears(&mut origins, seq)));
        for seq in 100..250 {
            assert_eq!(origins.hear(&elm(), ACTION, stamp_of(seq)), Some(true));
        }
        (100..250).for_each(|seq| origins.forget(ACTION, stamp_of(seq)));
        assert!((300..400).all(|seq| hears(&mut origins, seq)));
        assert!((1..100).all(|seq| !hears(&mut origins, seq)));
        assert!((100..250).all(|seq| hears(&mut origins, seq)));
        assert!((1..250).all(|seq| !hears(&mut origins, seq)));
    }

    #[test]
    fn what_is_taken_back_from_disk_has_been_heard() {
        let mut origins = Origins::default();
        (1..100).for_each(|seq| assert!(hears(&mut origins, seq)));
        let record = origins.record(&elm(), ACTION).unwrap();
        let mut again = Origins::default();
        let root = hes_schemas::Root::default();
        let address = root.parse(&format!("{}/{ACTION}", root.as_str())).unwrap();
        assert!(again.restore(&elm(), &address, &record.item));
        assert!((1..100).all(|seq| !hears(&mut again, seq)));
    }

    #[test]
    fn what_was_heard_by_one_way_is_kept_once_when_there_is_another() {
        let mut origins = Origins::default();
        assert!(hears(&mut origins, 1));
        let kept: Vec<_> = origins.records().into_iter().map(|record| (record.peer, record.item.path)).collect();
        assert_eq!(kept, [(elm(), ACTION.to_owned())]);
        assert_eq!(origins.records(), []);
        assert!(hears(&mut origins, 2));
        assert_eq!(origins.records().len(), 1);
    }

    #[test]
    fn a_peer_that_tells_of_too_much_takes_no_room_from_another() {
        let mut origins = Origins::default();
        let stamp = Stamp { epoch: 1, seq: 1 };
        let mut hears = |home: &str, number: usize| {
            origins.hear(&HomeId::new(home).unwrap(), &format!("{home}/zigbee/button-{number}/event/action"), stamp)
        };
        assert!((0..PATHS).all(|number| hears("elm", number) == Some(true)));
        assert_eq!((hears("elm", PATHS), hears("elm", 0)), (None, Some(false)));
        assert_eq!(hears("fir", 0), Some(true));
    }
}
