//! What a device says that it can do: one node of `exposes`.

use serde_json::Value;

use super::object::{Object, object};

/// What can be done with a property.
///
/// Shape: the sum of 1 if it is published, 2 if it can be set, 4 if it can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It is published, and that is all.
    Told,
    /// It can be set, and is never seen again.
    Set,
    /// It is published and can be asked for.
    Asked,
    /// It is published, and can be set and asked for.
    All,
}

/// One node of `exposes`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expose(Object);

impl Access {
    const fn bits(self) -> u8 {
        match self {
            Self::Told => 1,
            Self::Set => 2,
            Self::Asked => 5,
            Self::All => 7,
        }
    }
}

impl Expose {
    /// Describes a number.
    pub(crate) fn numeric(name: &str, access: Access) -> Self {
        Self::named("numeric", name, access)
    }

    /// Describes one of two values.
    pub(crate) fn binary(name: &str, access: Access, on: impl Into<Value>, off: impl Into<Value>) -> Self {
        Self::named("binary", name, access).with("value_on", on).with("value_off", off)
    }

    /// Describes a switch with the words `ON`, `OFF` and `TOGGLE`.
    pub(crate) fn switch() -> Self {
        Self::binary("state", Access::All, "ON", "OFF").with("value_toggle", "TOGGLE")
    }

    /// Describes one of several words.
    pub(crate) fn choice(name: &str, access: Access, words: &[&str]) -> Self {
        Self::named("enum", name, access).with("values", words.to_vec())
    }

    /// Describes an object that is published under `property`.
    pub(crate) fn composite(name: &str, property: &str, features: impl IntoIterator<Item = Self>) -> Self {
        let features: Vec<Value> = features.into_iter().map(Value::from).collect();
        Self::named("composite", name, Access::All).with("property", property).with("features", features)
    }

    /// Gathers what makes up a light, a lock, a cover, and the like.
    pub(crate) fn kind(kind: &str, features: impl IntoIterator<Item = Self>) -> Self {
        let features: Vec<Value> = features.into_iter().map(Value::from).collect();
        Self(object([("type", kind.into()), ("features", features.into())]))
    }

    /// Describes the strength of the radio link, which every device has.
    pub(crate) fn link_quality() -> Self {
        Self::numeric("linkquality", Access::Told).unit("lqi").range(0, 255).diagnostic()
    }

    /// Describes the charge of the battery.
    pub(crate) fn battery() -> Self {
        Self::numeric("battery", Access::Told).unit("%").range(0, 100).diagnostic()
    }

    /// Gives a number its unit.
    pub(crate) fn unit(self, unit: &str) -> Self {
        self.with("unit", unit)
    }

    /// Gives a number its bounds, both included.
    pub(crate) fn range(self, least: i32, most: i32) -> Self {
        self.with("value_min", least).with("value_max", most)
    }

    /// Gives a number its step.
    pub(crate) fn step(self, step: f64) -> Self {
        self.with("value_step", step)
    }

    /// Gives a number words for some of its values.
    pub(crate) fn presets(self, presets: &[(&str, i32)]) -> Self {
        let presets =
            presets.iter().map(|(name, value)| object([("name", (*name).into()), ("value", (*value).into())]));
        self.with("presets", presets.map(Value::from).collect::<Vec<_>>())
    }

    /// Says that it concerns the device's health rather than the house.
    pub(crate) fn diagnostic(self) -> Self {
        self.with("category", "diagnostic")
    }

    /// Says that it is a setting of the device.
    pub(crate) fn config(self) -> Self {
        self.with("category", "config")
    }

    fn named(kind: &str, name: &str, access: Access) -> Self {
        Self(object([
            ("type", kind.into()),
            ("name", name.into()),
            ("label", label(name).into()),
            ("property", name.into()),
            ("access", access.bits().into()),
        ]))
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }
}

impl From<Expose> for Value {
    fn from(expose: Expose) -> Self {
        Self::Object(expose.0)
    }
}

/// Writes a name as a title: `color_temp` becomes `Color temp`.
fn label(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters.map(|letter| if letter == '_' { ' ' } else { letter })).collect()
}
