//! A message on its way to one client.

use std::sync::Arc;

use crate::{Qos, QueuedRecord, parcel::Parcel, subscription::Subscription};

/// A message for one of a client's subscriptions.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) parcel: Arc<Parcel>,
    pub(crate) subscription: Arc<Subscription>,
    /// Whether it is a retained message that a new subscription was owed.
    pub(crate) is_snapshot: bool,
    /// Where it is stored, if it is.
    pub(crate) stored: Option<Stored>,
}

/// Where the store has a message, and what is fixed by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) place: u64,
    /// The packet id that it is always sent with, if its `QoS` is 2.
    pub(crate) packet_id: Option<u16>,
}

impl Delivery {
    pub(crate) fn new(parcel: &Arc<Parcel>, subscription: &Arc<Subscription>) -> Self {
        Self { parcel: Arc::clone(parcel), subscription: Arc::clone(subscription), is_snapshot: false, stored: None }
    }

    /// Returns how hard it is delivered.
    pub(crate) fn qos(&self) -> Qos {
        self.parcel.publish.qos.min(self.subscription.qos)
    }

    /// Returns how many bytes it takes while it waits.
    pub(crate) fn weight(&self) -> usize {
        self.parcel.weight()
    }

    /// Returns what the store is to keep of it.
    pub(crate) fn record(&self, stored: Stored) -> QueuedRecord {
        QueuedRecord {
            place: stored.place,
            packet_id: stored.packet_id,
            is_released: false,
            subscription: self.subscription.record(),
            number: self.parcel.number,
            publish: self.parcel.publish.clone(),
        }
    }
}
