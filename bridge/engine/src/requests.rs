//! Requests under way, and the answers to those that may come again.

use std::collections::{BTreeMap, VecDeque};

use hes_schemas::{
    RequestId, Timestamp, Topic, TraceParent, UserName,
    message::{Answer, Outcome},
};
use rustc_hash::FxHashMap;

use crate::{
    directory::Slot,
    input::{Asker, Delivery},
    limits::Limits,
    output::Letter,
    reply::Reply,
};

/// One request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RequestKey(pub(crate) u64);

/// A request that waits for devices.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) reply: Reply,
    pub(crate) form: Form,
    pub(crate) outcomes: Vec<Outcome>,
    /// The places of targets in other homes that turned out to be several properties.
    pub(crate) spread: BTreeMap<usize, Vec<Outcome>>,
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
    /// How it came again while it was under way: that is waited for now.
    pub(crate) again: Option<Again>,
    /// How surely it is to be answered: as it wanted when that was most.
    pub(crate) delivery: Delivery,
    /// Nothing while the request is under way.
    pub(crate) letter: Option<Letter>,
}

/// What a request that comes again has of its own.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) asker: Asker,
    pub(crate) correlation: Option<Box<[u8]>>,
    pub(crate) trace: Option<TraceParent>,
}

/// All requests under way and all stored answers.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub(crate) pending: FxHashMap<RequestKey, Pending>,
    memos: FxHashMap<MemoKey, Memo>,
    /// Those that have been answered, in that order.
    order: VecDeque<MemoKey>,
    /// The size of their answers.
    bytes: usize,
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

impl Pending {
    /// Returns the outcomes in the order of the request.
    pub(crate) fn take_outcomes(&mut self) -> Vec<Outcome> {
        let mut spread = std::mem::take(&mut self.spread);
        let outcomes = std::mem::take(&mut self.outcomes).into_iter().enumerate();
        outcomes.flat_map(|(index, outcome)| spread.remove(&index).unwrap_or_else(|| vec![outcome])).collect()
    }
}

impl Requests {
    pub(crate) const fn next_key(&mut self) -> RequestKey {
        self.last += 1;
        RequestKey(self.last)
    }

    pub(crate) fn memo(&mut self, key: &MemoKey) -> Option<&mut Memo> {
        self.memos.get_mut(key)
    }

    /// Addresses an answer to whoever waits for it: the request may have come again, and otherwise.
    pub(crate) fn readdress(&mut self, key: &MemoKey, letter: &mut Letter) {
        let Some(memo) = self.memos.get_mut(key) else { return };
        letter.delivery = memo.delivery;
        if let Some(Again { asker, correlation, trace }) = memo.again.take() {
            (letter.asker, letter.trace) = (asker, trace);
            letter.correlation = correlation.or(letter.correlation.take());
        }
    }

    /// Notes that a request is under way; it is remembered at least until it is answered.
    pub(crate) fn remember(&mut self, key: MemoKey, memo: Memo) {
        self.forget(&key);
        self.memos.insert(key, memo);
    }

    /// Stores the final answer of a request that may come again; returns how many older ones had to make room.
    pub(crate) fn store(&mut self, key: &MemoKey, letter: &Letter, limits: &Limits) -> u64 {
        let Some(memo) = self.memos.get_mut(key) else { return 0 };
        memo.letter = Some(letter.clone());
        self.bytes += letter.payload.len();
        self.order.push_back(key.clone());
        let mut forgotten = 0;
        while self.order.len() > limits.answers || self.bytes > limits.answer_bytes {
            let Some(oldest) = self.order.front().cloned() else { break };
            self.forget(&oldest);
            forgotten += 1;
        }
        forgotten
    }

    /// Forgets a request, so that it may be tried again.
    pub(crate) fn forget(&mut self, key: &MemoKey) {
        let Some(letter) = self.memos.remove(key).and_then(|memo| memo.letter) else { return };
        self.bytes -= letter.payload.len();
        if let Some(place) = self.order.iter().position(|other| other == key) {
            self.order.remove(place);
        }
    }

    /// Forgets what nobody will ask for again; returns whether anything is left.
    pub(crate) fn forget_old(&mut self, now: Timestamp) -> bool {
        while let Some(oldest) = self.order.front().cloned()
            && self.memos.get(&oldest).is_none_or(|memo| memo.until <= now)
        {
            self.forget(&oldest);
        }
        self.has_timer = !self.memos.is_empty();
        self.has_timer
    }

    /// Returns how many answers are stored.
    pub(crate) fn answer_count(&self) -> usize {
        self.order.len()
    }

    /// Says whether the timer that forgets must be set; it is then taken to be.
    pub(crate) const fn needs_timer(&mut self) -> bool {
        !std::mem::replace(&mut self.has_timer, true)
    }
}
