//! What users of this home may do in others, as those homes told.

use std::sync::Arc;

use hes_schemas::{
    HomeId, Timestamp, UserName,
    rights::{Action, Grant, Grants, Scope},
};

use super::{Tokens, WantKey};
use crate::{
    engine::Engine,
    output::Output,
    record::{FederationRecord, Record},
    timers::Timer,
};

impl Tokens {
    pub(super) fn keys_of(&self, home: &HomeId) -> Vec<WantKey> {
        self.wants.keys().filter(|key| key.0 == *home).cloned().collect()
    }

    /// Returns for what a user holds a token of a home at the moment; of several, always the same.
    pub(super) fn key_for(&self, now: Timestamp, home: &HomeId, user: &UserName) -> Option<&WantKey> {
        let is_held = |want: &super::Want| want.held.as_ref().is_some_and(|held| now < held.until);
        let meant = |key: &WantKey| key.0 == *home && key.1 == *user;
        self.wants.iter().find(|(key, want)| meant(key) && is_held(want)).map(|(key, _)| key)
    }
}

impl Engine {
    /// Returns the `jti` of the token by which a user of this home asks another.
    pub(crate) fn token_for(&self, now: Timestamp, home: &HomeId, user: &UserName) -> Option<String> {
        let tokens = &self.homes.tokens;
        let want = tokens.wants.get(tokens.key_for(now, home, user)?)?;
        want.held.as_ref().map(|held| held.jti.clone())
    }

    /// Returns what a user of this home may do in another.
    pub(crate) fn foreign_grants(&self, home: &HomeId, user: &UserName) -> Option<Arc<Grants>> {
        let meant = |key: &WantKey| key.0 == *home && key.1 == *user;
        let mut wants = self.homes.tokens.wants.iter().filter(|(key, _)| meant(key));
        wants.find_map(|(_, want)| want.grants.clone())
    }

    /// Returns the other homes that may give something to a user of this one, in the order of their names.
    pub(crate) fn federated(&self, user: &UserName) -> impl Iterator<Item = &HomeId> {
        self.homes.tokens.wants.keys().filter(|key| key.1 == *user).map(|key| &key.0)
    }

    /// Says whether another home may give something to a user of this one.
    pub(crate) fn is_federated(&self, home: &HomeId, user: &UserName) -> bool {
        self.federated(user).any(|other| other == home)
    }

    /// Says what a user may do in another home, for the gates.
    pub(super) fn tell_foreign(&mut self, (home, user, _): &WantKey) {
        let grants = self.foreign_grants(home, user);
        self.put(Output::Foreign(home.clone(), user.clone(), grants));
    }

    /// Notes what another home gives to a user of this one, who may be listening already for what it has told before.
    pub(super) fn note_foreign(&mut self, now: Timestamp, key: &WantKey, grants: Vec<Grant>) {
        let grants: Vec<Grant> = grants.into_iter().filter_map(taken).collect();
        let Some(want) = self.homes.tokens.wants.get_mut(key) else { return };
        let noted = Arc::new(Grants::new(grants.clone()));
        if want.grants.as_ref() == Some(&noted) {
            return;
        }
        want.grants = Some(noted);
        self.change_foreign(key, |record| drop(record.foreign.insert(key.0.clone(), grants)));
        self.tell_foreign(key);
        self.timers.set(now, Timer::Mirror(key.0.clone(), "".into()));
    }

    pub(super) fn forget_foreign(&mut self, key: &WantKey) {
        let record = self.homes.federations.known.get(&key.2);
        if record.is_some_and(|record| record.foreign.contains_key(&key.0)) {
            self.change_foreign(key, |record| drop(record.foreign.remove(&key.0)));
        }
    }

    fn change_foreign(&mut self, key: &WantKey, change: impl FnOnce(&mut FederationRecord)) {
        let Some(record) = self.homes.federations.known.get_mut(&key.2) else { return };
        change(record);
        let record = Record::Federation(Box::new(record.clone()));
        self.put(Output::Save(record));
    }
}

/// Returns what is believed of what another home gives: it cannot give anything of this one.
fn taken(grant: Grant) -> Option<Grant> {
    let actions: Vec<Action> = grant.actions.iter().copied().filter(|action| *action != Action::Manage).collect();
    let is_any = !actions.is_empty() && matches!(grant.scope, Scope::Devices(_));
    is_any.then_some(Grant { actions, ..grant })
}
