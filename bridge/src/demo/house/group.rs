//! Lamps that are switched together.

use serde_json::{Value, json};

use super::{device::Device, message::Message, object::Object};

const ON: &str = "ON";
const OFF: &str = "OFF";
const FOLLOWED: [&str; 4] = ["brightness", "color_temp", "color_mode", "color"];

/// One group of the network.
#[derive(Debug)]
pub(crate) struct Group {
    /// The name its topics have.
    pub(crate) name: String,
    id: u16,
    members: Vec<String>,
    shown: Object,
}

impl Group {
    /// Makes a group of the devices with these hardware addresses.
    pub(crate) fn new(id: u16, name: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|&ieee| ieee.to_owned()).collect();
        Self { name: name.to_owned(), id, members, shown: Object::new() }
    }

    /// Says whether a person may call it that: by its name or its number.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.id.to_string() == name
    }

    /// Says whether a device belongs to it.
    pub(crate) fn holds(&self, device: &Device) -> bool {
        self.members.contains(&device.ieee)
    }

    /// Lets a device go that has left the network.
    pub(crate) fn forget(&mut self, ieee: &str) {
        self.members.retain(|member| member != ieee);
    }

    /// Publishes its state if its members have changed it.
    pub(crate) fn follow(&mut self, devices: &[Device]) -> Option<Message> {
        let state = self.state(devices);
        if state == self.shown {
            return None;
        }
        self.shown = state;
        Some(self.report())
    }

    /// Publishes its state after an order, with what was ordered as its first able member has it.
    pub(crate) fn lead(&mut self, keys: &[&str], devices: &[Device]) -> Message {
        self.shown = self.state(devices);
        for &key in keys.iter().filter(|&&key| key != "state") {
            let mut members = devices.iter().filter(|device| self.holds(device)).map(Device::state);
            let value = members.find_map(|mut state| state.remove(key));
            self.shown.extend(value.map(|value| (key.to_owned(), value)));
        }
        self.report()
    }

    /// Publishes the state that it was last seen in.
    pub(crate) fn report(&self) -> Message {
        Message::passing(&self.name, &Value::Object(self.shown.clone()))
    }

    /// Writes its entry of `bridge/groups`.
    pub(crate) fn entry(&self) -> Value {
        let members = self.members.iter().map(|ieee| json!({ "ieee_address": ieee, "endpoint": 1 }));
        json!({
            "id": self.id,
            "friendly_name": self.name,
            "description": null,
            "scenes": [],
            "members": members.collect::<Vec<_>>(),
        })
    }

    /// Takes each value from the first lit member that has it, else keeps what was shown; it is on if any member is.
    fn state(&self, devices: &[Device]) -> Object {
        let members = devices.iter().filter(|device| self.holds(device)).map(Device::state);
        let lit: Vec<Object> = members.filter(|state| state.get("state") == Some(&Value::from(ON))).collect();
        let mut state = self.shown.clone();
        state.insert("state".to_owned(), if lit.is_empty() { OFF } else { ON }.into());
        for key in FOLLOWED {
            let value = lit.iter().find_map(|state| state.get(key));
            state.extend(value.map(|value| (key.to_owned(), value.clone())));
        }
        state
    }
}
