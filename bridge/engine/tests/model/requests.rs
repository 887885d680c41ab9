//! What was asked, and how it may be answered.

use std::{collections::BTreeSet, fmt};

use hes_schemas::Timestamp;

use crate::{people::Way, support::Ask, values::Key};

/// One request, which may come several times.
pub(crate) struct Request {
    pub(crate) ask: Ask,
    pub(crate) way: Way,
    /// The Correlation Data of each time that it came.
    pub(crate) correlations: Vec<Vec<u8>>,
    /// Its place among all requests.
    pub(crate) order: u64,
    pub(crate) asked: Timestamp,
    pub(crate) deadline: Timestamp,
    /// It is carried out once however often it comes.
    pub(crate) is_remembered: bool,
    /// What it asks of which devices: `t7`.
    pub(crate) tags: Vec<(String, Key)>,
    pub(crate) acted: BTreeSet<String>,
    /// Final answers so far, and how many there may be.
    pub(crate) answers: u32,
    pub(crate) allowed: u32,
    pub(crate) first_answer: Option<Vec<u8>>,
    /// The statuses that it may be answered with; none means any.
    pub(crate) expects: &'static [u16],
    /// The gateway was restarted since.
    pub(crate) is_lost: bool,
}

/// All requests, in their order.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub(crate) all: Vec<Request>,
    /// How many there ever were.
    pub(crate) count: u64,
}

impl Requests {
    /// Returns what the next request may ask of a device, different from all others.
    pub(crate) fn next_tag(&self) -> String {
        format!("t{}", self.count)
    }

    /// Returns the last request that asks for this.
    pub(crate) fn by_tag(&mut self, tag: &str) -> &mut Request {
        let is_meant = |request: &&mut Request| !request.is_lost && request.tags.iter().any(|(other, _)| other == tag);
        self.all.iter_mut().rev().find(is_meant).unwrap_or_else(|| panic!("nobody asked for {tag}"))
    }

    /// Returns the request that an answer is to.
    pub(crate) fn by_correlation(&mut self, correlation: &[u8]) -> &mut Request {
        let is_meant = |request: &&mut Request| request.correlations.iter().any(|it| it == correlation);
        self.all.iter_mut().rev().find(is_meant).unwrap_or_else(|| panic!("nobody asked {correlation:?}"))
    }

    pub(crate) fn restart(&mut self) {
        self.all.iter_mut().for_each(|request| request.is_lost = true);
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ask, acted, answers, allowed, asked, deadline, .. } = self;
        let body = String::from_utf8_lossy(&ask.payload);
        let (asked, deadline) = (asked.as_millis() % 10_000_000, deadline.as_millis() % 10_000_000);
        write!(f, "{} of {:?}: {body:.200}, ", ask.topic, ask.door)?;
        write!(f, "asked at {asked}, until {deadline}, acted {acted:?}, {answers} answers of {allowed}")
    }
}
