//! Subscribe, renew, unsubscribe.

use super::{EventKind, request};
use crate::{Millis, Sid};

request! {
    /// Asks to be told of events, `$req/subscribe`.
    ///
    /// Shape: `{"scope":"zigbee/lamp","events":["property_changed"],"lease":3600}`.
    pub struct Subscribe {
        /// Of what: `#`, `zigbee`, `zigbee/lamp`, `zigbee/lamp/on`, wildcards as in MQTT; of another home `elm`,
        /// `elm/zigbee/lamp`, `elm/+/+/on`.
        pub scope: String,
        /// Of which events; none means all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub events: Vec<EventKind>,
        /// For how long, in seconds: 10 s to 30 days, an hour if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub lease: Option<Millis>,
        /// The least time between two changes of one property, in seconds; the latest value is told when it is over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub min_interval: Option<Millis>,
        /// The least change of a number since the last one told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub delta: Option<f64>,
        /// Whether the current state is told first; it is if nothing is said.
        #[serde(default = "yes")]
        pub initial: bool,
    }
}

request! {
    /// Asks to keep a subscription, `$req/renew`.
    pub struct Renew {
        /// Which one.
        pub sid: Sid,
        /// For how long from now, in seconds; as long as before if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub lease: Option<Millis>,
    }
}

request! {
    /// Asks to end a subscription, `$req/unsubscribe`.
    pub struct Unsubscribe {
        /// Which one.
        pub sid: Sid,
    }
}

const fn yes() -> bool {
    true
}
