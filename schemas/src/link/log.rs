//! What happened in another home: kept until it is acknowledged or its time is over.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{FederationMessage, Stamp};
use crate::{ClientId, Datum, HomeId, Timestamp, UserName, codec::tagged, message::Notification, read_datum};

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Log {
    /// One more than the one before, over restarts too.
    pub seq: u64,
    /// What it says.
    pub entry: Entry,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Entry {
    /// A device told of something.
    Event(LinkEvent),
    /// A subscriber is told something.
    Notification(LinkNotification),
    /// About a federation.
    Federation(FederationMessage),
    /// This entry, and all before it that were not told, are given up: their time is over, or room was short.
    Lost,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, said) = tagged(Datum::deserialize(deserializer)?, "kind").map_err(D::Error::custom)?;
        let entry = match kind.as_ref() {
            "event" => read_datum(said).map(Self::Event),
            "notification" => read_datum(said).map(Self::Notification),
            "federation" => read_datum(said).map(Self::Federation),
            "lost" => Ok(Self::Lost),
            _ => return Err(D::Error::custom(format_args!("there is no entry {kind:?}"))),
        };
        entry.map_err(D::Error::custom)
    }
}

/// An event of a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkEvent {
    /// Where it is published, below the root: `elm/zigbee/button/event/action`.
    pub path: String,
    /// Which event of that home it is.
    pub stamp: Stamp,
    /// What is published there.
    pub body: Datum,
    /// After this it is worth nothing.
    pub until: Timestamp,
    /// The homes that passed it on, the first one first; not the one that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<HomeId>,
}

/// A notification of a subscription that was made across the link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkNotification {
    /// Whose subscription it is, at the home that is told.
    pub user: UserName,
    /// Which of the user's clients subscribed.
    pub client: ClientId,
    /// After this it is worth nothing.
    pub until: Timestamp,
    /// What it is told.
    pub notification: Notification,
}
