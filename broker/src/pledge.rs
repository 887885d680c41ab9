//! What a publisher waits for before it is told that its message was taken.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use crate::{
    Backend, Change, QueuedRecord, backend::Done, delivery::Delivery, parcel::Parcel, session::Session, sync::lock,
};

/// A message on its way to its receivers, with what its publisher waits for.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    pub(crate) parcel: Arc<Parcel>,
    /// Nothing if no session that is kept can get it, or it need not outlive a restart.
    pub(crate) pledge: Option<Arc<Pledge>>,
}

/// What has to be on disk before a message counts as taken.
///
/// All who may still have something to add hold it. When the last lets go, everything is stored at once, and only then
/// is it delivered and the publisher told; so a crash leaves all of it or nothing. What no publisher waits for is delivered too
/// if it could not be stored.
pub(crate) struct Pledge {
    backend: Arc<dyn Backend>,
    inside: Mutex<Inside>,
}

/// Stores changes together with something of the gateway's own, and says whether all of that is on disk.
pub type Keep = Box<dyn FnOnce(Vec<Change>, Done) + Send>;

#[derive(Default)]
struct Inside {
    changes: Vec<Change>,
    /// Stores the changes, even if there are none, in the place of the backend.
    keep: Option<Keep>,
    deliveries: Vec<(Arc<Session>, Delivery)>,
    then: Option<Done>,
    is_broken: bool,
}

impl Pledge {
    /// Makes a pledge; `then` hears whether all was stored.
    pub(crate) fn new(backend: &Arc<dyn Backend>, then: Option<Done>) -> Arc<Self> {
        let inside = Inside { then, ..Inside::default() };
        Arc::new(Self { backend: Arc::clone(backend), inside: Mutex::new(inside) })
    }

    /// Makes a pledge whose changes are stored by `keep`, once, whether there are any or not, unless it is broken off.
    pub(crate) fn kept_by(backend: &Arc<dyn Backend>, keep: Keep, then: Done) -> Arc<Self> {
        let inside = Inside { keep: Some(keep), then: Some(then), ..Inside::default() };
        Arc::new(Self { backend: Arc::clone(backend), inside: Mutex::new(inside) })
    }

    /// Adds what has to be stored.
    pub(crate) fn add(&self, change: Change) {
        lock(&self.inside).changes.push(change);
    }

    /// Adds a message that has to be stored, and is then delivered.
    pub(crate) fn deliver(&self, session: &Arc<Session>, record: QueuedRecord, delivery: Delivery) {
        let mut inside = lock(&self.inside);
        inside.changes.push(Change::Queued(session.key, record));
        inside.deliveries.push((Arc::clone(session), delivery));
    }

    /// Returns what is to be called when something that is stored elsewhere has been, or could not be.
    pub(crate) fn part(self: &Arc<Self>) -> Done {
        let pledge = Arc::clone(self);
        Box::new(move |is_stored| {
            if !is_stored {
                pledge.break_off();
            }
        })
    }

    /// Has the publisher told that its message was not taken.
    pub(crate) fn break_off(&self) {
        lock(&self.inside).is_broken = true;
    }

    /// Has nothing stored, and nobody told anything.
    pub(crate) fn cancel(&self) {
        *lock(&self.inside) = Inside::default();
    }
}

impl Drop for Pledge {
    fn drop(&mut self) {
        let Inside { changes, keep, deliveries, then, is_broken } = std::mem::take(&mut *lock(&self.inside));
        if keep.is_some() && is_broken {
            // nothing has been stored, so nobody is to have it either
            deliveries.iter().for_each(|(session, delivery)| drop(session.renounce(delivery)));
            return settle(then, Vec::new(), false);
        }
        if changes.is_empty() && keep.is_none() {
            return settle(then, Vec::new(), !is_broken);
        }
        let backend = Arc::clone(&self.backend);
        let done = Box::new(move |is_stored: bool| {
            // nobody would say again what the gateway says itself, and it may be an answer that somebody waits for
            if !is_stored && then.is_some() {
                // the store may try again later, and what is told as not taken must not come back then
                backend.keep(
                    deliveries.iter().filter_map(|(session, delivery)| session.renounce(delivery)).collect(),
                    None,
                );
                return settle(then, Vec::new(), false);
            }
            settle(then, deliveries, !is_broken);
        });
        match keep {
            Some(keep) => keep(changes, done),
            None => self.backend.keep(changes, Some(done)),
        }
    }
}

fn settle(then: Option<Done>, deliveries: Vec<(Arc<Session>, Delivery)>, is_taken: bool) {
    for (session, delivery) in deliveries {
        session.arrive(delivery);
    }
    if let Some(then) = then {
        then(is_taken);
    }
}

impl fmt::Debug for Pledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pledge").field("changes", &lock(&self.inside).changes.len()).finish_non_exhaustive()
    }
}
