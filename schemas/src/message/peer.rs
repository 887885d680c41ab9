//! About peers: the gateways of other homes that there is trust with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Presence, request};
use crate::{HomeId, Millis, Timestamp};

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
    /// Make an invitation, which can be used once; answered at once with an [`InvitationInfo`].
    Invite {
        /// Where the other gateway can reach a broker that both use: `mqtts://host:port`.
        url: String,
        /// For how long it can be used, in seconds; 15 minutes if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid: Option<Millis>,
    },
    /// Use an invitation; answered with a [`PairingInfo`] as soon as the other gateway has shown who it is. If the request
    /// ends before, the pairing goes on, and is found in the list.
    Join {
        /// The code.
        code: String,
    },
    /// Say that the other owner sees the same number; from then on there is trust. Answered with the [`PeerInfo`].
    Confirm {
        /// Which home.
        home: HomeId,
        /// The number.
        number: String,
    },
    /// List peers, invitations, and pairings that wait to be confirmed; answered with a [`PeersInfo`].
    List,
    /// Have another key sign for this home from now on; what the one before signed holds as long as it would have.
    Rotate,
    /// End the trust with a peer, and all that followed from it.
    Remove {
        /// Which home.
        home: HomeId,
    },
}

/// An invitation that waits to be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvitationInfo {
    /// What the other owner is to be given; told only to who asked for the invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where it leads to.
    pub url: String,
    /// The hash of this home's identity key, which is part of the code.
    pub fingerprint: String,
    /// Until when it can be used.
    pub until: Timestamp,
}

/// A pairing that waits for a person to compare a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PairingInfo {
    /// The other home.
    pub home: HomeId,
    /// The number that both owners are to see, in groups: `123 456`.
    pub number: String,
    /// The hash of the other home's identity key.
    pub fingerprint: String,
    /// Until when it can be confirmed.
    pub until: Timestamp,
}

/// A home that there is trust with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerInfo {
    /// Which one.
    pub home: HomeId,
    /// Whether there is a link to it.
    pub state: Presence,
    /// Since when that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Why there is no link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the broker is that both use; nothing if it is this home's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The hash of its identity key.
    pub fingerprint: String,
    /// Since when there is trust.
    pub paired: Timestamp,
}

/// All that there is about other homes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PeersInfo {
    /// Homes that there is trust with.
    pub peers: Vec<PeerInfo>,
    /// Pairings that wait to be confirmed.
    pub pairings: Vec<PairingInfo>,
    /// Invitations that wait to be used.
    pub invitations: Vec<InvitationInfo>,
}
