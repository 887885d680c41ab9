//! Federations: one person's identities in several homes, and the tokens that they are used by.
//!
//! Designed from the public outline of ISO/IEC 10192-4-3, clause 8, figures 14 to 16.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{HomeId, Timestamp, UserName, rights::Grant};

/// Names a federation: the home that founded it, its epoch, and a number there: `oak-5-1`.
pub type FederationId = String;

/// One identity: a user of a home.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// At which home.
    pub home: HomeId,
    /// Which account there.
    pub user: UserName,
}

/// A federation as it is proposed, or as it would be with one identity more: what identities prove over.
///
/// It joins the identity that it adds with each of the others; those were joined by proposals before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Federation {
    /// Which one.
    pub id: FederationId,
    /// Names the proposal: the home that proposes, its epoch, and a number there. The first proposal has the federation's
    /// own name.
    pub proposal: String,
    /// The home whose member proposes.
    pub by: HomeId,
    /// The home whose member is added.
    pub adds: HomeId,
    /// The identities; at most one of each home.
    pub members: Vec<Member>,
    /// What it is for, in the person's words.
    pub purpose: String,
    /// Until when.
    pub until: Timestamp,
    /// What each home is asked to give to those that it is joined with; a home that is not named gives nothing.
    pub gives: Vec<Consent>,
}

/// What one home gives to the identities of a federation that live elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Consent {
    /// The home that gives.
    pub home: HomeId,
    /// What: never more than the member's own account may there, and never `manage`.
    pub grants: Vec<Grant>,
}

/// What a home states about an identity, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// The home that states it.
    pub iss: HomeId,
    /// The home that it is stated to.
    pub aud: HomeId,
    /// The identity.
    pub sub: UserName,
    /// The federation.
    pub federation: FederationId,
    /// The hash of what is agreed on, or of what a token is wanted for, in hexadecimal.
    pub transcript: String,
    /// When it was stated, in seconds since 1970.
    pub iat: u64,
    /// Until when it holds.
    pub exp: u64,
}

/// What gateways say about federations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "about", rename_all = "lowercase")]
pub enum FederationMessage {
    /// An identity has proved itself and its home has approved: from the home that proposes, this is the proposal.
    ///
    /// It says all that is agreed on, so that it can be understood before or after what other homes say.
    Agreed {
        /// What is agreed on.
        federation: Box<Federation>,
        /// The signed [`Statement`].
        proof: String,
    },
    /// An identity has left, or refuses; it never comes back.
    Left {
        /// Which one.
        federation: FederationId,
        /// Who.
        member: Member,
    },
    /// It is over for all, for good.
    Dissolved {
        /// Which one.
        federation: FederationId,
    },
}

/// What gateways say about tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "about", rename_all = "lowercase")]
pub enum TokenMessage {
    /// A token is wanted for an identity, in exchange for a signed [`Statement`].
    Wanted {
        /// For which federation.
        federation: FederationId,
        /// For which identity of the home that asks.
        user: UserName,
        /// The statement.
        statement: String,
    },
    /// Here it is.
    Given {
        /// For which federation.
        federation: FederationId,
        /// For which identity of the home that asked.
        user: UserName,
        /// The token, a JWT of the type `at+jwt`.
        token: String,
        /// Its id, by which requests name it.
        jti: String,
        /// Until when.
        until: Timestamp,
        /// What it gives, for the other home's own gates.
        grants: Vec<Grant>,
    },
    /// There is none; why is not told.
    Refused {
        /// For which federation.
        federation: FederationId,
        /// For which identity of the home that asked.
        user: UserName,
    },
    /// A token that was given earlier is shown again, on a new link.
    Shown {
        /// Its id.
        jti: String,
        /// The token.
        token: String,
    },
    /// A token holds no more.
    Revoked {
        /// Its id.
        jti: String,
    },
}
