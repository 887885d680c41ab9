//! Who wants to be told of what.

use std::collections::BTreeMap;

use hes_schemas::{
    ClientId, Datum, PropertyName, RequestId, Sid, Timestamp, UserName, message::Cause, rights::Subject,
};
use rustc_hash::FxHashMap;

use crate::{directory::Slot, interest::Interest, record::SubscriptionRecord, requests::MemoKey};

/// How far apart the numbers of two lives begin.
const NUMBERS_OF_A_LIFE: u64 = 1 << 20;

/// How many sequence numbers are reserved in the store at a time, and again when half of them are used.
///
/// The store may be that far behind: what it has not written when the gateway is killed must not be used twice.
pub(crate) const SEQUENCE_BLOCK: u64 = 1_000;

/// All subscriptions, found by what they are about.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    by_sid: BTreeMap<Sid, Subscription>,
    interest: Interest,
    /// Clients of the users of another home may have the same ids as those here.
    per_client: FxHashMap<(UserName, ClientId), usize>,
    /// How much they remember together of what they told.
    told: usize,
    epoch: u64,
    last: u64,
}

/// One subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) record: SubscriptionRecord,
    /// The request that made it in this life, if it may come again.
    pub(crate) made_by: Option<MemoKey>,
    /// The number of the next notification.
    seq: u64,
    /// What was told last; kept only where an interval or a delta asks for it.
    pub(crate) told: FxHashMap<ToldKey, Told>,
}

/// Of which property something was told.
pub(crate) type ToldKey = (Slot, PropertyName);

/// What a subscriber was told of a property last.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) at: Timestamp,
    pub(crate) value: Datum,
    /// Why a change came too soon that is still to be told.
    pub(crate) held_back: Option<(Cause, Option<RequestId>)>,
}

impl Subscriptions {
    pub(crate) fn new(epoch: u64) -> Self {
        Self {
            by_sid: BTreeMap::new(),
            interest: Interest::default(),
            per_client: FxHashMap::default(),
            told: 0,
            epoch,
            last: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_sid.len()
    }

    pub(crate) fn of_client(&self, user: &UserName, client: &ClientId) -> usize {
        self.per_client.get(&(user.clone(), client.clone())).copied().unwrap_or(0)
    }

    /// Returns the subscriptions of a user.
    pub(crate) fn of_user(&self, user: &UserName) -> Vec<Sid> {
        let own = self.by_sid.iter().filter(|(_, subscription)| subscription.record.user == *user);
        own.map(|(sid, _)| sid.clone()).collect()
    }

    /// Returns an id that was never used, in this life or another.
    pub(crate) fn next_sid(&mut self) -> Option<Sid> {
        self.last += 1;
        Sid::new(&format!("s{}-{}", self.epoch, self.last)).ok()
    }

    /// Adds a subscription whose next notification has the given number.
    pub(crate) fn insert(&mut self, record: SubscriptionRecord, seq: u64, made_by: Option<MemoKey>) {
        let sid = record.sid.clone();
        self.interest.insert(&record.scope, &sid);
        *self.per_client.entry((record.user.clone(), record.client.clone())).or_default() += 1;
        self.by_sid.insert(sid, Subscription { record, made_by, seq, told: FxHashMap::default() });
    }

    pub(crate) fn get(&self, sid: &Sid) -> Option<&Subscription> {
        self.by_sid.get(sid)
    }

    pub(crate) fn get_mut(&mut self, sid: &Sid) -> Option<&mut Subscription> {
        self.by_sid.get_mut(sid)
    }

    pub(crate) fn told_count(&self) -> usize {
        self.told
    }

    /// Remembers what a subscriber was told; returns whether there was room.
    pub(crate) fn remember(&mut self, sid: &Sid, key: ToldKey, told: Told, room: usize) -> bool {
        let Some(subscription) = self.by_sid.get_mut(sid) else { return true };
        if self.told >= room && !subscription.told.contains_key(&key) {
            return false;
        }
        self.told += usize::from(subscription.told.insert(key, told).is_none());
        true
    }

    pub(crate) fn remove(&mut self, sid: &Sid) -> Option<Subscription> {
        let subscription = self.by_sid.remove(sid)?;
        self.told -= subscription.told.len();
        self.interest.remove(&subscription.record.scope, sid);
        let (user, client) = (&subscription.record.user, &subscription.record.client);
        let left = self.of_client(user, client).saturating_sub(1);
        let owner = (user.clone(), client.clone());
        if left == 0 {
            self.per_client.remove(&owner);
        } else {
            self.per_client.insert(owner, left);
        }
        Some(subscription)
    }

    /// Returns the subscriptions that something of a device may concern.
    pub(crate) fn concerning(&self, subject: &Subject<'_>) -> Vec<Sid> {
        self.interest.concerning(subject)
    }

    /// Forgets what was told of a device that has gone; the subscriptions to it wait for its return.
    pub(crate) fn device_gone(&mut self, slot: Slot, subject: &Subject<'_>) {
        for sid in self.interest.concerning(subject) {
            let Some(subscription) = self.by_sid.get_mut(&sid) else { continue };
            self.told -= subscription.told.extract_if(|(other, _), _| *other == slot).count();
        }
    }
}

impl Subscription {
    /// Says whether it must remember what was told, to hold back what comes too soon or is too small.
    pub(crate) const fn remembers(&self) -> bool {
        self.record.min_interval.get() > 0 || self.record.delta.is_some()
    }

    /// Returns the number of the next notification, and whether the store must reserve more.
    pub(crate) const fn next_seq(&mut self) -> (u64, bool) {
        let seq = self.seq;
        self.seq += 1;
        let is_used_up = self.seq.saturating_add(SEQUENCE_BLOCK / 2) >= self.record.next_seq;
        if is_used_up {
            self.record.next_seq += SEQUENCE_BLOCK;
        }
        (seq, is_used_up)
    }
}

/// Returns the number of the first notification in another life: one that no life before can have used.
///
/// What was reserved may not have been written before a life ended; that a life began always was.
pub(crate) fn first_seq(record: &SubscriptionRecord, epoch: u64) -> u64 {
    record.next_seq.max(epoch.saturating_mul(NUMBERS_OF_A_LIFE))
}
