//! What a property is worth, and how far that can be trusted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Datum, Timestamp};

/// How far a value can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// The device said so, and its source is alive.
    Good,
    /// Restored from the store, or its source has fallen silent.
    Stale,
    /// Never heard.
    #[default]
    Unknown,
}

/// One value of a property, retained on its topic.
///
/// Shape: `{"value":21.5,"unit":"°C","time":"2026-11-22T15:00:00.123Z","quality":"good","version":4711}`.
///
/// The version grows by one with each change of the property and never goes back, over restarts too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// What the device reported, in the unit of the property.
    pub value: Datum,
    /// The unit, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
    /// When it was reported.
    pub time: Timestamp,
    /// How far it can be trusted.
    pub quality: Quality,
    /// How often the property has changed.
    pub version: u64,
}
