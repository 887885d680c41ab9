//! Errands: what a request wants done that takes a key, a network or chance.

use hes_schemas::{
    Datum, Fault, Symbol, Timestamp,
    message::{Answer, PeerAction},
    rights::Action,
};
use rustc_hash::FxHashMap;

use crate::{engine::Engine, intake::Request, output::Output, reply::Reply, requests::MemoKey, timers::Timer};

/// One errand under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrandKey(u64);

/// What the shell is sent to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// Something about peers; the asker may manage the home.
    Peer(PeerAction),
}

/// All errands under way.
#[derive(Debug, Default)]
pub(crate) struct Errands {
    pending: FxHashMap<ErrandKey, Pending>,
    last: u64,
}

#[derive(Debug)]
struct Pending {
    reply: Reply,
    memo: Option<MemoKey>,
    deadline: Timestamp,
}

impl Engine {
    /// Sends the shell on an errand about peers, for one who may manage the home.
    pub(crate) fn peer_errand(&mut self, now: Timestamp, action: &PeerAction, request: Request) {
        if request.grants.find_everything(now, Action::Manage).is_none() {
            return self.fail(&request, Fault::new(Symbol::Denied, "peers are for those who may manage the home"));
        }
        match self.await_errand(now, &request) {
            Ok(key) => self.put(Output::Errand(key, Errand::Peer(action.clone()))),
            Err(fault) => self.fail(&request, fault),
        }
    }

    /// Notes that a request waits for something outside, until its time is over.
    ///
    /// # Errors
    /// [`Symbol::TooMany`].
    pub(crate) fn await_errand(&mut self, now: Timestamp, request: &Request) -> Result<ErrandKey, Fault> {
        if self.homes.errands.pending.len() >= self.limits.requests {
            return Err(Fault::new(Symbol::TooMany, "too many requests are under way; try again later"));
        }
        self.homes.errands.last += 1;
        let (key, deadline) = (ErrandKey(self.homes.errands.last), now + request.ttl);
        let Request { reply, memo, .. } = request.clone();
        self.homes.errands.pending.insert(key, Pending { reply, memo, deadline });
        self.timers.set(deadline, Timer::Errand(key));
        Ok(key)
    }

    /// Answers what an errand was for.
    pub(crate) fn errand_done(&mut self, key: ErrandKey, result: Result<Datum, Fault>) {
        let Some(Pending { reply, memo, deadline }) = self.homes.errands.pending.remove(&key) else { return };
        self.timers.cancel(deadline, Timer::Errand(key));
        let answer = match result {
            Ok(info) => Answer { info: Some(info), ..Answer::default() },
            Err(fault) => Answer::failed(fault),
        };
        self.answer(&reply, answer, memo.as_ref());
    }

    /// Ends an errand whose time is over.
    pub(crate) fn errand_late(&mut self, key: ErrandKey) {
        self.errand_done(key, Err(Fault::new(Symbol::NotConfirmed, "it was not done in time")));
    }
}
