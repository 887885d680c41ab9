//! What another home was asked ends: by its answer, by its silence, or because the link broke.

use hes_schemas::{Fault, HomeId, Status, Symbol, Timestamp, link::Reply, message::Answer, read_datum};

use super::{Attempt, Goal, Waiting, abroad::Change, across::home_offline, sids::with_home};
use crate::{engine::Engine, target::unknown, timers::Timer};

impl Engine {
    /// Passes on what another home answers.
    pub(crate) fn reply_came(&mut self, now: Timestamp, peer: &HomeId, reply: Reply) {
        let waiting = self.homes.asks.waiting.get(&reply.id);
        let is_asked = waiting.is_some_and(|waiting| waiting.home == *peer && !waiting.is_unsaid);
        let Some(waiting) = is_asked.then(|| self.homes.asks.waiting.remove(&reply.id)).flatten() else {
            self.counters.replies_unknown += 1;
            return;
        };
        self.timers.cancel(waiting.deadline, Timer::Ask(reply.id));
        let answer = read_datum::<Answer>(reply.body).map_err(|_no_answer| nonsense());
        let is_stranger = answer.as_ref().is_ok_and(|answer| answer.error == Some(Symbol::TokenUnknown));
        if is_stranger {
            return self.introduce(now, waiting);
        }
        let answer = answer.and_then(|answer| believed(peer, answer));
        self.take_answer(now, waiting, answer);
    }

    fn take_answer(&mut self, now: Timestamp, waiting: Waiting, answer: Result<Answer, Fault>) {
        let change = answer.as_ref().ok().and_then(|answer| self.change_of(now, &waiting, answer));
        match (change, waiting.goal, answer) {
            (Some(Change::Kept(record)), Goal::Whole(reply, memo), Ok(answer)) => {
                self.keep_abroad(record, &reply, memo.as_ref(), answer);
            }
            (change, goal, answer) => {
                if let Some(Change::Ended(sid)) = change {
                    self.end_abroad(&sid);
                }
                self.settle_ask(Waiting { goal, ..waiting }, answer);
            }
        }
    }

    /// Shows the token to a home that does not know it, and asks once more; nothing has acted yet.
    fn introduce(&mut self, now: Timestamp, waiting: Waiting) {
        if waiting.attempt == Attempt::Second {
            return self.settle_ask(waiting, Err(unknown()));
        }
        self.show_token(now, &waiting.home, &waiting.question.user);
        self.ask(now, Waiting { attempt: Attempt::Second, ..waiting });
    }

    /// Ends all that waits for a peer.
    pub(crate) fn asks_down(&mut self, _now: Timestamp, peer: &HomeId) {
        let asked: Vec<(u64, Waiting)> =
            self.homes.asks.waiting.extract_if(.., |_, waiting| waiting.home == *peer).collect();
        for (id, waiting) in asked {
            self.timers.cancel(waiting.deadline, Timer::Ask(id));
            self.settle_ask(waiting, Err(home_offline()));
        }
    }

    /// Ends what another home has not answered in time.
    pub(crate) fn ask_late(&mut self, id: u64) {
        self.give_up_ask(id, Fault::new(Symbol::NotConfirmed, "the other home did not answer in time"));
    }

    pub(super) fn give_up_ask(&mut self, id: u64, fault: Fault) {
        let Some(waiting) = self.homes.asks.waiting.remove(&id) else { return };
        self.timers.cancel(waiting.deadline, Timer::Ask(id));
        self.settle_ask(waiting, Err(fault));
    }

    /// Passes the end of what was asked to whoever waits for it.
    pub(super) fn settle_ask(&mut self, waiting: Waiting, result: Result<Answer, Fault>) {
        match waiting.goal {
            Goal::Whole(reply, memo) => {
                let is_unknown = result.is_err();
                let answer = result.unwrap_or_else(Answer::failed);
                let is_turned_away = matches!(answer.status, Status::TooMany | Status::Internal);
                self.answer(&reply, answer, memo.as_ref());
                // what nothing came of, or nobody knows what, may be tried again under the same id: the other home acts once
                if let Some(memo) = memo.filter(|_| is_turned_away || is_unknown) {
                    self.requests.forget(&memo);
                }
            }
            Goal::Parts(request, places) => self.parts_done(request, places, result),
            Goal::Page(page) => self.page_done(page, &waiting.home, result),
        }
    }
}

/// Returns what is believed of an answer: it ends the request, and tells of that home only.
fn believed(peer: &HomeId, mut answer: Answer) -> Result<Answer, Fault> {
    if answer.status == Status::Accepted {
        return Err(nonsense());
    }
    if let Some(sid) = answer.sid.take() {
        answer.sid = Some(with_home(peer, &sid).ok_or_else(nonsense)?);
    }
    if let Some(devices) = &mut answer.devices {
        devices.retain(|listing| listing.home == *peer);
    }
    Ok(Answer { homes: Vec::new(), info: None, ..answer })
}

fn nonsense() -> Fault {
    Fault::new(Symbol::ClusterError, "the other home's answer makes no sense")
}
