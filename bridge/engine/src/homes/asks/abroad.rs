//! What clients here have subscribed to in other homes: nobody else is told anything, by no other home, and of nothing else.
//!
//! Each is kept like a subscription of this home, under the name that it has here, so that it is known after a restart.

use std::collections::BTreeMap;

use hes_schemas::{
    Address, ClientId, Datum, Fault, HomeId, Millis, Operation, Sid, Status, Symbol, Timestamp, UserName,
    link::LinkNotification, message::Answer, rights::Scope,
};

use super::{
    Question, Waiting,
    sids::{split_sid, with_home},
};
use crate::{
    call::Call,
    engine::Engine,
    intake::Request,
    notice::Notice,
    output::Output,
    record::{Record, SubscriptionRecord},
    reply::Reply,
    requests::MemoKey,
    timers::Timer,
};

/// For how long after its end something may come that was told before: as long as the other home keeps it.
const LATE: Millis = Millis::from_secs(3_600);

/// All subscriptions of this home's clients in other homes.
#[derive(Debug, Default)]
pub(super) struct Abroad(BTreeMap<Sid, SubscriptionRecord>);

/// What an answer says of a subscription.
#[derive(Debug)]
pub(super) enum Change {
    /// It is made, or goes on.
    Kept(SubscriptionRecord),
    /// It has ended.
    Ended(Sid),
}

impl Abroad {
    fn of_client(&self, user: &UserName, client: Option<&ClientId>) -> usize {
        self.0.values().filter(|record| record.user == *user && Some(&record.client) == client).count()
    }
}

impl Engine {
    /// Checks that a client may have one more subscription in another home, if that is what it wants.
    ///
    /// # Errors
    /// [`Symbol::TooMany`].
    pub(super) fn check_abroad(&self, call: &Call, request: &Request) -> Result<(), Fault> {
        let (abroad, client) = (&self.homes.asks.abroad, request.reply.client(&self.root));
        let is_full = abroad.0.len() >= self.limits.subscriptions
            || abroad.of_client(&request.asker.user, client.as_ref()) >= self.limits.subscriptions_per_client;
        if is_full && matches!(call, Call::Subscribe(_)) {
            return Err(Fault::new(Symbol::TooMany, "too many subscriptions; end some, or let them end"));
        }
        Ok(())
    }

    /// Says what an answer means for the subscriptions in other homes, if it means anything.
    pub(super) fn change_of(&self, now: Timestamp, waiting: &Waiting, answer: &Answer) -> Option<Change> {
        let Waiting { home, question, .. } = waiting;
        let topic = format!("{}/{}", self.root.as_str(), question.path);
        let Some(Address::Request(_, operation)) = self.root.parse(&topic) else { return None };
        match (operation, answer.status) {
            (Operation::Subscribe, Status::Created) => made(now, question, answer).map(Change::Kept),
            (Operation::Renew, Status::Ok) => {
                let known = self.homes.asks.abroad.0.get(answer.sid.as_ref()?)?.clone();
                Some(Change::Kept(with_lease(now, known, answer)))
            }
            (Operation::Renew | Operation::Unsubscribe, Status::NoContent | Status::NotFound) => {
                let sid = question.body.field("sid").and_then(Datum::as_text)?;
                with_home(home, &Sid::new(sid).ok()?).map(Change::Ended)
            }
            _ => None,
        }
    }

    /// Notes a subscription for good before its client is told of it.
    pub(super) fn keep_abroad(
        &mut self,
        record: SubscriptionRecord,
        reply: &Reply,
        memo: Option<&MemoKey>,
        answer: Answer,
    ) {
        let sid = record.sid.clone();
        self.set_abroad(record.clone());
        let fault = Fault::new(Symbol::Internal, "the store cannot keep it; nothing is told of it");
        self.keep_for(Record::Subscription(record), (reply, memo), answer, Some(sid), fault);
    }

    pub(super) fn set_abroad(&mut self, record: SubscriptionRecord) {
        let (sid, until) = (record.sid.clone(), record.until);
        if let Some(before) = self.homes.asks.abroad.0.insert(sid.clone(), record) {
            self.timers.cancel(before.until, Timer::Lease(sid.clone()));
        }
        self.timers.set(until, Timer::Lease(sid));
    }

    /// Takes back what clients had subscribed to in other homes; returns what is of this home.
    pub(crate) fn restore_abroad(&mut self, records: Vec<SubscriptionRecord>) -> Vec<SubscriptionRecord> {
        let (abroad, own): (Vec<_>, Vec<_>) = records.into_iter().partition(|it| split_sid(&it.sid).is_some());
        abroad.into_iter().for_each(|record| self.set_abroad(record));
        own
    }

    /// Forgets a subscription in another home; says whether there was one.
    pub(crate) fn end_abroad(&mut self, sid: &Sid) -> bool {
        let Some(record) = self.homes.asks.abroad.0.remove(sid) else { return false };
        self.timers.cancel(record.until, Timer::Lease(sid.clone()));
        self.put(Output::Save(Record::SubscriptionGone(sid.clone())));
        true
    }

    /// Forgets a subscription in another home whose lease has ended.
    pub(crate) fn abroad_ended(&mut self, now: Timestamp, sid: &Sid) {
        let is_over = self.homes.asks.abroad.0.get(sid).is_some_and(|record| record.until <= now);
        if is_over && self.end_abroad(sid) {
            self.note(Notice::LeaseEnded(sid.clone()));
        }
    }

    /// Forgets all that a user has subscribed to in another home, which gives nothing any more.
    pub(in crate::homes) fn end_all_abroad(&mut self, home: &HomeId, user: &UserName) {
        let is_meant = |record: &SubscriptionRecord| {
            record.user == *user && split_sid(&record.sid).is_some_and(|(other, _)| other == *home)
        };
        let meant = self.homes.asks.abroad.0.values().filter(|record| is_meant(record));
        let meant: Vec<Sid> = meant.map(|record| record.sid.clone()).collect();
        for sid in meant {
            self.end_abroad(&sid);
        }
    }

    /// Says whether a client has asked to be told such a thing, under the name that the subscription has here.
    pub(super) fn is_wanted_abroad(&self, sid: &Sid, told: &LinkNotification) -> bool {
        self.homes.asks.abroad.0.get(sid).is_some_and(|record| {
            let is_theirs = record.user == told.user && record.client == told.client;
            is_theirs && record.events.contains(&told.notification.event)
        })
    }
}

/// Returns the subscription that an answer grants.
fn made(now: Timestamp, question: &Question, answer: &Answer) -> Option<SubscriptionRecord> {
    let record = SubscriptionRecord {
        sid: answer.sid.clone()?,
        client: question.client.clone()?,
        user: question.user.clone(),
        scope: Scope::everything(),
        events: answer.events.clone(),
        until: now,
        lease: Millis::default(),
        min_interval: Millis::default(),
        delta: None,
        next_seq: 0,
    };
    Some(with_lease(now, record, answer))
}

fn with_lease(now: Timestamp, record: SubscriptionRecord, answer: &Answer) -> SubscriptionRecord {
    let lease = answer.lease.unwrap_or(record.lease);
    SubscriptionRecord { lease, until: now + lease + LATE, ..record }
}
