//! About peers: the gateways of other homes that there is trust with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request;
use crate::{HomeId, Millis};

request! {
    /// Asks for something about peers, `$req/peer`; the asker may manage the home.
    ///
    /// Shape: `{"do":"list"}`, `{"do":{"confirm":{"home":"elm","number":"123 456"}}}`.
    pub struct Peer {
        /// What is to be done.
        #[serde(rename = "do")]
        pub what: PeerAction,
    }
}

/// What is to be done with peers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum PeerAction {
    /// Make an invitation, which can be used once.
    Invite {
        /// Where the other gateway can reach a broker that both use: `mqtts://host:port`.
        url: String,
        /// For how long it can be used, in seconds; 15 minutes if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid: Option<Millis>,
    },
    /// Use an invitation.
    Join {
        /// The code.
        code: String,
    },
    /// Say that the other owner sees the same number.
    Confirm {
        /// Which home.
        home: HomeId,
        /// The number.
        number: String,
    },
    /// List peers, invitations, and pairings that wait to be confirmed.
    List,
    /// End the trust with a peer, and all that followed from it.
    Remove {
        /// Which home.
        home: HomeId,
    },
}
