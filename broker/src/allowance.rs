//! What an account, or who comes through a door, may take of the broker.

use std::num::NonZeroU32;

use crate::Limits;

/// What may be taken, where that is other than what [`Limits`] say.
///
/// An account's holds in their place, for all its clients. A door's holds beside them for all who come in there: of the
/// two, and of [`Limits`], the least.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// How many clients may be connected.
    pub connections: Option<u32>,
    /// How many messages all clients together may publish in a second.
    pub messages: Option<NonZeroU32>,
    /// How many bytes of messages all clients together may publish in a second.
    pub bytes: Option<NonZeroU32>,
    /// How many filters each client may hold.
    pub subscriptions: Option<usize>,
    /// How many messages each client may have unacknowledged, in either direction.
    pub inflight: Option<u16>,
    /// How many bytes may wait for each client.
    pub queue_bytes: Option<usize>,
}

impl Allowance {
    /// What [`Limits`] say.
    pub(crate) const NONE: Self =
        Self { connections: None, messages: None, bytes: None, subscriptions: None, inflight: None, queue_bytes: None };

    /// Returns the limits of an account's clients.
    pub(crate) fn over(self, limits: &Limits) -> Limits {
        Limits {
            subscriptions: self.subscriptions.unwrap_or(limits.subscriptions),
            receive_maximum: self.inflight.unwrap_or(limits.receive_maximum).max(1),
            queue_bytes: self.queue_bytes.unwrap_or(limits.queue_bytes),
            user_connections: self.connections.or(limits.user_connections),
            user_messages: self.messages.or(limits.user_messages),
            user_bytes: self.bytes.or(limits.user_bytes),
            ..limits.clone()
        }
    }

    /// Returns the limits of each client that comes through a door: what all of them share is not among those.
    pub(crate) fn narrow(self, limits: Limits) -> Limits {
        Limits {
            subscriptions: self.subscriptions.map_or(limits.subscriptions, |most| most.min(limits.subscriptions)),
            receive_maximum: self.inflight.map_or(limits.receive_maximum, |most| most.clamp(1, limits.receive_maximum)),
            queue_bytes: self.queue_bytes.map_or(limits.queue_bytes, |most| most.min(limits.queue_bytes)),
            ..limits
        }
    }
}
