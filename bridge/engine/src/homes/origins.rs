//! Which events of other homes have been heard, by whatever way, so that each is heard once.

use std::collections::VecDeque;

use hes_schemas::{
    Address, Datum, HomeId,
    link::{Item, Stamp},
};
use rustc_hash::FxHashMap;

use crate::record::MirrorRecord;

/// How many events of one kind of one device are remembered. What is older has been heard: every way keeps their order.
const REMEMBERED: usize = 64;

/// Of how many kinds of events, of those that one peer was the first to tell of.
const PATHS: usize = 10_000;

/// The events that have been heard last, by where they are published.
#[derive(Debug, Default)]
pub(super) struct Origins {
    heard: FxHashMap<String, VecDeque<Stamp>>,
    /// Of how many kinds each peer was the first to tell.
    loads: FxHashMap<HomeId, usize>,
}

impl Origins {
    /// Notes an event that a peer tells of; returns whether it is new, or nothing if that peer has no room to note it in.
    pub(super) fn hear(&mut self, peer: &HomeId, path: &str, stamp: Stamp) -> Option<bool> {
        if !self.heard.contains_key(path) && !self.take_room(peer) {
            return None;
        }
        let stamps = self.heard.entry(path.to_owned()).or_default();
        let is_full = stamps.len() >= REMEMBERED;
        let oldest = stamps.iter().copied().min().filter(|_| is_full);
        if oldest.is_some_and(|oldest| stamp < oldest) || stamps.contains(&stamp) {
            return Some(false);
        }
        stamps.retain(|other| Some(*other) != oldest);
        stamps.push_back(stamp);
        Some(true)
    }

    fn take_room(&mut self, peer: &HomeId) -> bool {
        let load = self.loads.entry(peer.clone()).or_default();
        let has_room = *load < PATHS;
        *load += usize::from(has_room);
        has_room
    }

    /// Forgets an event that could not be kept.
    pub(super) fn forget(&mut self, path: &str, stamp: Stamp) {
        if let Some(stamps) = self.heard.get_mut(path) {
            stamps.retain(|other| *other != stamp);
        }
    }

    /// Returns what is to be kept of the events on a path.
    pub(super) fn record(&self, peer: &HomeId, path: &str) -> Option<MirrorRecord> {
        let stamps = self.heard.get(path)?;
        let number = |number: u64| Datum::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let body = stamps.iter().map(|it| Datum::from(vec![number(it.epoch), number(it.seq)])).collect::<Vec<_>>();
        let stamp = stamps.back().copied().unwrap_or_default();
        Some(MirrorRecord {
            peer: peer.clone(),
            item: Item { path: path.to_owned(), stamp, body: body.into(), via: Vec::new() },
        })
    }

    /// Takes back what was kept; returns whether it was about events.
    pub(super) fn restore(&mut self, peer: &HomeId, address: &Address, item: &Item) -> bool {
        if !matches!(address, Address::Event(..)) {
            return false;
        }
        let stamps = item.body.as_list().unwrap_or_default().iter().filter_map(stamp).collect();
        if self.heard.insert(item.path.clone(), stamps).is_none() {
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

    #[test]
    fn an_event_that_is_too_old_to_be_remembered_is_not_heard_again() {
        let mut origins = Origins::default();
        let elm = HomeId::new("elm").unwrap();
        let mut hears = |seq| origins.hear(&elm, "elm/zigbee/button/event/action", Stamp { epoch: 1, seq });
        assert!((0..200).all(|seq| hears(seq) == Some(true)));
        assert!((0..200).all(|seq| hears(seq) == Some(false)));
        assert_eq!(hears(200), Some(true));
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
