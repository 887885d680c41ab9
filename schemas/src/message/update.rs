//! Update: write properties.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request;
use crate::{Challenge, Datum};

request! {
    /// Asks to write one property (`.../set`).
    ///
    /// Shape: `{"value":40}`; the bare value (`40`, `true`, `ON`) means the same.
    pub struct Update {
        /// What the property is to become.
        pub value: Datum,
        /// The version that the property must still have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub if_version: Option<u64>,
        /// The challenge that the same update was answered with, if it was `unconfirmed`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub challenge: Option<Challenge>,
    }
}

request! {
    /// Asks to write several properties of a device (`<device>/set`).
    ///
    /// Shape: `{"values":{"on":true,"brightness":40}}`; the bare map means the same.
    pub struct UpdateProperties {
        /// What the properties are to become.
        pub values: BTreeMap<String, Datum>,
        /// The challenges that they were answered with, those that were `unconfirmed`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub challenges: BTreeMap<String, Challenge>,
    }
}

request! {
    /// Asks to write properties of several devices, `$req/update`.
    ///
    /// Shape: `{"updates":[{"target":"zigbee/lamp/on","value":true}]}`.
    ///
    /// Limits: 100 updates.
    pub struct UpdateMany {
        /// What is to be written.
        pub updates: Vec<UpdateOne>,
    }
}

/// One of several updates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateOne {
    /// Which property: `zigbee/lamp/on`, with the device's name for people: `Kitchen bulb/on`, or in another home:
    /// `elm/zigbee/lamp/on`.
    pub target: String,
    /// What it is to become.
    pub value: Datum,
    /// The version that it must still have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_version: Option<u64>,
    /// The challenge that the same update was answered with, if it was `unconfirmed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
}
