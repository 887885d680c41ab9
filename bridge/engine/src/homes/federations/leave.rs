//! Federations end: somebody leaves, dissolves, is no longer trusted or no longer there, or time is over.

use std::collections::BTreeSet;

use hes_schemas::{
    Fault, HomeId, Symbol, Timestamp,
    link::{Entry, FederationId, FederationMessage, Member},
    message::Standing,
};

use super::{Done, bounds};
use crate::{
    engine::Engine,
    input::PeerTerms,
    intake::Request,
    output::Output,
    record::{FederationRecord, Record},
};

impl Engine {
    /// This home's identity leaves a federation, or refuses one.
    pub(super) fn leave(&mut self, now: Timestamp, request: &Request, id: &str) -> Result<Done, Fault> {
        self.open_record(now, request, id)?;
        self.leave_here(now, id);
        Ok(Done::Changed(id.to_owned()))
    }

    /// A member ends a federation for all.
    pub(super) fn dissolve(&mut self, now: Timestamp, request: &Request, id: &str) -> Result<Done, Fault> {
        let record = self.open_record(now, request, id)?;
        if record.own(&self.home).is_none_or(|own| own.user != request.asker.user) {
            return Err(Fault::new(Symbol::Denied, "only a member can end a federation for all"));
        }
        self.dissolve_here(now, id, None);
        Ok(Done::Changed(id.to_owned()))
    }

    /// Returns a federation that the asker may know of and that has not ended.
    pub(super) fn open_record(&self, now: Timestamp, request: &Request, id: &str) -> Result<&FederationRecord, Fault> {
        let record = self.visible(now, request, id)?;
        let ended = || Fault::new(Symbol::Conflict, "the federation has ended");
        record.ended.is_none().then_some(record).ok_or_else(ended)
    }

    fn leave_here(&mut self, now: Timestamp, id: &str) {
        let Some(record) = self.homes.federations.open_mut(id) else { return };
        record.end(now, Standing::Left);
        for home in self.companions(id) {
            self.tell_end(now, &home, id);
        }
        self.federation_changed(now, id);
        self.make_room();
    }

    /// Ends a federation for all, and says so to all but the one that said it.
    fn dissolve_here(&mut self, now: Timestamp, id: &str, said_by: Option<&HomeId>) {
        let Some(record) = self.homes.federations.open_mut(id) else { return };
        record.end(now, Standing::Dissolved);
        for home in self.companions(id).into_iter().filter(|home| Some(home) != said_by) {
            self.tell_end(now, &home, id);
        }
        self.federation_changed(now, id);
        self.make_room();
    }

    /// Returns the other homes of a federation that can be told anything.
    fn companions(&self, id: &str) -> Vec<HomeId> {
        let federations = &self.homes.federations;
        let homes = federations.known.get(id).map(FederationRecord::homes).unwrap_or_default();
        homes.into_iter().filter(|home| *home != self.home && federations.is_trusted(home)).collect()
    }

    /// Tells a peer that a federation is over, in the words that its end has.
    fn tell_end(&mut self, now: Timestamp, peer: &HomeId, id: &str) {
        let Some(record) = self.homes.federations.known.get(id) else { return };
        let (id, until) = (id.to_owned(), record.until());
        let message = match record.ended.map(|ending| ending.how) {
            Some(Standing::Dissolved) => FederationMessage::Dissolved { federation: id },
            Some(Standing::Left | Standing::Over | Standing::Proposed | Standing::Active) | None => {
                let own = record.proposals.values().find_map(|it| it.member(&self.home)).cloned();
                let Some(member) = own else { return };
                FederationMessage::Left { federation: id, member }
            }
        };
        self.log(now, peer, Entry::Federation(message), until);
    }

    /// Tells a peer that still agrees that there is nothing left to agree to.
    pub(super) fn remind(&mut self, now: Timestamp, peer: &HomeId, id: &str) {
        self.tell_end(now, peer, id);
    }

    /// A peer says that its identity has left.
    pub(super) fn left_came(&mut self, now: Timestamp, peer: &HomeId, id: &str, member: &Member) {
        let is_theirs = member.home == *peer;
        let Some(record) = self.homes.federations.known.get(id) else {
            return if is_theirs { self.left_early(peer, id) } else { self.unproven(peer) };
        };
        if !is_theirs || !record.homes().contains(peer) {
            return self.unproven(peer);
        }
        self.depart(now, peer, id);
    }

    /// A peer says that a federation is over for all; that counts from one that this home is joined with.
    ///
    /// From another it means no more than that it has left; those that it is joined with will say the same.
    pub(super) fn dissolved_came(&mut self, now: Timestamp, peer: &HomeId, id: &str) {
        let Some(record) = self.homes.federations.known.get(id) else { return self.left_early(peer, id) };
        if !record.homes().contains(peer) {
            return self.unproven(peer);
        }
        if record.bonds(now, &self.home, peer).next().is_some() {
            return self.dissolve_here(now, id, Some(peer));
        }
        self.depart(now, peer, id);
    }

    /// Notes that a home is no longer part of a federation.
    fn depart(&mut self, now: Timestamp, home: &HomeId, id: &str) {
        let Some(record) = self.homes.federations.open_mut(id) else { return };
        if record.left.contains_key(home) {
            return;
        }
        record.left.insert(home.clone(), now);
        self.federation_changed(now, id);
        self.make_room();
    }

    /// Remembers an end that was heard of before its beginning.
    fn left_early(&mut self, peer: &HomeId, id: &str) {
        let early = &mut self.homes.federations.left_early;
        let entry = (peer.clone(), id.to_owned());
        if id.len() > bounds::NAME || early.contains(&entry) {
            return;
        }
        if early.len() >= bounds::EARLY {
            early.pop_front();
        }
        early.push_back(entry);
    }

    /// Ends a federation that nothing can come of any more.
    pub(super) fn end_if_alone(&mut self, now: Timestamp, id: &str) {
        let Some(record) = self.homes.federations.known.get_mut(id) else { return };
        if record.ended.is_none() && !record.has_prospects(now, &self.home) {
            record.end(now, Standing::Over);
        }
    }

    /// Learns which homes there is trust with; what was agreed on with any other is over.
    pub(crate) fn set_trusted(&mut self, now: Timestamp, terms: &[PeerTerms]) {
        let trusted: BTreeSet<HomeId> = terms.iter().map(|terms| terms.home.clone()).collect();
        let before = self.homes.federations.trusted.replace(trusted);
        self.homes.tokens.keep_peers(|home| terms.iter().any(|terms| terms.home == *home));
        for id in self.open_ids() {
            for home in self.no_longer_trusted(&id, before.as_ref()) {
                self.depart(now, &home, &id);
            }
            self.federation_changed(now, &id);
        }
    }

    /// Returns the homes of a federation that there was trust with and is no more.
    fn no_longer_trusted(&self, id: &str, before: Option<&BTreeSet<HomeId>>) -> Vec<HomeId> {
        let federations = &self.homes.federations;
        let Some(record) = federations.known.get(id) else { return Vec::new() };
        let was_trusted = |home: &HomeId| {
            let spoke =
                || record.proposals.values().any(|it| it.proofs.contains_key(home) || it.told.contains_key(home));
            before.map_or_else(spoke, |before| before.contains(home))
        };
        let is_lost = |home: &HomeId| *home != self.home && !federations.is_trusted(home) && was_trusted(home);
        record.homes().into_iter().filter(is_lost).collect()
    }

    /// Has the identities leave whose accounts are no more: whoever is given the name next is another person.
    pub(in crate::homes) fn leave_without_account(&mut self, now: Timestamp) {
        // a home without any account is one that has not said yet which it has
        if self.homes.federations.accounts.is_empty() {
            return;
        }
        for id in self.open_ids() {
            let federations = &self.homes.federations;
            let own = federations.known.get(&id).and_then(|record| record.own(&self.home));
            if own.is_some_and(|own| !federations.accounts.contains_key(&own.user)) {
                self.leave_here(now, &id);
            }
        }
    }

    pub(in crate::homes) fn open_ids(&self) -> Vec<FederationId> {
        let open = self.homes.federations.known.values().filter(|record| record.ended.is_none());
        open.map(|record| record.id.clone()).collect()
    }

    /// Forgets the oldest of those that have ended, those first that nobody here ever consented to.
    fn make_room(&mut self) {
        let ended = || self.homes.federations.known.values().filter_map(|it| Some((it.ended?, it)));
        if ended().count() <= bounds::ENDED {
            return;
        }
        let oldest = ended().map(|(ending, it)| (!it.is_unanswered(), ending.at, it.id.clone())).min();
        if let Some((_, _, id)) = oldest {
            self.forget_federation(&id);
        }
    }

    pub(super) fn forget_federation(&mut self, id: &str) {
        if self.homes.federations.known.remove(id).is_some() {
            self.homes.federations.standings.remove(id);
            self.counters.federations_forgotten += 1;
            self.put(Output::Save(Record::FederationGone(id.to_owned())));
        }
    }
}
