//! Requests across: asked here and carried out there, or the other way round.
//!
//! `across` asks another home in the name of a user of this one, as soon as there is a token to ask by; `settle` takes its
//! answer, or does without. `parts` asks several homes for one request, `pages` lists devices over all homes, `sids` keeps
//! apart the subscriptions of several homes, `abroad` knows which were made here. `serve` is the other side: what guests ask
//! goes the way of every request.
//!
//! What is asked is never kept: a link that is down fails it at once, and one that breaks ends it. A peer is never asked more
//! at a time than it takes, nor anything that is larger.

mod abroad;
mod across;
mod pages;
mod parts;
mod serve;
mod settle;
mod sids;

use std::collections::BTreeMap;

use hes_schemas::{ClientId, Datum, HomeId, RequestId, Timestamp, TraceParent, UserName};

use self::{abroad::Abroad, pages::Page, parts::Place};
pub(crate) use self::{
    pages::{Span, Start},
    sids::split_sid,
};
use crate::{
    reply::Reply,
    requests::{MemoKey, RequestKey},
};

/// How many requests one peer may have under way here, and this home there if the peer takes as many.
pub(crate) const OF_A_PEER: u32 = 256;

/// How many requests to one peer may wait for a token.
const WITHOUT_TOKEN: usize = 64;

/// How far apart the numbers of two lives begin: an answer to an earlier life is none to this one.
const NUMBERS_OF_A_LIFE: u64 = 1 << 32;

/// Requests that wait for another home, and those that another home waits for.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    waiting: BTreeMap<u64, Waiting>,
    pages: BTreeMap<u64, Page>,
    abroad: Abroad,
    /// What peers have asked, by its number there, with the time by which it is answered.
    serving: BTreeMap<HomeId, BTreeMap<u64, Timestamp>>,
    last: u64,
}

/// One thing that another home was asked.
#[derive(Debug)]
struct Waiting {
    home: HomeId,
    question: Question,
    deadline: Timestamp,
    attempt: Attempt,
    /// Nothing has been said yet, because there is no token to ask by.
    is_unsaid: bool,
    goal: Goal,
}

/// What is asked, and in whose name.
#[derive(Debug)]
struct Question {
    user: UserName,
    path: Box<str>,
    body: Datum,
    request: Option<RequestId>,
    client: Option<ClientId>,
    trace: Option<TraceParent>,
}

/// Whether it may be asked again if the token is not known there; nothing has acted then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    Second,
}

/// What the answer is for.
#[derive(Debug)]
enum Goal {
    /// It is the answer.
    Whole(Box<Reply>, Option<MemoKey>),
    /// It holds some of the outcomes of a request.
    Parts(RequestKey, Vec<Place>),
    /// It holds some of the devices of a page.
    Page(u64),
}

impl Asks {
    const fn next_number(&mut self, epoch: u64) -> u64 {
        self.last += 1;
        epoch.saturating_mul(NUMBERS_OF_A_LIFE).saturating_add(self.last)
    }

    /// Returns how much a home has been asked, or is to be.
    fn waiting_for(&self, home: &HomeId) -> usize {
        self.waiting.values().filter(|waiting| waiting.home == *home).count()
    }

    /// Returns how much of that waits for a token.
    fn unsaid_for(&self, home: &HomeId) -> usize {
        self.waiting.values().filter(|waiting| waiting.home == *home && waiting.is_unsaid).count()
    }
}
