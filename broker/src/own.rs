//! A client's subscriptions to its own answers and notifications.

use std::sync::{Arc, Mutex};

use crate::{subscription::Subscription, sync::lock};

/// The subscriptions, each with a filter of its own.
#[derive(Debug, Default)]
pub(crate) struct Own(Mutex<Vec<Arc<Subscription>>>);

impl Own {
    /// Adds one, or replaces that with the same filter.
    pub(crate) fn add(&self, subscription: &Arc<Subscription>) {
        let mut own = lock(&self.0);
        own.retain(|old| old.filter != subscription.filter);
        own.push(Arc::clone(subscription));
    }

    /// Removes one.
    pub(crate) fn remove(&self, subscription: &Subscription) {
        lock(&self.0).retain(|own| own.filter != subscription.filter);
    }

    /// Finds one that matches a topic.
    pub(crate) fn find(&self, topic: &str) -> Option<Arc<Subscription>> {
        lock(&self.0).iter().find(|own| own.filter.matches_text(topic)).map(Arc::clone)
    }
}
