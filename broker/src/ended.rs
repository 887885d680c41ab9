//! Sessions that have ended and that the store still has: they would come back with the next start.

use std::sync::{Arc, Mutex};

use crate::{Backend, Change, report::Notice, sync::lock};

/// How many of them are remembered.
const REMEMBERED: usize = 100_000;

/// The keys of sessions that the store could not forget.
#[derive(Debug, Default)]
pub(crate) struct Ended(Arc<Mutex<Vec<u64>>>);

impl Ended {
    /// Has the store forget a session, at once or as soon as it can.
    pub(crate) fn forget(&self, backend: &dyn Backend, key: u64) {
        self.forget_all(backend, vec![key]);
    }

    /// Has the store forget those that it could not.
    pub(crate) fn try_again(&self, backend: &dyn Backend) {
        let keys = std::mem::take(&mut *lock(&self.0));
        if !keys.is_empty() {
            self.forget_all(backend, keys);
        }
    }

    fn forget_all(&self, backend: &dyn Backend, keys: Vec<u64>) {
        let changes = keys.iter().map(|key| Change::SessionGone(*key)).collect();
        let own = Arc::clone(&self.0);
        let done = move |is_stored: bool| {
            if !is_stored {
                remember(&mut lock(&own), &keys);
            }
        };
        backend.keep(changes, Some(Box::new(done)));
    }
}

fn remember(known: &mut Vec<u64>, keys: &[u64]) {
    let room = REMEMBERED.saturating_sub(known.len());
    known.extend(keys.iter().take(room));
    if keys.len() > room {
        Notice::NotForgotten { sessions: keys.len() - room }.report();
    }
}
