//! One client's subscription to one filter.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use hes_schemas::Filter;

use crate::{
    Qos,
    parcel::{Parcel, Place},
    session::Session,
};

/// What a client asked for with one filter.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) filter: Filter,
    pub(crate) qos: Qos,
    pub(crate) no_local: bool,
    /// Whether the retain flag is passed on as it was published.
    pub(crate) as_published: bool,
    /// The number that the client wants to see with each message.
    pub(crate) id: Option<u32>,
    /// The latest message that it has nothing to do with; one may still be in a router when a client subscribes.
    pub(crate) since: u64,
    stored_fence: AtomicU64,
    projected_fence: AtomicU64,
}

/// A subscription with the session that holds it.
#[derive(Debug, Clone)]
pub(crate) struct Subscriber {
    pub(crate) session: Arc<Session>,
    pub(crate) subscription: Arc<Subscription>,
}

impl Subscription {
    pub(crate) const fn new(filter: Filter, qos: Qos, id: Option<u32>) -> Self {
        Self {
            filter,
            qos,
            no_local: false,
            as_published: false,
            id,
            since: 0,
            stored_fence: AtomicU64::new(0),
            projected_fence: AtomicU64::new(0),
        }
    }

    /// Says whether the filter matches a message.
    pub(crate) fn matches(&self, parcel: &Parcel) -> bool {
        self.filter.matches(&parcel.publish.topic)
    }

    /// Says that a snapshot has all that stands up to a place.
    pub(crate) fn fence(&self, place: Place) {
        match place {
            Place::Stored(place) => self.stored_fence.store(place, Ordering::Release),
            Place::Projected(place) => self.projected_fence.store(place, Ordering::Release),
        }
    }

    /// Says whether a snapshot had this message, or a newer one in its place.
    pub(crate) fn has_seen(&self, parcel: &Parcel) -> bool {
        match parcel.place {
            None => false,
            Some(Place::Stored(place)) => place <= self.stored_fence.load(Ordering::Acquire),
            Some(Place::Projected(place)) => place <= self.projected_fence.load(Ordering::Acquire),
        }
    }
}
