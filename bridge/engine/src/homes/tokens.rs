//! Tokens: what a gateway shows for its user at another home, for minutes at a time.
//!
//! The home that is asked issues them, and so trusts its own key alone. `issue` is its side, `hold` the side of the home that
//! asks; `revoke` ends them early, `desk` is for people. A token is verified once when it comes back on a new link; requests
//! name it by its id.

mod desk;
mod foreign;
mod hold;
mod issue;
mod revoke;

use std::collections::BTreeMap;

use hes_schemas::{
    HomeId, Millis, Timestamp, UserName,
    link::{FederationId, TokenMessage},
    rights::Grant,
};
use rustc_hash::FxHashMap;

use self::{hold::Want, issue::Pace};
use super::errands::ErrandKey;
use crate::engine::Engine;

/// How long a token holds at most.
pub(super) const LIFE: Millis = Millis::from_secs(600);

/// Tokens in force of one peer.
const OF_PEER: usize = 1_024;

/// All tokens: those that this home issued, and those that its users hold elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// By their ids.
    issued: BTreeMap<String, Issued>,
    wants: BTreeMap<WantKey, Want>,
    paces: FxHashMap<HomeId, Pace>,
    /// People who wait for a token.
    waiting: Vec<(WantKey, ErrandKey)>,
    last: u64,
}

/// A token of this home.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Issued {
    /// Who uses it.
    peer: HomeId,
    federation: FederationId,
    /// Whose it is there.
    user: UserName,
    /// Whose it is here.
    guest: UserName,
    until: Timestamp,
    scope: String,
}

/// For whom a token is wanted: the home that issues it, its user here, and the federation.
pub(crate) type WantKey = (HomeId, UserName, FederationId);

impl Tokens {
    /// Forgets all about homes that there is no trust with.
    pub(super) fn keep_peers(&mut self, is_peer: impl Fn(&HomeId) -> bool) {
        self.issued.retain(|_, issued| is_peer(&issued.peer));
        self.paces.retain(|home, _| is_peer(home));
    }
}

impl Engine {
    /// Takes in what a peer says about tokens.
    pub(crate) fn token_came(&mut self, now: Timestamp, peer: &HomeId, message: TokenMessage) {
        match message {
            TokenMessage::Wanted { federation, user, statement } => {
                self.token_wanted(now, peer, federation, user, &statement);
            }
            TokenMessage::Given { federation, user, token, jti, until, grants } => {
                let key = (peer.clone(), user, federation);
                self.token_given(now, key, hold::Held { jti, token, until }, grants);
            }
            TokenMessage::Refused { federation, user } => self.token_refused(now, &(peer.clone(), user, federation)),
            TokenMessage::Shown { jti, token } => self.token_shown(now, peer, jti, &token),
            TokenMessage::Revoked { jti } => self.token_revoked(now, peer, &jti),
        }
    }
}

/// Returns what grants give in the words of a token's scope: `read,write:zigbee/lamp notify:#`.
fn words(grants: &[Grant]) -> String {
    let word = |grant: &Grant| {
        let actions: Vec<&str> = grant.actions.iter().map(|action| action.as_str()).collect();
        format!("{}:{}", actions.join(","), grant.scope)
    };
    let mut words: Vec<String> = grants.iter().map(word).collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}
