//! Listeners inside the gateway: they hear what clients publish, on the publisher's task.

use std::{
    fmt,
    sync::{Arc, Mutex, RwLock, Weak},
};

use hes_schemas::{Filter, Topic};

use crate::{
    Done, Publish,
    parcel::{Left, Parcel},
    pledge::Pledge,
    retained::Retained,
    subscription::Subscription,
    sync::{lock, read, write},
};

/// Hears each message; must not wait.
///
/// Where somebody waits for the message to be acknowledged it may take parts in that: the publisher is told once each of them
/// has been, and that the message was not taken if one of them has failed.
pub type Tap = Arc<dyn Fn(&Publish, Option<Part<'_>>) + Send + Sync>;

/// Makes a part in an acknowledgement.
pub type Part<'p> = &'p dyn Fn() -> Done;

/// All listeners.
#[derive(Debug, Default)]
pub(crate) struct Taps {
    listeners: RwLock<Arc<Vec<Arc<Listener>>>>,
}

struct Listener {
    filters: Vec<Subscription>,
    tap: Tap,
    /// Messages that came before the stored ones had been told; nothing once they have.
    held: Mutex<Option<Vec<Arc<Parcel>>>>,
}

/// Keeps a listener attached; dropping it ends that.
#[must_use = "the listener is detached when this is dropped"]
pub struct Attachment {
    taps: Weak<Taps>,
    listener: Arc<Listener>,
}

impl Taps {
    /// Attaches a listener: it hears the stored messages that match, and then each new one.
    pub(crate) fn attach(self: &Arc<Self>, filters: Vec<Filter>, tap: Tap, retained: &Retained) -> Attachment {
        let filters = filters.into_iter().map(|filter| Subscription::new(filter, crate::Qos::AtLeastOnce, None));
        let listener = Arc::new(Listener { filters: filters.collect(), tap, held: Mutex::new(Some(Vec::new())) });
        self.change(|listeners| listeners.push(Arc::clone(&listener)));
        let mut stored: Vec<Arc<Parcel>> = Vec::new();
        for (at, filter) in listener.filters.iter().enumerate() {
            let is_told = |parcel: &Parcel| listener.filters.iter().take(at).any(|earlier| earlier.matches(parcel));
            filter.fence(retained.snapshot(&filter.filter, |parcel| {
                if !is_told(parcel) {
                    stored.push(Arc::clone(parcel));
                }
            }));
        }
        listener.tell(&stored);
        listener.catch_up();
        Attachment { taps: Arc::downgrade(self), listener }
    }

    /// Says whether anybody hears what is published on a topic.
    pub(crate) fn hear(&self, topic: &Topic) -> bool {
        read(&self.listeners).iter().any(|listener| listener.filters.iter().any(|it| it.filter.matches(topic)))
    }

    /// Tells all whose filters match; each hears a message once.
    pub(crate) fn tell(&self, parcel: &Arc<Parcel>, pledge: Option<&Arc<Pledge>>) {
        let part = pledge.map(|pledge| || pledge.part());
        let part = part.as_ref().map(|part| -> Part<'_> { part });
        let listeners = Arc::clone(&read(&self.listeners));
        for listener in listeners.iter() {
            if listener.matches(parcel) && !listener.hold(parcel) {
                (listener.tap)(&parcel.publish, part);
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Listener>>)) {
        let mut listeners = write(&self.listeners);
        let mut changed = listeners.as_ref().clone();
        change(&mut changed);
        *listeners = Arc::new(changed);
    }
}

impl Listener {
    fn matches(&self, parcel: &Parcel) -> bool {
        self.filters.iter().any(|filter| filter.matches(parcel))
    }

    /// Holds a message back if the stored ones have not been told yet.
    fn hold(&self, parcel: &Arc<Parcel>) -> bool {
        let mut held = lock(&self.held);
        held.as_mut().map(|held| held.push(Arc::clone(parcel))).is_some()
    }

    fn catch_up(&self) {
        loop {
            let mut held = lock(&self.held);
            let waiting = held.as_mut().map(std::mem::take).unwrap_or_default();
            if waiting.is_empty() {
                *held = None;
                return;
            }
            drop(held);
            // the first filter that matches is the one that the stored message was told for
            let first = |parcel: &Parcel| self.filters.iter().find(|filter| filter.matches(parcel));
            let is_seen = |parcel: &Parcel| first(parcel).is_some_and(|filter| filter.has_seen(parcel));
            waiting.iter().filter(|parcel| !is_seen(parcel)).for_each(|parcel| (self.tap)(&parcel.publish, None));
        }
    }

    fn tell(&self, parcels: &[Arc<Parcel>]) {
        for parcel in parcels {
            if let Left::Some(_) = parcel.left() {
                (self.tap)(&parcel.publish, None);
            }
        }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if let Some(taps) = self.taps.upgrade() {
            taps.change(|listeners| listeners.retain(|listener| !Arc::ptr_eq(listener, &self.listener)));
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("filters", &self.filters).finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attachment").field(&self.listener).finish()
    }
}
