//! Homes agree: what is said to the others, and what they say.

use hes_schemas::{
    HomeId, Timestamp, UserName,
    link::{Entry, Federation, FederationMessage, Member},
};

use super::{bounds, terms, transcript::Purpose};
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
            self.log(now, &home, Entry::Federation(message), terms.until);
            if let Some(proposal) = self.proposal_mut(id, proposal) {
                proposal.told.insert(home);
            }
        }
    }

    /// Tells a peer what it has not been told, because there is a way to it.
    pub(in crate::homes) fn federations_up(&mut self, now: Timestamp, peer: &HomeId) {
        let names = |record: &FederationRecord| {
            let untold = record.proposals.values().filter(|it| !it.told.contains(peer) && it.member(peer).is_some());
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
        record.proposals.values_mut().for_each(|proposal| drop(proposal.told.remove(peer)));
        for name in names {
            self.tell_agreed(now, id, &name);
        }
    }

    fn untold(&self, id: &str, proposal: &str) -> Option<(Federation, Vec<HomeId>)> {
        let record = self.homes.federations.known.get(id).filter(|record| record.ended.is_none())?;
        let proposal = record.proposals.get(proposal).filter(|it| it.is_agreed(&self.home))?;
        let is_told =
            |home: &HomeId| *home == self.home || proposal.told.contains(home) || record.left.contains_key(home);
        let others = proposal.terms.members.iter().map(|member| member.home.clone());
        let trusted = |home: &HomeId| self.homes.federations.is_trusted(home);
        Some((proposal.terms.clone(), others.filter(|home| !is_told(home) && trusted(home)).collect()))
    }

    /// Another home says that it agrees to a proposal.
    pub(super) fn agreed_came(&mut self, now: Timestamp, peer: &HomeId, terms: Federation, proof: String) {
        let Some(user) = self.speaker(now, peer, &terms).filter(|_| proof.len() <= bounds::SIGNED) else {
            return self.unproven();
        };
        if !self.is_stated(now, Purpose::Agree, &terms, (peer, &user), &proof) {
            return self.unproven();
        }
        if let Some(record) = self.homes.federations.known.get(&terms.id)
            && record.ended.is_some()
        {
            return self.remind(now, peer, &terms.id);
        }
        let (id, name) = (terms.id.clone(), terms.proposal.clone());
        if !self.has_proposal(now, peer, terms) {
            return self.unproven();
        }
        if let Some(proposal) = self.proposal_mut(&id, &name) {
            proposal.proofs.entry(peer.clone()).or_insert(proof);
        }
        self.federation_changed(now, &id);
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
            let has_left = record.left.contains_key(&terms.by) || record.left.contains_key(&terms.adds);
            if has_left || record.proposals.len() >= bounds::PROPOSALS || !is_consistent(record, &terms) {
                return false;
            }
        }
        // a proposal of this home that it does not know was never made
        terms.by != self.home && self.has_room_for(peer) && self.note_proposal(now, peer, terms)
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
    !terms.members.iter().any(|member| differs(member))
}
