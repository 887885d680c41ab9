//! Federations, consents, and the tokens that follow from them.

use std::sync::Arc;

use hes_schemas::{
    Fault, HomeId, Symbol, Timestamp, UserName,
    link::{FederationMessage, TokenMessage},
    message::{FederateAction, TokenAction},
    rights::Grants,
};

use crate::{engine::Engine, intake::Request};

/// All federations of this home's users.
#[derive(Debug, Default)]
pub(crate) struct Federations {}

impl Engine {
    /// Takes in what a peer says about a federation.
    pub(crate) fn federation_came(&mut self, _now: Timestamp, _peer: &HomeId, _message: FederationMessage) {}

    /// Takes in what a peer says about tokens.
    pub(crate) fn token_came(&mut self, _now: Timestamp, _peer: &HomeId, _message: TokenMessage) {}

    /// Shows or asks for tokens, because the link to a peer is up.
    pub(crate) fn tokens_up(&mut self, _now: Timestamp, _peer: &HomeId) {}

    /// Does what a user asks about federations.
    pub(crate) fn federate(&mut self, _now: Timestamp, _action: FederateAction, request: &Request) {
        self.fail(request, Fault::new(Symbol::Unknown, "there are no federations yet"));
    }

    /// Does what a user asks about tokens between homes.
    pub(crate) fn token(&mut self, _now: Timestamp, _action: TokenAction, request: &Request) {
        self.fail(request, Fault::new(Symbol::Unknown, "there are no tokens yet"));
    }

    /// Returns the guests of a peer: the names by which its users are known here, with what they may do.
    pub(crate) fn guests_of(&self, _peer: &HomeId) -> Vec<(UserName, Arc<Grants>)> {
        Vec::new()
    }

    /// Returns the guest that a token stands for.
    pub(crate) fn guest(&self, _now: Timestamp, _peer: &HomeId, _jti: &str) -> Option<UserName> {
        None
    }

    /// Returns the `jti` of the token by which a user of this home asks another.
    pub(crate) fn token_for(&self, _now: Timestamp, _home: &HomeId, _user: &UserName) -> Option<String> {
        None
    }

    /// Returns what a user of this home may do in another.
    pub(crate) fn foreign_grants(&self, _home: &HomeId, _user: &UserName) -> Option<Arc<Grants>> {
        None
    }
}
