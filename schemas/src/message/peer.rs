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
    /// Have another key sign for this home from now on; what the one before signed holds as long as it would have. Answered
    /// with the [`KeysInfo`].
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
    /// What there was to do on the way to it, in this life of the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkInfo>,
}

/// What there was to do on the way to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LinkInfo {
    /// How long a word takes there and back, in seconds; nothing if that is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip: Option<Millis>,
    /// How much waits to be acknowledged that may not be lost.
    pub queued: u64,
    /// How much of that was given up for want of room.
    pub dropped: u64,
    /// Messages that were sealed for it.
    pub sealed: u64,
    /// Messages of it that were opened.
    pub opened: u64,
    /// Frames that were not taken, because they were not its own, or came twice.
    pub refused: u64,
    /// Handshakes that both proved themselves in; nothing else on a link costs a signature.
    pub handshakes: u64,
}

/// An invitation of another home that is being used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoiningInfo {
    /// Who has invited.
    pub home: HomeId,
    /// Where it leads to.
    pub url: String,
    /// Whether the broker there has let this gateway in, so that it waits for the other gateway.
    pub reached: bool,
    /// Until when it can be used.
    pub until: Timestamp,
}

/// The keys of this home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeysInfo {
    /// The hash of the identity key, by which other owners recognise it.
    pub fingerprint: String,
    /// The id of the key that signs.
    pub key: String,
    /// When another one is to sign.
    pub until: Timestamp,
    /// Signatures that were made in this life of the gateway.
    pub signed: u64,
    /// Signatures that were verified.
    pub verified: u64,
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
    /// Invitations of other homes that are being used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joining: Vec<JoiningInfo>,
    /// The keys of this home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeysInfo>,
}
