//! When a client was heard last, and how long it may be silent.

use std::sync::atomic::{AtomicU64, Ordering};

/// How long a client may be silent and has been, in milliseconds of the broker's own time.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    /// Zero means for ever.
    patience: AtomicU64,
    heard: AtomicU64,
}

impl Hearing {
    /// Begins to listen to a client that may be silent for so long, or for ever if that is zero.
    pub(crate) fn begin(&self, patience: u64, now: u64) {
        self.hear(now);
        self.patience.store(patience, Ordering::Relaxed);
    }

    /// Notes that the client was heard.
    pub(crate) fn hear(&self, now: u64) {
        self.heard.store(now, Ordering::Relaxed);
    }

    /// Says whether the client has been silent for too long.
    pub(crate) fn is_silent(&self, now: u64) -> bool {
        let patience = self.patience.load(Ordering::Relaxed);
        patience > 0 && now.saturating_sub(self.heard.load(Ordering::Relaxed)) > patience
    }
}
