//! One term.

use serde::{Deserialize, Serialize};

use crate::{DataType, Datum, PropertyName, Safety};

/// What a property means, and what that meaning is called elsewhere.
///
/// The lists of foreign names hold the most usual first and are empty where nothing carries the meaning. A foreign
/// name may differ in unit, scale or direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Its name, which is also what a property with this meaning is called.
    pub name: PropertyName,
    /// Its name for people.
    pub title: Box<str>,
    /// What exactly it means, where the title leaves room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Box<str>>,
    /// The type of its value.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Its unit, as it is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
    /// The least value that makes sense; a device has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest value that makes sense; a device has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The values that mean the same everywhere; a device may have others.
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Box<str>>,
    /// How dangerous a write is where no kind of device raises it; S0 where nothing is meant to be written.
    ///
    /// [`Vocabulary::write_safety`](super::Vocabulary::write_safety) tells the class for a device.
    pub safety: Safety,
    /// The value in the safe direction, one class less dangerous to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe: Option<Datum>,
    /// How private a read is.
    #[serde(default)]
    pub privacy: Safety,
    /// `Cluster.Attribute` in Matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matter: Vec<Box<str>>,
    /// Resource type and property in OCF.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ocf: Vec<Box<str>>,
    /// Class in SAREF.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saref: Vec<Box<str>>,
    /// `domain.device_class` or `domain.attribute` in Home Assistant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub homeassistant: Vec<Box<str>>,
    /// `capability.property` in Homie.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub homie: Vec<Box<str>>,
    /// `name` or `kind.name` of an expose in Zigbee2MQTT.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zigbee2mqtt: Vec<Box<str>>,
}

impl Term {
    /// Tells whether values of that type can carry this meaning; whole numbers are numbers.
    #[must_use]
    pub fn admits(&self, data_type: DataType) -> bool {
        self.data_type == data_type || (self.data_type, data_type) == (DataType::Number, DataType::Integer)
    }
}
