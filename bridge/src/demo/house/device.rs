//! A thing with a name and an address on the radio.

use std::collections::BTreeMap;

use hes_schemas::{Millis, Timestamp};
use serde_json::{Value, json};

use super::{
    chance::Chance,
    message::Message,
    object::Object,
    product::Product,
    thing::{Effect, Thing},
};

const SETTABLE: u64 = 2;
const GETTABLE: u64 = 4;

/// One device of the network.
#[derive(Debug)]
pub(crate) struct Device {
    /// Its hardware address, `0x` and 16 hexadecimal digits.
    pub(crate) ieee: String,
    /// The name people gave it, and its topics have.
    pub(crate) name: String,
    /// Whether radio reaches it.
    pub(crate) reachable: bool,
    address: u16,
    thing: Box<dyn Thing>,
    product: Product,
    access: BTreeMap<String, u64>,
}

impl Device {
    /// Gives a thing a name and an address.
    pub(crate) fn new(ieee: &str, address: u16, name: &str, thing: impl Thing + 'static) -> Self {
        let product = thing.product();
        let access = product.access();
        Self {
            ieee: ieee.to_owned(),
            name: name.to_owned(),
            reachable: true,
            address,
            thing: Box::new(thing),
            product,
            access,
        }
    }

    /// Returns its short address, by which the radio speaks of it.
    pub(crate) const fn address(&self) -> u16 {
        self.address
    }

    /// Says whether a person may call it that: by its name or its address.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.ieee == name
    }

    /// Says whether a property can be set.
    pub(crate) fn can_set(&self, key: &str) -> bool {
        self.access.get(key).is_some_and(|access| access & SETTABLE != 0)
    }

    /// Says whether a property can be asked for.
    pub(crate) fn can_get(&self, key: &str) -> bool {
        self.access.get(key).is_some_and(|access| access & GETTABLE != 0)
    }

    /// Returns what it publishes about itself.
    pub(crate) fn state(&self) -> Object {
        self.thing.state()
    }

    /// Does one wish.
    ///
    /// # Errors
    /// What is wrong with the wish, as [`Thing::set`] says it.
    pub(crate) fn set(&mut self, now: Timestamp, key: &str, wish: &Object) -> Result<Effect, String> {
        self.thing.set(now, key, wish)
    }

    /// Says when it will do something of its own accord; never while it cannot be reached.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.thing.due().filter(|_| self.reachable)
    }

    /// Lets the time pass, and returns its report if there is one.
    pub(crate) fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Message> {
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        let beside = self.thing.pass(now, chance)?;
        Some(self.report_with(now, beside))
    }

    /// Publishes its state.
    pub(crate) fn report(&self, now: Timestamp) -> Message {
        self.report_with(now, Object::new())
    }

    /// Publishes whether it can be reached.
    pub(crate) fn availability(&self) -> Message {
        let state = if self.reachable { "online" } else { "offline" };
        Message::retained(&self.availability_path(), &json!({ "state": state }))
    }

    /// Returns where its availability is published.
    pub(crate) fn availability_path(&self) -> String {
        format!("{}/availability", self.name)
    }

    /// Writes its entry of `bridge/devices`.
    pub(crate) fn entry(&self) -> Value {
        json!({
            "ieee_address": self.ieee,
            "network_address": self.address,
            "type": self.product.supply.role(),
            "power_source": self.product.supply.source(),
            "friendly_name": self.name,
            "supported": true,
            "disabled": false,
            "interviewing": false,
            "interview_completed": true,
            "interview_state": "SUCCESSFUL",
            "manufacturer": self.product.vendor,
            "model_id": self.product.model_id,
            "software_build_id": "1.0.0",
            "definition": self.definition(),
            "endpoints": {"1": {
                "name": null,
                "bindings": [],
                "configured_reportings": [],
                "clusters": {"input": ["genBasic", "genIdentify"], "output": ["genOta"]},
                "scenes": [],
            }},
        })
    }

    /// Writes what the product can do.
    pub(crate) fn definition(&self) -> Value {
        self.product.definition()
    }

    fn report_with(&self, now: Timestamp, beside: Object) -> Message {
        let mut state = self.thing.state();
        state.extend(beside);
        state.insert("linkquality".to_owned(), self.link_quality(now).into());
        state.insert("last_seen".to_owned(), now.to_string().into());
        Message::passing(&self.name, &Value::Object(state))
    }

    /// Returns a strength of the radio link that differs by device and changes every quarter of an hour.
    fn link_quality(&self, now: Timestamp) -> i64 {
        const QUARTER: i64 = Millis::from_secs(900).get().cast_signed();
        120 + (i64::from(self.address) * 37 + now.as_millis() / QUARTER * 11).rem_euclid(100)
    }
}
