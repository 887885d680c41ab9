//! What happened, as far as it can be seen from outside.

use std::collections::BTreeMap;

use hes_schemas::Timestamp;
use serde_json::Value;

use crate::{consents::Consent, topology::Name};

/// What is retained at a home, by the topic below the root: `elm/zigbee/lamp/property/label`.
pub(crate) type Shown = BTreeMap<String, Value>;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// In which step.
    pub(crate) step: u32,
    /// When.
    pub(crate) now: Timestamp,
    /// At which home.
    pub(crate) home: Name,
    pub(crate) fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// The home exists.
    Built,
    /// It knows another home, to which it passes on what it hears of others, or does not.
    Peer { name: Name, is_passed_on: bool },
    /// It is hostile: what it says of itself and what it sees is its own business.
    Hostile,
    /// A life begins.
    Began,
    /// It ends, and with it all that was not on disk.
    Died,
    /// All that was given to the store so far is on disk.
    Committed,
    /// The disk is full, and takes nothing of what waits.
    Full,
    /// A device told of an event, and the home was told.
    Happened { event: u64, device: &'static str },
    /// The home keeps an event for a peer.
    Kept { event: u64, to: Name, until: Timestamp },
    /// The home says that it gave up so many things that it was to tell others.
    Dropped { count: u64 },
    /// Everybody who listens at the home and may, hears an event.
    Event { of: Name, event: u64 },
    /// Everybody who listens at the home and may, sees a value.
    Value { of: Name, device: String, property: String, version: u64 },
    /// Something that a hostile home made up is published as if it came from a home.
    Forged { by: Name, of: Name },
    /// Somebody asks for a change.
    Asked { ticket: u64, until: Timestamp },
    /// The same request is sent again.
    AskedAgain { ticket: u64 },
    /// The asker reads a final answer.
    Answered { ticket: u64, status: u16 },
    /// Somebody is to be told of all events of a home, until then.
    Subscribed { to: Name, until: Timestamp },
    /// A subscriber is told something, maybe of an event.
    Notified { sid: String, seq: u64, of: Name, event: Option<u64> },
    /// A device is told to change because of a request.
    Acted { ticket: u64 },
    /// A person of this home lets another home's person see something, from the moment it was asked for.
    Gave(Consent),
    /// Both homes have said that it is so.
    Stands { consent: u32 },
    /// Somebody asks for its end, and it may have come to that.
    Wavers { consent: u32 },
    /// It was withdrawn, from the moment this was answered.
    Took { consent: u32 },
    /// How much the engine holds of something.
    Holds { what: &'static str, count: usize, limit: usize },
    /// How much one input, or one moment, gave the engine to do.
    Worked { outputs: usize },
    /// What is retained, after everything has been whole for long enough.
    Shows(Shown),
    /// Everything is whole and nothing is under way.
    Quiet,
}
