//! How much a mailbox holds.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Limits;

/// How many messages may wait, and how many bytes.
#[derive(Debug)]
pub(super) struct Room {
    messages: usize,
    bytes: AtomicUsize,
}

impl Room {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self { messages: limits.queue_messages, bytes: AtomicUsize::new(limits.queue_bytes) }
    }

    /// Has another number of bytes fit from then on.
    pub(super) fn resize(&self, bytes: usize) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Says whether a message of some weight fits beside those that wait; the only one always does.
    pub(super) fn fits(&self, weight: usize, messages: usize, bytes: usize) -> bool {
        messages < self.messages && (bytes + weight <= self.bytes.load(Ordering::Relaxed) || messages == 0)
    }
}
