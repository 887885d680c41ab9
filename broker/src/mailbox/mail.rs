//! What is put into a mailbox, and what becomes of it.

use crate::{delivery::Delivery, wire::Violation};

/// One thing that waits for a client.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A message for one of its subscriptions.
    Message(Delivery),
    /// The store is done with what a ticket was given for, and whether it was kept.
    Settled { ticket: u64, is_stored: bool },
    /// The store is done with noting that the client has the message that was sent with a packet id.
    Noted { packet_id: u16, is_stored: bool },
    /// The store may be able to take what it could not.
    Again,
}

/// What became of a message that was put into a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// It waits.
    Waits,
    /// Nobody is there who would read it.
    Away,
    /// There is no room, and it may be dropped.
    Dropped,
    /// There is no room, and the client that does not read is told to go.
    Overflow,
    /// There is no room, and the client that is away cannot be told.
    Lost,
}

/// How good a place a mailbox is for a message that could also go elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Somebody reads what is put in.
    Reads,
    /// Nobody is there who would read it soon.
    Away,
    /// There is no room.
    Full,
}

impl Mail {
    /// Returns the message, if it is one.
    pub(super) fn into_message(self) -> Option<Delivery> {
        match self {
            Self::Message(delivery) => Some(delivery),
            Self::Settled { .. } | Self::Noted { .. } | Self::Again => None,
        }
    }
}

impl Violation {
    /// The client has not read what it asked for.
    pub(crate) const TOO_SLOW: Self =
        Self::new(rmqtt_codec::v5::DisconnectReasonCode::QuotaExceeded, "client does not read fast enough");
}
