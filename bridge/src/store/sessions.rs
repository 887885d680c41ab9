//! What waits to be written of the broker's sessions: what has become of each since the last transaction.

pub(super) mod commit;
pub(super) mod load;

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use hes_broker::{Change, QueuedRecord, SessionRecord, SubscriptionRecord};
use hes_schemas::Timestamp;

use super::body;

/// The sessions that have changed, by key.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    changes: HashMap<u64, SessionChange>,
    things: usize,
}

/// What has become of a session; what came and went leaves nothing.
#[derive(Debug, Default)]
struct SessionChange {
    /// It ended first, with all that is on disk of it.
    is_wiped: bool,
    record: Option<SessionRecord>,
    subscriptions: HashMap<Box<str>, Option<SubscriptionRecord>>,
    queue: BTreeMap<u64, Wait>,
    arrived: HashMap<u16, Arrival>,
}

/// What has become of a place in a queue.
#[derive(Debug)]
enum Wait {
    Queued(Box<Queued>),
    Released,
    Settled,
}

/// A message that waits at a place.
#[derive(Debug)]
struct Queued {
    record: QueuedRecord,
    until: Option<Timestamp>,
    origin: Origin,
}

/// What has become of a packet id.
#[derive(Debug, Clone, Copy)]
enum Arrival {
    Arrived(Origin),
    Departed,
}

/// Whether something that came may be on disk already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It has come since the last transaction: if it goes before the next one, nothing has to be written.
    New,
    /// A transaction that failed may have left it there all the same.
    Tried,
}

impl Sessions {
    pub(super) const fn len(&self) -> usize {
        self.things
    }

    /// Adds a change that comes after all others.
    pub(super) fn change(&mut self, change: Change, now: Timestamp) {
        match change {
            Change::Session(record) => self.with(record.key, |session| session.record = Some(record)),
            Change::SessionGone(key) => self.with(key, |session| {
                *session = SessionChange { is_wiped: true, ..SessionChange::default() };
            }),
            Change::Subscribed(key, record) => self.with(key, |session| {
                session.subscriptions.insert((*record.filter).into(), Some(record));
            }),
            Change::Unsubscribed(key, filter) => self.with(key, |session| {
                session.subscriptions.insert((*filter).into(), None);
            }),
            Change::Queued(key, record) => self.with(key, |session| {
                let until = body::until(&record.publish, now);
                let queued = Queued { record, until, origin: Origin::New };
                session.queue.insert(queued.record.place, Wait::Queued(Box::new(queued)));
            }),
            Change::Released(key, place) => self.with(key, |session| session.release(place)),
            Change::Settled(key, place) => self.with(key, |session| session.settle(place)),
            Change::Arrived(key, id) => self.with(key, |session| session.arrive(id)),
            Change::Departed(key, id) => self.with(key, |session| session.depart(id)),
        }
    }

    /// Puts back what could not be written, below what has come since.
    pub(super) fn put_back(&mut self, older: Self) {
        for (key, change) in older.changes {
            self.with(key, |session| session.put_back(change));
        }
    }

    /// Changes one session, and counts.
    fn with(&mut self, key: u64, change: impl FnOnce(&mut SessionChange)) {
        let (mut session, before) = match self.changes.entry(key) {
            Entry::Occupied(session) => {
                let before = session.get().len();
                (session, before)
            }
            Entry::Vacant(place) => (place.insert_entry(SessionChange::default()), 0),
        };
        change(session.get_mut());
        let after = session.get().len();
        if after == 0 {
            session.remove();
        }
        self.things = self.things.saturating_sub(before) + after;
    }
}

impl SessionChange {
    fn len(&self) -> usize {
        let parts = self.subscriptions.len() + self.queue.len() + self.arrived.len();
        usize::from(self.is_wiped || self.record.is_some()) + parts
    }

    fn release(&mut self, place: u64) {
        match self.queue.get_mut(&place) {
            Some(Wait::Queued(queued)) => queued.record.is_released = true,
            Some(Wait::Released | Wait::Settled) => {}
            None => drop(self.queue.insert(place, Wait::Released)),
        }
    }

    fn settle(&mut self, place: u64) {
        match self.queue.get(&place) {
            Some(Wait::Queued(queued)) if queued.origin == Origin::New => drop(self.queue.remove(&place)),
            Some(Wait::Queued(_) | Wait::Released | Wait::Settled) | None => {
                self.queue.insert(place, Wait::Settled);
            }
        }
    }

    fn arrive(&mut self, id: u16) {
        let origin = if self.arrived.contains_key(&id) { Origin::Tried } else { Origin::New };
        self.arrived.insert(id, Arrival::Arrived(origin));
    }

    fn depart(&mut self, id: u16) {
        match self.arrived.get(&id) {
            Some(Arrival::Arrived(Origin::New)) => drop(self.arrived.remove(&id)),
            Some(Arrival::Arrived(Origin::Tried) | Arrival::Departed) | None => {
                self.arrived.insert(id, Arrival::Departed);
            }
        }
    }

    fn put_back(&mut self, older: Self) {
        if self.is_wiped {
            return;
        }
        self.is_wiped = older.is_wiped;
        self.record = self.record.take().or(older.record);
        for (filter, subscription) in older.subscriptions {
            self.subscriptions.entry(filter).or_insert(subscription);
        }
        for (place, wait) in older.queue {
            let newer = self.queue.remove(&place);
            self.queue.insert(place, wait.before(newer));
        }
        for (id, arrival) in older.arrived {
            let newer = self.arrived.remove(&id).unwrap_or(arrival);
            self.arrived.insert(id, newer.tried());
        }
    }
}

impl Wait {
    /// Returns what was tried in vain as it is after what has come since.
    fn before(self, newer: Option<Self>) -> Self {
        match (self, newer) {
            (Self::Queued(mut queued), newer @ (None | Some(Self::Released))) => {
                queued.record.is_released |= newer.is_some();
                queued.origin = Origin::Tried;
                Self::Queued(queued)
            }
            (_, Some(Self::Queued(mut queued))) => {
                queued.origin = Origin::Tried;
                Self::Queued(queued)
            }
            (Self::Settled, Some(Self::Released)) | (_, Some(Self::Settled)) => Self::Settled,
            (older @ (Self::Released | Self::Settled), None) | (older @ Self::Released, Some(Self::Released)) => older,
        }
    }
}

impl Arrival {
    const fn tried(self) -> Self {
        match self {
            Self::Arrived(_) => Self::Arrived(Origin::Tried),
            Self::Departed => Self::Departed,
        }
    }
}
