//! How much is taken of a peer, and how much it takes.

use hes_schemas::{
    HomeId,
    link::{Entry, LinkLimits, LinkMessage, Log, Stamp},
};

use super::{super::asks::OF_A_PEER, Peer};
use crate::{engine::Engine, notice::Notice};

/// What is taken of a peer: bytes of one message, requests under way.
pub(in crate::homes) const TAKES: LinkLimits = LinkLimits { bytes: 1 << 19, asks: OF_A_PEER };

/// The most bytes of a part of the states, however much the peer takes.
const PART: usize = 48 << 10;

/// The bytes around what a message tells: its head, numbers and the names of its fields.
const AROUND: usize = 256;

impl Peer {
    /// Returns how large a message may be.
    fn bytes(&self) -> usize {
        usize::try_from(self.line.takes.bytes).unwrap_or(usize::MAX)
    }

    /// Returns how large one thing may be that a message tells.
    pub(in crate::homes) fn room(&self) -> usize {
        self.bytes().saturating_sub(AROUND)
    }

    /// Returns how large a part of the states may be, if it tells of more than one thing.
    pub(in crate::homes) fn part_bytes(&self) -> usize {
        self.room().min(PART)
    }
}

impl Engine {
    /// Returns how large a message to a peer may be.
    pub(in crate::homes) fn bytes_at(&self, peer: &HomeId) -> usize {
        self.homes.peers.known.get(peer).map_or(0, Peer::bytes)
    }

    /// Returns how large one thing may be that a peer is told.
    pub(crate) fn room_at(&self, peer: &HomeId) -> usize {
        self.homes.peers.known.get(peer).map_or(0, Peer::room)
    }

    /// Returns how many requests may be under way at a peer: what it takes, and never more than is taken of it.
    pub(in crate::homes) fn asks_at(&self, peer: &HomeId) -> usize {
        let asks = self.homes.peers.known.get(peer).map_or(0, |known| known.line.takes.asks.min(OF_A_PEER));
        usize::try_from(asks).unwrap_or(usize::MAX)
    }

    /// Counts what was not told to a peer because it takes less.
    pub(in crate::homes) fn left_out(&mut self, peer: &HomeId, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.counters.left_out += count;
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let before = known.untold;
        known.untold = before.saturating_add(count);
        // reported at powers of two: a peer that takes little and says so often must not fill the log
        if known.untold.leading_zeros() < before.leading_zeros() {
            let untold = known.untold;
            self.note(Notice::LeftOut(peer.clone(), untold));
        }
    }
}

/// Says whether all numbers that would be said again, to it or to others, can be: integers have 64 bits with their sign.
pub(super) fn can_be_said(message: &LinkMessage) -> bool {
    let fits = |number: u64| i64::try_from(number).is_ok();
    let is_stamp = |stamp: Stamp| fits(stamp.epoch) && fits(stamp.seq);
    match message {
        LinkMessage::Hello(hello) => fits(hello.epoch) && hello.at.is_none_or(fits),
        LinkMessage::Beat(beat) => beat.at.is_none_or(fits),
        LinkMessage::State(state) => fits(state.to) && state.items.iter().all(|item| is_stamp(item.stamp)),
        LinkMessage::Log(Log { seq, entry: Entry::Event(event) }) => fits(*seq) && is_stamp(event.stamp),
        LinkMessage::Log(Log { seq, .. }) => fits(*seq),
        LinkMessage::Ask(ask) => fits(ask.id),
        LinkMessage::Reply(_) | LinkMessage::Token(_) | LinkMessage::Bye => true,
    }
}
