//! Whether a session has a connection.

use std::sync::Mutex;

use tokio::sync::Notify;

use crate::{luggage::Luggage, sync::lock};

/// Where a session's client is.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    state: Mutex<State>,
    freed: Notify,
}

/// Whether a session has a connection.
#[derive(Debug, Default)]
pub(crate) enum State {
    /// It has one, whose task holds all the rest.
    #[default]
    Here,
    /// It has had none since a time in milliseconds.
    Away(u64, Box<Luggage>),
    /// It has ended.
    Ended,
}

impl Presence {
    /// Says whether there is a connection.
    pub(crate) fn is_here(&self) -> bool {
        matches!(*lock(&self.state), State::Here)
    }

    /// Looks at the state, or changes it.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        let result = look(&mut state);
        let is_free = !matches!(*state, State::Here);
        drop(state);
        if is_free {
            self.freed.notify_waiters();
        }
        result
    }

    /// Takes out what the last connection left, if there is none; `goes_on` says whether another one follows, or the
    /// session ends.
    pub(crate) fn open(&self, goes_on: bool) -> Option<Box<Luggage>> {
        self.with(|state| {
            if !matches!(state, State::Away(..)) {
                return None;
            }
            let next = if goes_on { State::Here } else { State::Ended };
            match std::mem::replace(state, next) {
                State::Away(_, luggage) => Some(luggage),
                State::Here | State::Ended => None,
            }
        })
    }

    /// Waits until the connection has let go.
    pub(crate) async fn freed(&self) {
        let mut freed = std::pin::pin!(self.freed.notified());
        freed.as_mut().enable();
        if self.is_here() {
            freed.await;
        }
    }
}
