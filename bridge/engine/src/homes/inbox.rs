//! What a peer's log says: each entry once, and acknowledged when it is on disk with its effect.

use std::collections::VecDeque;

use hes_schemas::{
    Address, Encoding, HomeId, Timestamp, encode,
    link::{Entry, LinkEvent, Log, Stamp},
    message::{DeviceEvent, EventKind},
    read_datum,
};

use super::peers::Ways;
use crate::{
    engine::Engine,
    origin::Origin,
    output::{Output, Post},
    record::Record,
};

/// How far the log of a peer has been heard.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// Up to which number it has been heard.
    heard: u64,
    /// Up to which number that is on disk.
    noted: u64,
    /// What was heard and is not on disk: its number, and of an event where and which.
    waiting: VecDeque<(u64, Option<(String, Stamp)>)>,
}

/// How many entries of a peer are about to be put on disk; an honest one tells no more before the first is acknowledged.
const UNDER_WAY: usize = 512;

impl Inbox {
    pub(super) fn restored(heard: u64) -> Self {
        Self { heard, noted: heard, waiting: VecDeque::new() }
    }

    pub(super) const fn noted(&self) -> u64 {
        self.noted
    }

    /// Says whether an entry is the next one, and goes on.
    fn takes(&mut self, log: &Log) -> bool {
        if self.waiting.len() >= UNDER_WAY {
            return false;
        }
        let is_next = match log.entry {
            Entry::Lost => log.seq > self.heard,
            Entry::Event(_) | Entry::Notification(_) | Entry::Federation(_) => log.seq == self.heard.saturating_add(1),
        };
        if is_next {
            self.heard = log.seq;
            self.waiting.push_back((log.seq, None));
        }
        is_next
    }

    /// Remembers which event the last entry was.
    fn is_of(&mut self, path: &str, stamp: Stamp) {
        if let Some((_, event)) = self.waiting.back_mut() {
            *event = Some((path.to_owned(), stamp));
        }
    }

    /// Learns how far all is on disk; returns the events among it.
    fn note(&mut self, seq: u64) -> Vec<(String, Stamp)> {
        self.noted = self.noted.max(seq.min(self.heard));
        let count = self.waiting.partition_point(|(number, _)| *number <= self.noted);
        self.waiting.drain(..count).filter_map(|(_, event)| event).collect()
    }
}

impl Engine {
    /// Takes in what happened elsewhere.
    pub(super) fn log_came(&mut self, now: Timestamp, peer: &HomeId, log: Log) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        if !known.inbox.takes(&log) {
            self.counters.entries_repeated += 1;
            return self.acknowledge(now, peer);
        }
        let Log { seq, entry } = log;
        let mut records = vec![Record::Heard(peer.clone(), seq)];
        match entry {
            Entry::Event(event) => {
                if let Some((post, origin)) = self.event_came(now, peer, event) {
                    records.extend(origin);
                    return self.put(Output::PublishOnce(post, records));
                }
            }
            Entry::Notification(told) => match self.notification_came(now, peer, told) {
                // it tells of a state, and which one: that may come again, and does not wait
                Some((user, client, told)) if told.event == EventKind::PropertyChanged => {
                    self.notify(user, client, &told);
                }
                Some((user, client, told)) => {
                    let post = self.notification_post(&client, &told);
                    return self.put(Output::NotifyOnce { user, client, post, records });
                }
                None => {}
            },
            Entry::Federation(message) => self.federation_came(now, peer, message),
            Entry::Lost => self.counters.entries_lost += 1,
        }
        self.put(Output::Note(records));
    }

    /// Acknowledges what is on disk of a peer's log.
    pub(crate) fn noted(&mut self, now: Timestamp, peer: &HomeId, seq: u64) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        for (path, stamp) in known.inbox.note(seq) {
            self.counters.events_dropped += self.homes.peers.origins.note(&path, stamp);
        }
        self.acknowledge(now, peer);
    }

    /// Goes back to what is on disk of a peer's log.
    pub(crate) fn not_noted(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.inbox.heard = known.inbox.noted;
        for (path, stamp) in std::mem::take(&mut known.inbox.waiting).into_iter().filter_map(|(_, event)| event) {
            self.homes.peers.origins.forget(&path, stamp);
        }
        self.acknowledge(now, peer);
    }

    /// Takes in an event; returns what is published of it here, if it is new, and what is kept so that it stays the only one.
    fn event_came(&mut self, now: Timestamp, peer: &HomeId, event: LinkEvent) -> Option<(Post, Option<Record>)> {
        let address = self.root.parse(&format!("{}/{}", self.root.as_str(), event.path));
        let Some(address @ Address::Event(..)) = address else {
            self.lied(peer, "it tells of an event that cannot be");
            return None;
        };
        if !self.may_tell(peer, address.home(), &event.via) {
            self.lied(peer, "it tells of an event of a home that it does not speak for");
            return None;
        }
        let Ok(message) = read_datum::<DeviceEvent>(event.body.clone()) else {
            self.lied(peer, "it tells of an event in a way that cannot be");
            return None;
        };
        match self.homes.peers.origins.hear(peer, &event.path, event.stamp) {
            Some(true) => {}
            Some(false) => {
                self.counters.events_repeated += 1;
                return None;
            }
            None => {
                self.counters.events_dropped += 1;
                return None;
            }
        }
        if let Some(known) = self.homes.peers.known.get_mut(peer) {
            known.inbox.is_of(&event.path, event.stamp);
        }
        let (path, stamp, via) = (event.path.clone(), event.stamp, event.via.clone());
        self.pass_event_on(now, peer, address.home(), event);
        // by the one way that there is, the number of the entry says it all
        let origin = if self.homes.peers.ways() == Ways::Several { self.origin(peer, &path) } else { None };
        let payload = encode(Encoding::Json, &message);
        let from = Origin { home: address.home().clone(), stamp, via };
        Some((Post { topic: self.root.topic(&address), payload, retain: false, origin: Some(Box::new(from)) }, origin))
    }

    fn origin(&mut self, peer: &HomeId, path: &str) -> Option<Record> {
        self.homes.peers.origins.record(peer, path).map(Record::Mirror)
    }

    /// Has what was heard of events kept, now that they may be told by another way too.
    pub(super) fn keep_origins(&mut self) {
        let records = self.homes.peers.origins.records();
        records.into_iter().for_each(|record| self.put(Output::Save(Record::Mirror(record))));
    }

    /// Passes an event on to those who are told of other homes, but not back, nor round.
    fn pass_event_on(&mut self, now: Timestamp, from: &HomeId, home: &HomeId, event: LinkEvent) {
        let is_back = |peer: &HomeId| peer == from || peer == home || event.via.contains(peer);
        let others = self.homes.peers.known.iter().filter(|(peer, known)| known.transit && !is_back(peer));
        let others: Vec<HomeId> = others.map(|(peer, _)| peer.clone()).collect();
        let until = event.until.min(now + self.limits.event_life);
        let via: Vec<HomeId> = event.via.iter().chain([&self.home]).cloned().collect();
        for peer in others {
            let event = LinkEvent { via: via.clone(), until, ..event.clone() };
            self.log(now, &peer, Entry::Event(event), until);
        }
    }
}
