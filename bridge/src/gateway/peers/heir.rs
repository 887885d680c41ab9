//! A way that takes over from another one, without a break.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hes_schemas::HomeId;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::{
    dial::{Ear, Outgoing},
    line::{Carrier, Line},
};

/// Hears the new way; the old one ends when the new one is there, and not before.
///
/// What comes by both for a moment is taken once: a channel knows what it has opened.
pub(super) struct Heir {
    line: Arc<Line>,
    queue: Sender<Outgoing>,
    old: CancellationToken,
    has_taken_over: AtomicBool,
}

impl Heir {
    pub(super) const fn new(line: Arc<Line>, queue: Sender<Outgoing>, old: CancellationToken) -> Self {
        Self { line, queue, old, has_taken_over: AtomicBool::new(false) }
    }
}

impl Ear for Heir {
    fn up(&self) {
        if self.has_taken_over.swap(true, Ordering::SeqCst) {
            return self.line.up();
        }
        self.line.set_carrier(Carrier::Elsewhere(self.queue.clone()));
        self.old.cancel();
        // the other side ends what was before as soon as it hears us on the new way
        self.line.call();
    }

    fn heard(&self, from: &HomeId, frame: &[u8]) {
        self.line.heard(from, frame);
    }

    fn down(&self, reason: &str) {
        if self.has_taken_over.load(Ordering::SeqCst) {
            self.line.down(reason);
        }
    }
}
