//! The device document: what a device is and what can be read and done.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Datum, DeviceId, EventName, PropertyName, Safety, Uid};

/// The type of a value, in the words of the `DataSchema` of W3C `WoT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    String,
    /// A map.
    Object,
    /// A list.
    Array,
    /// Nothing.
    Null,
}

/// A device as its home knows it, retained on `<device>/$doc`.
///
/// Source: the names follow W3C `WoT` Thing Description 1.1 where it has one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceDocument {
    /// Its id in topics; a rename changes it.
    pub id: DeviceId,
    /// Its id for good.
    pub uid: Uid,
    /// Its name for people.
    pub name: Box<str>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Box<str>>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<Box<str>>,
    /// Which product it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Box<str>>,
    /// The version of its software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<Box<str>>,
    /// Its name in its cluster's own topics.
    pub native: Box<str>,
    /// What it is: `light`, `sensor`, ...
    pub kind: Arc<[Box<str>]>,
    /// What can be read and written.
    pub properties: Arc<BTreeMap<PropertyName, PropertyDocument>>,
    /// What it may tell of.
    pub events: Arc<BTreeMap<EventName, EventDocument>>,
    /// How often this document has changed.
    pub rev: u64,
}

/// A property of a device, in the words of the `DataSchema` of W3C `WoT` and some of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PropertyDocument {
    /// The type of its value.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Box<str>>,
    /// Its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
    /// The least value that can be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest value that can be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The step between values that can be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_of: Option<f64>,
    /// All values that there are.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Datum>,
    /// Values with a name, which can be set by their name; some lie outside the range.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub presets: BTreeMap<Box<str>, Datum>,
    /// The fields of a map.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<Box<str>, Self>,
    /// The elements of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Self>>,
    /// The fewest elements of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u32>,
    /// The most elements of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// It can only be read.
    #[serde(skip_serializing_if = "is_false")]
    pub read_only: bool,
    /// It can only be written.
    #[serde(skip_serializing_if = "is_false")]
    pub write_only: bool,
    /// Its changes are published.
    #[serde(skip_serializing_if = "is_false")]
    pub observable: bool,
    /// Its term in the vocabulary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<Box<str>>,
    /// How dangerous it is to write.
    pub safety: Safety,
    /// How private it is to read.
    pub privacy: Safety,
    /// The value in the safe direction, which is one class less dangerous to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe: Option<Datum>,
    /// Its name in its cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<Box<str>>,
    /// The device can be asked for it.
    #[serde(skip_serializing_if = "is_false")]
    pub gettable: bool,
}

/// An event of a device.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EventDocument {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Box<str>>,
    /// All kinds of it that there are; none means any.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Datum>,
    /// Its name in its cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<Box<str>>,
    /// How private it is to read.
    pub privacy: Safety,
}

impl Default for PropertyDocument {
    fn default() -> Self {
        Self {
            data_type: DataType::Null,
            title: None,
            unit: None,
            minimum: None,
            maximum: None,
            multiple_of: None,
            choices: Vec::new(),
            presets: BTreeMap::new(),
            properties: BTreeMap::new(),
            items: None,
            min_items: None,
            max_items: None,
            read_only: false,
            write_only: false,
            observable: false,
            term: None,
            safety: Safety::S0,
            privacy: Safety::S0,
            safe: None,
            native: None,
            gettable: false,
        }
    }
}

impl PropertyDocument {
    /// Returns how dangerous it is to write this value: the safe direction is one class lower.
    #[must_use]
    pub fn safety_of(&self, value: &Datum) -> Safety {
        if self.safe.as_ref() == Some(value) { self.safety.lower() } else { self.safety }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
