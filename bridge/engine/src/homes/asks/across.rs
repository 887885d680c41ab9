//! Another home is asked in the name of a user of this one.

use hes_schemas::{
    Address, ClusterId, Encoding, Fault, HomeId, Millis, Operation, Symbol, Timestamp, UserName, encode,
    link::{Ask, LinkMessage},
    rights::{Action, Scope},
};

use super::{Attempt, Goal, Question, WITHOUT_TOKEN, Waiting, sids::without_home};
use crate::{call::Call, engine::Engine, input::Door, intake::Request, target::unknown, timers::Timer};

/// How much earlier than the asker's own the other home's time is over, so that its last word comes before ours.
const AHEAD: Millis = Millis::new(500);

impl Engine {
    /// Asks another home what was asked on one of its topics.
    pub(crate) fn ask_across(&mut self, now: Timestamp, home: HomeId, path: Box<str>, call: Call, request: Request) {
        let may = call.action().ok_or_else(unknown).and_then(|action| self.may_ask(now, &home, action, &request));
        if let Err(fault) = may.and_then(|()| self.check_abroad(&call, &request)) {
            return self.fail(&request, fault);
        }
        let question = self.question(path, without_home(&home, call), &request);
        let goal = Goal::Whole(Box::new(request.reply), request.memo);
        let deadline = now + request.ttl;
        self.ask(now, Waiting::new(home, question, deadline, goal));
    }

    /// Asks another home for an operation that was asked here and is about it.
    pub(crate) fn ask_operation(
        &mut self,
        now: Timestamp,
        home: HomeId,
        operation: Operation,
        call: Call,
        request: Request,
    ) {
        let path = operation_path(&home, operation);
        self.ask_across(now, home, path, call, request);
    }

    /// Says whether a user may ask another home at all, and why not.
    ///
    /// A home that is not known and one that gives the user nothing look the same.
    pub(super) fn may_ask(
        &self,
        now: Timestamp,
        home: &HomeId,
        action: Action,
        request: &Request,
    ) -> Result<(), Fault> {
        let user = &request.asker.user;
        if matches!(request.asker.door, Door::Link(..)) || !self.is_federated(home, user) {
            return Err(unknown());
        }
        if !request.grants.bounds_include(now, action, &Scope::everything()) {
            return Err(Fault::new(Symbol::Denied, "your token does not reach that far"));
        }
        if !self.is_linked(home) {
            return Err(home_offline());
        }
        let has_token = self.token_for(now, home, user).is_some();
        if !has_token && !self.may_hope(home, user) {
            return Err(unknown());
        }
        let asks = &self.homes.asks;
        let is_full = asks.waiting.len() >= self.limits.requests || asks.waiting_for(home) >= self.asks_at(home);
        if is_full || (!has_token && asks.unsaid_for(home) >= WITHOUT_TOKEN) {
            return Err(Fault::new(Symbol::TooMany, "too much is asked of the other home; try again later"));
        }
        Ok(())
    }

    pub(super) fn question(&self, path: Box<str>, call: Call, request: &Request) -> Question {
        Question {
            user: request.asker.user.clone(),
            path,
            body: call.body(),
            request: request.memo.as_ref().map(|(.., id)| id.clone()),
            client: request.reply.client(&self.root),
            trace: request.reply.trace,
        }
    }

    /// Asks as soon as there is a token to ask by, and waits for the answer.
    pub(super) fn ask(&mut self, now: Timestamp, waiting: Waiting) {
        let id = self.homes.asks.next_number(self.epoch);
        self.timers.set(waiting.deadline, Timer::Ask(id));
        self.homes.asks.waiting.insert(id, Waiting { is_unsaid: true, ..waiting });
        self.say_ask(now, id);
    }

    /// Goes on with what waits for a token of a user, which has come, or will not.
    pub(in crate::homes) fn asks_go_on(&mut self, now: Timestamp, home: &HomeId, user: &UserName) {
        let is_meant = |it: &Waiting| it.is_unsaid && it.home == *home && it.question.user == *user;
        let unsaid = self.homes.asks.waiting.iter().filter(|(_, waiting)| is_meant(waiting));
        let unsaid: Vec<u64> = unsaid.map(|(id, _)| *id).collect();
        for id in unsaid {
            self.say_ask(now, id);
        }
    }

    fn say_ask(&mut self, now: Timestamp, id: u64) {
        let Some(waiting) = self.homes.asks.waiting.get(&id) else { return };
        let (home, user) = (waiting.home.clone(), &waiting.question.user);
        let Some(token) = self.token_for(now, &home, user) else {
            if !self.may_hope(&home, user) {
                self.give_up_ask(id, unknown());
            }
            return;
        };
        let since = self.clock_at(now, &home);
        let message = LinkMessage::Ask(Ask { since, ..waiting.to_ask(now, id, token) });
        if encode(Encoding::Cbor, &message).len() > self.bytes_at(&home) {
            return self
                .give_up_ask(id, Fault::new(Symbol::TooLarge, "the other home does not take so much at a time"));
        }
        if let Some(waiting) = self.homes.asks.waiting.get_mut(&id) {
            waiting.is_unsaid = false;
        }
        self.say(&home, message);
    }

    /// Returns the other home that the words of a target begin with, if the asker may ask it.
    ///
    /// A cluster of this home goes first: no other home can take its name.
    pub(crate) fn home_of(&self, text: &str, request: &Request) -> Option<HomeId> {
        let (first, rest) = text.split_once('/')?;
        self.home_called(first, request).filter(|_| rest.contains('/'))
    }

    /// Returns the other home that a scope begins with, if the asker may ask it.
    pub(crate) fn home_of_scope(&self, text: &str, request: &Request) -> Option<HomeId> {
        self.home_called(text.split('/').next()?, request)
    }

    fn home_called(&self, name: &str, request: &Request) -> Option<HomeId> {
        let home = HomeId::new(name).ok().filter(|home| *home != self.home)?;
        let is_cluster = ClusterId::new(name).is_ok_and(|cluster| self.seats.contains_key(&cluster));
        let is_guest = matches!(request.asker.door, Door::Link(..));
        (!is_cluster && !is_guest && self.is_federated(&home, &request.asker.user)).then_some(home)
    }

    /// Returns the other homes where a user of this one is federated, in the order of their names.
    pub(super) fn homes_of(&self, user: &UserName) -> Vec<HomeId> {
        let mut homes: Vec<HomeId> = self.federated(user).cloned().collect();
        homes.dedup();
        homes
    }
}

impl Waiting {
    pub(super) const fn new(home: HomeId, question: Question, deadline: Timestamp, goal: Goal) -> Self {
        Self { home, question, deadline, attempt: Attempt::First, is_unsaid: true, goal }
    }

    fn to_ask(&self, now: Timestamp, id: u64, token: String) -> Ask {
        let Question { path, body, request, client, trace, .. } = &self.question;
        let (path, body, request, client) = (path.to_string(), body.clone(), request.clone(), client.clone());
        let ttl = time_there(self.deadline.since(now));
        Ask { id, token, path, body, ttl, since: None, request, client, trace: *trace, via: Vec::new() }
    }
}

/// Returns the topic of an operation of a home, below the root.
pub(super) fn operation_path(home: &HomeId, operation: Operation) -> Box<str> {
    Address::Request(home.clone(), operation).to_string().into()
}

/// Returns how long a request may act at the other home, of what is left here.
pub(super) fn time_there(left: Millis) -> Millis {
    Millis::new(left.get() - AHEAD.get().min(left.get() / 10))
}

pub(super) fn home_offline() -> Fault {
    Fault::new(Symbol::HomeOffline, "the other home cannot be reached")
}
