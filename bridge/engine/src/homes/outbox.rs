//! What may not be lost on its way to a peer: kept on disk before it is said, and until it is acknowledged.

use std::collections::VecDeque;

use hes_schemas::{
    Encoding, HomeId, Millis, Timestamp, encode,
    link::{Entry, LinkMessage, Log},
};

use crate::{
    engine::Engine,
    output::Output,
    record::{ParcelRecord, Record},
};

/// How many entries are said before the first of them is acknowledged.
const WINDOW: usize = 256;

/// After how long without an acknowledgement it is said again.
pub(super) const AGAIN: Millis = Millis::from_secs(5);

/// The log to one peer.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Parcel>,
    /// The number of the last entry that there ever was.
    last: u64,
    /// Up to which number all has been said on this link.
    said: u64,
    /// Up to which number all has been acknowledged.
    acknowledged: u64,
    /// When something was said or acknowledged last.
    moved_at: Timestamp,
    /// How much was not told lately, because the peer does not take as much at a time.
    left_out: usize,
}

#[derive(Debug)]
struct Parcel {
    record: ParcelRecord,
    is_kept: bool,
    size: usize,
}

impl Parcel {
    fn new(record: ParcelRecord) -> Self {
        let size = encode(Encoding::Cbor, &record.log).len();
        Self { record, is_kept: false, size }
    }
}

impl Outbox {
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn restore_last(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    pub(super) fn restore(&mut self, record: ParcelRecord) {
        self.last = self.last.max(record.log.seq);
        self.waiting.push_back(Parcel { is_kept: true, ..Parcel::new(record) });
    }

    /// Adds an entry; returns it with its number, and the number of the one that had to make room.
    pub(super) fn add(
        &mut self,
        now: Timestamp,
        peer: &HomeId,
        entry: Entry,
        until: Timestamp,
        bound: usize,
    ) -> (ParcelRecord, Option<u64>) {
        if self.waiting.is_empty() {
            self.moved_at = now;
        }
        self.last = self.last.saturating_add(1);
        let record = ParcelRecord { peer: peer.clone(), until, log: Log { seq: self.last, entry } };
        self.waiting.push_back(Parcel::new(record.clone()));
        let oldest = if self.waiting.len() > bound { self.waiting.pop_front() } else { None };
        (record, oldest.map(|parcel| parcel.record.log.seq))
    }

    /// Learns that an entry is on disk.
    pub(super) fn kept(&mut self, seq: u64) {
        let place = self.waiting.binary_search_by_key(&seq, |it| it.record.log.seq);
        if let Some(parcel) = place.ok().and_then(|place| self.waiting.get_mut(place)) {
            parcel.is_kept = true;
        }
    }

    /// Learns how far the peer has noted all; returns whether anything may be forgotten, or nothing if that cannot be.
    pub(super) fn heard(&mut self, now: Timestamp, seq: u64) -> Option<bool> {
        if seq > self.last {
            return None;
        }
        if seq > self.acknowledged {
            (self.acknowledged, self.moved_at) = (seq, now);
        }
        let before = self.waiting.len();
        while self.waiting.front().is_some_and(|it| it.record.log.seq <= self.acknowledged) {
            self.waiting.pop_front();
        }
        self.said = self.said.max(self.acknowledged);
        Some(self.waiting.len() < before)
    }

    /// Has all said again that has not been acknowledged.
    pub(super) const fn go_back(&mut self) {
        self.said = self.acknowledged;
    }

    /// Says whether what was said has been waiting too long to be acknowledged.
    pub(super) fn is_stuck(&self, now: Timestamp) -> bool {
        self.said > self.acknowledged && now.since(self.moved_at) >= AGAIN
    }

    /// Returns what is to be said; what is not, because its time is over, room was short or the peer takes less, is told as
    /// lost.
    pub(super) fn next(&mut self, now: Timestamp, room: usize) -> Vec<Log> {
        let mut logs = Vec::new();
        let (mut said, mut under_way) = (self.said, 0);
        let mut gap = None;
        for parcel in &self.waiting {
            let seq = parcel.record.log.seq;
            under_way += 1;
            if seq <= said {
                continue;
            }
            if !parcel.is_kept || under_way > WINDOW {
                break;
            }
            let is_large = parcel.size > room;
            self.left_out += usize::from(is_large);
            if is_large || now >= parcel.record.until {
                gap = Some(seq);
                said = seq;
                continue;
            }
            if gap.is_some() || seq > said.saturating_add(1) {
                logs.push(Log { seq: seq.saturating_sub(1), entry: Entry::Lost });
            }
            gap = None;
            logs.push(parcel.record.log.clone());
            said = seq;
        }
        logs.extend(gap.map(|seq| Log { seq, entry: Entry::Lost }));
        if said > self.said {
            (self.said, self.moved_at) = (said, now);
        }
        logs
    }
}

impl Engine {
    /// Has what is on disk said.
    pub(crate) fn logged(&mut self, peer: &HomeId, seq: u64) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.outbox.kept(seq);
        self.homes.peers.expectant.insert(peer.clone());
    }

    /// Goes on with the log where the peer has noted it, on a new link.
    pub(super) fn log_from(&mut self, now: Timestamp, peer: &HomeId, heard: u64) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.outbox.go_back();
        self.log_heard(now, peer, heard);
    }

    pub(super) fn log_heard(&mut self, now: Timestamp, peer: &HomeId, heard: u64) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        match known.outbox.heard(now, heard) {
            None => return self.lied(peer, "it has heard what was never said"),
            Some(true) => self.put(Output::Save(Record::ParcelsGone(peer.clone(), heard))),
            Some(false) => {}
        }
        self.homes.peers.expectant.insert(peer.clone());
    }

    pub(super) fn say_log(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer).filter(|it| it.is_linked()) else { return };
        let logs = known.outbox.next(now, known.room());
        let left_out = std::mem::take(&mut known.outbox.left_out);
        for log in logs {
            self.put(Output::Say(peer.clone(), LinkMessage::Log(log)));
        }
        self.left_out(peer, left_out);
    }
}
