//! Somebody proposes a federation, or another identity for one.

use hes_schemas::{
    Fault, HomeId, Symbol, Timestamp, UserName,
    link::{Consent, Federation, Member},
    message::Deed,
    rights::Grant,
};

use super::{Done, bounds, may_manage, terms, unknown_federation};
use crate::{
    engine::Engine,
    intake::Request,
    record::{FederationRecord, ProposalRecord},
};

/// A federation that somebody would like.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) with: HomeId,
    pub(super) user: UserName,
    pub(super) give: Vec<Grant>,
    pub(super) want: Vec<Grant>,
    pub(super) purpose: String,
    pub(super) until: Timestamp,
}

/// An identity that somebody would like to add.
#[derive(Debug)]
pub(super) struct Addition {
    pub(super) with: HomeId,
    pub(super) user: UserName,
    pub(super) want: Vec<Grant>,
    pub(super) gives: Vec<Consent>,
}

impl Engine {
    /// Proposes a federation of the asker with an identity of another home.
    pub(super) fn create(&mut self, now: Timestamp, request: &Request, plan: Plan) -> Result<Done, Fault> {
        self.check_count(&request.asker.user)?;
        self.check_partner(&plan.with)?;
        let id = self.next_name();
        let own = Member { home: self.home.clone(), user: request.asker.user.clone() };
        let other = Member { home: plan.with.clone(), user: plan.user };
        let consents = [(self.home.clone(), plan.give), (plan.with.clone(), plan.want)];
        let terms = Federation {
            proposal: id.clone(),
            id,
            by: self.home.clone(),
            adds: plan.with,
            members: vec![own, other],
            purpose: plan.purpose,
            until: plan.until,
            gives: consents.into_iter().filter_map(consent).collect(),
        };
        self.propose(now, request, terms)
    }

    /// Proposes another identity for a federation of the asker.
    pub(super) fn add(
        &mut self,
        now: Timestamp,
        request: &Request,
        id: &str,
        addition: Addition,
    ) -> Result<Done, Fault> {
        let record = self.joined_record(now, request, id)?;
        if record.homes().contains(&addition.with) {
            return Err(Fault::new(Symbol::Conflict, "that home is, or was, part of the federation already"));
        }
        let mut members = self.standing_members(now, record);
        let main = record.main().ok_or_else(unknown_federation)?;
        let (purpose, until) = (main.terms.purpose.clone(), main.terms.until);
        self.check_partner(&addition.with)?;
        members.push(Member { home: addition.with.clone(), user: addition.user });
        let mut gives = addition.gives;
        gives.retain(|given| given.home != addition.with);
        gives.extend(consent((addition.with.clone(), addition.want)));
        let terms = Federation {
            id: id.to_owned(),
            proposal: self.next_name(),
            by: self.home.clone(),
            adds: addition.with,
            members,
            purpose,
            until,
            gives,
        };
        self.propose(now, request, terms)
    }

    /// Returns a federation that the asker is in, joined with somebody.
    fn joined_record(&self, now: Timestamp, request: &Request, id: &str) -> Result<&FederationRecord, Fault> {
        let record = self.visible(now, request, id)?;
        let is_own = record.own(&self.home).is_some_and(|own| own.user == request.asker.user);
        if !is_own || record.ended.is_some() || self.standing_members(now, record).len() < 2 {
            return Err(Fault::new(Symbol::Conflict, "only who is in a federation that stands can add to it"));
        }
        if record.proposals.len() >= bounds::PROPOSALS {
            return Err(Fault::new(Symbol::TooMany, "too much was proposed about this federation"));
        }
        Ok(record)
    }

    /// Returns this home's identity and those that it is joined with.
    fn standing_members(&self, now: Timestamp, record: &FederationRecord) -> Vec<Member> {
        let homes = record.homes();
        let joined = homes.iter().filter_map(|home| record.bonds(now, &self.home, home).next()?.member(home));
        record.own(&self.home).into_iter().chain(joined).cloned().collect()
    }

    /// Makes a proposal of which the asker is part: who proposes consents.
    fn propose(&mut self, now: Timestamp, request: &Request, terms: Federation) -> Result<Done, Fault> {
        terms::check(now, &terms)?;
        let (id, name) = (terms.id.clone(), terms.proposal.clone());
        let deed = Deed { by: request.asker.user.clone(), at: now };
        let mut proposal = ProposalRecord::new(terms, now, None);
        proposal.approved = may_manage(now, request).then(|| deed.clone());
        proposal.consented = Some(deed);
        proposal.given = self.for_good(proposal.gives(&self.home));
        let known = &mut self.homes.federations.known;
        let record = known.entry(id.clone()).or_insert_with(|| FederationRecord::new(&id));
        record.proposals.insert(name.clone(), proposal);
        self.tell_agreed(now, &id, &name);
        self.federation_changed(now, &id);
        Ok(Done::Changed(id))
    }

    fn check_partner(&self, home: &HomeId) -> Result<(), Fault> {
        let unknown = || Fault::new(Symbol::Unknown, "there is no trust with such a home; pair with it first");
        self.homes.federations.is_trusted(home).then_some(()).ok_or_else(unknown)
    }

    /// Checks that a user may have one federation more.
    pub(super) fn check_count(&self, user: &UserName) -> Result<(), Fault> {
        let open = || self.homes.federations.known.values().filter(|record| record.ended.is_none());
        let own = open().filter(|record| record.own(&self.home).is_some_and(|own| own.user == *user)).count();
        if own >= bounds::OF_USER || open().count() >= bounds::ALL {
            return Err(Fault::new(Symbol::TooMany, "there are too many federations; leave one first"));
        }
        Ok(())
    }
}

/// Returns what a home gives, if it is anything.
fn consent((home, grants): (HomeId, Vec<Grant>)) -> Option<Consent> {
    (!grants.is_empty()).then_some(Consent { home, grants })
}
