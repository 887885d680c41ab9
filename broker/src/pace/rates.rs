//! How fast those who share a rate may publish, and what each of them owes.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Instant};

use arc_swap::{ArcSwap, Cache};
use governor::{DefaultDirectRateLimiter, Quota, clock::Clock as _};

use super::Fare;
use crate::{Allowance, Limits};

/// The rates of an account or a door, all connections together.
pub(crate) struct Rates {
    pub(super) quotas: Quotas,
    pub(super) connects: Option<DefaultDirectRateLimiter>,
    messages: Option<DefaultDirectRateLimiter>,
    bytes: Option<DefaultDirectRateLimiter>,
}

/// How much there may be in a minute or a second, and at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quotas {
    connects: Option<NonZeroU32>,
    messages: Option<NonZeroU32>,
    bytes: Option<(NonZeroU32, NonZeroU32)>,
}

/// What one connection has taken of a rate, and what of it was too much for the moment.
#[derive(Debug)]
pub(super) struct Toll {
    rates: Cache<Fare, Arc<Rates>>,
    messages: u32,
    bytes: u32,
}

impl Quotas {
    pub(super) const NONE: Self = Self { connects: None, messages: None, bytes: None };

    pub(super) fn of_account(limits: &Limits) -> Self {
        let bytes = limits.user_bytes.map(|bytes| burst(bytes, limits.packet));
        Self { connects: limits.user_connects, messages: limits.user_messages, bytes }
    }

    fn of_door(allowance: &Allowance, packet: usize) -> Self {
        let bytes = allowance.bytes.map(|bytes| burst(bytes, packet));
        Self { connects: None, messages: allowance.messages, bytes }
    }
}

/// Whole packets are taken, so the largest must fit into what may come at once.
fn burst(bytes: NonZeroU32, packet: usize) -> (NonZeroU32, NonZeroU32) {
    let packet = u32::try_from(packet).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX);
    (bytes, bytes.max(packet))
}

impl Rates {
    pub(super) fn new(quotas: Quotas) -> Self {
        let limiter = DefaultDirectRateLimiter::direct;
        Self {
            quotas,
            connects: quotas.connects.map(|many| limiter(Quota::per_minute(many))),
            messages: quotas.messages.map(|many| limiter(Quota::per_second(many))),
            bytes: quotas.bytes.map(|(many, at_once)| limiter(Quota::per_second(many).allow_burst(at_once))),
        }
    }

    /// Makes those of a door, for packets that are no larger than that.
    pub(crate) fn of_door(allowance: &Allowance, packet: usize) -> Self {
        Self::new(Quotas::of_door(allowance, packet))
    }
}

impl Toll {
    pub(super) fn new(fare: Fare) -> Self {
        Self { rates: Cache::new(fare), messages: 0, bytes: 0 }
    }

    /// Takes note of a message of so many bytes.
    pub(super) fn took(&mut self, bytes: usize) {
        let rates = self.rates.load();
        if rates.messages.is_some() {
            self.messages += 1;
        }
        if let Some((_, at_once)) = rates.quotas.bytes {
            self.bytes += u32::try_from(bytes).unwrap_or(u32::MAX).min(at_once.get());
        }
    }

    pub(super) const fn is_paid(&self) -> bool {
        self.messages == 0 && self.bytes == 0
    }

    /// Pays what is owed; returns when it can be paid if it cannot yet.
    pub(super) fn pay(&mut self) -> Option<Instant> {
        if self.is_paid() {
            return None;
        }
        let rates = self.rates.load();
        for (limiter, owed) in [(&rates.messages, &mut self.messages), (&rates.bytes, &mut self.bytes)] {
            if let (Some(limiter), Some(many)) = (limiter, NonZeroU32::new(*owed))
                && let Ok(Err(not_yet)) = limiter.check_n(many)
            {
                return Some(Instant::now() + not_yet.wait_time_from(limiter.clock().now()));
            }
            // also where there is no limit any more, or one below what was taken at once
            *owed = 0;
        }
        None
    }
}

impl From<Rates> for Fare {
    fn from(rates: Rates) -> Self {
        Self::new(ArcSwap::from_pointee(rates))
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rates").field(&self.quotas).finish()
    }
}
