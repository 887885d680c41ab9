//! What the house says on MQTT.

use serde_json::Value;

/// The first level of all topics of the house, as a fresh Zigbee2MQTT has it.
pub(crate) const BASE: &str = "zigbee2mqtt";

/// One publish of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Where it is published, [`BASE`] included.
    pub(crate) topic: String,
    /// JSON in UTF-8; empty takes a retained message away.
    pub(crate) payload: String,
    /// Whether the broker keeps it.
    pub(crate) retain: bool,
}

impl Message {
    /// Makes a message that only those hear who listen.
    pub(crate) fn passing(path: &str, body: &Value) -> Self {
        Self { topic: format!("{BASE}/{path}"), payload: body.to_string(), retain: false }
    }

    /// Makes a message that the broker keeps.
    pub(crate) fn retained(path: &str, body: &Value) -> Self {
        Self { retain: true, ..Self::passing(path, body) }
    }

    /// Makes the message that takes a retained one away.
    pub(crate) fn cleared(path: &str) -> Self {
        Self { topic: format!("{BASE}/{path}"), payload: String::new(), retain: true }
    }
}
