//! A Zigbee2MQTT with a few devices, as far as a gateway can tell.

use std::collections::{BTreeMap, BTreeSet};

use hes_engine::cluster::Command;
use serde_json::{Map, Value, json};

/// A device that is told what to say, one with buttons, one that senses, one that tells private things.
pub(crate) const DEVICES: [&str; 4] = ["lamp", "button", "meter", "door"];

/// What it is called in the gateway.
pub(crate) const ZIGBEE: &str = "zigbee";

/// The cluster and its devices; it outlives the gateway.
#[derive(Debug)]
pub(crate) struct Cluster {
    present: BTreeSet<&'static str>,
    gone: BTreeMap<&'static str, bool>,
    /// The meter is called otherwise.
    is_renamed: bool,
    states: BTreeMap<&'static str, Map<String, Value>>,
    pub(crate) is_online: bool,
}

/// One message of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) topic: String,
    pub(crate) payload: String,
}

impl Cluster {
    pub(crate) fn new() -> Self {
        Self {
            present: DEVICES.into(),
            gone: BTreeMap::new(),
            is_renamed: false,
            states: BTreeMap::new(),
            is_online: true,
        }
    }

    /// Returns what its broker retains.
    pub(crate) fn retained(&self) -> Vec<Told> {
        let mut all = vec![self.presence(), told("bridge/groups", &json!([])), self.list()];
        all.extend(self.states.keys().filter(|device| self.has(device)).map(|device| self.state(device)));
        all.extend(self.gone.iter().map(|(device, is_gone)| availability(self.name(device), *is_gone)));
        all
    }

    pub(crate) fn has(&self, device: &str) -> bool {
        self.present.contains(device)
    }

    pub(crate) fn presence(&self) -> Told {
        let state = if self.is_online { "online" } else { "offline" };
        told("bridge/state", &json!({ "state": state }))
    }

    /// Lets a device join or leave.
    pub(crate) fn swap(&mut self, device: &'static str) -> Told {
        if !self.present.remove(device) {
            self.present.insert(device);
        }
        self.states.remove(device);
        self.gone.remove(device);
        self.list()
    }

    /// Lets the meter be called otherwise, or as before.
    pub(crate) fn rename(&mut self) -> Vec<Told> {
        self.is_renamed = !self.is_renamed;
        let mut all = vec![self.list()];
        all.extend(self.states.contains_key("meter").then(|| self.state("meter")));
        all
    }

    /// Lets a device be out of reach, or come back.
    pub(crate) fn flip(&mut self, device: &'static str) -> Told {
        let is_gone = !self.gone.get(device).copied().unwrap_or_default();
        self.gone.insert(device, is_gone);
        availability(self.name(device), is_gone)
    }

    /// Lets all devices be within reach.
    pub(crate) fn gather(&mut self) -> Vec<Told> {
        self.is_online = true;
        self.gone.values_mut().for_each(|is_gone| *is_gone = false);
        std::iter::once(self.presence())
            .chain(self.gone.keys().map(|device| availability(self.name(device), false)))
            .collect()
    }

    /// Lets a device report some value that a number makes up.
    pub(crate) fn report(&mut self, device: &'static str, number: u64) -> Told {
        let (field, value) = match device {
            "lamp" => ("label", json!(format!("v{number}"))),
            "meter" => ("temperature", json!(number)),
            "door" => {
                ("lock_state", json!(["locked", "unlocked", "not_fully_locked"][usize::try_from(number % 3).unwrap()]))
            }
            _ => ("battery", json!(number % 101)),
        };
        self.now_has(device, field, value)
    }

    /// Lets the button tell of an event that no other is like.
    pub(crate) fn press(&self, number: u64) -> Told {
        told("button", &json!({"action": format!("recall_{number}")}))
    }

    /// Does what a device is told, and returns what it then reports.
    pub(crate) fn obey(&mut self, command: &Command) -> Option<Told> {
        let topic = command.topic.as_str().strip_prefix("zigbee2mqtt/")?;
        let (name, verb) = topic.rsplit_once('/')?;
        let device = DEVICES.into_iter().find(|device| self.name(device) == name && self.has(device))?;
        if !self.is_online || self.gone.get(device) == Some(&true) {
            return None;
        }
        let body: Map<String, Value> = serde_json::from_slice(&command.payload).ok()?;
        if verb == "set" {
            let (field, value) = body.into_iter().next()?;
            return Some(self.now_has(device, &field, value));
        }
        self.states.contains_key(device).then(|| self.state(device))
    }

    fn now_has(&mut self, device: &'static str, field: &str, value: Value) -> Told {
        self.states.entry(device).or_default().insert(field.to_owned(), value);
        self.state(device)
    }

    fn name<'n>(&self, device: &'n str) -> &'n str {
        if self.is_renamed && device == "meter" { "gauge" } else { device }
    }

    fn state(&self, device: &str) -> Told {
        told(self.name(device), &self.states.get(device).map_or_else(|| json!({}), |state| json!(state)))
    }

    fn list(&self) -> Told {
        told("bridge/devices", &self.present.iter().map(|device| entry(device, self.name(device))).collect())
    }
}

/// Returns the request by which a device is told something.
pub(crate) fn ticket_of(command: &Command) -> Option<u64> {
    let body: Value = serde_json::from_slice(&command.payload).ok()?;
    let is_set = command.topic.as_str().ends_with("/set");
    body["label"].as_str().filter(|_| is_set)?.strip_prefix('t')?.parse().ok()
}

fn told(topic: &str, payload: &Value) -> Told {
    Told { topic: format!("zigbee2mqtt/{topic}"), payload: payload.to_string() }
}

fn availability(device: &str, is_gone: bool) -> Told {
    told(&format!("{device}/availability"), &json!({"state": if is_gone { "offline" } else { "online" }}))
}

fn entry(device: &str, name: &str) -> Value {
    let numeric = |name: &str| json!({"type": "numeric", "name": name, "property": name, "access": 1});
    let exposes = match device {
        "lamp" => json!([{"type": "text", "name": "label", "property": "label", "access": 7}]),
        "meter" => {
            json!([{"type": "numeric", "name": "temperature", "property": "temperature", "access": 1, "unit": "°C"}])
        }
        "door" => json!([{"type": "enum", "name": "lock_state", "property": "lock_state", "access": 1,
                          "values": ["locked", "unlocked", "not_fully_locked"]}]),
        _ => json!([{"type": "enum", "name": "action", "property": "action", "access": 1, "values": ["recall_*"]},
                    numeric("battery")]),
    };
    json!({"ieee_address": format!("0x{device}"), "friendly_name": name, "type": "Router", "supported": true,
           "disabled": false, "definition": {"vendor": "Acme", "model": device, "exposes": exposes}})
}
