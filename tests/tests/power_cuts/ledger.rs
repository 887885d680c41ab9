//! What all who take part know of each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many listeners there are.
pub(crate) const LISTENERS: usize = 3;

/// How far publishers may get ahead of a listener: far fewer messages than may wait for a session.
const ROOM: usize = 1_000;

/// Counts that all see, and whether the power is there.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    acknowledged: AtomicUsize,
    heard: [AtomicUsize; LISTENERS],
    is_cut: AtomicBool,
}

impl Ledger {
    /// Begins another life of the gateway.
    pub(crate) fn begin(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }

    /// Ends it.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::SeqCst)
    }

    pub(crate) fn acknowledge(&self) {
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Learns how far a listener is.
    pub(crate) fn hear(&self, listener: usize, number: usize) {
        self.heard[listener].fetch_max(number, Ordering::SeqCst);
    }

    /// Says whether a publisher may go on.
    pub(crate) fn has_room(&self, number: usize) -> bool {
        self.heard.iter().all(|heard| number < heard.load(Ordering::SeqCst) + ROOM)
    }
}
