//! Homes agree: what is said to the others, and what they say.

use std::collections::btree_map::Entry;

use hes_schemas::{
    HomeId, Timestamp, UserName, link,
    link::{Federation, FederationMessage, Member},
};

use super::{
    bounds, terms,
    transcript::{AGREEMENT, Purpose},
};
use crate::{
    engine::Engine,
    record::{FederationRecord, ProposalRecord},
};

impl Engine {
    /// Tells the others that this home agrees to a proposal, if it does and they do not know.
    pub(super) fn tell_agreed(&mut self, now: Timestamp, id: &str, proposal: &str) {
        let Some((terms, homes)) = self.untold(id, proposal) else { return };
        for home in homes {
            let Some(proof) = self.state(now, Purpose::Agree, &terms, &home) else { continue };
            let message = FederationMessage::Agreed { federation: Box::new(terms.clone()), proof };
            self.log(now, &home, link::Entry::Federation(message), terms.until.min(now + AGREEMENT));
            if let Some(proposal) = self.proposal_mut(id, proposal) {
                proposal.told.insert(home, now);
            }
        }
    }

    /// Tells a peer what it has not been told, or so long ago that it may not have believed it any more when it came.
    pub(in crate::homes) fn federations_up(&mut self, now: Timestamp, peer: &HomeId) {
        for record in self.homes.federations.known.values_mut() {
            for proposal in record.proposals.values_mut() {
                proposal.told.retain(|home, at| home != peer || now < *at + AGREEMENT);
            }
        }
        let names = |record: &FederationRecord| {
            let untold =
                record.proposals.values().filter(|it| !it.told.contains_key(peer) && it.member(peer).is_some());
            untold.map(|it| (it.terms.id.clone(), it.terms.proposal.clone())).collect::<Vec<_>>()
        };
        let untold: Vec<_> = self.homes.federations.known.values().flat_map(names).collect();
        for (id, proposal) in untold {
            self.tell_agreed(now, &id, &proposal);
        }
    }

    /// Tells a peer again that this home agrees: it refuses as if it had not heard.
    pub(in crate::homes) fn agree_again(&mut self, now: Timestamp, id: &str, peer: &HomeId) {
        let Some(record) = self.homes.federations.known.get_mut(id) else { return };
        let names: Vec<_> = record.proposals.keys().cloned().collect();
        for proposal in record.proposals.values_mut() {
            proposal.told.remove(peer);
        }
        for name in names {
            self.tell_agreed(now, id, &name);
        }
    }

    fn untold(&self, id: &str, proposal: &str) -> Option<(Federation, Vec<HomeId>)> {
        let record = self.homes.federations.known.get(id).filter(|record| record.ended.is_none())?;
        let proposal = record.proposals.get(proposal).filter(|it| it.is_agreed(&self.home))?;
        let is_told =
            |home: &HomeId| *home == self.home || proposal.told.contains_key(home) || record.left.contains_key(home);
        let others = proposal.terms.members.iter().map(|member| member.home.clone());
        let trusted = |home: &HomeId| self.homes.federations.is_trusted(home);
        Some((proposal.terms.clone(), others.filter(|home| !is_told(home) && trusted(home)).collect()))
    }

    /// Another home says that it agrees to a proposal.
    pub(super) fn agreed_came(&mut self, now: Timestamp, peer: &HomeId, terms: Federation, proof: String) {
        let Some(user) = self.speaker(now, peer, &terms).filter(|_| proof.len() <= bounds::SIGNED) else {
            return self.unproven(peer);
        };
        if !self.is_stated(now, Purpose::Agree, &terms, (peer, &user), &proof) {
            return self.unproven(peer);
        }
        if let Some(record) = self.homes.federations.known.get(&terms.id)
            && record.ended.is_some()
        {
            return self.remind(now, peer, &terms.id);
        }
        let (id, name) = (terms.id.clone(), terms.proposal.clone());
        if !self.has_proposal(now, peer, terms) {
            return self.unproven(peer);
        }
        let Some(proposal) = self.proposal_mut(&id, &name) else { return };
        if let Entry::Vacant(place) = proposal.proofs.entry(peer.clone()) {
            place.insert(proof);
            self.federation_changed(now, &id);
        }
    }

    /// Returns the user that a peer may speak for in a proposal that concerns this home.
    fn speaker(&self, now: Timestamp, peer: &HomeId, terms: &Federation) -> Option<UserName> {
        terms::check(now, terms).ok()?;
        let member = |home: &HomeId| terms.members.iter().find(|member| member.home == *home);
        member(&self.home)?;
        Some(member(peer)?.user.clone())
    }

    /// Says whether a proposal is known with exactly these words, or can be noted.
    fn has_proposal(&mut self, now: Timestamp, peer: &HomeId, terms: Federation) -> bool {
        let known = self.homes.federations.known.get(&terms.id);
        if let Some(record) = known {
            if let Some(proposal) = record.proposals.get(&terms.proposal) {
                return proposal.terms == terms;
            }
            let strangers = record.proposals.values().filter(|it| !self.is_close(now, record, &it.terms)).count();
            let is_crowded = !self.is_close(now, record, &terms) && strangers >= bounds::STRANGE;
            let has_left = record.left.contains_key(&terms.by) || record.left.contains_key(&terms.adds);
            if has_left || is_crowded || record.proposals.len() >= bounds::PROPOSALS || !is_consistent(record, &terms) {
                return false;
            }
        }
        // a proposal of this home that it does not know was never made
        terms.by != self.home && self.has_room_for(peer) && self.note_proposal(now, peer, terms)
    }

    /// Says whether a proposal comes from who may make it, as far as is known yet: what others say must not crowd it out.
    fn is_close(&self, now: Timestamp, record: &FederationRecord, terms: &Federation) -> bool {
        terms.by == self.home || record.bonds(now, &self.home, &terms.by).next().is_some()
    }

    fn note_proposal(&mut self, now: Timestamp, peer: &HomeId, terms: Federation) -> bool {
        let federations = &mut self.homes.federations;
        let id = terms.id.clone();
        let open = federations.known.values().filter(|record| record.ended.is_none()).count();
        if open >= bounds::ALL && !federations.known.contains_key(&id) {
            return false;
        }
        let record = federations.known.entry(id.clone()).or_insert_with(|| FederationRecord::new(&id));
        let early = federations.left_early.iter().filter(|(home, left)| *left == id && is_member(&terms, home));
        record.left.extend(early.map(|(home, _)| (home.clone(), now)));
        record.proposals.insert(terms.proposal.clone(), ProposalRecord::new(terms, now, Some(peer.clone())));
        true
    }

    /// Says whether a peer may propose one thing more; what it proposed in vain and has ended makes room.
    fn has_room_for(&mut self, peer: &HomeId) -> bool {
        let is_theirs = |record: &&FederationRecord| {
            record.is_unanswered() && record.proposals.values().any(|it| it.from.as_ref() == Some(peer))
        };
        let unanswered = || self.homes.federations.known.values().filter(is_theirs);
        if unanswered().map(|record| record.proposals.len()).sum::<usize>() < bounds::OF_PEER {
            return true;
        }
        let oldest = unanswered().filter_map(|it| Some((it.ended?.at, it.id.clone()))).min();
        let Some((_, id)) = oldest else { return false };
        self.forget_federation(&id);
        true
    }

    fn proposal_mut(&mut self, id: &str, proposal: &str) -> Option<&mut ProposalRecord> {
        self.homes.federations.open_mut(id)?.proposals.get_mut(proposal)
    }
}

fn is_member(terms: &Federation, home: &HomeId) -> bool {
    terms.members.iter().any(|member| member.home == *home)
}

/// Says whether a proposal names nobody else than what was agreed on before: an identity is not replaced.
pub(super) fn is_consistent(record: &FederationRecord, terms: &Federation) -> bool {
    let agreed = || record.proposals.values().filter(|it| it.consented.is_some()).flat_map(|it| &it.terms.members);
    let differs = |one: &Member| agreed().any(|other| other.home == one.home && other.user != one.user);
    !terms.members.iter().any(differs)
}
