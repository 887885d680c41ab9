//! Sessions that were kept while the broker was away.

use std::sync::{Arc, atomic::Ordering};

use crate::{
    Client, QueuedRecord, RestoredSession, SubscriptionRecord, Version,
    delivery::{Delivery, Stored},
    hub::Hub,
    luggage::Luggage,
    parcel::Parcel,
    presence::State,
    report::Notice,
    session::Session,
    subscription::Subscription,
    sync::write,
    terms::Terms,
    window::Stage,
};

impl Hub {
    /// Goes on with the sessions that were kept, before any client comes.
    ///
    /// Their clients count as away from now on; those whose account is no more end.
    pub(crate) fn restore(self: &Arc<Self>, sessions: Vec<RestoredSession>) {
        for restored in sessions {
            self.keys.fetch_max(restored.record.key, Ordering::AcqRel);
            let Some(rights) = self.backend.rights(&restored.record.user, restored.record.bounds.clone()) else {
                Notice::SessionDropped { client: &restored.record.client, reason: "its account is no more" }.report();
                self.ended.forget(self.backend.as_ref(), restored.record.key);
                continue;
            };
            let terms = Terms::of(rights.allowance());
            // which version it speaks is known when it comes back; until then nothing depends on it
            let client = Client::new(Arc::clone(&restored.record.client), Version::V5, rights);
            let key = restored.record.key;
            let session = Arc::new(Session::new(key, client, terms, &self.limits, Arc::clone(&self.counters)));
            session.set_expiry(restored.record.expiry);
            session.note_stored(true);
            self.counters.kept_sessions.fetch_add(1, Ordering::AcqRel);
            let luggage = self.unpack(&session, restored);
            session.mailbox.leave();
            session.presence.with(|state| *state = State::Away(self.now(), Box::new(luggage)));
            let replaced = write(&self.sessions).insert(Arc::clone(&session.id), session);
            // the broker was cut off between the end of one session and the beginning of the next
            if let Some(old) = replaced
                && let Some(luggage) = old.presence.open(false)
            {
                self.end(&old, *luggage);
            }
        }
    }

    fn unpack(&self, session: &Arc<Session>, restored: RestoredSession) -> Luggage {
        let mut luggage = Luggage { will: restored.record.will, ..Luggage::default() };
        luggage.arrived.extend(restored.arrived);
        for record in restored.subscriptions {
            if let Some(subscription) = Subscription::restored(&record).map(Arc::new) {
                self.subscribe(session, &subscription);
                luggage.subscriptions.insert(record.filter, subscription);
            }
        }
        for record in restored.queue {
            requeue(session, &mut luggage, record);
        }
        luggage
    }
}

/// Puts a message back where its delivery was: one of `QoS` 2 may have been sent, and so has to be sent as before.
fn requeue(session: &Session, luggage: &mut Luggage, record: QueuedRecord) {
    let stored = Stored { place: record.place, packet_id: record.packet_id };
    session.restore(stored);
    if let (Some(id), true) = (record.packet_id, record.is_released) {
        return luggage.window.begin(id, Stage::Released(Some(record.place)));
    }
    let Some(subscription) = known(luggage, &record.subscription) else { return };
    let parcel = Arc::new(Parcel::new(record.publish, 0, None));
    let delivery = Delivery { stored: Some(stored), ..Delivery::new(&parcel, &subscription) };
    match record.packet_id {
        Some(id) => luggage.window.begin(id, Stage::Published(delivery.qos(), Some(Box::new(delivery)))),
        None => {
            session.mailbox.count_restored(&delivery);
            luggage.waiting.push_back(delivery);
        }
    }
}

/// Returns the subscription that a message is for, as it was when the message came.
fn known(luggage: &Luggage, record: &SubscriptionRecord) -> Option<Arc<Subscription>> {
    let current = luggage.subscriptions.get(&record.filter).filter(|current| current.record() == *record);
    current.map(Arc::clone).or_else(|| Subscription::restored(record).map(Arc::new))
}
