//! Requests that are not about one topic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request that is not about one topic, `$req/<op>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Retrieves all devices of a user.
    Devices,
    /// Retrieves properties of several devices.
    Retrieve,
    /// Updates properties of several devices.
    Update,
    /// Subscribes to events.
    Subscribe,
    /// Renews a subscription.
    Renew,
    /// Ends a subscription.
    Unsubscribe,
    /// Founds, changes and ends federations, and lists them.
    Federate,
    /// Issues, verifies, revokes and lists tokens.
    Token,
    /// Invites, joins, confirms, lists and removes peers.
    Peer,
}
impl Operation {
    /// All operations, in the order in which they are documented.
    pub const ALL: [Self; 9] = [
        Self::Devices,
        Self::Retrieve,
        Self::Update,
        Self::Subscribe,
        Self::Renew,
        Self::Unsubscribe,
        Self::Federate,
        Self::Token,
        Self::Peer,
    ];

    /// Returns the name that the topic holds.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Devices => "devices",
            Self::Retrieve => "retrieve",
            Self::Update => "update",
            Self::Subscribe => "subscribe",
            Self::Renew => "renew",
            Self::Unsubscribe => "unsubscribe",
            Self::Federate => "federate",
            Self::Token => "token",
            Self::Peer => "peer",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == text)
    }
}
