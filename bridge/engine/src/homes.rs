//! Other homes: what they may see of this one, what is known of them, and what is asked across.
//!
//! `peers` keeps the links alive and numbers what is said; `feed` tells a peer how things are here and `mirror` keeps how
//! they are there; `outbox` keeps what may not be lost; `asks` carries requests across; `federations` and `tokens` say who
//! may. Another home's devices are retained below its own id, so that nothing told of one home can be mistaken for
//! another's.

mod asks;
mod errands;
mod export;
mod federations;
mod feed;
mod guests;
mod inbox;
mod mirror;
mod notary;
mod origins;
mod outbox;
mod peers;
mod tokens;
mod word;

use std::sync::Arc;

use hes_schemas::message::KeySet;

use self::{asks::Asks, errands::Errands, federations::Federations, notary::Nobody, peers::Peers, tokens::Tokens};
pub(crate) use self::{
    asks::{Span, Start, split_sid},
    tokens::WantKey,
};
pub use self::{
    errands::{Errand, ErrandKey},
    notary::{Claims, Notary, NotaryError},
};

use crate::output::Output;

/// All that concerns other homes.
#[derive(Debug)]
pub(crate) struct Homes {
    pub(crate) peers: Peers,
    pub(crate) asks: Asks,
    pub(crate) federations: Federations,
    pub(crate) tokens: Tokens,
    pub(crate) errands: Errands,
    pub(crate) notary: Arc<dyn Notary>,
    pub(crate) keys: Option<KeySet>,
}

impl Default for Homes {
    fn default() -> Self {
        Self {
            peers: Peers::default(),
            asks: Asks::default(),
            federations: Federations::default(),
            tokens: Tokens::default(),
            errands: Errands::default(),
            notary: Arc::new(Nobody),
            keys: None,
        }
    }
}

impl crate::Engine {
    /// Gives the engine its notary; to be done before the first peer.
    pub fn set_notary(&mut self, notary: Arc<dyn Notary>) {
        self.homes.notary = notary;
    }

    /// Tells which keys verify what this home signs.
    pub(crate) fn set_keys(&mut self, keys: KeySet) {
        if self.homes.keys.as_ref() == Some(&keys) {
            return;
        }
        self.homes.keys = Some(keys);
        if let Some(post) = self.keys_post() {
            self.put(Output::Publish(post));
        }
    }
}
