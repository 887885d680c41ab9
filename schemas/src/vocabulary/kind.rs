//! One kind of device.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Datum, PropertyName, Safety};

/// What a device is, and what such devices are called elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its name, as in a device document's `kind`.
    pub name: PropertyName,
    /// Its name for people.
    pub title: Box<str>,
    /// Names of device types in Matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matter: Vec<Box<str>>,
    /// Device types in OCF.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ocf: Vec<Box<str>>,
    /// Classes in SAREF.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saref: Vec<Box<str>>,
    /// Domains in Home Assistant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub homeassistant: Vec<Box<str>>,
    /// Device classes in Homie.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub homie: Vec<Box<str>>,
    /// Types of an expose in Zigbee2MQTT.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zigbee2mqtt: Vec<Box<str>>,
    /// The terms that are more dangerous to write on such a device, and how dangerous.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub safety: BTreeMap<PropertyName, Safety>,
    /// The terms whose safe direction is another one on such a device, and the value there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub safe: BTreeMap<PropertyName, Datum>,
}
