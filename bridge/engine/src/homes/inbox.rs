//! What a peer's log says: each entry once, and acknowledged when it is on disk with its effect.

use std::collections::VecDeque;

use hes_schemas::{
    Address, Encoding, HomeId, Limits, Timestamp, decode, encode,
    link::{Entry, LinkEvent, Log, Stamp},
    message::DeviceEvent,
};

use crate::{
    engine::Engine,
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
    /// The events heard that are not on disk: number, where, which.
    waiting: VecDeque<(u64, String, Stamp)>,
}

impl Inbox {
    pub(super) fn restored(heard: u64) -> Self {
        Self { heard, noted: heard, waiting: VecDeque::new() }
    }

    pub(super) const fn noted(&self) -> u64 {
        self.noted
    }

    /// Says whether an entry is the next one, and goes on.
    const fn takes(&mut self, log: &Log) -> bool {
        let is_next = match log.entry {
            Entry::Lost => log.seq > self.heard,
            Entry::Event(_) | Entry::Notification(_) | Entry::Federation(_) => log.seq == self.heard.saturating_add(1),
        };
        if is_next {
            self.heard = log.seq;
        }
        is_next
    }

    fn note(&mut self, seq: u64) {
        self.noted = self.noted.max(seq.min(self.heard));
        while self.waiting.front().is_some_and(|(number, ..)| *number <= self.noted) {
            self.waiting.pop_front();
        }
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
        let heard = Record::Heard(peer.clone(), seq);
        match entry {
            Entry::Event(event) => {
                let path = event.path.clone();
                if let Some(post) = self.event_came(now, peer, seq, event) {
                    // were it remembered without being heard, it would be taken for one that came again
                    let records = self.origin(peer, &path).into_iter().chain([heard]).collect();
                    return self.put(Output::PublishOnce(post, records));
                }
            }
            Entry::Notification(told) => self.notification_came(now, peer, told),
            Entry::Federation(message) => self.federation_came(now, peer, message),
            Entry::Lost => self.counters.entries_lost += 1,
        }
        self.put(Output::Note(vec![heard]));
    }

    /// Acknowledges what is on disk of a peer's log.
    pub(crate) fn noted(&mut self, now: Timestamp, peer: &HomeId, seq: u64) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.inbox.note(seq);
        self.acknowledge(now, peer);
    }

    /// Goes back to what is on disk of a peer's log.
    pub(crate) fn not_noted(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.inbox.heard = known.inbox.noted;
        for (_, path, stamp) in std::mem::take(&mut known.inbox.waiting) {
            self.homes.peers.origins.forget(&path, stamp);
            if let Some(record) = self.origin(peer, &path) {
                self.put(Output::Save(record));
            }
        }
        self.acknowledge(now, peer);
    }

    /// Takes in an event; returns what is published of it here, if it is new.
    fn event_came(&mut self, now: Timestamp, peer: &HomeId, seq: u64, event: LinkEvent) -> Option<Post> {
        let address = self.root.parse(&format!("{}/{}", self.root.as_str(), event.path));
        let Some(address @ Address::Event(..)) = address else {
            self.lied(peer, "it tells of an event that cannot be");
            return None;
        };
        if !self.may_tell(peer, address.home(), &event.via) {
            self.lied(peer, "it tells of an event of a home that it does not speak for");
            return None;
        }
        let body = encode(Encoding::Cbor, &event.body);
        let Ok(message) = decode::<DeviceEvent>(Encoding::Cbor, &body, Limits::CLUSTER) else {
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
            known.inbox.waiting.push_back((seq, event.path.clone(), event.stamp));
        }
        self.pass_event_on(now, peer, address.home(), event);
        let payload = encode(Encoding::Json, &message);
        Some(Post { topic: self.root.topic(&address), payload, retain: false })
    }

    fn origin(&self, peer: &HomeId, path: &str) -> Option<Record> {
        self.homes.peers.origins.record(peer, path).map(Record::Mirror)
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
