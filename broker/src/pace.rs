//! What one account may take of the broker: how many connections, how often, and how fast its clients may publish.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use governor::{DefaultDirectRateLimiter, Quota, clock::Clock as _};
use rustc_hash::FxHashMap;

use crate::{
    Limits, Refusal,
    figures::{Counters, count},
    sync::lock,
};

/// More accounts than this are remembered only while they are connected.
const REMEMBERED: usize = 1_024;

/// What an account may take, where that is other than what [`Limits`] say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// How many of its clients may be connected.
    pub connections: Option<u32>,
    /// How many messages all its clients together may publish in a second.
    pub messages: Option<NonZeroU32>,
    /// How many bytes of messages all its clients together may publish in a second.
    pub bytes: Option<NonZeroU32>,
    /// How many filters each of its clients may hold.
    pub subscriptions: Option<usize>,
    /// How many messages each of its clients may have unacknowledged, in either direction.
    pub inflight: Option<u16>,
    /// How many bytes may wait for each of its clients.
    pub queue_bytes: Option<usize>,
}

/// All accounts that are, or were, connected.
#[derive(Debug, Default)]
pub(crate) struct Accounts(Mutex<FxHashMap<Arc<str>, Arc<Account>>>);

#[derive(Debug)]
struct Account {
    connections: AtomicU32,
    rates: Mutex<Arc<Rates>>,
}

/// The rates of an account, all its connections together.
struct Rates {
    quotas: Quotas,
    connects: Option<DefaultDirectRateLimiter>,
    messages: Option<DefaultDirectRateLimiter>,
    bytes: Option<DefaultDirectRateLimiter>,
}

/// How much there may be in a minute or a second, and at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quotas {
    connects: Option<NonZeroU32>,
    messages: Option<NonZeroU32>,
    bytes: Option<(NonZeroU32, NonZeroU32)>,
}

/// One connection's part in the limits of its account, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pace {
    account: Arc<Account>,
    rates: Arc<Rates>,
    counters: Arc<Counters>,
    /// What has been taken from the client and was too much for the moment.
    owed_messages: u32,
    owed_bytes: u32,
    until: Instant,
}

impl Allowance {
    /// Returns the limits of an account's clients.
    pub(crate) fn over(self, limits: &Limits) -> Limits {
        Limits {
            subscriptions: self.subscriptions.unwrap_or(limits.subscriptions),
            receive_maximum: self.inflight.unwrap_or(limits.receive_maximum).max(1),
            queue_bytes: self.queue_bytes.unwrap_or(limits.queue_bytes),
            user_connections: self.connections.or(limits.user_connections),
            user_messages: self.messages.or(limits.user_messages),
            user_bytes: self.bytes.or(limits.user_bytes),
            ..limits.clone()
        }
    }
}

impl Accounts {
    /// Counts a connection in.
    ///
    /// One that takes over a connection of its own account may be one more, for the other is about to go.
    ///
    /// # Errors
    /// [`Refusal::Rate`] and [`Refusal::Quota`].
    pub(crate) fn enter(
        &self,
        user: &str,
        limits: &Limits,
        is_takeover: bool,
        counters: &Arc<Counters>,
    ) -> Result<Pace, Refusal> {
        let account = self.account(user);
        let rates = account.rates(Quotas::of(limits));
        if rates.connects.as_ref().is_some_and(|connects| connects.check().is_err()) {
            return Err(Refusal::Rate);
        }
        let most = limits.user_connections.map_or(u32::MAX, |most| most.saturating_add(is_takeover.into()));
        let entered =
            account.connections.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| (now < most).then(|| now + 1));
        if entered.is_err() {
            return Err(Refusal::Quota);
        }
        let counters = Arc::clone(counters);
        Ok(Pace { account, rates, counters, owed_messages: 0, owed_bytes: 0, until: Instant::now() })
    }

    fn account(&self, user: &str) -> Arc<Account> {
        let mut accounts = lock(&self.0);
        if let Some(account) = accounts.get(user) {
            return Arc::clone(account);
        }
        if accounts.len() >= REMEMBERED {
            accounts.retain(|_, account| account.connections.load(Ordering::Acquire) > 0);
        }
        let rates = Mutex::new(Arc::new(Rates::new(Quotas::NONE)));
        let account = Arc::new(Account { connections: AtomicU32::new(0), rates });
        accounts.insert(user.into(), Arc::clone(&account));
        account
    }
}

impl Account {
    /// Returns the rates, made anew if they are to be others.
    fn rates(&self, quotas: Quotas) -> Arc<Rates> {
        let mut rates = lock(&self.rates);
        if rates.quotas != quotas {
            *rates = Arc::new(Rates::new(quotas));
        }
        Arc::clone(&rates)
    }
}

impl Quotas {
    const NONE: Self = Self { connects: None, messages: None, bytes: None };

    /// Whole packets are taken, so the largest must fit into what may come at once.
    fn of(limits: &Limits) -> Self {
        let packet = u32::try_from(limits.packet).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX);
        Self {
            connects: limits.user_connects,
            messages: limits.user_messages,
            bytes: limits.user_bytes.map(|bytes| (bytes, bytes.max(packet))),
        }
    }
}

impl Rates {
    fn new(quotas: Quotas) -> Self {
        let limiter = DefaultDirectRateLimiter::direct;
        Self {
            quotas,
            connects: quotas.connects.map(|many| limiter(Quota::per_minute(many))),
            messages: quotas.messages.map(|many| limiter(Quota::per_second(many))),
            bytes: quotas.bytes.map(|(many, at_once)| limiter(Quota::per_second(many).allow_burst(at_once))),
        }
    }
}

impl Pace {
    /// Takes note of a PUBLISH that was taken.
    pub(crate) fn took(&mut self, bytes: usize) {
        if self.rates.messages.is_some() {
            self.owed_messages += 1;
        }
        if let Some((_, at_once)) = self.rates.quotas.bytes {
            self.owed_bytes += u32::try_from(bytes).unwrap_or(u32::MAX).min(at_once.get());
        }
        if !self.pay() {
            count(&self.counters.slowed);
        }
    }

    /// Says whether the client may publish more at the moment.
    pub(crate) fn is_open(&mut self) -> bool {
        (self.owed_messages == 0 && self.owed_bytes == 0) || (self.until <= Instant::now() && self.pay())
    }

    /// Waits for what may happen on the connection, but no longer than until the client may publish more: then nothing
    /// is returned.
    pub(crate) async fn bound<T>(&self, turn: impl Future<Output = T>) -> Option<T> {
        if self.owed_messages == 0 && self.owed_bytes == 0 {
            return Some(turn.await);
        }
        tokio::time::timeout_at(self.until.into(), turn).await.ok()
    }

    /// Pays what is owed, or learns when it can be paid.
    fn pay(&mut self) -> bool {
        for (limiter, owed) in
            [(&self.rates.messages, &mut self.owed_messages), (&self.rates.bytes, &mut self.owed_bytes)]
        {
            let (Some(limiter), Some(many)) = (limiter, NonZeroU32::new(*owed)) else { continue };
            if let Ok(Err(not_yet)) = limiter.check_n(many) {
                self.until = Instant::now() + not_yet.wait_time_from(limiter.clock().now());
                return false;
            }
            *owed = 0;
        }
        true
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.account.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rates").field(&self.quotas).finish()
    }
}
