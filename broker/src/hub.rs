//! What all connections share: sessions, subscriptions, retained messages, the router, and the gateway behind.

use std::{
    fmt,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use hes_schemas::{Filter, Topic};
use rustc_hash::FxHashMap;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Backend, Limits, Publish, Qos, Rights,
    audience::{Audience, Subscriber},
    delivery::Delivery,
    ended::Ended,
    figures::{Counters, Figures, add, count},
    gate::{self, Gate, Space, is_state_of},
    pace::Accounts,
    parcel::{Parcel, Place},
    pledge::{Pledge, Posting},
    report::Notice,
    retained::{Full, Retained},
    router::Router,
    session::Session,
    subscription::Subscription,
    subscriptions::{Exact, Wild},
    sync::read,
    system::{self, System},
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
    pub(crate) ended: Ended,
    pub(crate) system: System,
    pub(crate) keys: AtomicU64,
    pub(crate) projected: AtomicU64,
    pub(crate) started: Instant,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Hub {
    /// Publishes what a client published, outside the interface; the pledge hears when all that has to be is stored.
    ///
    /// # Errors
    /// [`Full`] if it is retained and there is no room; then nobody gets it.
    pub(crate) fn publish_open(&self, publish: Publish, origin: u64, pledge: Option<Arc<Pledge>>) -> Result<(), Full> {
        let parcel = if publish.retain {
            self.change_retained(publish, origin, pledge.clone())?
        } else {
            let posting = Posting { parcel: Arc::new(Parcel::new(publish, origin, None)), pledge: pledge.clone() };
            self.fan_out(&posting);
            posting.parcel
        };
        self.taps.tell(&parcel, pledge.as_ref());
        Ok(())
    }

    /// Publishes what the gateway says itself; listeners inside the gateway do not hear it.
    pub(crate) fn publish_own(&self, publish: Publish) {
        let pledge = self.own_pledge(publish.qos);
        self.publish_pledged(publish, pledge);
    }

    /// Publishes what the gateway says itself; the pledge hears when all that has to be is stored.
    pub(crate) fn publish_pledged(&self, publish: Publish, pledge: Option<Arc<Pledge>>) {
        if let Some(owner) = self.gate.owner(&publish.topic) {
            if let Some(session) = self.session(owner.as_str()) {
                session.answer(&Posting { parcel: Arc::new(Parcel::new(publish, 0, None)), pledge });
            }
        } else if publish.retain && !self.gate.is_ours(publish.topic.as_str()) {
            let topic = publish.topic.clone();
            if self.change_retained(publish, 0, pledge).is_err() {
                Notice::NotStored { topic: topic.as_str() }.report();
            }
        } else {
            let place = publish.retain.then(|| Place::Projected(self.projected.fetch_add(1, Ordering::AcqRel) + 1));
            self.fan_out(&Posting { parcel: Arc::new(Parcel::new(publish, 0, place)), pledge });
        }
    }

    /// Gives a message to the one client whose answers or notifications it belongs to, if that is the user's.
    pub(crate) fn send(&self, client: &str, user: &str, publish: Publish) -> bool {
        let session = self.session(client).filter(|session| session.client().rights().user() == user);
        session.is_some_and(|session| {
            let pledge = session.is_kept().then(|| self.own_pledge(publish.qos)).flatten();
            session.answer(&Posting { parcel: Arc::new(Parcel::new(publish, 0, None)), pledge })
        })
    }

    /// Returns a pledge for what nobody waits for, if any session may need one.
    pub(crate) fn own_pledge(&self, qos: Qos) -> Option<Arc<Pledge>> {
        (qos > Qos::AtMostOnce && self.has_kept()).then(|| Pledge::new(&self.backend, None))
    }

    /// Says whether any session outlives its connection.
    pub(crate) fn has_kept(&self) -> bool {
        self.counters.kept_sessions.load(Ordering::Acquire) > 0
    }

    fn session(&self, client: &str) -> Option<Arc<Session>> {
        read(&self.sessions).get(client).map(Arc::clone)
    }

    fn change_retained(&self, publish: Publish, origin: u64, pledge: Option<Arc<Pledge>>) -> Result<Arc<Parcel>, Full> {
        let mut told = None;
        self.retained.change(publish, origin, |parcel, messages| {
            let stored = (!parcel.publish.payload.is_empty()).then_some(&parcel.publish);
            let done = pledge.as_ref().map_or_else(|| -> crate::Done { Box::new(|_| {}) }, Pledge::part);
            self.backend.store_retained(&parcel.publish.topic, stored, done);
            self.fan_out(&Posting { parcel: Arc::clone(parcel), pledge });
            self.counters.retained.store(u64::try_from(messages).unwrap_or_default(), Ordering::Relaxed);
            told = Some(Arc::clone(parcel));
        })?;
        told.ok_or(Full)
    }

    /// Gives a message to all who subscribed. Nobody is waited for.
    pub(crate) fn fan_out(&self, posting: &Posting) {
        let topic = posting.parcel.publish.topic.as_str();
        let unshared = self.exact.look(topic, |audience| audience.deliver(posting));
        self.note_unshared(unshared.unwrap_or_default());
        if self.wild.may_match(topic) && !self.router.publish(posting) {
            count(&self.counters.dropped_router_full);
            posting.pledge.iter().for_each(|pledge| pledge.break_off());
        }
    }

    fn note_unshared(&self, groups: usize) {
        if groups > 0 {
            add(&self.counters.dropped_unshared, groups);
        }
    }

    /// Gives a message that a member of a group cannot have any more to another one.
    pub(crate) fn hand_over(&self, delivery: &Delivery) {
        let (subscription, parcel) = (&delivery.subscription, Arc::clone(&delivery.parcel));
        let Some(group) = &subscription.group else { return };
        let posting = Posting { parcel, pledge: self.own_pledge(delivery.qos()) };
        let offer = |audience: &Audience| audience.hand_over(group, &posting);
        let taken = if subscription.filter.has_wildcard() {
            self.wild.look(&subscription.filter, offer)
        } else {
            self.exact.look(subscription.filter.as_str(), offer)
        };
        self.note_unshared(usize::from(taken == Some(false)));
    }

    /// Adds a subscription, or replaces the one with the same filter.
    pub(crate) fn subscribe(&self, session: &Arc<Session>, subscription: &Arc<Subscription>) {
        let filter = &subscription.filter;
        let subscriber = Subscriber { session: Arc::clone(session), subscription: Arc::clone(subscription) };
        if self.gate.space(filter, session.client().name()) == Space::Own {
            session.own.add(subscription);
        } else if filter.has_wildcard() {
            self.wild.add(subscriber, self.router.as_ref());
            self.count_filters();
        } else {
            self.exact.add(subscriber);
        }
    }

    /// Removes a subscription.
    pub(crate) fn unsubscribe(&self, session: &Session, subscription: &Subscription) {
        let filter = &subscription.filter;
        if self.gate.space(filter, session.client().name()) == Space::Own {
            session.own.remove(subscription);
        } else if filter.has_wildcard() {
            self.wild.remove(subscription, session.key, self.router.as_ref());
            self.count_filters();
        } else {
            self.exact.remove(subscription, session.key);
        }
    }

    fn count_filters(&self) {
        self.counters.filters.store(u64::try_from(self.wild.filters()).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Takes the retained messages that a new subscription is owed, and fences it against those.
    ///
    /// If more wait for the client than may, it is told to go.
    pub(crate) fn snapshot(&self, session: &Session, subscription: &Arc<Subscription>, into: &mut Vec<Delivery>) {
        let limit = self.limits.snapshot.saturating_sub(session.mailbox.waiting());
        if self.gate.space(&subscription.filter, session.client().name()) == Space::Own {
            return;
        }
        let mut add = |parcel: Arc<Parcel>| {
            if !session.may_receive(&parcel.publish) {
                return;
            }
            if into.len() >= limit {
                return session.give_up();
            }
            into.push(Delivery { is_snapshot: true, ..Delivery::new(&parcel, subscription) });
        };
        let stored = self.retained.snapshot(&subscription.filter, |parcel| add(Arc::clone(parcel)));
        let mut projected = 0;
        self.backend.retained(&subscription.filter, &mut |publish| {
            projected = self.projected.load(Ordering::Acquire);
            add(Arc::new(Parcel::new(publish, 0, Some(Place::Projected(projected)))));
        });
        self.system.each(&subscription.filter, |publish| add(Arc::new(Parcel::new(publish, 0, None))));
        subscription.fence(stored);
        subscription.fence(Place::Projected(projected));
    }

    /// Forgets retained messages that have expired.
    pub(crate) fn expire(&self) {
        let left = self.retained.expire(|topic| self.backend.store_retained(topic, None, Box::new(|_| {})));
        self.counters.retained.store(u64::try_from(left).unwrap_or_default(), Ordering::Relaxed);
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
        system::figures(self)
    }

    /// Says whether a client may publish on a topic.
    pub(crate) fn may_publish(&self, id: &str, rights: &dyn Rights, topic: &Topic) -> bool {
        match self.gate.place(topic.as_str()) {
            gate::Place::Open => rights.may_publish(topic),
            gate::Place::Reserved => is_state_of(id, topic.as_str()),
            gate::Place::Interface => false,
        }
    }

    /// Says whether a filter that is asked for may be had.
    pub(crate) fn may_subscribe(&self, session: &Session, filter: &Filter, is_shared: bool) -> bool {
        let client = session.client();
        match self.gate.space(filter, client.name()) {
            Space::Own => !is_shared,
            Space::Closed => false,
            Space::Link => !is_shared && client.rights().may_subscribe(filter),
            Space::Open | Space::System => client.rights().may_subscribe(filter),
        }
    }
}

/// Makes what a router calls for each match.
pub(crate) fn sink(wild: Arc<Wild>, counters: Arc<Counters>) -> crate::router::Sink {
    Arc::new(move |key, posting| {
        let unshared = wild.deliver(key, posting);
        if unshared > 0 {
            add(&counters.dropped_unshared, unshared);
        }
    })
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}
