//! One account in memory, shared by all sessions of it.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use argon2::password_hash::Output;
use hes_schemas::{
    UserName,
    rights::{Grants, Role},
};

use crate::store::AccountRow;

/// An account, which changes under the sessions that hold it.
#[derive(Debug)]
pub(super) struct Seat {
    name: UserName,
    state: RwLock<State>,
    /// What the last password that was right left behind.
    trace: Mutex<Option<Output>>,
}

/// What can change.
#[derive(Debug, Clone)]
struct State {
    /// Which password it is; nothing if the account is gone.
    generation: Option<i64>,
    password: Arc<str>,
    grants: Arc<Grants>,
}

impl Seat {
    /// Makes one of a row of the store.
    pub(super) fn new(row: &AccountRow) -> Self {
        Self { name: row.name.clone(), state: RwLock::new(State::of(row)), trace: Mutex::new(None) }
    }

    /// Makes one that nobody has to prove to be, with the rights of a role.
    pub(super) fn without_password(name: UserName, role: Role) -> Self {
        let grants = Arc::new(Grants::new(role.grants()));
        let state = State { generation: Some(0), password: "".into(), grants };
        Self { name, state: RwLock::new(state), trace: Mutex::new(None) }
    }

    pub(super) const fn name(&self) -> &UserName {
        &self.name
    }

    pub(super) fn generation(&self) -> Option<i64> {
        self.read(|state| state.generation)
    }

    pub(super) fn password(&self) -> Arc<str> {
        self.read(|state| Arc::clone(&state.password))
    }

    pub(super) fn grants(&self) -> Arc<Grants> {
        self.read(|state| Arc::clone(&state.grants))
    }

    /// Returns what sessions of a generation may do: nothing if there is another.
    pub(super) fn grants_of(&self, generation: i64) -> Arc<Grants> {
        let grants = |state: &State| (state.generation == Some(generation)).then(|| Arc::clone(&state.grants));
        self.read(grants).unwrap_or_default()
    }

    /// Takes over what the store says.
    pub(super) fn update(&self, row: &AccountRow) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *state = State::of(row);
    }

    /// Ends all sessions of it, and all its rights.
    pub(super) fn remove(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.generation = None;
        state.grants = Arc::default();
    }

    pub(super) fn has_trace(&self, trace: Output) -> bool {
        *self.trace.lock().unwrap_or_else(PoisonError::into_inner) == Some(trace)
    }

    pub(super) fn keep_trace(&self, trace: Output) {
        *self.trace.lock().unwrap_or_else(PoisonError::into_inner) = Some(trace);
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn of(row: &AccountRow) -> Self {
        let grants = row.role.map(Role::grants).into_iter().flatten().chain(row.grants.clone()).collect();
        Self {
            generation: Some(row.generation),
            password: row.password.as_str().into(),
            grants: Arc::new(Grants::new(grants)),
        }
    }
}
