//! How many connections one account may have, how often it may connect, and how fast a client may publish.

mod rates;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use arc_swap::ArcSwap;
use rustc_hash::FxHashMap;

pub(crate) use self::rates::Rates;
use self::rates::{Quotas, Toll};

use crate::{
    Limits, Refusal,
    figures::{Counters, count},
    sync::lock,
};

/// More accounts than this are remembered only while they are connected.
const REMEMBERED: usize = 1_024;

/// The rates that hold at the moment for all who share them.
pub(crate) type Fare = Arc<ArcSwap<Rates>>;

/// All accounts that are, or were, connected.
#[derive(Debug, Default)]
pub(crate) struct Accounts(Mutex<FxHashMap<Arc<str>, Arc<Account>>>);

#[derive(Debug)]
struct Account {
    connections: AtomicU32,
    rates: Fare,
}

/// One connection's part in the limits of its account and its door, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pace {
    account: Arc<Account>,
    counters: Arc<Counters>,
    /// What is owed to the account's rates, and to the door's.
    tolls: [Toll; 2],
    until: Instant,
}

impl Accounts {
    /// Counts a connection in, which keeps to the rates of its account and its door.
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
        door: &Fare,
        counters: &Arc<Counters>,
    ) -> Result<Pace, Refusal> {
        let account = self.account(user);
        let rates = account.rates(Quotas::of_account(limits));
        if rates.connects.as_ref().is_some_and(|connects| connects.check().is_err()) {
            return Err(Refusal::Rate);
        }
        let most = limits.user_connections.map_or(u32::MAX, |most| most.saturating_add(is_takeover.into()));
        let entered =
            account.connections.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| (now < most).then(|| now + 1));
        if entered.is_err() {
            return Err(Refusal::Quota);
        }
        let tolls = [&account.rates, door].map(|fare| Toll::new(Arc::clone(fare)));
        Ok(Pace { account, counters: Arc::clone(counters), tolls, until: Instant::now() })
    }

    /// Has the connections of an account keep to other rates, if those are others.
    pub(crate) fn follow(&self, user: &str, limits: &Limits) {
        self.account(user).rates(Quotas::of_account(limits));
    }

    fn account(&self, user: &str) -> Arc<Account> {
        let mut accounts = lock(&self.0);
        if let Some(account) = accounts.get(user) {
            return Arc::clone(account);
        }
        if accounts.len() >= REMEMBERED {
            accounts.retain(|_, account| account.connections.load(Ordering::Acquire) > 0);
        }
        let rates = Rates::new(Quotas::NONE).into();
        let account = Arc::new(Account { connections: AtomicU32::new(0), rates });
        accounts.insert(user.into(), Arc::clone(&account));
        account
    }
}

impl Account {
    /// Returns the rates, made anew if they are to be others.
    fn rates(&self, quotas: Quotas) -> Arc<Rates> {
        let rates = self.rates.load_full();
        if rates.quotas == quotas {
            return rates;
        }
        let rates = Arc::new(Rates::new(quotas));
        self.rates.store(Arc::clone(&rates));
        rates
    }
}

impl Pace {
    /// Takes note of a PUBLISH that was taken.
    pub(crate) fn took(&mut self, bytes: usize) {
        self.tolls.iter_mut().for_each(|toll| toll.took(bytes));
        if !self.pay() {
            count(&self.counters.slowed);
        }
    }

    /// Says whether the client may publish more at the moment.
    pub(crate) fn is_open(&mut self) -> bool {
        self.is_paid() || (self.until <= Instant::now() && self.pay())
    }

    /// Waits for what may happen on the connection, but no longer than until the client may publish more: then nothing
    /// is returned.
    pub(crate) async fn bound<T>(&self, turn: impl Future<Output = T>) -> Option<T> {
        if self.is_paid() {
            return Some(turn.await);
        }
        tokio::time::timeout_at(self.until.into(), turn).await.ok()
    }

    fn is_paid(&self) -> bool {
        self.tolls.iter().all(Toll::is_paid)
    }

    /// Pays what is owed, or learns when it can be paid.
    fn pay(&mut self) -> bool {
        match self.tolls.iter_mut().filter_map(Toll::pay).max() {
            Some(until) => self.until = until,
            None => return true,
        }
        false
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.account.connections.fetch_sub(1, Ordering::AcqRel);
    }
}
