//! Requests under way, and the answers to those that may come again.

use std::collections::VecDeque;

use hes_schemas::{
    RequestId, Timestamp, Topic, UserName,
    message::{Answer, Outcome},
};
use rustc_hash::FxHashMap;

use crate::{directory::Slot, output::Letter, reply::Reply};

/// One request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RequestKey(pub(crate) u64);

/// A request that waits for devices.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) reply: Reply,
    pub(crate) form: Form,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) left: usize,
    /// The devices that it waits for, or has waited for.
    pub(crate) slots: Vec<Slot>,
    pub(crate) deadline: Timestamp,
    pub(crate) memo: Option<MemoKey>,
}

/// How outcomes become an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One property: its outcome is the answer.
    Single,
    /// The properties of one device, by name.
    Values,
    /// Several targets, in their order.
    Results,
}

/// What makes a request the same again: who asks, where the answer goes, and its id.
pub(crate) type MemoKey = (UserName, Topic, RequestId);

/// What is known of a request that may come again.
#[derive(Debug)]
pub(crate) struct Memo {
    pub(crate) fingerprint: u64,
    pub(crate) until: Timestamp,
    /// Nothing while the request is under way.
    pub(crate) letter: Option<Letter>,
}

/// All requests under way and all stored answers.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub(crate) pending: FxHashMap<RequestKey, Pending>,
    memos: FxHashMap<MemoKey, Memo>,
    order: VecDeque<MemoKey>,
    has_timer: bool,
    last: u64,
}

impl Form {
    pub(crate) fn answer(self, mut outcomes: Vec<Outcome>) -> Answer {
        match self {
            Self::Single => outcomes.pop().unwrap_or_default().into(),
            Self::Values => {
                let named = |mut outcome: Outcome| (std::mem::take(&mut outcome.target), outcome);
                Answer { values: outcomes.into_iter().map(named).collect(), ..Answer::default() }
            }
            Self::Results => Answer { results: outcomes, ..Answer::default() },
        }
    }
}

impl Requests {
    pub(crate) const fn next_key(&mut self) -> RequestKey {
        self.last += 1;
        RequestKey(self.last)
    }

    pub(crate) fn memo(&self, key: &MemoKey) -> Option<&Memo> {
        self.memos.get(key)
    }

    /// Notes that a request is under way; returns how many older ones had to be forgotten for want of room.
    pub(crate) fn remember(&mut self, key: MemoKey, memo: Memo, room: usize) -> u64 {
        let mut forgotten = 0;
        while self.memos.len() >= room.max(1) {
            let Some(oldest) = self.order.pop_front() else { break };
            forgotten += u64::from(self.memos.remove(&oldest).is_some());
        }
        if self.memos.insert(key.clone(), memo).is_none() {
            self.order.push_back(key);
        }
        forgotten
    }

    /// Stores the final answer of a request that may come again.
    pub(crate) fn store(&mut self, key: &MemoKey, letter: &Letter) {
        if let Some(memo) = self.memos.get_mut(key) {
            memo.letter = Some(letter.clone());
        }
    }

    /// Forgets a request that has come to nothing, so that it may be tried again.
    pub(crate) fn forget(&mut self, key: &MemoKey) {
        self.memos.remove(key);
        // it is the last that came, unless its answer had to wait
        if let Some(place) = self.order.iter().rposition(|other| other == key) {
            self.order.remove(place);
        }
    }

    /// Forgets what nobody will ask for again; returns when to do so next, if a timer must be set for that.
    pub(crate) fn forget_old(&mut self, now: Timestamp) -> Option<Timestamp> {
        while let Some(oldest) = self.order.front() {
            match self.memos.get(oldest) {
                Some(memo) if memo.until > now => return Some(memo.until),
                Some(_) | None => {
                    let key = self.order.pop_front()?;
                    self.memos.remove(&key);
                }
            }
        }
        self.has_timer = false;
        None
    }

    pub(crate) fn memo_count(&self) -> usize {
        self.memos.len().max(self.order.len())
    }

    /// Says whether the timer that forgets must be set; it is then taken to be.
    pub(crate) const fn needs_timer(&mut self) -> bool {
        !std::mem::replace(&mut self.has_timer, true)
    }
}
