//! Notification: what a subscriber is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Datum, Quality, RequestId, Sid, Timestamp};

/// What can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A property has another value.
    PropertyChanged,
    /// A device tells of something: a button, an alarm.
    DeviceEvent,
    /// A device can be reached.
    DeviceOnline,
    /// A device cannot be reached.
    DeviceOffline,
    /// A device has joined, or has another document.
    DeviceAdded,
    /// A device has gone.
    DeviceRemoved,
}

/// Why something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// By itself, or by hand.
    Device,
    /// A user asked for it.
    User,
    /// A relation made it.
    Relation,
}

/// One thing that a subscriber is told, on `$notify/<client>/<sid>`.
///
/// Shape: `{"sid":"s1-1","seq":7,"event":"property_changed","device":"oak/zigbee/lamp","property":"on","value":true,...}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// Which subscription.
    pub sid: Sid,
    /// One more than the one before: what is missing shows.
    pub seq: u64,
    /// What happened.
    pub event: EventKind,
    /// To which device: `oak/zigbee/lamp`.
    pub device: String,
    /// Which property or event of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Datum>,
    /// In which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
    /// How far it can be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The property's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// When it happened.
    pub time: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The id of the update that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// It tells what was so already when the subscription began.
    #[serde(default, skip_serializing_if = "is_false")]
    pub initial: bool,
}

impl EventKind {
    /// All kinds of events.
    pub const ALL: [Self; 6] = [
        Self::PropertyChanged,
        Self::DeviceEvent,
        Self::DeviceOnline,
        Self::DeviceOffline,
        Self::DeviceAdded,
        Self::DeviceRemoved,
    ];
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
