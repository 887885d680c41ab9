//! Federations: one person's identities in several homes, what each home gives, and who said so.
//!
//! Every home decides for itself, from its own people's word and from what other homes signed: there is no message by which a
//! home could be told to give anything. A proposal joins the identity that it adds with each of the others; two homes are
//! joined when both have agreed to it and whoever proposes has. What has ended never begins again.

mod agree;
mod consent;
mod leave;
mod list;
mod propose;
mod standing;
mod terms;
mod transcript;

pub(super) use self::transcript::Purpose;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use hes_schemas::{
    Fault, HomeId, Symbol, Timestamp, UserName,
    link::{FederationId, FederationMessage},
    message::{Answer, FederateAction, Standing},
    rights::{Action, Grants},
};
use rustc_hash::FxHashMap;

use super::guests::Guest;
use crate::{
    engine::Engine,
    input::Door,
    intake::Request,
    notice::Notice,
    output::Output,
    record::{FederationRecord, Record},
    timers::Timer,
};

/// What is held at most.
pub(crate) mod bounds {
    /// Federations of one user that have not ended.
    pub(crate) const OF_USER: usize = 32;
    /// Federations altogether that have not ended.
    pub(crate) const ALL: usize = 2_000;
    /// Federations that have ended and are kept to be shown.
    pub(crate) const ENDED: usize = 256;
    /// Federations that a peer proposed and nobody here consented to.
    pub(crate) const OF_PEER: usize = 32;
    /// Proposals about one federation.
    pub(crate) const PROPOSALS: usize = 16;
    /// Among those, of homes that this one is not joined with.
    pub(crate) const STRANGE: usize = 4;
    /// Identities of one federation.
    pub(crate) const MEMBERS: usize = 8;
    /// Grants that one home gives by one proposal.
    pub(crate) const GRANTS: usize = 16;
    /// Bytes of a purpose.
    pub(crate) const PURPOSE: usize = 256;
    /// Bytes of a name or a signature.
    pub(crate) const NAME: usize = 128;
    /// Bytes of a signed statement or a token.
    pub(crate) const SIGNED: usize = 4 * 1024;
    /// Ends that were heard of before their beginnings.
    pub(crate) const EARLY: usize = 256;
}

/// All federations of this home's users.
#[derive(Debug, Default)]
pub(crate) struct Federations {
    pub(super) known: BTreeMap<FederationId, FederationRecord>,
    /// The accounts of this home; `Engine::rights` holds the guests too.
    pub(super) accounts: FxHashMap<UserName, Arc<Grants>>,
    pub(super) guests: BTreeMap<UserName, Guest>,
    /// The homes that there is trust with; nothing until that was told.
    pub(super) trusted: Option<BTreeSet<HomeId>>,
    /// What other homes have left before it was heard of otherwise.
    left_early: VecDeque<(HomeId, FederationId)>,
    /// How each stood when that was reported last.
    standings: FxHashMap<FederationId, Standing>,
    last: u64,
}

/// What became of a request about federations.
#[derive(Debug)]
enum Done {
    /// A federation is another now, and is shown.
    Changed(FederationId),
    /// It says this.
    Told(Box<Answer>),
}

impl Federations {
    pub(super) fn is_trusted(&self, home: &HomeId) -> bool {
        self.trusted.as_ref().is_some_and(|trusted| trusted.contains(home))
    }

    /// Returns a federation that can still change.
    fn open_mut(&mut self, id: &str) -> Option<&mut FederationRecord> {
        self.known.get_mut(id).filter(|record| record.ended.is_none())
    }
}

impl Engine {
    /// Takes in what a peer says about a federation.
    pub(crate) fn federation_came(&mut self, now: Timestamp, peer: &HomeId, message: FederationMessage) {
        if !self.homes.federations.is_trusted(peer) {
            return self.unproven(peer);
        }
        match message {
            FederationMessage::Agreed { federation, proof } => self.agreed_came(now, peer, *federation, proof),
            FederationMessage::Left { federation, member } => self.left_came(now, peer, &federation, &member),
            FederationMessage::Dissolved { federation } => self.dissolved_came(now, peer, &federation),
        }
    }

    /// Does what a user asks about federations.
    pub(crate) fn federate(&mut self, now: Timestamp, action: FederateAction, request: &Request) {
        match self.try_federate(now, action, request) {
            Ok(Done::Changed(id)) => self.keep_federation(now, &id, request),
            Ok(Done::Told(answer)) => self.answer(&request.reply, *answer, request.memo.as_ref()),
            Err(fault) => self.fail(request, fault),
        }
    }

    fn try_federate(&mut self, now: Timestamp, action: FederateAction, request: &Request) -> Result<Done, Fault> {
        self.check_person(&action, request)?;
        match action {
            FederateAction::Create { with, user, give, want, purpose, until } => {
                self.create(now, request, propose::Plan { with, user, give, want, purpose, until })
            }
            FederateAction::Add { federation, with, user, want, gives } => {
                self.add(now, request, &federation, propose::Addition { with, user, want, gives })
            }
            FederateAction::Accept { federation, proposal } => {
                self.accept(now, request, &federation, proposal.as_deref())
            }
            FederateAction::Approve { federation, proposal } => {
                self.approve(now, request, &federation, proposal.as_deref())
            }
            FederateAction::List => Ok(self.list_federations(now, request)),
            FederateAction::Show { federation } => self.show_federation(now, request, &federation),
            FederateAction::Withdraw { federation } => self.withdraw(now, request, &federation),
            FederateAction::Leave { federation } => self.leave(now, request, &federation),
            FederateAction::Dissolve { federation } => self.dissolve(now, request, &federation),
        }
    }

    /// Checks that a person asks for themself: guests have no federations here, and what was given a part of an account's
    /// rights does not speak for the person.
    fn check_person(&self, action: &FederateAction, request: &Request) -> Result<(), Fault> {
        let is_guest = matches!(request.asker.door, Door::Link(..));
        if is_guest || !self.homes.federations.accounts.contains_key(&request.asker.user) {
            return Err(unknown_federation());
        }
        let only_looks = matches!(action, FederateAction::List | FederateAction::Show { .. });
        if request.grants.is_narrowed() && !only_looks {
            return Err(Fault::new(Symbol::Denied, "a token with a part of your rights cannot do that; log in"));
        }
        Ok(())
    }

    /// Carries out all that follows from a change of a federation.
    pub(super) fn federation_changed(&mut self, now: Timestamp, id: &str) {
        self.end_if_alone(now, id);
        let Some(record) = self.homes.federations.known.get(id) else { return };
        let standing = self.standing(now, record);
        self.put(Output::Save(Record::Federation(Box::new(record.clone()))));
        self.note_standing(id, standing);
        self.refresh_guests(now, id);
        self.refresh_wants(now, id);
        self.look_again(now, id);
    }

    /// Sets a timer for what ends by itself next: a proposal, a grant, or a right of the account that gives.
    pub(super) fn look_again(&mut self, now: Timestamp, id: &str) {
        let federations = &self.homes.federations;
        let Some(record) = federations.known.get(id).filter(|record| record.ended.is_none()) else { return };
        let account = record.own(&self.home).and_then(|own| federations.accounts.get(&own.user));
        let rights = account.iter().flat_map(|account| account.iter()).filter_map(|grant| grant.until);
        let due = rights.filter(|end| *end > now).chain(record.next_due(now)).min();
        if let Some(due) = due {
            self.timers.set(due, Timer::Federation(id.to_owned()));
        }
    }

    /// Reports how a federation stands, if that is news.
    fn note_standing(&mut self, id: &str, standing: Standing) {
        let known = self.homes.federations.standings.insert(id.to_owned(), standing);
        if known != Some(standing) {
            self.note(Notice::Federation(id.to_owned(), standing));
        }
    }

    /// Looks at a federation again, because something in it may be over.
    pub(crate) fn federation_due(&mut self, now: Timestamp, id: &str) {
        let Some(record) = self.homes.federations.known.get_mut(id) else { return };
        record.barred.retain(|bar| now < bar.until);
        self.federation_changed(now, id);
    }

    /// Has a federation kept for good before it is shown to who changed it.
    fn keep_federation(&mut self, now: Timestamp, id: &str, request: &Request) {
        let Some(record) = self.homes.federations.known.get(id).cloned() else {
            return self.fail(request, unknown_federation());
        };
        let answer = Answer { info: Some(self.federation_info(now, &record)), ..Answer::default() };
        let fault = Fault::new(Symbol::Internal, "the store cannot keep it; it holds until the gateway stops");
        self.keep_or(Record::Federation(Box::new(record)), request, answer, None, fault);
    }

    /// Takes back the federations of an earlier life; nothing is given until accounts and peers are known.
    pub(crate) fn restore_federations(&mut self, records: Vec<FederationRecord>, now: Timestamp) {
        for record in records {
            if let Some(due) = record.next_due(now) {
                self.timers.set(due, Timer::Federation(record.id.clone()));
            }
            self.homes.federations.known.insert(record.id.clone(), record);
        }
    }

    /// Counts what a peer said without a right to.
    pub(super) fn unproven(&mut self, peer: &HomeId) {
        self.counters.unproven += 1;
        self.note(Notice::Unproven(peer.clone()));
    }

    /// Returns a name that no proposal of any home ever had: it says which home made it, and when in its lives.
    fn next_name(&mut self) -> String {
        self.homes.federations.last += 1;
        format!("{}-{}-{}", self.home, self.epoch, self.homes.federations.last)
    }

    /// Returns a federation, if the asker may know of it.
    fn visible(&self, now: Timestamp, request: &Request, id: &str) -> Result<&FederationRecord, Fault> {
        let record = self.homes.federations.known.get(id).ok_or_else(unknown_federation)?;
        let is_seen = may_manage(now, request) || record.concerns(&self.home, &request.asker.user);
        is_seen.then_some(record).ok_or_else(unknown_federation)
    }
}

fn may_manage(now: Timestamp, request: &Request) -> bool {
    request.grants.find_everything(now, Action::Manage).is_some()
}

/// Returns the answer to whatever a person may not know of: it looks like what is not there.
fn unknown_federation() -> Fault {
    Fault::new(Symbol::Unknown, "there is no such federation, or it is not yours")
}
