//! People consent: the one whose identity it is, and one who may manage the home; and take it back.

use hes_schemas::{Fault, HomeId, Symbol, Timestamp, UserName, message::Deed};

use super::{Done, agree::is_consistent, may_manage, unknown_federation};
use crate::{
    engine::Engine,
    intake::Request,
    record::{FederationRecord, ProposalRecord},
};

impl Engine {
    /// The asker is the identity that a proposal names, and consents; being logged in is the proof.
    pub(super) fn accept(
        &mut self,
        now: Timestamp,
        request: &Request,
        id: &str,
        proposal: Option<&str>,
    ) -> Result<Done, Fault> {
        let user = &request.asker.user;
        let record = self.homes.federations.known.get(id).ok_or_else(unknown_federation)?;
        let is_open = |it: &ProposalRecord| self.is_acceptable(now, record, it, user);
        let name = only(record, proposal, is_open)?.terms.proposal.clone();
        if record.is_unanswered() {
            self.check_count(user)?;
        }
        let given = record.proposals.get(&name).map(|it| self.for_good(it.gives(&self.home))).unwrap_or_default();
        let deed = Deed { by: user.clone(), at: now };
        self.change_proposal(id, &name, |it| {
            it.given = given;
            it.approved = may_manage(now, request).then(|| deed.clone());
            it.consented = Some(deed);
        });
        self.tell_agreed(now, id, &name);
        self.federation_changed(now, id);
        Ok(Done::Changed(id.to_owned()))
    }

    /// Says whether somebody may agree to a proposal: it names them, whoever proposes has proved to, and is who may.
    fn is_acceptable(&self, now: Timestamp, record: &FederationRecord, it: &ProposalRecord, user: &UserName) -> bool {
        let (here, by) = (&self.home, &it.terms.by);
        let has_left = |home: &HomeId| record.left.contains_key(home);
        it.consented.is_none()
            && it.member(here).is_some_and(|member| member.user == *user)
            && record.ended.is_none()
            && now < it.terms.until
            && !has_left(by)
            && !has_left(&it.terms.adds)
            && self.is_proper(now, record, it)
            && is_consistent(record, &it.terms)
    }

    /// Says whether a proposal is one that this home's member can be asked about: whoever proposes has proved to, and is
    /// joined with this home, or asks it to join.
    pub(super) fn is_proper(&self, now: Timestamp, record: &FederationRecord, it: &ProposalRecord) -> bool {
        let (here, by) = (&self.home, &it.terms.by);
        let asks_to_join = it.terms.adds == *here && record.is_unanswered();
        it.proofs.contains_key(by) && (asks_to_join || record.bonds(now, here, by).next().is_some())
    }

    /// One who may manage the home approves of what a member gives.
    pub(super) fn approve(
        &mut self,
        now: Timestamp,
        request: &Request,
        id: &str,
        proposal: Option<&str>,
    ) -> Result<Done, Fault> {
        let record = self.visible(now, request, id)?;
        if !may_manage(now, request) {
            return Err(Fault::new(Symbol::Denied, "only who may manage the home can approve"));
        }
        let is_open = |it: &ProposalRecord| {
            let is_waiting = it.consented.is_some() && !it.is_agreed(&self.home);
            record.ended.is_none() && is_waiting && it.withdrawn.is_none() && now < it.terms.until
        };
        let name = only(record, proposal, is_open)?.terms.proposal.clone();
        let deed = Deed { by: request.asker.user.clone(), at: now };
        self.change_proposal(id, &name, |it| it.approved = Some(deed));
        self.tell_agreed(now, id, &name);
        self.federation_changed(now, id);
        Ok(Done::Changed(id.to_owned()))
    }

    /// Nothing is given here any more, by any proposal; the identities stay joined.
    pub(super) fn withdraw(&mut self, now: Timestamp, request: &Request, id: &str) -> Result<Done, Fault> {
        self.open_record(now, request, id)?;
        let record = self.homes.federations.known.get_mut(id).ok_or_else(unknown_federation)?;
        let gives = |it: &&mut ProposalRecord| it.consented.is_some() && it.withdrawn.is_none();
        let deed = Deed { by: request.asker.user.clone(), at: now };
        let open: Vec<_> = record.proposals.values_mut().filter(gives).collect();
        if open.is_empty() {
            return Err(nothing_open());
        }
        open.into_iter().for_each(|it| it.withdrawn = Some(deed.clone()));
        self.federation_changed(now, id);
        Ok(Done::Changed(id.to_owned()))
    }

    fn change_proposal(&mut self, id: &str, name: &str, change: impl FnOnce(&mut ProposalRecord)) {
        let record = self.homes.federations.known.get_mut(id);
        if let Some(proposal) = record.and_then(|record| record.proposals.get_mut(name)) {
            change(proposal);
        }
    }
}

/// Returns the proposal that is named, or the only open one: a person consents to what they have seen.
fn only<'r>(
    record: &'r FederationRecord,
    named: Option<&str>,
    is_open: impl Fn(&ProposalRecord) -> bool,
) -> Result<&'r ProposalRecord, Fault> {
    let is_named = |it: &&ProposalRecord| named.is_none_or(|name| it.terms.proposal == name);
    let mut open = record.proposals.values().filter(is_named).filter(|it| is_open(it));
    let first = open.next().ok_or_else(unknown_federation)?;
    if open.next().is_some() {
        return Err(Fault::new(Symbol::Ambiguous, "several proposals are open; name the one that is meant"));
    }
    Ok(first)
}

fn nothing_open() -> Fault {
    Fault::new(Symbol::Conflict, "nothing is given here that could be withdrawn")
}
