//! One request about several homes: each is asked for its part, and the outcomes come together in the request's order.

use std::collections::VecDeque;

use hes_schemas::{
    Fault, HomeId, Operation, Symbol, Timestamp,
    message::{Answer, Outcome, RetrieveMany, UpdateMany, UpdateOne},
    rights::Action,
};

use super::{Goal, Waiting, across::operation_path};
use crate::{
    call::Call,
    engine::Engine,
    intake::Request,
    requests::RequestKey,
    task::{Away, Want, Wish},
};

/// How many outcomes one target may have: the properties of a device.
const OF_A_TARGET: usize = 1_000;

/// The place of a target among the outcomes of its request.
#[derive(Debug)]
pub(super) struct Place {
    index: usize,
    target: String,
}

impl Engine {
    /// Asks another home for its part of a request.
    pub(crate) fn ask_parts(
        &mut self,
        now: Timestamp,
        key: RequestKey,
        home: HomeId,
        aways: Vec<Away>,
        request: &Request,
    ) {
        let place = |away: &Away| Place { index: away.index, target: away.target.clone() };
        let places: Vec<Place> = aways.iter().map(place).collect();
        let (operation, action, call) = part_of(aways);
        if let Err(fault) = self.may_ask(now, &home, action, request) {
            return self.parts_done(key, places, Err(fault));
        }
        let question = self.question(operation_path(&home, operation), call, request);
        let (goal, deadline) = (Goal::Parts(key, places), now + request.ttl);
        self.ask(now, Waiting::new(home, question, deadline, goal));
    }

    /// Puts the outcomes of another home's part where they belong.
    pub(super) fn parts_done(&mut self, key: RequestKey, places: Vec<Place>, result: Result<Answer, Fault>) {
        let mut told = result.and_then(outcomes);
        for Place { index, target } in places {
            let mut own = match &mut told {
                Ok(told) => take_of(told, &target),
                Err(fault) => vec![Outcome::failed(fault.clone())],
            };
            if own.len() > 1
                && let Some(pending) = self.requests.pending.get_mut(&key)
            {
                pending.spread.insert(index, std::mem::take(&mut own));
            }
            let outcome = own.pop().unwrap_or_else(|| Outcome::failed(untold()));
            self.finish(key, index, outcome);
        }
    }
}

/// Makes one request of what is wanted of one home; a request never both reads and writes.
fn part_of(aways: Vec<Away>) -> (Operation, Action, Call) {
    let (mut targets, mut updates, mut max_age) = (Vec::new(), Vec::new(), None);
    for Away { target, want, .. } in aways {
        match want {
            Want::Read(age) => {
                max_age = age;
                targets.push(target);
            }
            Want::Write(Wish { value, if_version, challenge }) => {
                updates.push(UpdateOne { target, value, if_version, challenge });
            }
        }
    }
    if updates.is_empty() {
        let retrieve = RetrieveMany { id: None, reply_to: None, ttl: None, targets, max_age };
        return (Operation::Retrieve, Action::Read, Call::Retrieve(retrieve));
    }
    let update = UpdateMany { id: None, reply_to: None, ttl: None, updates };
    (Operation::Update, Action::Write, Call::Update(update))
}

/// Returns the outcomes that an answer tells of, or the fault that ended the request as such.
fn outcomes(answer: Answer) -> Result<VecDeque<Outcome>, Fault> {
    match answer.error {
        None => Ok(answer.results.into()),
        Some(symbol) => Err(Fault { status: answer.status, symbol, detail: answer.detail.unwrap_or_default() }),
    }
}

/// Takes the next outcomes that are those of a target: itself, or the properties of the device that it names.
fn take_of(told: &mut VecDeque<Outcome>, target: &str) -> Vec<Outcome> {
    if told.front().is_some_and(|outcome| outcome.target == target) {
        return told.pop_front().into_iter().collect();
    }
    let is_part = |outcome: &Outcome| outcome.target.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'));
    let count = told.iter().take(OF_A_TARGET).take_while(|outcome| is_part(outcome)).count();
    told.drain(..count).collect()
}

fn untold() -> Fault {
    Fault::new(Symbol::ClusterError, "the other home did not say how it ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(targets: &[&str]) -> VecDeque<Outcome> {
        targets.iter().map(|target| Outcome { target: (*target).to_owned(), ..Outcome::default() }).collect()
    }

    #[test]
    fn each_target_takes_what_is_its_own() {
        let mut told = told(&["elm/z/lamp/on", "elm/z/door/hint", "elm/z/door/locked", "elm/z/lamp/on"]);
        let mut take = |target: &str| take_of(&mut told, target).len();
        let taken = ["elm/z/lamp/on", "elm/z/door", "elm/z/do", "elm/z/lamp/on", "elm/z/lamp/on"].map(&mut take);
        assert_eq!(taken, [1, 2, 0, 1, 0]);
    }

    #[test]
    fn a_home_cannot_tell_without_end() {
        let mut told = told(&vec!["elm/z/lamp/on"; OF_A_TARGET + 5]);
        assert_eq!(take_of(&mut told, "elm/z/lamp").len(), OF_A_TARGET);
    }
}
