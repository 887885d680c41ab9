//! About federations: one person's identities in several homes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request;
use crate::{HomeId, Timestamp, UserName, link::FederationId, rights::Grant};

request! {
    /// Asks for something about federations, `$req/federate`.
    ///
    /// Shape: `{"do":"list"}`, `{"do":{"accept":{"federation":"oak-5-1"}}}`.
    pub struct Federate {
        /// What is to be done.
        #[serde(rename = "do")]
        pub what: FederateAction,
    }
}

/// What is to be done with federations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum FederateAction {
    /// Propose a federation of the asker with an identity of another home; the asker consents.
    Create {
        /// The other home.
        with: HomeId,
        /// The asker's account there.
        user: UserName,
        /// What the other identity may do here; nothing if empty.
        #[serde(default)]
        give: Vec<Grant>,
        /// What the asker would like to do there.
        #[serde(default)]
        want: Vec<Grant>,
        /// What it is for.
        purpose: String,
        /// Until when.
        until: Timestamp,
    },
    /// Propose another identity for a federation that the asker is a member of.
    Add {
        /// Which one.
        federation: FederationId,
        /// The other home.
        with: HomeId,
        /// The asker's account there.
        user: UserName,
        /// What the asker would like to do there.
        #[serde(default)]
        want: Vec<Grant>,
    },
    /// Prove to be the identity that a proposal names, and consent to what it asks for.
    Accept {
        /// Which one.
        federation: FederationId,
    },
    /// Approve, as one who may manage the home, what a member gives here.
    Approve {
        /// Which one.
        federation: FederationId,
    },
    /// List the asker's federations; all of them for one who may manage the home.
    List,
    /// Show one with its consents.
    Show {
        /// Which one.
        federation: FederationId,
    },
    /// Withdraw the consent to what is given here; the federation stays.
    Withdraw {
        /// Which one.
        federation: FederationId,
    },
    /// Leave it with the identity of this home.
    Leave {
        /// Which one.
        federation: FederationId,
    },
    /// End it for all.
    Dissolve {
        /// Which one.
        federation: FederationId,
    },
}
