//! How a federation stands, as far as one home knows.

use std::collections::BTreeSet;

use hes_schemas::{
    HomeId, Timestamp, UserName,
    link::{Federation, Member},
    message::Standing,
    rights::Grant,
};

use crate::record::{Ending, FederationRecord, ProposalRecord};

impl FederationRecord {
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    /// Says whether it is a user's own: the one who consented, or as long as nobody has, whoever is named.
    pub(super) fn concerns(&self, here: &HomeId, user: &UserName) -> bool {
        match self.own(here) {
            Some(own) => own.user == *user,
            None => self.proposals.values().any(|it| it.member(here).is_some_and(|member| member.user == *user)),
        }
    }

    /// Returns the proposal that says what it is for: the first one, as far as that is known.
    pub(super) fn main(&self) -> Option<&ProposalRecord> {
        let consented = || self.proposals.values().find(|it| it.consented.is_some());
        self.proposals.get(&self.id).or_else(consented).or_else(|| self.proposals.values().next())
    }

    /// Returns this home's identity, once somebody has said to be it.
    pub(in crate::homes) fn own(&self, here: &HomeId) -> Option<&Member> {
        self.proposals.values().find(|it| it.consented.is_some())?.member(here)
    }

    /// Returns all homes that were ever named in it.
    pub(in crate::homes) fn homes(&self) -> BTreeSet<HomeId> {
        self.proposals.values().flat_map(|it| &it.terms.members).map(|member| member.home.clone()).collect()
    }

    /// Returns the proposals by which two homes are joined at the moment, this one being the first.
    pub(in crate::homes) fn bonds<'r>(
        &'r self,
        now: Timestamp,
        here: &'r HomeId,
        other: &'r HomeId,
    ) -> impl Iterator<Item = &'r ProposalRecord> {
        let is_open = self.ended.is_none() && !self.left.contains_key(other);
        self.proposals.values().filter(move |it| is_open && it.is_bond(now, here, other))
    }

    /// Says whether anything could still come of it.
    pub(super) fn has_prospects(&self, now: Timestamp, here: &HomeId) -> bool {
        let has_left = |home: &HomeId| self.left.contains_key(home);
        self.proposals.values().filter(|it| now < it.terms.until).any(|it| {
            let is_void = it.consented.is_none() && has_left(&it.terms.by);
            let is_other = |member: &&Member| it.joins(here, &member.home) && !has_left(&member.home);
            !is_void && it.terms.members.iter().any(|member| is_other(&member))
        })
    }

    /// Returns until when anything that was agreed on can hold.
    pub(super) fn until(&self) -> Timestamp {
        self.proposals.values().map(|it| it.terms.until).max().unwrap_or_default()
    }

    /// Returns when something ends by itself next.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.ended.is_some() {
            return None;
        }
        let ends = self.proposals.values().map(|it| it.terms.until);
        let grants = self.proposals.values().flat_map(|it| &it.terms.gives).flat_map(|consent| &consent.grants);
        let ends = ends.chain(grants.filter_map(|grant| grant.until));
        ends.chain(self.barred.iter().map(|bar| bar.until)).filter(|end| *end > now).min()
    }

    pub(super) fn end(&mut self, now: Timestamp, how: Standing) {
        self.ended.get_or_insert(Ending { at: now, how });
    }

    pub(in crate::homes) fn is_barred(&self, now: Timestamp, home: &HomeId) -> bool {
        self.barred.iter().any(|bar| bar.home == *home && now < bar.until)
    }

    /// Says whether nobody of this home ever consented to anything in it.
    pub(super) fn is_unanswered(&self) -> bool {
        self.proposals.values().all(|it| it.consented.is_none())
    }
}

impl ProposalRecord {
    pub(super) const fn new(terms: Federation, came: Timestamp, from: Option<HomeId>) -> Self {
        Self {
            terms,
            came,
            from,
            proofs: std::collections::BTreeMap::new(),
            told: std::collections::BTreeMap::new(),
            consented: None,
            approved: None,
            given: Vec::new(),
            withdrawn: None,
        }
    }

    pub(in crate::homes) fn member(&self, home: &HomeId) -> Option<&Member> {
        self.terms.members.iter().find(|member| member.home == *home)
    }

    /// Returns what a home is asked to give.
    pub(in crate::homes) fn gives(&self, home: &HomeId) -> &[Grant] {
        let consent = self.terms.gives.iter().find(|consent| consent.home == *home);
        consent.map(|consent| consent.grants.as_slice()).unwrap_or_default()
    }

    /// Returns what this home gives: what its member consented to.
    pub(in crate::homes) fn given(&self, here: &HomeId) -> &[Grant] {
        if self.given.is_empty() { self.gives(here) } else { &self.given }
    }

    /// Says whether two homes would be joined by it.
    pub(super) fn joins(&self, one: &HomeId, other: &HomeId) -> bool {
        one != other
            && (self.terms.adds == *one || self.terms.adds == *other)
            && self.member(one).is_some()
            && self.member(other).is_some()
    }

    /// Says whether this home's member has consented, and the home has approved of what it gives.
    pub(in crate::homes) fn is_agreed(&self, here: &HomeId) -> bool {
        self.consented.is_some() && (self.approved.is_some() || self.gives(here).is_empty())
    }

    /// Says whether a home has agreed, this one included.
    pub(super) fn has_agreed(&self, here: &HomeId, home: &HomeId) -> bool {
        if home == here { self.is_agreed(here) } else { self.proofs.contains_key(home) }
    }

    fn is_bond(&self, now: Timestamp, here: &HomeId, other: &HomeId) -> bool {
        let has_agreed = |home| self.has_agreed(here, home);
        now < self.terms.until
            && self.joins(here, other)
            && has_agreed(here)
            && has_agreed(other)
            && has_agreed(&self.terms.by)
    }
}
