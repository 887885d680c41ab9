//! What others can reach of a connected client.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use hes_schemas::Topic;

use crate::{
    Client, Limits,
    figures::{Counters, count},
    mailbox::{Mailbox, Put},
    parcel::Parcel,
    subscription::Subscription,
    sync::lock,
    wire::Violation,
};

/// A connected client, as seen by those who have something for it.
#[derive(Debug)]
pub(crate) struct Session {
    /// Unlike the client id, no two sessions ever share it.
    pub(crate) key: u64,
    pub(crate) client: Client,
    pub(crate) mailbox: Mailbox,
    /// How long it may be silent, in milliseconds; zero means for ever.
    pub(crate) patience: u64,
    heard: AtomicU64,
    /// Its subscriptions to its own answers and notifications.
    own: Mutex<Vec<Arc<Subscription>>>,
    counters: Arc<Counters>,
}

impl Session {
    pub(crate) fn new(key: u64, client: Client, patience: u64, limits: &Limits, counters: Arc<Counters>) -> Self {
        Self {
            key,
            client,
            mailbox: Mailbox::new(limits),
            patience,
            heard: AtomicU64::new(0),
            own: Mutex::default(),
            counters,
        }
    }

    /// Puts a message into the mailbox, if this client may see it.
    pub(crate) fn deliver(&self, parcel: &Arc<Parcel>, subscription: &Arc<Subscription>) {
        let is_own = subscription.no_local && parcel.origin == self.key;
        let is_before = parcel.number <= subscription.since;
        if !is_own && !is_before && self.client.rights().may_receive(&parcel.publish.topic) {
            self.put(parcel, subscription);
        }
    }

    /// Puts an answer or a notification into the mailbox; returns whether it waits there.
    pub(crate) fn answer(&self, parcel: &Arc<Parcel>) -> bool {
        let topic = parcel.publish.topic.as_str();
        let subscription = lock(&self.own).iter().find(|own| own.filter.matches_text(topic)).map(Arc::clone);
        subscription.is_some_and(|subscription| self.put(parcel, &subscription))
    }

    fn put(&self, parcel: &Arc<Parcel>, subscription: &Arc<Subscription>) -> bool {
        match self.mailbox.put(parcel, subscription) {
            Put::Waits => return true,
            Put::Dropped => count(&self.counters.dropped_queue_full),
            Put::Overflow => count(&self.counters.too_slow),
        }
        false
    }

    /// Tells the client to go because it has not read what it asked for.
    pub(crate) fn give_up(&self) {
        if self.mailbox.end(Violation::TOO_SLOW) {
            count(&self.counters.too_slow);
        }
    }

    /// Adds a subscription to the client's own answers, or replaces it.
    pub(crate) fn add_own(&self, subscription: &Arc<Subscription>) {
        let mut own = lock(&self.own);
        own.retain(|old| old.filter != subscription.filter);
        own.push(Arc::clone(subscription));
    }

    /// Removes a subscription to the client's own answers.
    pub(crate) fn remove_own(&self, subscription: &Subscription) {
        lock(&self.own).retain(|own| own.filter != subscription.filter);
    }

    /// Notes that the client was heard, at a time in milliseconds.
    pub(crate) fn hear(&self, now: u64) {
        self.heard.store(now, Ordering::Relaxed);
    }

    /// Says whether the client has been silent for too long.
    pub(crate) fn is_silent(&self, now: u64) -> bool {
        self.patience > 0 && now.saturating_sub(self.heard.load(Ordering::Relaxed)) > self.patience
    }

    /// Says whether the client may see a topic.
    pub(crate) fn may_receive(&self, topic: &Topic) -> bool {
        self.client.rights().may_receive(topic)
    }
}
