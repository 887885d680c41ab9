//! Subscribe, renew, unsubscribe.

use hes_schemas::{
    ClusterId, Fault, Millis, Operation, Sid, Status, Symbol, Target, Timestamp,
    message::{Answer, EventKind, Renew, Subscribe, Unsubscribe},
    rights::{Action, Scope},
};

use crate::{
    call::Call,
    engine::Engine,
    homes::split_sid,
    intake::Request,
    interest::only_device,
    notice::Notice,
    output::{Letter, Output},
    record::{Record, SubscriptionRecord},
    reply::Reply,
    requests::MemoKey,
    subscriptions::SEQUENCE_BLOCK,
    target::unknown,
    timers::Timer,
};

/// The shortest lease, the one that is granted if the asker does not say, and the longest.
const LEASE: (Millis, Millis, Millis) =
    (Millis::from_secs(10), Millis::from_secs(3_600), Millis::from_secs(30 * 86_400));

impl Engine {
    pub(crate) fn subscribe(&mut self, now: Timestamp, subscribe: Subscribe, request: Request) {
        if let Some(home) = self.home_of_scope(&subscribe.scope, &request) {
            return self.ask_operation(now, home, Operation::Subscribe, Call::Subscribe(subscribe), request);
        }
        let initial = subscribe.initial;
        match self.subscription(now, subscribe, &request) {
            Ok(record) => self.keep_subscription(now, record, initial, &request),
            Err(fault) => self.fail(&request, fault),
        }
    }

    fn subscription(
        &mut self,
        now: Timestamp,
        subscribe: Subscribe,
        request: &Request,
    ) -> Result<SubscriptionRecord, Fault> {
        let nowhere = || Fault::new(Symbol::Denied, "a client with this id has no place for notifications");
        let client = request.reply.client(&self.root).ok_or_else(nowhere)?;
        let total = self.subscriptions.len();
        let own = self.subscriptions.of_client(&request.asker.user, &client);
        let is_full = total >= self.limits.subscriptions || own >= self.limits.subscriptions_per_client;
        if is_full || self.is_crowded(&request.asker.user) {
            return Err(Fault::new(Symbol::TooMany, "too many subscriptions; end some, or let them end"));
        }
        if subscribe.delta.is_some_and(|delta| !delta.is_finite() || delta < 0.0) {
            return Err(Fault::new(Symbol::Malformed, "delta is a number from 0 on"));
        }
        let scope = self.scope(now, &subscribe.scope, request)?;
        let lease = subscribe.lease.unwrap_or(LEASE.1).clamp(LEASE.0, LEASE.2);
        let mut events = if subscribe.events.is_empty() { EventKind::ALL.to_vec() } else { subscribe.events };
        events.sort_unstable();
        events.dedup();
        Ok(SubscriptionRecord {
            sid: self.subscriptions.next_sid().ok_or_else(nowhere)?,
            client,
            user: request.asker.user.clone(),
            scope,
            events,
            until: now + lease,
            lease,
            min_interval: subscribe.min_interval.unwrap_or_default(),
            delta: subscribe.delta,
            next_seq: SEQUENCE_BLOCK,
        })
    }

    /// Reads a scope: the home, a cluster, a pattern, or a device or property by its address or its name for people.
    ///
    /// One that names a device holds its uid, so that a rename changes nothing.
    fn scope(&self, now: Timestamp, text: &str, request: &Request) -> Result<Scope, Fault> {
        let scope = self.named_scope(now, text, request)?;
        // what is told later is held against the rights of the account, not against what narrowed those of the asker
        let is_within = |scope: &Scope| request.grants.bounds_include(now, Action::Notify, scope);
        let asked = Scope::new(self.without_own_home(text)).ok();
        let is_reached =
            [asked.as_ref(), self.by_name(&scope).as_ref(), Some(&scope)].into_iter().flatten().any(is_within);
        if is_reached {
            return Ok(scope);
        }
        Err(Fault::new(Symbol::Denied, "your token does not reach that far"))
    }

    /// Returns a scope that names a device by its uid as one that names it as its topics do.
    fn by_name(&self, scope: &Scope) -> Option<Scope> {
        let (cluster, uid) = only_device(scope)?;
        let device = self.directory.device(self.directory.by_uid(&cluster, &uid)?)?;
        let Scope::Devices(filter) = scope else { return None };
        let property = filter.levels().nth(2).map(|level| format!("/{level}")).unwrap_or_default();
        Scope::new(&format!("{cluster}/{}{property}", device.record.id)).ok()
    }

    fn without_own_home<'t>(&self, text: &'t str) -> &'t str {
        text.strip_prefix(self.home.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text)
    }

    fn named_scope(&self, now: Timestamp, text: &str, request: &Request) -> Result<Scope, Fault> {
        if !request.grants.iter().any(|grant| grant.actions.contains(&Action::Notify)) {
            return Err(Fault::new(Symbol::Denied, "you have no right to be notified"));
        }
        if text == self.home.as_str() {
            return Ok(Scope::everything());
        }
        let rest = self.without_own_home(text);
        let is_pattern = rest.is_empty() || rest.contains(['+', '#']) || rest.starts_with("topic:");
        let is_cluster = ClusterId::new(rest).is_ok_and(|cluster| self.seats.contains_key(&cluster));
        if !is_pattern && !is_cluster {
            let found = self.find_text(now, &request.grants, rest)?;
            let record = &self.directory.device(found.slot).ok_or_else(unknown)?.record;
            let property = match &found.target {
                Target::Device => None,
                Target::Property(name) => Some(name),
                Target::Native(_) => return Err(Fault::new(Symbol::Malformed, "events carry common properties only")),
            };
            return Scope::of_device(&record.cluster, &record.uid, property).ok_or_else(unknown);
        }
        match Scope::new(rest) {
            Ok(scope @ Scope::Devices(_)) => Ok(scope),
            Ok(Scope::Topics(_)) => Err(Fault::new(Symbol::Malformed, "a scope is about devices; subscribe to topics")),
            Err(error) => Err(Fault::new(Symbol::Malformed, error.to_string())),
        }
    }

    fn keep_subscription(&mut self, now: Timestamp, record: SubscriptionRecord, initial: bool, request: &Request) {
        let answer = Answer {
            sid: Some(record.sid.clone()),
            lease: Some(record.lease),
            events: record.events.clone(),
            ..Answer::new(Status::Created)
        };
        let sid = record.sid.clone();
        self.timers.set(record.until, Timer::Lease(sid.clone()));
        self.subscriptions.insert(record.clone(), 1, request.memo.clone());
        self.keep(Record::Subscription(record), request, answer, Some(sid.clone()));
        if initial {
            self.timers.set(now, Timer::Initial(sid, 0));
        }
    }

    pub(crate) fn renew(&mut self, now: Timestamp, renew: Renew, request: Request) {
        if let Some((home, _)) = split_sid(&renew.sid) {
            return self.ask_operation(now, home, Operation::Renew, Call::Renew(renew), request);
        }
        if !self.is_owner(&renew.sid, &request) {
            return self.fail(&request, no_subscription());
        }
        let Some(subscription) = self.subscriptions.get_mut(&renew.sid) else { return };
        let record = &mut subscription.record;
        let before = record.until;
        record.lease = renew.lease.unwrap_or(record.lease).clamp(LEASE.0, LEASE.2);
        record.until = now + record.lease;
        let record = record.clone();
        self.timers.cancel(before, Timer::Lease(record.sid.clone()));
        self.timers.set(record.until, Timer::Lease(record.sid.clone()));
        let answer = Answer { sid: Some(record.sid.clone()), lease: Some(record.lease), ..Answer::default() };
        self.keep(Record::Subscription(record), &request, answer, None);
    }

    pub(crate) fn unsubscribe(&mut self, now: Timestamp, unsubscribe: Unsubscribe, request: Request) {
        if let Some((home, _)) = split_sid(&unsubscribe.sid) {
            return self.ask_operation(now, home, Operation::Unsubscribe, Call::Unsubscribe(unsubscribe), request);
        }
        if !self.is_owner(&unsubscribe.sid, &request) {
            return self.fail(&request, no_subscription());
        }
        if let Some(subscription) = self.subscriptions.remove(&unsubscribe.sid) {
            let sid = subscription.record.sid;
            self.timers.cancel(subscription.record.until, Timer::Lease(sid.clone()));
            self.keep(Record::SubscriptionGone(sid), &request, Answer::new(Status::NoContent), None);
        }
    }

    /// Undoes a subscription that the store refused; the same request may be tried again.
    pub(crate) fn not_kept(&mut self, sid: &Sid) {
        self.end_abroad(sid);
        let Some(subscription) = self.subscriptions.remove(sid) else { return };
        self.timers.cancel(subscription.record.until, Timer::Lease(sid.clone()));
        if let Some(memo) = &subscription.made_by {
            self.requests.forget(memo);
        }
    }

    pub(crate) fn lease_ended(&mut self, now: Timestamp, sid: &Sid) {
        self.abroad_ended(now, sid);
        let is_over = self.subscriptions.get(sid).is_some_and(|subscription| subscription.record.until <= now);
        if is_over && self.subscriptions.remove(sid).is_some() {
            self.note(Notice::LeaseEnded(sid.clone()));
            self.put(Output::Save(Record::SubscriptionGone(sid.clone())));
        }
    }

    fn is_owner(&self, sid: &Sid, request: &Request) -> bool {
        let client = request.reply.client(&self.root);
        self.subscriptions.get(sid).is_some_and(|subscription| {
            Some(&subscription.record.client) == client.as_ref() && subscription.record.user == request.asker.user
        })
    }

    /// Has a record kept for good before its answer is sent.
    fn keep(&mut self, record: Record, request: &Request, answer: Answer, undo: Option<Sid>) {
        let fault = Fault::new(Symbol::Internal, "the store cannot keep it; nothing was changed");
        self.keep_or(record, request, answer, undo, fault);
    }

    /// The same, with the fault that is told if the record cannot be kept.
    pub(crate) fn keep_or(
        &mut self,
        record: Record,
        request: &Request,
        answer: Answer,
        undo: Option<Sid>,
        fault: Fault,
    ) {
        self.keep_for(record, (&request.reply, request.memo.as_ref()), answer, undo, fault);
    }

    /// The same for whoever is answered that way.
    pub(crate) fn keep_for(
        &mut self,
        record: Record,
        (reply, memo): (&Reply, Option<&MemoKey>),
        answer: Answer,
        undo: Option<Sid>,
        fault: Fault,
    ) {
        let (kept, refused) = (reply.letter(answer), reply.letter(Answer::failed(fault)));
        let (Some(kept), Some(refused)) = (kept, refused) else { return self.put(Output::Save(record)) };
        self.answered(&kept, memo);
        self.served(&kept.asker);
        let (kept, refused) = (Box::new(self.envelope(kept)), Box::new(self.envelope(refused)));
        self.put(Output::Keep { record, kept, refused, undo });
    }

    fn answered(&mut self, letter: &Letter, memo: Option<&MemoKey>) {
        self.counters.answers += 1;
        self.note(Notice::Answered(letter.status));
        if let Some(memo) = memo {
            self.counters.answers_forgotten += self.requests.store(memo, letter, &self.limits);
        }
    }
}

fn no_subscription() -> Fault {
    Fault::new(Symbol::Unknown, "there is no such subscription, or it has ended; subscribe again")
}
