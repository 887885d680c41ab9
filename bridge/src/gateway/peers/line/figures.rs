//! What is counted on the way to a peer.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{Line, lock};
use crate::peers::channel::Figures;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) malformed: AtomicU64,
    pub(super) too_large: AtomicU64,
    pub(super) overflows: AtomicU64,
}

/// What happened on the way to a peer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineFigures {
    pub(crate) is_up: bool,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) channel: Figures,
    pub(crate) malformed: u64,
    pub(crate) too_large: u64,
    pub(crate) overflows: u64,
}

impl Line {
    /// Returns what happened so far.
    pub(in crate::gateway::peers) fn figures(&self) -> LineFigures {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LineFigures {
            is_up: lock(&self.state).is_told,
            round_trip: self.echo.took(),
            channel: lock(&self.channel).figures(),
            malformed: count(&self.counters.malformed),
            too_large: count(&self.counters.too_large),
            overflows: count(&self.counters.overflows),
        }
    }
}
