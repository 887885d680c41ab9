//! About tokens that other homes' users hold here, and that this home's users hold there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request;
use crate::{HomeId, Timestamp, UserName, link::FederationId};

request! {
    /// Asks for something about tokens between homes, `$req/token`.
    ///
    /// Shape: `{"do":"list"}`, `{"do":{"revoke":{"jti":"7-12"}}}`.
    pub struct Token {
        /// What is to be done.
        #[serde(rename = "do")]
        pub what: TokenAction,
    }
}

/// What is to be done with tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum TokenAction {
    /// Have another home issue a token for the asker, unless there is one.
    Issue {
        /// Which home.
        home: HomeId,
    },
    /// Say whether a token of this home holds, and what it says.
    Verify {
        /// The token.
        token: String,
    },
    /// List the tokens in force.
    List,
    /// Revoke tokens: one, those of a federation, or those of a peer.
    Revoke {
        /// One token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jti: Option<String>,
        /// Those of a federation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        federation: Option<FederationId>,
        /// Those of a peer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<HomeId>,
    },
}

/// A token in force: the `info` of an answer to `issue`, and each one of `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenInfo {
    /// Its id.
    pub jti: String,
    /// The home that issued it.
    pub issuer: HomeId,
    /// The home whose gateway uses it.
    pub bearer: HomeId,
    /// For which federation.
    pub federation: FederationId,
    /// For which identity of the home that uses it.
    pub user: UserName,
    /// Until when.
    pub until: Timestamp,
    /// What it gives, in the words of a token's scope.
    pub scope: String,
}

/// Whether a token holds: the `info` of an answer to `verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// It is this home's own, in force, and not revoked; why it is not, is not told.
    pub holds: bool,
    /// What it says, if it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenInfo>,
}
