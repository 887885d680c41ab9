//! What a session has while its client is away.

use std::{collections::VecDeque, sync::Arc};

use bytestring::ByteString;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Will, acks::Acks, delivery::Delivery, subscription::Subscription, window::Window};

/// What one connection leaves to the next, and what only its own task sees meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Luggage {
    /// By the filter as it was sent.
    pub(crate) subscriptions: FxHashMap<ByteString, Arc<Subscription>>,
    /// What was sent and not acknowledged.
    pub(crate) window: Window,
    /// What was taken from the mailbox and never sent.
    pub(crate) waiting: VecDeque<Delivery>,
    /// What the client is owed for what it published.
    pub(crate) acks: Acks,
    /// The packet ids of what it published with `QoS` 2 and has not released.
    pub(crate) arrived: FxHashSet<u16>,
    /// What is to be published if it does not come back in time.
    pub(crate) will: Option<Will>,
}
