//! What all connections share: sessions, subscriptions, retained messages, the router, and the gateway behind.

use std::{
    fmt,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use hes_schemas::Filter;
use rustc_hash::FxHashMap;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Backend, Limits, Publish,
    backend::Done,
    figures::{Counters, Figures, count},
    gate::{Gate, Space},
    mailbox::Mail,
    pace::Accounts,
    parcel::{Parcel, Place},
    report::Notice,
    retained::{Full, Retained},
    router::Router,
    session::Session,
    subscription::{Subscriber, Subscription},
    subscriptions::{Exact, Wild},
    sync::{read, write},
    taps::Taps,
};

/// The broker without its doors.
pub(crate) struct Hub {
    pub(crate) limits: Limits,
    pub(crate) gate: Gate,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) sessions: RwLock<FxHashMap<Arc<str>, Arc<Session>>>,
    pub(crate) exact: Exact,
    pub(crate) wild: Arc<Wild>,
    pub(crate) router: Box<dyn Router>,
    pub(crate) retained: Retained,
    pub(crate) taps: Arc<Taps>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) accounts: Accounts,
    pub(crate) keys: AtomicU64,
    pub(crate) projected: AtomicU64,
    pub(crate) started: Instant,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Hub {
    /// Publishes what a client published, outside the interface; `done` hears when it is stored, if it is retained.
    ///
    /// # Errors
    /// [`Full`] if it is retained and there is no room; then nobody gets it, and `done` is not called.
    pub(crate) fn publish_open(&self, publish: Publish, origin: u64, done: Done) -> Result<(), Full> {
        if !publish.retain {
            let parcel = Arc::new(Parcel::new(publish, origin, None));
            self.fan_out(&parcel);
            self.taps.tell(&parcel);
            return Ok(());
        }
        let parcel = self.change_retained(publish, origin, done)?;
        self.taps.tell(&parcel);
        Ok(())
    }

    /// Publishes what the gateway says itself; listeners inside the gateway do not hear it.
    pub(crate) fn publish_own(&self, publish: Publish) {
        if let Some(owner) = self.gate.owner(&publish.topic) {
            if let Some(session) = self.session(owner.as_str()) {
                session.answer(&Arc::new(Parcel::new(publish, 0, None)));
            }
        } else if publish.retain && !self.gate.is_ours(publish.topic.as_str()) {
            let topic = publish.topic.clone();
            if self.change_retained(publish, 0, Box::new(|_| {})).is_err() {
                Notice::NotStored { topic: topic.as_str() }.report();
            }
        } else {
            let place = publish.retain.then(|| Place::Projected(self.projected.fetch_add(1, Ordering::AcqRel) + 1));
            self.fan_out(&Arc::new(Parcel::new(publish, 0, place)));
        }
    }

    /// Gives a message to the one client whose answers or notifications it belongs to, if that is the user's.
    pub(crate) fn send(&self, client: &str, user: &str, publish: Publish) -> bool {
        let session = self.session(client).filter(|session| session.client.rights().user() == user);
        session.is_some_and(|session| session.answer(&Arc::new(Parcel::new(publish, 0, None))))
    }

    fn session(&self, client: &str) -> Option<Arc<Session>> {
        read(&self.sessions).get(client).map(Arc::clone)
    }

    fn change_retained(&self, publish: Publish, origin: u64, done: Done) -> Result<Arc<Parcel>, Full> {
        let mut told = None;
        self.retained.change(publish, origin, |parcel, messages| {
            let stored = (!parcel.publish.payload.is_empty()).then_some(&parcel.publish);
            self.backend.store_retained(&parcel.publish.topic, stored, done);
            self.fan_out(parcel);
            self.counters.retained.store(u64::try_from(messages).unwrap_or_default(), Ordering::Relaxed);
            told = Some(Arc::clone(parcel));
        })?;
        told.ok_or(Full)
    }

    /// Gives a message to all who subscribed. Nobody is waited for.
    fn fan_out(&self, parcel: &Arc<Parcel>) {
        self.exact.each(parcel.publish.topic.as_str(), |subscriber| subscriber.deliver(parcel));
        if self.wild.filters() > 0 && !self.router.publish(parcel) {
            count(&self.counters.dropped_router_full);
        }
    }

    /// Adds a subscription, or replaces the one with the same filter.
    pub(crate) fn subscribe(&self, session: &Arc<Session>, subscription: &Arc<Subscription>) {
        let filter = &subscription.filter;
        let subscriber = || Subscriber { session: Arc::clone(session), subscription: Arc::clone(subscription) };
        if self.gate.space(filter, session.client.name()) == Space::Own {
            session.add_own(subscription);
        } else if filter.has_wildcard() {
            self.wild.add(filter, subscriber(), self.router.as_ref());
            self.count_filters();
        } else {
            self.exact.add(filter, subscriber());
        }
    }

    /// Removes a subscription.
    pub(crate) fn unsubscribe(&self, session: &Session, subscription: &Subscription) {
        let filter = &subscription.filter;
        if self.gate.space(filter, session.client.name()) == Space::Own {
            session.remove_own(subscription);
        } else if filter.has_wildcard() {
            self.wild.remove(filter, session.key, self.router.as_ref());
            self.count_filters();
        } else {
            self.exact.remove(filter, session.key);
        }
    }

    fn count_filters(&self) {
        self.counters.filters.store(u64::try_from(self.wild.filters()).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Takes the retained messages that a new subscription is owed, and fences it against those.
    ///
    /// If more wait for the client than may, it is told to go.
    pub(crate) fn snapshot(&self, session: &Session, subscription: &Arc<Subscription>, into: &mut Vec<Mail>) {
        let limit = self.limits.snapshot.saturating_sub(session.mailbox.waiting());
        if self.gate.space(&subscription.filter, session.client.name()) == Space::Own {
            return;
        }
        let mut add = |parcel: Arc<Parcel>| {
            if !session.may_receive(&parcel.publish.topic) {
                return;
            }
            if into.len() >= limit {
                return session.give_up();
            }
            into.push(Mail::Message { parcel, subscription: Arc::clone(subscription), is_snapshot: true });
        };
        let stored = self.retained.snapshot(&subscription.filter, |parcel| add(Arc::clone(parcel)));
        let mut projected = 0;
        self.backend.retained(&subscription.filter, &mut |publish| {
            projected = self.projected.load(Ordering::Acquire);
            add(Arc::new(Parcel::new(publish, 0, Some(Place::Projected(projected)))));
        });
        subscription.fence(stored);
        subscription.fence(Place::Projected(projected));
    }

    /// Forgets retained messages that have expired.
    pub(crate) fn expire(&self) {
        let left = self.retained.expire(|topic| self.backend.store_retained(topic, None, Box::new(|_| {})));
        self.counters.retained.store(u64::try_from(left).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Removes a session, unless another has taken its client id.
    pub(crate) fn forget(&self, session: &Session) {
        let mut sessions = write(&self.sessions);
        let id = session.client.id();
        if sessions.get(id).is_some_and(|current| current.key == session.key) {
            sessions.remove(id);
        }
    }

    /// Returns a key for a new session.
    pub(crate) fn next_key(&self) -> u64 {
        self.keys.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Returns the time since the start, in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn figures(&self) -> Figures {
        self.counters.read()
    }

    /// Says whether a filter that is asked for may be had.
    pub(crate) fn may_subscribe(&self, session: &Session, filter: &Filter) -> bool {
        match self.gate.space(filter, session.client.name()) {
            Space::Own | Space::System => true,
            Space::Closed => false,
            Space::Open => session.client.rights().may_subscribe(filter),
        }
    }
}

impl Subscriber {
    fn deliver(&self, parcel: &Arc<Parcel>) {
        self.session.deliver(parcel, &self.subscription);
    }
}

/// Makes what a router calls for each match.
pub(crate) fn sink(wild: Arc<Wild>) -> crate::router::Sink {
    Arc::new(move |key, parcel| wild.each(key, |subscriber| subscriber.deliver(parcel)))
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}
