//! A message on its way to many: what all its copies share.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{Precedent, Publish, wire::write_properties};

/// Counts messages.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A message with what the broker knows of it.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) publish: Publish,
    /// Greater than that of every message before it.
    pub(crate) number: u64,
    /// The session that published it, zero if none did.
    pub(crate) origin: u64,
    /// Its place among the retained messages, if it is one.
    pub(crate) place: Option<Place>,
    /// Who may receive it, while it is given to its receivers.
    pub(crate) precedent: Precedent,
    arrived: Instant,
    properties: OnceLock<Box<[u8]>>,
}

/// Where a message stands in the order in which retained messages changed.
///
/// Each space counts for itself, since a snapshot of the two cannot be taken at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Among those that the broker stores.
    Stored(u64),
    /// Among those that the gateway projects.
    Projected(u64),
}

/// What is left of a message's expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// It does not expire, or so many seconds are left.
    Some(Option<u32>),
    /// It has expired.
    Nothing,
}

impl Parcel {
    pub(crate) fn new(publish: Publish, origin: u64, place: Option<Place>) -> Self {
        let number = NUMBERS.fetch_add(1, Ordering::AcqRel) + 1;
        let precedent = Precedent::default();
        Self { publish, number, origin, place, precedent, arrived: Instant::now(), properties: OnceLock::new() }
    }

    /// Returns the number of the latest message that anyone has made.
    pub(crate) fn latest() -> u64 {
        NUMBERS.load(Ordering::Acquire)
    }

    /// Returns the properties as MQTT 5 writes them, written when first asked for.
    pub(crate) fn properties(&self) -> &[u8] {
        self.properties.get_or_init(|| write_properties(&self.publish.properties))
    }

    /// Returns what is left of its expiry.
    pub(crate) fn left(&self) -> Left {
        let Some(expiry) = self.publish.properties.expiry else { return Left::Some(None) };
        let passed = self.arrived.elapsed();
        match Duration::from_secs(expiry.into()).checked_sub(passed) {
            Some(left) if left > Duration::ZERO => Left::Some(Some(whole_seconds(left).min(expiry))),
            _ => Left::Nothing,
        }
    }

    /// Returns how many bytes it takes while it waits.
    pub(crate) fn weight(&self) -> usize {
        self.publish.payload.len() + self.publish.topic.as_str().len() + 64
    }
}

/// Returns whole seconds, rounded up: a message with some time left must not say that it has none.
fn whole_seconds(left: Duration) -> u32 {
    u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(u32::from(left.subsec_nanos() > 0))
}
