//! One account in memory, shared by all sessions of it.

use std::{
    num::NonZeroU64,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::{ArcSwap, Guard};
use argon2::password_hash::Output;
use hes_broker::Allowance;
use hes_schemas::{
    UserName,
    rights::{Grants, Role},
};

use super::IdPattern;
use crate::store::AccountRow;

/// Counts the grants that accounts have had.
static STANDINGS: AtomicU64 = AtomicU64::new(0);

/// An account, which changes under the sessions that hold it.
#[derive(Debug)]
pub(super) struct Seat {
    name: UserName,
    /// Looked at for every message, by many at once, and so without a lock.
    state: ArcSwap<State>,
    /// What the last password that was right left behind.
    trace: Mutex<Option<Output>>,
}

/// What can change.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// Which password it is; nothing if the account is gone.
    pub(super) generation: Option<i64>,
    password: Arc<str>,
    pub(super) grants: Arc<Grants>,
    /// A number that no other grants ever have, if none of these ends by itself.
    pub(super) standing: Option<NonZeroU64>,
    client_ids: Vec<IdPattern>,
    allowance: Allowance,
}

impl Seat {
    /// Makes one of a row of the store.
    pub(super) fn new(row: &AccountRow) -> Self {
        Self { name: row.name.clone(), state: ArcSwap::from_pointee(State::of(row)), trace: Mutex::new(None) }
    }

    /// Makes one that nobody has to prove to be, with the rights of a role.
    pub(super) fn without_password(name: UserName, role: Role) -> Self {
        let grants = Arc::new(Grants::new(role.grants()));
        let state = State {
            generation: Some(0),
            password: "".into(),
            standing: standing(&grants),
            grants,
            client_ids: Vec::new(),
            allowance: Allowance::default(),
        };
        Self { name, state: ArcSwap::from_pointee(state), trace: Mutex::new(None) }
    }

    pub(super) const fn name(&self) -> &UserName {
        &self.name
    }

    pub(super) fn generation(&self) -> Option<i64> {
        self.state.load().generation
    }

    pub(super) fn password(&self) -> Arc<str> {
        Arc::clone(&self.state.load().password)
    }

    pub(super) fn grants(&self) -> Arc<Grants> {
        Arc::clone(&self.state.load().grants)
    }

    /// Returns what the account is at the moment.
    pub(super) fn state(&self) -> Guard<Arc<State>> {
        self.state.load()
    }

    /// Says whether the account is bound to client ids, and if so, whether this is one of them.
    pub(super) fn binds(&self, client: &str) -> Option<bool> {
        let state = self.state.load();
        (!state.client_ids.is_empty()).then(|| state.client_ids.iter().any(|pattern| pattern.matches(client)))
    }

    pub(super) fn allowance(&self) -> Allowance {
        self.state.load().allowance
    }

    /// Takes over what the store says.
    pub(super) fn update(&self, row: &AccountRow) {
        self.state.store(Arc::new(State::of(row)));
    }

    /// Ends all sessions of it, and all its rights.
    pub(super) fn remove(&self) {
        self.state.rcu(|state| State {
            generation: None,
            grants: Arc::default(),
            standing: None,
            ..State::clone(state)
        });
    }

    pub(super) fn has_trace(&self, trace: Output) -> bool {
        *self.trace.lock().unwrap_or_else(PoisonError::into_inner) == Some(trace)
    }

    pub(super) fn keep_trace(&self, trace: Output) {
        *self.trace.lock().unwrap_or_else(PoisonError::into_inner) = Some(trace);
    }
}

impl State {
    fn of(row: &AccountRow) -> Self {
        let grants = row.role.map(Role::grants).into_iter().flatten().chain(row.grants.clone()).collect();
        let grants = Grants::new(grants);
        Self {
            generation: Some(row.generation),
            password: row.password.as_str().into(),
            standing: standing(&grants),
            grants: Arc::new(grants),
            client_ids: row.client_ids.clone(),
            allowance: row.allowance,
        }
    }
}

fn standing(grants: &Grants) -> Option<NonZeroU64> {
    let next = || NonZeroU64::new(STANDINGS.fetch_add(1, Ordering::Relaxed) + 1);
    if grants.can_end() { None } else { next() }
}
