//! What a session's client may take: what its account may, at the door that it came through.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use crate::{Allowance, Limits, sync::lock};

/// What holds beside the limits of the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) account: Allowance,
    pub(crate) door: Allowance,
}

/// The terms of a session at the moment.
#[derive(Debug)]
pub(crate) struct Agreement {
    terms: Mutex<Terms>,
    most_subscriptions: AtomicUsize,
}

impl Terms {
    /// Returns those of an account wherever its clients connect.
    pub(crate) const fn of(account: Allowance) -> Self {
        Self { account, door: Allowance::NONE }
    }

    /// Returns the limits that result.
    pub(crate) fn limits(self, limits: &Limits) -> Limits {
        self.door.narrow(self.account.over(limits))
    }
}

impl Agreement {
    pub(crate) const fn new(terms: Terms, limits: &Limits) -> Self {
        Self { terms: Mutex::new(terms), most_subscriptions: AtomicUsize::new(limits.subscriptions) }
    }

    /// Takes other terms, with the limits that result.
    pub(crate) fn change(&self, terms: Terms, limits: &Limits) {
        *lock(&self.terms) = terms;
        self.most_subscriptions.store(limits.subscriptions, Ordering::Relaxed);
    }

    /// Returns the terms with what the account may at the moment, if that is other than before.
    pub(crate) fn follow(&self, account: Allowance) -> Option<Terms> {
        let terms = Terms { account, ..*lock(&self.terms) };
        (terms != *lock(&self.terms)).then_some(terms)
    }

    /// Returns how many filters the client may hold.
    pub(crate) fn most_subscriptions(&self) -> usize {
        self.most_subscriptions.load(Ordering::Relaxed)
    }
}
