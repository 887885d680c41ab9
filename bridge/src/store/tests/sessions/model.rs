//! What is kept of sessions, as a plain map, and random lives of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use hes_broker::{Change, Publish, Qos, QueuedRecord, RestoredSession, SessionRecord, SubscriptionRecord, Will};
use hes_schemas::Topic;
use proptest::prelude::*;

/// What ought to be kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    sessions: BTreeMap<u64, Life>,
    next_key: u64,
    next_number: u64,
}

#[derive(Debug, Clone)]
struct Life {
    record: SessionRecord,
    subscriptions: BTreeMap<String, SubscriptionRecord>,
    queue: BTreeMap<u64, QueuedRecord>,
    arrived: BTreeSet<u16>,
    next_place: u64,
}

/// Something that happens; numbers choose among what there is.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Begin,
    Alter(usize, u32),
    End(usize),
    Subscribe(usize, u8),
    Unsubscribe(usize, u8),
    Publish(Vec<usize>, u8),
    /// A message that waits for one session waits for another from here on.
    Move(usize, usize, usize),
    Release(usize, usize),
    Settle(usize, usize),
    Arrive(usize, u16),
    Depart(usize, usize),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let which = 0..4_usize;
    prop_oneof![
        2 => Just(Step::Begin),
        1 => (which.clone(), any::<u32>()).prop_map(|(session, expiry)| Step::Alter(session, expiry)),
        1 => which.clone().prop_map(Step::End),
        2 => (which.clone(), any::<u8>()).prop_map(|(session, number)| Step::Subscribe(session, number)),
        1 => (which.clone(), any::<u8>()).prop_map(|(session, number)| Step::Unsubscribe(session, number)),
        8 => (prop::collection::vec(which.clone(), 1..4), any::<u8>()).prop_map(|(to, kind)| Step::Publish(to, kind)),
        1 => (which.clone(), any::<usize>(), which.clone()).prop_map(|(from, at, to)| Step::Move(from, at, to)),
        3 => (which.clone(), any::<usize>()).prop_map(|(session, at)| Step::Release(session, at)),
        6 => (which.clone(), any::<usize>()).prop_map(|(session, at)| Step::Settle(session, at)),
        3 => (which.clone(), 1..5_u16).prop_map(|(session, id)| Step::Arrive(session, id)),
        3 => (which, any::<usize>()).prop_map(|(session, at)| Step::Depart(session, at)),
    ]
}

impl Model {
    /// Lets something happen, and returns the changes that belong together.
    pub(super) fn take(&mut self, step: &Step) -> Vec<Change> {
        self.changes(step).unwrap_or_default()
    }

    fn changes(&mut self, step: &Step) -> Option<Vec<Change>> {
        match step {
            Step::Begin => {
                self.next_key += 1;
                let life = Life::new(self.next_key);
                let record = life.record.clone();
                self.sessions.insert(self.next_key, life);
                Some(vec![Change::Session(record)])
            }
            Step::Alter(session, expiry) => {
                let (_, life) = self.life(*session)?;
                life.record.expiry = *expiry;
                life.record.will = expiry.is_multiple_of(2).then(|| will(*expiry));
                Some(vec![Change::Session(life.record.clone())])
            }
            Step::End(session) => {
                let key = self.life(*session)?.0;
                self.sessions.remove(&key);
                Some(vec![Change::SessionGone(key)])
            }
            Step::Subscribe(session, number) => {
                let (key, life) = self.life(*session)?;
                let record = subscription(*number);
                life.subscriptions.insert(record.filter.to_string(), record.clone());
                Some(vec![Change::Subscribed(key, record)])
            }
            Step::Unsubscribe(session, number) => {
                let (key, life) = self.life(*session)?;
                let filter = subscription(*number).filter;
                life.subscriptions.remove(&*filter);
                Some(vec![Change::Unsubscribed(key, filter)])
            }
            Step::Publish(to, kind) => {
                let number = self.next_number;
                self.next_number += 1;
                Some(to.iter().filter_map(|session| self.queue(*session, number, message(number, *kind))).collect())
            }
            Step::Move(from, at, to) => {
                let (key, life) = self.life(*from)?;
                let place = *pick(life.queue.keys(), *at)?;
                let QueuedRecord { number, publish, .. } = life.queue.remove(&place)?;
                let queued = self.queue(*to, number, publish)?;
                Some(vec![queued, Change::Settled(key, place)])
            }
            Step::Release(session, at) => {
                let (key, life) = self.life(*session)?;
                let (place, record) = pick(life.queue.iter_mut(), *at)?;
                record.is_released = true;
                Some(vec![Change::Released(key, *place)])
            }
            Step::Settle(session, at) => {
                let (key, life) = self.life(*session)?;
                let place = *pick(life.queue.keys(), *at)?;
                life.queue.remove(&place);
                Some(vec![Change::Settled(key, place)])
            }
            Step::Arrive(session, id) => {
                let (key, life) = self.life(*session)?;
                life.arrived.insert(*id).then(|| vec![Change::Arrived(key, *id)])
            }
            Step::Depart(session, at) => {
                let (key, life) = self.life(*session)?;
                let id = *pick(life.arrived.iter(), *at)?;
                life.arrived.remove(&id);
                Some(vec![Change::Departed(key, id)])
            }
        }
    }

    fn life(&mut self, session: usize) -> Option<(u64, &mut Life)> {
        pick(self.sessions.iter_mut(), session).map(|(key, life)| (*key, life))
    }

    fn queue(&mut self, session: usize, number: u64, publish: Publish) -> Option<Change> {
        let (key, life) = self.life(session)?;
        life.next_place += 3;
        let packet_id = (publish.qos == Qos::ExactlyOnce).then_some(40_000);
        let subscription = subscription(u8::try_from(life.next_place % 200).unwrap());
        let (place, is_released) = (life.next_place, false);
        let record = QueuedRecord { place, packet_id, is_released, subscription, number, publish };
        life.queue.insert(place, record.clone());
        Some(Change::Queued(key, record))
    }

    /// Compares with what was read back.
    ///
    /// Which messages are the same one must be known; by which number is up to the store.
    pub(super) fn is(&self, restored: &[RestoredSession]) -> bool {
        let mut numbers = HashMap::new();
        self.sessions.len() == restored.len()
            && self.sessions.values().zip(restored).all(|(life, session)| life.is(session, &mut numbers))
            && numbers.values().collect::<BTreeSet<_>>().len() == numbers.len()
    }

    /// Goes on after a restart, where the broker counts messages anew and knows the old ones by the store's numbers.
    pub(super) fn restart(&mut self, restored: &[RestoredSession]) {
        self.next_number = 0;
        for session in restored {
            let Some(life) = self.sessions.get_mut(&session.record.key) else { continue };
            life.queue = session.queue.iter().map(|record| (record.place, record.clone())).collect();
        }
    }
}

impl Life {
    fn new(key: u64) -> Self {
        let record = SessionRecord {
            key,
            client: format!("client {key}").into(),
            user: "anna".into(),
            expiry: u32::MAX,
            will: key.is_multiple_of(2).then(|| will(7)),
            bounds: key.is_multiple_of(3).then(Arc::default),
        };
        let (subscriptions, queue, arrived) = Default::default();
        Self { record, subscriptions, queue, arrived, next_place: 0 }
    }

    fn is(&self, restored: &RestoredSession, numbers: &mut HashMap<u64, u64>) -> bool {
        let queue = restored.queue.iter().map(|record| {
            let number = *numbers
                .entry(record.number)
                .or_insert_with(|| self.queue.get(&record.place).map_or(u64::MAX, |own| own.number));
            QueuedRecord { number, ..record.clone() }
        });
        self.record == restored.record
            && self.subscriptions.values().eq(&restored.subscriptions)
            && self.queue.values().cloned().eq(queue)
            && self.arrived.iter().eq(&restored.arrived)
    }
}

fn pick<T>(mut things: impl ExactSizeIterator<Item = T>, at: usize) -> Option<T> {
    let count = things.len();
    if count == 0 { None } else { things.nth(at % count) }
}

pub(super) fn subscription(number: u8) -> SubscriptionRecord {
    SubscriptionRecord {
        filter: format!("$share/g/filter \"{}\"/#", number % 5).into(),
        qos: [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce][usize::from(number % 3)],
        no_local: number & 1 == 1,
        as_published: number & 2 == 2,
        id: (number > 99).then(|| u32::from(number) * 1_000_000),
    }
}

fn message(number: u64, kind: u8) -> Publish {
    let payload = vec![kind; usize::from(kind)];
    let publish = Publish::new(Topic::new(&format!("a/{number}/{kind}")).unwrap(), payload);
    let qos = if kind & 1 == 1 { Qos::ExactlyOnce } else { Qos::AtLeastOnce };
    Publish { qos, retain: kind & 2 == 2, ..publish }
}

fn will(number: u32) -> Will {
    let publish = Publish::new(Topic::new("will").unwrap(), number.to_be_bytes().to_vec());
    Will { publish: if number.is_multiple_of(4) { publish.retained().at_least_once() } else { publish }, delay: number }
}
