//! What people are shown of federations.

use hes_schemas::{
    Datum, Fault, HomeId, Timestamp, datum_of,
    message::{Answer, ConsentInfo, FederationInfo, MemberInfo, Standing},
};

use super::{Done, may_manage};
use crate::{
    engine::Engine,
    intake::Request,
    record::{FederationRecord, ProposalRecord},
};

impl Engine {
    /// Lists the federations that the asker may know of.
    pub(super) fn list_federations(&self, now: Timestamp, request: &Request) -> Done {
        let sees_all = may_manage(now, request);
        let is_seen = |it: &&FederationRecord| sees_all || it.concerns(&self.home, &request.asker.user);
        let seen = self.homes.federations.known.values().filter(is_seen);
        told(Datum::from(seen.map(|record| self.federation_info(now, record)).collect::<Vec<_>>()))
    }

    /// Shows one federation.
    pub(super) fn show_federation(&self, now: Timestamp, request: &Request, id: &str) -> Result<Done, Fault> {
        let record = self.visible(now, request, id)?;
        Ok(told(self.federation_info(now, record)))
    }

    /// Returns what people are shown of a federation, as [`FederationInfo`].
    pub(super) fn federation_info(&self, now: Timestamp, record: &FederationRecord) -> Datum {
        let members: Vec<MemberInfo> =
            record.homes().iter().filter_map(|home| self.member_info(now, record, home)).collect();
        let is_shown = |it: &&ProposalRecord| it.consented.is_some() || self.is_proper(now, record, it);
        let shown = record.proposals.values().filter(is_shown);
        datum_of(&FederationInfo {
            id: record.id.clone(),
            state: self.standing(now, record),
            purpose: record.main().map(|it| it.terms.purpose.clone()).unwrap_or_default(),
            until: record.until(),
            ended: record.ended.map(|ending| ending.at),
            members,
            consents: shown.filter_map(|it| self.consent_info(it)).collect(),
        })
    }

    /// Returns how a federation stands: agreed on as soon as two homes are joined.
    pub(super) fn standing(&self, now: Timestamp, record: &FederationRecord) -> Standing {
        let is_joined = || record.homes().iter().any(|home| record.bonds(now, &self.home, home).next().is_some());
        match record.ended {
            Some(ending) => ending.how,
            None if is_joined() => Standing::Active,
            None => Standing::Proposed,
        }
    }

    fn member_info(&self, now: Timestamp, record: &FederationRecord, home: &HomeId) -> Option<MemberInfo> {
        let bond = record.bonds(now, &self.home, home).next();
        let is_own = *home == self.home;
        let has_agreed = if is_own { record.own(home).is_some() } else { bond.is_some() };
        let state = match record.ended {
            Some(_) if is_own => Standing::Left,
            _ if record.left.contains_key(home) => Standing::Left,
            _ if has_agreed => Standing::Active,
            _ => Standing::Proposed,
        };
        let named = || record.proposals.values().find(|it| it.member(home).is_some());
        let proposal = bond.or_else(|| record.proposals.values().find(|it| it.joins(&self.home, home)));
        let gives = proposal.filter(|_| !is_own).map(|it| it.gives(home).to_vec()).unwrap_or_default();
        Some(MemberInfo { member: proposal.or_else(named)?.member(home)?.clone(), state, gives })
    }

    fn consent_info(&self, proposal: &ProposalRecord) -> Option<ConsentInfo> {
        let joined = proposal.terms.members.iter().filter(|member| proposal.joins(&self.home, &member.home));
        Some(ConsentInfo {
            proposal: proposal.terms.proposal.clone(),
            user: proposal.member(&self.home)?.user.clone(),
            to: joined.cloned().collect(),
            grants: proposal.gives(&self.home).to_vec(),
            purpose: proposal.terms.purpose.clone(),
            until: proposal.terms.until,
            consented: proposal.consented.clone(),
            approved: proposal.approved.clone(),
            withdrawn: proposal.withdrawn.clone(),
        })
    }
}

fn told(info: Datum) -> Done {
    Done::Told(Box::new(Answer { info: Some(info), ..Answer::default() }))
}
