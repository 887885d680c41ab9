//! A home holds tokens of others for its users: it wants them, renews them, and shows them on a new link.

use std::{collections::BTreeSet, sync::Arc};

use hes_schemas::{
    Fault, HomeId, Millis, Symbol, Timestamp, UserName,
    link::{LinkMessage, TokenMessage},
    rights::{Grant, Grants},
};

use super::{LIFE, WantKey};
use crate::{
    engine::Engine,
    homes::federations::{Purpose, bounds},
    timers::Timer,
};

/// After how long without a token it is asked for again: at first, and at most.
///
/// A peer may hear that a federation is agreed on some moments after the first wish for a token that follows from it.
const PATIENCE: (Millis, Millis) = (Millis::from_secs(2), Millis::from_secs(300));

/// From which patience on, as long as it grows, it is told once more that this home agrees, as if that had never been heard.
const DOUBT: Millis = Millis::from_secs(30);

/// How often in a row a token must have been refused before nobody waits for it any more.
///
/// A single refusal may mean no more than that the peer has not heard yet what was agreed on.
const NO_HOPE: u8 = 2;

/// How many grants are taken from another home.
const TAKEN: usize = 64;

/// A token that is wanted for a user of this home, and the one that is held.
#[derive(Debug)]
pub(super) struct Want {
    pub(super) held: Option<Held>,
    /// What the other home said last that it gives.
    pub(super) grants: Option<Arc<Grants>>,
    /// When something is to be done about it.
    due: Timestamp,
    patience: Millis,
    /// How often in a row it was refused, on this link.
    refusals: u8,
}

/// A token of another home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) jti: String,
    pub(super) token: String,
    pub(super) until: Timestamp,
}

impl Engine {
    /// Wants exactly those tokens that a federation entitles this home's member to.
    pub(in crate::homes) fn refresh_wants(&mut self, now: Timestamp, id: &str) {
        let wanted = self.wanted_keys(now, id);
        let known = self.homes.tokens.wants.keys().filter(|(.., federation)| federation == id);
        let gone: Vec<WantKey> = known.filter(|key| !wanted.contains(key)).cloned().collect();
        for key in gone {
            self.give_up(now, &key);
        }
        for key in wanted {
            if !self.homes.tokens.wants.contains_key(&key) {
                self.begin_to_want(now, key);
            }
        }
    }

    fn wanted_keys(&self, now: Timestamp, id: &str) -> BTreeSet<WantKey> {
        let federations = &self.homes.federations;
        let Some(record) = federations.known.get(id) else { return BTreeSet::new() };
        let key = |home: HomeId| {
            let mut bonds = record.bonds(now, &self.home, &home).filter(|bond| !bond.gives(&home).is_empty());
            let user = bonds.next()?.member(&self.home)?.user.clone();
            Some((home.clone(), user, id.to_owned()))
        };
        record.homes().into_iter().filter(|home| federations.is_trusted(home)).filter_map(key).collect()
    }

    fn begin_to_want(&mut self, now: Timestamp, key: WantKey) {
        let record = self.homes.federations.known.get(&key.2);
        let told = record.and_then(|record| record.foreign.get(&key.0)).cloned();
        let grants = told.map(|grants| Arc::new(Grants::new(grants)));
        let is_known = grants.is_some();
        let want = Want { held: None, grants, due: now, patience: PATIENCE.0, refusals: 0 };
        self.homes.tokens.wants.insert(key.clone(), want);
        if is_known {
            self.tell_foreign(&key);
        }
        self.want(now, &key);
    }

    /// Stops wanting a token, and forgets what it gave.
    fn give_up(&mut self, now: Timestamp, key: &WantKey) {
        let Some(want) = self.homes.tokens.wants.remove(key) else { return };
        self.timers.cancel(want.due, Timer::Token(key.clone()));
        self.forget_foreign(key);
        if want.grants.is_some() {
            self.tell_foreign(key);
        }
        self.answer_waiting(now, key, Err(no_token()));
        self.asks_go_on(now, &key.0, &key.1);
        if !self.is_federated(&key.0, &key.1) {
            self.end_all_abroad(&key.0, &key.1);
        }
    }

    /// Says whether another home may still give a token to a user of this one that it has not given yet.
    pub(in crate::homes) fn may_hope(&self, home: &HomeId, user: &UserName) -> bool {
        let meant = |key: &WantKey| key.0 == *home && key.1 == *user;
        self.homes.tokens.wants.iter().any(|(key, want)| meant(key) && want.refusals < NO_HOPE)
    }

    /// Asks for a token if there is a way, and looks again later.
    pub(super) fn want(&mut self, now: Timestamp, key: &WantKey) {
        if !self.is_linked(&key.0) {
            return;
        }
        if let Some(statement) = self.wish(now, key) {
            let (home, user, federation) = key.clone();
            let wanted = TokenMessage::Wanted { federation, user, statement };
            self.say(&home, LinkMessage::Token(wanted));
        }
        let Some(want) = self.homes.tokens.wants.get_mut(key) else { return };
        let patience = want.patience;
        want.patience = Millis::new(patience.get().saturating_mul(2)).min(PATIENCE.1);
        self.set_due(key, now + patience);
        if (DOUBT..PATIENCE.1).contains(&patience) {
            self.agree_again(now, &key.2, &key.0);
        }
    }

    fn wish(&self, now: Timestamp, (home, _, id): &WantKey) -> Option<String> {
        let record = self.homes.federations.known.get(id)?;
        let mut bonds = record.bonds(now, &self.home, home).filter(|bond| !bond.gives(home).is_empty());
        self.state(now, Purpose::Token, &bonds.next()?.terms, home)
    }

    fn set_due(&mut self, key: &WantKey, due: Timestamp) {
        let Some(want) = self.homes.tokens.wants.get_mut(key) else { return };
        self.timers.cancel(want.due, Timer::Token(key.clone()));
        want.due = due;
        self.timers.set(due, Timer::Token(key.clone()));
    }

    /// Looks at a wanted token again, because it is time to renew it, or it was not given.
    pub(crate) fn token_due(&mut self, now: Timestamp, key: &WantKey) {
        let Some(want) = self.homes.tokens.wants.get_mut(key) else { return };
        want.held.take_if(|held| held.until <= now);
        self.want(now, key);
    }

    /// Shows or asks for tokens, because the link to a peer is up.
    pub(crate) fn tokens_up(&mut self, now: Timestamp, peer: &HomeId) {
        self.federations_up(now, peer);
        for key in self.homes.tokens.keys_of(peer) {
            let Some(want) = self.homes.tokens.wants.get_mut(&key) else { continue };
            (want.patience, want.refusals) = (PATIENCE.0, 0);
            want.held.take_if(|held| held.until <= now);
            match want.held.as_ref().map(|held| held.until) {
                Some(until) => {
                    let due = renewal(now, until);
                    self.set_due(&key, due);
                    self.show(&key);
                }
                None => self.want(now, &key),
            }
        }
    }

    /// Shows the token of a user again, because the peer does not know it.
    pub(crate) fn show_token(&mut self, now: Timestamp, peer: &HomeId, user: &UserName) {
        if let Some(key) = self.homes.tokens.key_for(now, peer, user).cloned() {
            self.show(&key);
        }
    }

    fn show(&mut self, key: &WantKey) {
        let held = self.homes.tokens.wants.get(key).and_then(|want| want.held.as_ref());
        let Some(Held { jti, token, .. }) = held.cloned() else { return };
        self.say(&key.0, LinkMessage::Token(TokenMessage::Shown { jti, token }));
    }

    /// A peer gives a token.
    pub(super) fn token_given(&mut self, now: Timestamp, key: WantKey, held: Held, grants: Vec<Grant>) {
        let is_wanted = self.homes.tokens.wants.contains_key(&key);
        let is_long = held.jti.len() > bounds::NAME || held.token.len() > bounds::SIGNED || grants.len() > TAKEN;
        if !is_wanted || is_long || held.until <= now {
            return self.unproven(&key.0);
        }
        let held = Held { until: held.until.min(now + LIFE), ..held };
        let due = renewal(now, held.until);
        self.note_foreign(now, &key, grants);
        if let Some(want) = self.homes.tokens.wants.get_mut(&key) {
            want.held = Some(held);
            (want.patience, want.refusals) = (PATIENCE.0, 0);
        }
        self.set_due(&key, due);
        self.answer_waiting(now, &key, Ok(()));
        self.asks_go_on(now, &key.0, &key.1);
    }

    /// A peer gives none.
    pub(super) fn token_refused(&mut self, now: Timestamp, key: &WantKey) {
        let Some(want) = self.homes.tokens.wants.get_mut(key) else { return };
        want.refusals = want.refusals.saturating_add(1);
        self.lose_token(now, key);
        self.answer_waiting(now, key, Err(no_token()));
        self.asks_go_on(now, &key.0, &key.1);
    }

    /// A peer says that a token holds no more.
    pub(super) fn token_revoked(&mut self, now: Timestamp, peer: &HomeId, jti: &str) {
        let is_meant = |want: &Want| want.held.as_ref().is_some_and(|held| held.jti == jti);
        let meant = self.homes.tokens.wants.iter().find(|(key, want)| key.0 == *peer && is_meant(want));
        let Some(key) = meant.map(|(key, _)| key.clone()) else { return };
        if let Some(want) = self.homes.tokens.wants.get_mut(&key) {
            want.refusals = NO_HOPE;
        }
        self.lose_token(now, &key);
    }

    /// Forgets a token and what it gave; another is asked for in a while, if that is not so already.
    fn lose_token(&mut self, now: Timestamp, key: &WantKey) {
        let Some(want) = self.homes.tokens.wants.get_mut(key) else { return };
        let (was_held, had_grants) = (want.held.take().is_some(), want.grants.take().is_some());
        if was_held {
            let due = now + want.patience;
            self.set_due(key, due);
        }
        self.forget_foreign(key);
        if had_grants {
            self.tell_foreign(key);
        }
    }
}

/// Returns when a token is to be renewed: when two thirds of its life are over.
fn renewal(now: Timestamp, until: Timestamp) -> Timestamp {
    now + Millis::new(until.since(now).get() / 3 * 2)
}

fn no_token() -> Fault {
    Fault::new(Symbol::Denied, "the other home gives no token")
}
