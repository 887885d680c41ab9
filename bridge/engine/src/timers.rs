//! What is to be done later.

use std::collections::BTreeSet;

use hes_schemas::{ClusterId, HomeId, PropertyName, Sid, Timestamp, link::FederationId};

use crate::{
    directory::Slot,
    homes::{ErrandKey, WantKey},
    lanes::WorkKey,
    requests::RequestKey,
};

/// One thing to be done at a time; if it has become pointless by then, nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A request must be answered.
    Deadline(RequestKey),
    /// A device is to be asked whether an update took effect.
    ReadBack(WorkKey),
    /// A command that nothing reports counts as taken.
    Settle(WorkKey),
    /// A lease ends.
    Lease(Sid),
    /// A change that was held back is told.
    Interval(Sid, Slot, PropertyName),
    /// More of the initial state is told, from this place in the directory on.
    Initial(Sid, u32),
    /// More values of a silent cluster are published as stale, from this place in the directory on.
    Sweep(ClusterId, u32),
    /// Whether more devices of a cluster are there is published, from this place in the directory on.
    States(ClusterId, u32),
    /// More native values of a cluster are published, which have only become known, from this place in the directory on.
    Natives(ClusterId, u32),
    /// A cluster that has not said which devices it has is taken at its former word.
    Recall(ClusterId),
    /// Stored answers are forgotten.
    Forget,
    /// An errand must be answered.
    Errand(ErrandKey),
    /// Something is due on the way to a peer.
    Peer(HomeId),
    /// More of what a peer told is published as it is worth, from after this path on.
    Mirror(HomeId, Box<str>),
    /// Something in a federation may be over.
    Federation(FederationId),
    /// Another home must have answered, by the number of what it was asked.
    Ask(u64),
    /// A token is to be renewed, or asked for again.
    Token(WantKey),
}

/// All timers in the order of their times.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Timestamp, Timer)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Timestamp, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn cancel(&mut self, at: Timestamp, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }

    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<Timer> {
        let mut due = Vec::new();
        while self.0.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(self.0.pop_first().map(|(_, timer)| timer));
        }
        due
    }
}
