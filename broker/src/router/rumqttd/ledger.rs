//! What is in the router, what waits to go in, and what is proven to have come out.
//!
//! The proof: a marker goes round through a filter of its own. The router serves filters in the order in which they
//! got work, and reads all of a filter's work at once, so when a marker returns that was sent after another had
//! returned, all that was sent before that other one has come out. See `Router::consume` and `forward_device_data` of
//! rumqttd 0.20; what goes in at once is kept below its limits for one read and for one segment.

use std::{
    collections::VecDeque,
    hash::BuildHasher,
    sync::Arc,
    time::{Duration, Instant},
};

use hes_schemas::Filter;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::link::{MAX_COST, MAX_COUNT, cost};
use crate::{
    parcel::Parcel,
    pledge::{Pledge, Posting},
    router::FilterKey,
};

/// Publishers wait while more messages than this wait to go in.
const CONGESTED: usize = 256;
/// What comes from publishers that cannot wait is dropped beyond this many.
const FULL: usize = 65_536;
/// A marker is sent when so many messages are not proven to have come out.
const UNPROVEN: usize = 64;

/// The ledger of one router, which outlives its replacements.
#[derive(Debug)]
pub(crate) struct Ledger {
    filters: FxHashMap<FilterKey, Known>,
    inside: VecDeque<Entry>,
    /// The number of the first message in `inside`.
    first: u64,
    cost: usize,
    waiting: VecDeque<Posting>,
    /// How many messages in the router somebody waits for.
    pledged: usize,
    rounds: Rounds,
    texts: FxHashSet<Filter>,
    topics: FxHashSet<u64>,
    max_filters: usize,
    max_topics: usize,
}

/// A filter, and the number of the first message that it can match.
#[derive(Debug)]
struct Known {
    filter: Filter,
    since: u64,
}

/// A message in the router, with the filters that it has come out for.
#[derive(Debug)]
struct Entry {
    posting: Posting,
    matched: Vec<FilterKey>,
}

/// The markers.
#[derive(Debug, Default)]
struct Rounds {
    sent: u64,
    /// When the marker that is on its way was sent.
    since: Option<Instant>,
    /// The number of the next message when the last marker was sent, and when the one before it was.
    at: u64,
    before: u64,
}

impl Ledger {
    pub(crate) fn new(max_filters: usize, max_topics: usize) -> Self {
        Self {
            filters: FxHashMap::default(),
            inside: VecDeque::new(),
            first: 1,
            cost: 0,
            waiting: VecDeque::new(),
            pledged: 0,
            rounds: Rounds::default(),
            texts: FxHashSet::default(),
            topics: FxHashSet::default(),
            max_filters,
            max_topics,
        }
    }

    pub(crate) fn subscribe(&mut self, key: FilterKey, filter: &Filter) {
        // what waits was published before, and must not match
        let since = self.next_number() + u64::try_from(self.waiting.len()).unwrap_or_default();
        self.texts.insert(filter.clone());
        self.filters.insert(key, Known { filter: filter.clone(), since });
    }

    pub(crate) fn unsubscribe(&mut self, key: FilterKey) {
        self.filters.remove(&key);
    }

    /// Takes a message; returns whether there was room for it.
    pub(crate) fn push(&mut self, posting: &Posting) -> bool {
        let has_room = self.waiting.len() < FULL;
        if has_room {
            self.waiting.push_back(posting.clone());
        }
        has_room
    }

    /// Says whether publishers should wait.
    pub(crate) fn is_congested(&self) -> bool {
        self.waiting.len() > CONGESTED
    }

    /// Moves the next message into the router, if there is one and there is room.
    pub(crate) fn next(&mut self) -> Option<(u64, Arc<Parcel>)> {
        let topic = self.waiting.front()?.parcel.publish.topic.as_str();
        let cost = cost(topic);
        let is_full = self.inside.len() >= MAX_COUNT || self.cost + cost > MAX_COST;
        if is_full && !self.inside.is_empty() {
            return None;
        }
        self.topics.insert(FxBuildHasher.hash_one(topic));
        let posting = self.waiting.pop_front()?;
        let (number, parcel) = (self.next_number(), Arc::clone(&posting.parcel));
        self.cost += cost;
        self.pledged += usize::from(posting.pledge.is_some());
        self.inside.push_back(Entry { posting, matched: Vec::new() });
        Some((number, parcel))
    }

    /// Notes that a message came out for a filter; returns it unless that is known.
    pub(crate) fn matched(&mut self, number: u64, key: FilterKey) -> Option<Posting> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let is_for = self.filters.get(&key)?.since <= number;
        let entry = self.inside.get_mut(at)?;
        if !is_for || entry.matched.contains(&key) {
            return None;
        }
        entry.matched.push(key);
        Some(entry.posting.clone())
    }

    /// Begins a round if many messages are unproven, or somebody waits for one; returns its number for the marker.
    pub(crate) fn begin_round(&mut self) -> Option<u64> {
        let is_due = self.pledged > 0 || self.inside.len() > UNPROVEN || !self.waiting.is_empty();
        if is_due { self.force_round() } else { None }
    }

    /// Begins a round, unless one is on its way.
    pub(crate) fn force_round(&mut self) -> Option<u64> {
        if self.rounds.since.is_some() {
            return None;
        }
        self.rounds.since = Some(Instant::now());
        self.rounds.sent += 1;
        self.rounds.before = self.rounds.at;
        self.rounds.at = self.next_number();
        Some(self.rounds.sent)
    }

    /// Ends a round: all that was sent before the one before it has come out.
    ///
    /// Returns the pledges of those messages, which are not to be dropped under a lock: the store may answer at once.
    pub(crate) fn end_round(&mut self, round: u64) -> Vec<Arc<Pledge>> {
        let mut pledges = Vec::new();
        if round != self.rounds.sent {
            return pledges;
        }
        self.rounds.since = None;
        while self.first < self.rounds.before {
            let Some(entry) = self.inside.pop_front() else { break };
            self.first += 1;
            self.cost = self.cost.saturating_sub(cost(entry.posting.parcel.publish.topic.as_str()));
            pledges.extend(entry.posting.pledge);
        }
        self.pledged = self.pledged.saturating_sub(pledges.len());
        pledges
    }

    /// Says whether a marker has been on its way for too long.
    pub(crate) fn is_silent(&self, patience: Duration) -> bool {
        self.rounds.since.is_some_and(|since| since.elapsed() > patience)
    }

    /// Says whether the router knows more than it should that nobody needs.
    pub(crate) fn is_worn(&self) -> bool {
        self.texts.len().saturating_sub(self.filters.len()) > self.max_filters || self.topics.len() > self.max_topics
    }

    /// Takes all that is in the router out, each message with the filters that it has not come out for, and forgets what
    /// the router knew.
    pub(crate) fn recover(&mut self) -> Vec<(Posting, Vec<FilterKey>)> {
        let mut messages = Vec::with_capacity(self.inside.len());
        for (Entry { posting, matched }, number) in self.inside.drain(..).zip(self.first..) {
            let is_due = |(key, known): &(&FilterKey, &Known)| {
                known.since <= number && known.filter.matches(&posting.parcel.publish.topic) && !matched.contains(key)
            };
            let missing = self.filters.iter().filter(is_due).map(|(key, _)| *key).collect();
            messages.push((posting, missing));
            self.first = number + 1;
        }
        (self.cost, self.pledged) = (0, 0);
        self.topics.clear();
        self.texts = self.filters.values().map(|known| known.filter.clone()).collect();
        self.rounds = Rounds { sent: self.rounds.sent, ..Rounds::default() };
        messages
    }

    /// Returns all filters, for a new router.
    pub(crate) fn filters(&self) -> impl Iterator<Item = (FilterKey, &Filter)> {
        self.filters.iter().map(|(key, known)| (*key, &known.filter))
    }

    fn next_number(&self) -> u64 {
        self.first + u64::try_from(self.inside.len()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use hes_schemas::Topic;

    use super::*;
    use crate::Publish;

    fn ledger(filters: &[&str], topics: &[&str]) -> Ledger {
        let mut ledger = Ledger::new(10, 10);
        for (key, filter) in (1..).zip(filters) {
            ledger.subscribe(FilterKey(key), &Filter::new(filter).unwrap());
        }
        for topic in topics {
            let parcel = Arc::new(Parcel::new(Publish::new(Topic::new(topic).unwrap(), "x"), 0, None));
            ledger.push(&Posting { parcel, pledge: None });
        }
        while ledger.next().is_some() {}
        ledger
    }

    fn pairs(messages: &[(Posting, Vec<FilterKey>)]) -> Vec<(u64, &str)> {
        let pairs = messages.iter().flat_map(|(posting, keys)| keys.iter().map(move |key| (key.0, posting)));
        let mut pairs: Vec<_> = pairs.map(|(key, posting)| (key, posting.parcel.publish.topic.as_str())).collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn recovers_what_has_not_come_out() {
        let mut ledger = ledger(&["a/#", "+/x"], &["a/x", "b/x", "a/y"]);
        assert!(ledger.matched(1, FilterKey(1)).is_some());
        assert!(ledger.matched(1, FilterKey(1)).is_none(), "a pair comes out once");
        assert_eq!(pairs(&ledger.recover()), [(1, "a/y"), (2, "a/x"), (2, "b/x")]);
        assert!(ledger.recover().is_empty());
    }

    #[test]
    fn matches_no_filter_with_what_was_published_before_it() {
        let mut ledger = ledger(&[], &["a/x"]);
        ledger.subscribe(FilterKey(9), &Filter::new("#").unwrap());
        assert!(ledger.matched(1, FilterKey(9)).is_none());
        assert!(pairs(&ledger.recover()).is_empty());
    }

    #[test]
    fn trusts_a_marker_only_when_the_one_before_it_has_returned() {
        let mut ledger = ledger(&["#"], &["a", "b"]);
        let first = ledger.force_round().unwrap();
        assert_eq!(ledger.force_round(), None, "one at a time");
        assert!(ledger.is_silent(Duration::ZERO));
        ledger.end_round(first);
        assert_eq!(ledger.inside.len(), 2);
        let second = ledger.force_round().unwrap();
        ledger.end_round(second);
        assert_eq!((ledger.inside.len(), ledger.cost), (0, 0));
        assert!(!ledger.is_silent(Duration::ZERO));
    }

    #[test]
    fn lets_in_no_more_than_the_router_can_hold() {
        let most = MAX_COUNT.min(MAX_COST / cost("a/b"));
        let topics = vec!["a/b"; most + 5];
        let mut ledger = ledger(&["#"], &topics);
        assert_eq!((ledger.inside.len(), ledger.waiting.len()), (most, 5));
        for _ in 0..2 {
            let round = ledger.force_round().unwrap();
            ledger.end_round(round);
        }
        assert!(ledger.next().is_some());
    }
}
