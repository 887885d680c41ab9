//! What the house looks like: devices, their values, and how far these can be trusted.

use std::collections::{BTreeMap, BTreeSet};

use hes_engine::record::{DeviceRecord, ValuesRecord};
use hes_schemas::{ClusterId, Quality, Uid};
use serde_json::{Value, json};

use crate::support::Thing;

/// A device for good.
pub(crate) type Key = (ClusterId, Uid);

/// What the engine should know.
#[derive(Debug, Default)]
pub(crate) struct Values {
    pub(crate) devices: BTreeMap<Key, Device>,
    seats: BTreeMap<ClusterId, Seat>,
    /// The highest version that was ever told of a property, with its value.
    told: BTreeMap<(Key, String), (u64, Value)>,
    /// Every label that a device ever reported.
    labels: BTreeSet<(Key, String)>,
    room: usize,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) lacks: BTreeSet<String>,
    pub(crate) is_offline: bool,
    pub(crate) properties: BTreeMap<String, Property>,
}

#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) value: Value,
    is_fresh: bool,
    /// A crash may have lost what was told last.
    is_doubtful: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seat {
    is_linked: bool,
    is_online: Option<bool>,
}

impl Values {
    pub(crate) fn new(room: usize) -> Self {
        Self { room, ..Self::default() }
    }

    pub(crate) fn is_linked(&self, cluster: &ClusterId) -> bool {
        self.seats.get(cluster).is_some_and(|seat| seat.is_linked)
    }

    pub(crate) fn link(&mut self, cluster: &ClusterId, is_up: bool) {
        let seat = self.seats.entry(cluster.clone()).or_default();
        seat.is_linked = is_up;
        if is_up {
            seat.is_online = None;
        } else {
            self.silence(cluster);
        }
    }

    pub(crate) fn presence(&mut self, cluster: &ClusterId, is_online: bool) {
        self.seats.entry(cluster.clone()).or_default().is_online = Some(is_online);
        if !is_online {
            self.silence(cluster);
        }
    }

    fn silence(&mut self, cluster: &ClusterId) {
        let devices = self.devices.iter_mut().filter(|((other, _), _)| other == cluster);
        devices.for_each(|(_, device)| device.silence());
    }

    /// Makes the cluster's devices be these.
    pub(crate) fn inventory(&mut self, cluster: &ClusterId, things: &[Thing]) {
        let is_listed = |uid: &Uid| things.iter().any(|thing| thing.uid == uid.as_str());
        self.devices.retain(|(other, uid), _| other != cluster || is_listed(uid));
        for thing in things {
            self.join(cluster, thing);
        }
    }

    pub(crate) fn join(&mut self, cluster: &ClusterId, thing: &Thing) {
        let key = (cluster.clone(), Uid::new(&thing.uid).unwrap());
        if !self.devices.contains_key(&key) && self.devices.len() >= self.room {
            return;
        }
        let device = self.devices.entry(key).or_default();
        device.name.clone_from(&thing.name);
        device.lacks = thing.lacks.iter().cloned().collect();
        device.properties.retain(|name, _| !device.lacks.contains(name));
    }

    pub(crate) fn leave(&mut self, key: &Key) {
        self.devices.remove(key);
    }

    pub(crate) fn available(&mut self, key: &Key, how: &str) {
        let Some(device) = self.devices.get_mut(key) else { return };
        if how == "offline" && !device.is_offline {
            device.silence();
        }
        device.is_offline = how == "offline";
    }

    /// Takes in a report; returns the properties that have another value now.
    pub(crate) fn hear(&mut self, key: &Key, report: &BTreeMap<String, Value>) -> Vec<String> {
        let is_fresh = self.seats.get(&key.0).and_then(|seat| seat.is_online) != Some(false);
        let Some(device) = self.devices.get_mut(key) else { return Vec::new() };
        let mut changed = Vec::new();
        self.labels.extend(report.get("label").and_then(Value::as_str).map(|it| (key.clone(), it.to_owned())));
        for (name, value) in report.iter().filter(|(name, _)| !device.lacks.contains(*name)) {
            let property = Property { value: value.clone(), is_fresh, is_doubtful: false };
            let before = device.properties.insert(name.clone(), property);
            if before.is_none_or(|before| before.is_doubtful || before.value != *value) {
                changed.push(name.clone());
            }
        }
        changed
    }

    pub(crate) fn value(&self, key: &Key, property: &str) -> Option<&Value> {
        self.devices.get(key)?.properties.get(property).map(|property| &property.value)
    }

    pub(crate) fn was_reported(&self, key: &Key, label: &str) -> bool {
        self.labels.contains(&(key.clone(), label.to_owned()))
    }

    pub(crate) fn version(&self, key: &Key, property: &str) -> u64 {
        self.told.get(&(key.clone(), property.to_owned())).map_or(0, |(version, _)| *version)
    }

    /// Begins another life with what the store kept; nothing has been heard in it.
    pub(crate) fn restart<'r>(
        &mut self,
        devices: impl Iterator<Item = &'r DeviceRecord>,
        values: impl Iterator<Item = &'r ValuesRecord>,
        is_doubtful: bool,
    ) {
        self.devices.clear();
        self.seats.clear();
        for record in devices {
            let all = ["label", "meter", "sound", "danger", "secret"];
            let has = |name: &&str| record.shape.properties.keys().any(|property| property.as_str() == *name);
            let lacks = all.into_iter().filter(|name| !has(name)).map(str::to_owned).collect();
            let device = Device { name: record.name.to_string(), lacks, ..Device::default() };
            self.devices.insert((record.cluster.clone(), record.uid.clone()), device);
        }
        for record in values {
            let Some(device) = self.devices.get_mut(&(record.cluster.clone(), record.uid.clone())) else { continue };
            for value in &record.values {
                let property = Property { value: json!(value.value), is_fresh: false, is_doubtful };
                device.properties.insert(value.property.to_string(), property);
            }
            device.properties.retain(|name, _| !device.lacks.contains(name));
        }
    }

    /// Holds a reading that was published against what was heard.
    pub(crate) fn check_reading(&mut self, key: &Key, name: &str, reading: &Value) {
        let device = self.devices.get(key).unwrap_or_else(|| panic!("{key:?} is not there: {reading}"));
        let property = device.properties.get(name).unwrap_or_else(|| panic!("{key:?} has no {name}: {reading}"));
        assert_eq!(reading["value"], property.value, "{key:?} {name}");
        let is_good = property.is_fresh && !device.is_offline;
        let quality = if is_good { Quality::Good } else { Quality::Stale };
        assert_eq!(reading["quality"], json!(quality), "{key:?} {name}: {reading}");
        let version = reading["version"].as_u64().unwrap();
        let told = self.told.entry((key.clone(), name.to_owned())).or_insert((0, Value::Null));
        assert!(version >= told.0, "{key:?} {name}: version {version} after {told:?}");
        assert!(version > told.0 || told.1 == property.value, "{key:?} {name}: {version} twice, {told:?}");
        *told = (version, property.value.clone());
    }
}

impl Device {
    fn silence(&mut self) {
        self.properties.values_mut().for_each(|property| property.is_fresh = false);
    }
}
