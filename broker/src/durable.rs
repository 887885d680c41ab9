//! What of sessions outlives a restart: the words in which the broker has its gateway keep it.

use std::sync::Arc;

use bytestring::ByteString;
use hes_schemas::rights::Grants;

use crate::{Publish, Qos};

/// One change of what outlives a restart.
///
/// A session is named by its key: unlike its client id, no two sessions that are kept share it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A session is kept from here on, or what is known of it has changed.
    Session(SessionRecord),
    /// A session has ended, and with it all that is kept under its key.
    SessionGone(u64),
    /// A session has a subscription, which replaces one with the same filter.
    Subscribed(u64, SubscriptionRecord),
    /// A session no longer has the subscription with a filter.
    Unsubscribed(u64, ByteString),
    /// A message waits for a session's client.
    Queued(u64, QueuedRecord),
    /// The client has the message at a place for good; only the end of the exchange is still owed to it.
    Released(u64, u64),
    /// Nothing more is owed for the message at a place.
    Settled(u64, u64),
    /// The client has published a message of `QoS` 2 under a packet id, and must not be able to do so twice.
    Arrived(u64, u16),
    /// The packet id of a message of `QoS` 2 is free again.
    Departed(u64, u16),
}

impl Change {
    /// Says whether nothing more is kept after it than before: it should be taken even if there is no room for more.
    #[must_use]
    pub const fn takes_away(&self) -> bool {
        match self {
            Self::SessionGone(_)
            | Self::Unsubscribed(..)
            | Self::Released(..)
            | Self::Settled(..)
            | Self::Departed(..) => true,
            Self::Session(_) | Self::Subscribed(..) | Self::Queued(..) | Self::Arrived(..) => false,
        }
    }
}

/// A session that outlives its connection.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRecord {
    /// Its key.
    pub key: u64,
    /// Its client id.
    pub client: Arc<str>,
    /// The account that it belongs to.
    pub user: Arc<str>,
    /// For how many seconds it outlives its connection; `u32::MAX` means for ever.
    pub expiry: u32,
    /// What is published if its client does not come back in time.
    pub will: Option<Will>,
    /// What the rights of the account are narrowed to for it, as by a token, if they are.
    pub bounds: Option<Arc<Grants>>,
}

/// A will, and when it is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Will {
    /// The message.
    pub publish: Publish,
    /// How many seconds after the connection was lost, if the session does not end before.
    ///
    /// Source: MQTT 5.0, 3.1.3.2.2.
    pub delay: u32,
}

/// A subscription of a session that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRecord {
    /// The filter as it was sent, `$share/<group>/` before it if it is shared.
    pub filter: ByteString,
    /// How hard messages are delivered at most.
    pub qos: Qos,
    /// Whether the client's own messages are left out.
    pub no_local: bool,
    /// Whether the retain flag is passed on as it was published.
    pub as_published: bool,
    /// The number that the client wants to see with each message.
    pub id: Option<u32>,
}

/// A message that waits for the client of a session that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuedRecord {
    /// Its place in the session's queue; greater than that of all before it.
    pub place: u64,
    /// The packet id that it is always sent with, if its `QoS` is 2.
    pub packet_id: Option<u16>,
    /// Whether the client has it, and only the end of the exchange is owed.
    pub is_released: bool,
    /// The subscription that it is for, as it was when the message came.
    pub subscription: SubscriptionRecord,
    /// Tells messages apart: all sessions that the same one waits for have the same number, for as long as the broker
    /// runs.
    pub number: u64,
    /// The message.
    pub publish: Publish,
}

/// A session as it was kept, for the broker to go on with.
#[derive(Debug, Clone, PartialEq)]
pub struct RestoredSession {
    /// The session.
    pub record: SessionRecord,
    /// Its subscriptions.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// What waits for it, in the order of the places, with what is left of each message's expiry.
    pub queue: Vec<QueuedRecord>,
    /// The packet ids of what its client has published with `QoS` 2 and not released.
    pub arrived: Vec<u16>,
}
