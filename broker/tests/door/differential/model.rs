//! What may be observed: sessions, subscriptions and retained messages in the simplest way.
//!
//! Messages of shared groups are counted: in all, no more of them come than there were groups, and as many if all
//! members were there.

mod habits;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::habits::Habits;

use super::{
    CLIENTS, Deed, FILTERS, TOPICS,
    comparison::compare_all,
    filters::{is_shared, matches, shares},
    player::{Message, Owed, Seen, Told},
    session::{Pending, Session, State, Subscription, resent},
};

#[derive(Debug)]
pub(super) struct Model {
    habits: Habits,
    versions: [u8; CLIENTS],
    sessions: [Session; CLIENTS],
    acknowledges: [u8; CLIENTS],
    retained: BTreeMap<String, Message>,
    /// What each client must observe in this step.
    due: [Vec<Seen>; CLIENTS],
    /// Whether a copy may also come as if it had not come before: the broker was killed since.
    is_unsure: [bool; CLIENTS],
    /// What the broker must say to the deed.
    answer: Told,
    /// For each shared message how many groups may have it, and how many copies have been seen.
    shared: BTreeMap<String, (usize, usize)>,
    /// The shared message of this step, if all who share it are there.
    is_shared_now: Option<String>,
}

impl Model {
    pub(super) fn new(habits: Habits, versions: [u8; CLIENTS]) -> Self {
        Self {
            habits,
            versions,
            sessions: Default::default(),
            acknowledges: [0; CLIENTS],
            retained: BTreeMap::new(),
            due: Default::default(),
            is_unsure: [false; CLIENTS],
            answer: Told::Nothing,
            shared: BTreeMap::new(),
            is_shared_now: None,
        }
    }

    pub(super) fn is_online(&self, who: usize) -> bool {
        self.sessions[who].is_online
    }

    /// Returns how much a client has to observe in this step, beside what is shared.
    pub(super) fn due(&self, who: usize) -> usize {
        self.due[who].len()
    }

    /// Says what a deed brings to whom.
    pub(super) fn expect(&mut self, who: usize, deed: &Deed, number: usize) {
        self.answer = Told::Nothing;
        match deed {
            Deed::Connect { is_kept, has_will } => {
                self.lose(who);
                self.connect(who, *is_kept);
                self.sessions[who].has_will = has_will.then(|| format!("will {number}"));
            }
            Deed::Leave => {
                self.sessions[who].has_will = None;
                self.lose(who);
            }
            Deed::Vanish => self.lose(who),
            Deed::Subscribe { filter, options } => self.subscribe(who, FILTERS[*filter], *options),
            Deed::Unsubscribe { filter } => {
                self.sessions[who].subscriptions.remove(FILTERS[*filter]);
            }
            Deed::Publish { topic, qos, retain, is_empty } => {
                let payload = if *is_empty { String::new() } else { number.to_string() };
                let topic = TOPICS[*topic].to_owned();
                self.publish(who, Message { topic, payload, qos: *qos, retain: *retain });
            }
            Deed::Begin { topic } => {
                let (topic, payload) = (TOPICS[*topic].to_owned(), number.to_string());
                self.publish(who, Message { topic, payload, qos: 2, retain: false });
            }
            Deed::Finish => {}
            Deed::Acknowledge { habit } => self.acknowledges[who] = *habit,
            Deed::Kill => {
                self.sessions.iter_mut().for_each(Session::survive);
                self.is_unsure = [true; CLIENTS];
            }
        }
    }

    /// Ends a connection, which publishes the will that is left.
    fn lose(&mut self, who: usize) {
        let session = &mut self.sessions[who];
        session.is_online = false;
        let will = session.has_will.take();
        if !session.is_kept {
            *session = Session::default();
        }
        if let Some(payload) = will {
            self.publish(who, Message { topic: "a/b".to_owned(), payload, qos: 1, retain: false });
        }
    }

    fn connect(&mut self, who: usize, is_kept: bool) {
        let session = &mut self.sessions[who];
        let is_resumed = is_kept && session.is_kept;
        if !is_resumed {
            *session = Session::default();
        }
        session.is_kept = is_kept;
        session.is_online = true;
        self.answer = Told::Session(is_resumed);
        self.due[who] =
            session.pending.iter().filter(|pending| !is_shared(&pending.message.topic)).map(resent).collect();
    }

    fn subscribe(&mut self, who: usize, filter: &'static str, options: u8) {
        let options = if self.versions[who] == 5 { options } else { options & 3 };
        let is_shared = filter.starts_with("$share");
        let qos = options & 3;
        let subscription =
            Subscription { qos, no_local: options & 4 != 0 && !is_shared, as_published: options & 8 != 0 };
        let is_new = self.sessions[who].subscriptions.insert(filter, subscription).is_none();
        self.answer = Told::Granted(qos);
        let is_owed = !is_shared && (options >> 4 == 0 || (options >> 4 == 1 && is_new));
        if is_owed {
            let matching: Vec<Message> =
                self.retained.values().filter(|message| matches(filter, &message.topic)).cloned().collect();
            for message in matching {
                self.deliver(who, Message { qos: message.qos.min(qos), ..message });
            }
        }
    }

    fn publish(&mut self, from: usize, message: Message) {
        if message.retain {
            match message.payload.as_str() {
                "" => self.retained.remove(&message.topic),
                _ => self.retained.insert(message.topic.clone(), message.clone()),
            };
        }
        for who in 0..CLIENTS {
            let own = |subscription: &Subscription| subscription.no_local && who == from;
            let copies = self.sessions[who].subscriptions.iter();
            let copies = copies.filter(|(filter, subscription)| matches(filter, &message.topic) && !own(subscription));
            let mut copies: Vec<Message> = copies
                .map(|(_, subscription)| Message {
                    qos: subscription.qos.min(message.qos),
                    retain: subscription.as_published && message.retain,
                    ..message.clone()
                })
                .collect();
            if self.habits == Habits::Mosquittos && self.versions[who] == 4 {
                copies.truncate(1);
            }
            copies.into_iter().for_each(|copy| self.deliver(who, copy));
        }
        self.share(&message);
    }

    fn deliver(&mut self, who: usize, message: Message) {
        let session = &mut self.sessions[who];
        if session.is_online {
            self.due[who].push(Seen::Message(message.clone(), None, false));
        } else if message.qos == 0 {
            session.perhaps.push(message.clone());
        }
        if message.qos > 0 && (session.is_online || session.is_kept) {
            session.pending.push(Pending { message, state: State::Waiting });
        }
    }

    fn share(&mut self, message: &Message) {
        if !is_shared(&message.topic) {
            return;
        }
        let (mut groups, mut is_everyone_here) = (BTreeSet::new(), true);
        for session in &self.sessions {
            for filter in session.subscriptions.keys().filter(|filter| shares(filter, &message.topic)) {
                groups.insert(*filter);
                is_everyone_here &= session.is_online;
            }
        }
        let entry = self.shared.entry(format!("{} {}", message.topic, message.payload)).or_default();
        *entry = (entry.0 + groups.len(), entry.1);
        if is_everyone_here {
            self.is_shared_now = Some(format!("{} {}", message.topic, message.payload));
        }
    }

    pub(super) fn compare_answer(&self, who: usize, told: &Told) -> Result<(), String> {
        match (self.answer, told) {
            (Told::Nothing, _) => Ok(()),
            (expected, told) if expected == *told => Ok(()),
            (expected, told) => Err(format!("client {who} is told {told:?}, not {expected:?}")),
        }
    }

    /// Compares what a client has seen, and says what it owes for it.
    pub(super) fn compare(&mut self, who: usize, seen: &[Seen]) -> Result<Vec<Owed>, String> {
        let due = std::mem::take(&mut self.due[who]);
        let perhaps = std::mem::take(&mut self.sessions[who].perhaps);
        let mut owed = Vec::new();
        let mut own = Vec::new();
        for seen in seen {
            match seen {
                Seen::Message(message, id, _) if is_shared(&message.topic) => {
                    self.take_shared(message)?;
                    owed.extend(id.map(|id| if message.qos == 1 { Owed::Puback(id) } else { Owed::Exchange(id) }));
                }
                Seen::Message(message, None, false) if perhaps.contains(message) => {}
                Seen::Message(..) | Seen::Release(_) => own.push(seen.clone()),
            }
        }
        compare_all(&due, &own, std::mem::take(&mut self.is_unsure[who]))?;
        for seen in &own {
            if let Seen::Message(message, Some(id), is_again) = seen {
                let state = |pending: &Pending| match pending.state {
                    State::Waiting => !is_again,
                    State::Unsure(known) => known.is_none_or(|known| known == *id),
                    State::Sent(known) => *is_again && known == *id,
                    State::Received(_) => false,
                };
                let mut pending = self.sessions[who].pending.iter_mut();
                let pending = pending.find(|pending| pending.message == *message && state(pending));
                pending.ok_or("sees what is not pending")?.state = State::Sent(*id);
            }
        }
        owed.extend(self.pay(who));
        Ok(owed)
    }

    fn take_shared(&mut self, message: &Message) -> Result<(), String> {
        let name = format!("{} {}", message.topic, message.payload);
        let (groups, copies) = self.shared.entry(name.clone()).or_default();
        *copies += 1;
        if copies > groups { Err(format!("has {name} once more than there are groups")) } else { Ok(()) }
    }

    /// Says what a client owes for all that it has not acknowledged, by its habit.
    fn pay(&mut self, who: usize) -> Vec<Owed> {
        let (habit, mut owed) = (self.acknowledges[who], Vec::new());
        for pending in &mut self.sessions[who].pending {
            match (pending.state, pending.message.qos, habit) {
                (State::Sent(id), 1, 0) => owed.push(Owed::Puback(id)),
                (State::Sent(id), 2, 0) => owed.push(Owed::Exchange(id)),
                (State::Sent(id), 2, 2) => {
                    owed.push(Owed::Pubrec(id));
                    pending.state = State::Received(id);
                }
                (State::Received(id), _, 0) => owed.push(Owed::Pubcomp(id)),
                _ => {}
            }
        }
        if habit == 0 {
            self.sessions[who].pending.retain(|pending| matches!(pending.state, State::Waiting | State::Unsure(_)));
        }
        owed
    }

    /// Ends a step: what all were there to share has come to as many as there are groups.
    pub(super) fn conclude(&mut self) -> Result<(), String> {
        let Some(name) = self.is_shared_now.take() else { return Ok(()) };
        match self.shared.get(&name) {
            // an empty payload has no name of its own
            Some((groups, copies)) if copies != groups && !name.ends_with(' ') => {
                Err(format!("{name} was seen {copies} times by {groups} groups"))
            }
            _ => Ok(()),
        }
    }
}
