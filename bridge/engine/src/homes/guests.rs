//! Guests: the identities of other homes, under names that mean nothing elsewhere, with what they are given here.
//!
//! A guest is an entry in the engine's rights like any other, so that every check holds for it. Its rights are those of the
//! consent within those of the member's own account, both as they are at the moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hes_schemas::{
    DevicePath, HomeId, Timestamp, UserName,
    link::FederationId,
    rights::{Action, Grant, Grants, Scope},
};
use rustc_hash::FxHashMap;

use crate::{
    engine::Engine,
    output::Output,
    record::{FederationRecord, ProposalRecord, Record},
    timers::Timer,
};

/// How many grants are told at most of what a guest may do.
const TOLD: usize = 64;

/// The identity of another home, as it is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(super) peer: HomeId,
    pub(super) federation: FederationId,
    /// What it is called there.
    pub(super) user: UserName,
    /// What it is given, within the rights of the account that gives it.
    pub(super) grants: Arc<Grants>,
}

impl Engine {
    /// Learns which accounts there are; what they give to guests changes with them.
    pub(crate) fn set_rights(&mut self, now: Timestamp, rights: Vec<(UserName, Arc<Grants>)>) {
        let accounts: FxHashMap<UserName, Arc<Grants>> = rights.into_iter().collect();
        self.rights.clone_from(&accounts);
        self.homes.federations.accounts = accounts;
        for (name, guest) in &self.homes.federations.guests {
            self.rights.entry(name.clone()).or_insert_with(|| Arc::clone(&guest.grants));
        }
        self.leave_without_account(now);
        for id in self.open_ids() {
            self.refresh_guests(now, &id);
            self.look_again(now, &id);
        }
    }

    /// Returns the guests of a peer: the names by which its users are known here, with what they may do.
    pub(crate) fn guests_of(&self, peer: &HomeId) -> Vec<(UserName, Arc<Grants>)> {
        let guests = self.homes.federations.guests.iter().filter(|(_, guest)| guest.peer == *peer);
        guests.map(|(name, guest)| (name.clone(), Arc::clone(&guest.grants))).collect()
    }

    /// Returns the home that a guest comes from, and what it is called there.
    pub(crate) fn home_of_guest(&self, name: &UserName) -> Option<(HomeId, UserName)> {
        let is_account = self.homes.federations.accounts.contains_key(name);
        let guest = self.homes.federations.guests.get(name).filter(|_| !is_account)?;
        Some((guest.peer.clone(), guest.user.clone()))
    }

    /// Has exactly those guests of a federation that a standing consent gives something to.
    pub(super) fn refresh_guests(&mut self, now: Timestamp, id: &str) {
        let wanted = self.wanted_guests(now, id);
        let known = self.homes.federations.guests.iter().filter(|(_, guest)| guest.federation == id);
        let gone: Vec<UserName> = known.map(|(name, _)| name.clone()).filter(|it| !wanted.contains_key(it)).collect();
        let mut told = BTreeSet::new();
        for name in gone {
            told.extend(self.remove_guest(&name));
        }
        for (name, guest) in wanted {
            told.extend(self.set_guest(now, name, guest));
        }
        for peer in told {
            self.guests_changed(now, &peer);
        }
    }

    /// Removes a guest and all that it holds; returns whose it was.
    fn remove_guest(&mut self, name: &UserName) -> Option<HomeId> {
        let guest = self.homes.federations.guests.remove(name)?;
        if !self.homes.federations.accounts.contains_key(name) {
            self.rights.remove(name);
        }
        self.end_subscriptions(name);
        self.revoke_guest(name);
        Some(guest.peer)
    }

    /// Adds a guest, or gives it other rights; returns whose it is if anything has changed.
    fn set_guest(&mut self, now: Timestamp, name: UserName, guest: Guest) -> Option<HomeId> {
        let before = self.homes.federations.guests.get(&name);
        if before == Some(&guest) {
            return None;
        }
        let (peer, is_new) = (guest.peer.clone(), before.is_none());
        self.rights.insert(name.clone(), Arc::clone(&guest.grants));
        self.homes.federations.guests.insert(name.clone(), guest);
        if !is_new {
            self.give_anew(now, &name);
        }
        Some(peer)
    }

    fn wanted_guests(&self, now: Timestamp, id: &str) -> BTreeMap<UserName, Guest> {
        let federations = &self.homes.federations;
        let Some(record) = federations.known.get(id) else { return BTreeMap::new() };
        let is_served = |home: &HomeId| federations.is_trusted(home) && !record.is_barred(now, home);
        let homes = record.homes().into_iter().filter(is_served);
        homes.filter_map(|home| self.wanted_guest(now, record, &home)).collect()
    }

    fn wanted_guest(&self, now: Timestamp, record: &FederationRecord, peer: &HomeId) -> Option<(UserName, Guest)> {
        let gives = |it: &&ProposalRecord| it.withdrawn.is_none() && !it.gives(&self.home).is_empty();
        let proposal = record.bonds(now, &self.home, peer).find(gives)?;
        let user = proposal.member(peer)?.user.clone();
        let account = self.homes.federations.accounts.get(&proposal.member(&self.home)?.user)?;
        let name = self.homes.notary.pairwise(&record.id, peer, &user);
        // an account that has the name of a guest keeps it for itself
        let is_free = !self.homes.federations.accounts.contains_key(&name);
        let given = |grant| given(now, grant, proposal.terms.until);
        let grants: Vec<Grant> = proposal.given(&self.home).iter().filter_map(given).collect();
        let is_any = !grants.is_empty();
        let grants = Arc::new(Grants::new(grants).within(in_force(now, account)));
        (is_free && is_any).then(|| (name, Guest { peer: peer.clone(), federation: record.id.clone(), user, grants }))
    }

    /// Returns what a guest may do as a plain list, as far as texts tell.
    pub(super) fn told_grants(&self, now: Timestamp, guest: &Guest) -> Vec<Grant> {
        let record = self.homes.federations.known.get(&guest.federation);
        let own = record.and_then(|record| record.own(&self.home));
        let account = own.and_then(|own| self.homes.federations.accounts.get(&own.user));
        let Some(account) = account.map(|account| in_force(now, account)) else {
            return Vec::new();
        };
        let account = self.for_good(account.iter());
        let pairs = guest.grants.iter().flat_map(|one| account.iter().map(move |two| (one, two)));
        let mut told: Vec<Grant> = Vec::new();
        for grant in pairs.filter_map(|(one, two)| meet(one, two)) {
            if told.len() < TOLD && !told.iter().any(|other| is_part(&grant, other)) {
                told.push(grant);
            }
        }
        told
    }

    /// Returns grants with each device named as it is called for good, so that they outlive a rename, and no other device
    /// that is given the name comes by them; what is not known keeps its name.
    pub(super) fn for_good<'g>(&self, grants: impl IntoIterator<Item = &'g Grant>) -> Vec<Grant> {
        let scope = |scope: &Scope| {
            let (cluster, device, property) = scope.one_device()?;
            let record = &self.at(&DevicePath { home: self.home.clone(), cluster, device })?.record;
            Scope::of_device(&record.cluster, &record.uid, property.as_ref())
        };
        let for_good = |grant: &Grant| Grant {
            scope: scope(&grant.scope).unwrap_or_else(|| grant.scope.clone()),
            ..grant.clone()
        };
        grants.into_iter().map(for_good).collect()
    }

    fn end_subscriptions(&mut self, user: &UserName) {
        for sid in self.subscriptions.of_user(user) {
            if let Some(subscription) = self.subscriptions.remove(&sid) {
                self.timers.cancel(subscription.record.until, Timer::Lease(sid.clone()));
                self.put(Output::Save(Record::SubscriptionGone(sid)));
            }
        }
    }
}

/// Returns the rights of an account without those that have ended, so that guests are others when some have.
fn in_force(now: Timestamp, account: &Arc<Grants>) -> Arc<Grants> {
    if !account.can_end() {
        return Arc::clone(account);
    }
    let in_force = account.iter().filter(|grant| grant.until.is_none_or(|until| now < until));
    Arc::new(Grants::new(in_force.cloned().collect()))
}

/// Returns what is given of a grant that was asked for: never the home itself, never topics, never for longer than agreed.
fn given(now: Timestamp, grant: &Grant, until: Timestamp) -> Option<Grant> {
    let actions: Vec<Action> = grant.actions.iter().copied().filter(|action| *action != Action::Manage).collect();
    let is_any = !actions.is_empty() && matches!(grant.scope, Scope::Devices(_));
    let until = grant.until.map_or(until, |end| end.min(until));
    (is_any && now < until).then(|| Grant { actions, until: Some(until), ..grant.clone() })
}

/// Returns what two grants both give.
fn meet(one: &Grant, two: &Grant) -> Option<Grant> {
    let actions: Vec<Action> = one.actions.iter().copied().filter(|action| two.actions.contains(action)).collect();
    let scope = one.scope.meet(&two.scope)?;
    let until = one.until.into_iter().chain(two.until).min();
    (!actions.is_empty()).then(|| Grant { actions, scope, safety: one.safety.min(two.safety), until })
}

fn is_part(grant: &Grant, whole: &Grant) -> bool {
    grant.actions.iter().all(|action| whole.actions.contains(action))
        && whole.scope.includes(&grant.scope)
        && grant.safety <= whole.safety
        && whole.until.is_none_or(|end| grant.until.is_some_and(|until| until <= end))
}
