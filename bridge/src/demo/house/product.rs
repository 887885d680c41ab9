//! What kind of hardware a device is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::expose::Expose;

/// How a device is fed, and with it whether it passes messages on for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supply {
    /// From the wall, always awake.
    Mains,
    /// From a battery, mostly asleep.
    Battery,
}

/// A product, as Zigbee2MQTT knows it.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    /// Who sells it.
    pub(crate) vendor: &'static str,
    /// Its name in the list of supported devices.
    pub(crate) model: &'static str,
    /// What it is.
    pub(crate) description: &'static str,
    /// How it names itself on the radio.
    pub(crate) model_id: &'static str,
    /// How it is fed.
    pub(crate) supply: Supply,
    /// What it can do.
    pub(crate) exposes: Vec<Expose>,
}

impl Product {
    /// Writes `definition` of `bridge/devices`.
    pub(crate) fn definition(&self) -> Value {
        let exposes: Vec<Value> = self.exposes.iter().cloned().map(Value::from).collect();
        json!({
            "source": "native",
            "vendor": self.vendor,
            "model": self.model,
            "description": self.description,
            "supports_ota": false,
            "options": [],
            "exposes": exposes,
        })
    }

    /// Returns the access of each property that a `set` or `get` may name.
    pub(crate) fn access(&self) -> BTreeMap<String, u64> {
        let mut access = BTreeMap::new();
        for expose in self.exposes.iter().cloned().map(Value::from) {
            note(&expose, &mut access);
        }
        access
    }
}

impl Supply {
    /// Returns `type` of `bridge/devices`.
    pub(crate) const fn role(self) -> &'static str {
        match self {
            Self::Mains => "Router",
            Self::Battery => "EndDevice",
        }
    }

    /// Returns `power_source` of `bridge/devices`.
    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::Mains => "Mains (single phase)",
            Self::Battery => "Battery",
        }
    }
}

/// Notes a property, or those of a kind, which has none itself.
fn note(expose: &Value, access: &mut BTreeMap<String, u64>) {
    let property = expose.get("property").and_then(Value::as_str);
    let bits = expose.get("access").and_then(Value::as_u64);
    if let (Some(property), Some(bits)) = (property, bits) {
        *access.entry(property.to_owned()).or_default() |= bits;
        return;
    }
    for feature in expose.get("features").and_then(Value::as_array).into_iter().flatten() {
        note(feature, access);
    }
}
