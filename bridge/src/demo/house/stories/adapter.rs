//! The house as the adapter for Zigbee2MQTT understands it.

use hes_engine::{
    cluster::{Change, Cluster, Description, Report},
    clusters::zigbee2mqtt::Zigbee2Mqtt,
};
use hes_schemas::{DataType, Datum, PropertyDocument, PropertyName, Topic, Uid};

use super::Scene;
use crate::demo::house::{BASE, Message};

/// The house, and the adapter that listens to it.
struct Pair {
    scene: Scene,
    adapter: Zigbee2Mqtt,
    reports: Vec<Report>,
}

impl Pair {
    fn meet() -> Self {
        let mut scene = Scene::open();
        let said = std::mem::take(&mut scene.said);
        let adapter = Zigbee2Mqtt::new(Topic::new(BASE).unwrap());
        let mut pair = Self { scene, adapter, reports: Vec::new() };
        pair.hear(&said);
        pair
    }

    fn hear(&mut self, said: &[Message]) {
        for Message { topic, payload, .. } in said {
            self.reports.extend(self.adapter.receive(self.scene.now, topic, payload.as_bytes()));
        }
    }

    fn devices(&self) -> Vec<Description> {
        let inventory = self
            .reports
            .iter()
            .rev()
            .find_map(|report| if let Report::Inventory(devices) = report { Some(devices.clone()) } else { None });
        inventory.expect("an inventory")
    }

    /// Writes a value, and lets the house live until it has reported that, or for twenty steps.
    fn set(&mut self, uid: &Uid, name: &PropertyName, value: &Datum) -> bool {
        let change = Change::Common(name.clone(), value.clone());
        for command in self.adapter.write(uid, &[change]).expect("commands") {
            let said = self.scene.house.receive(self.scene.now, command.topic.as_str(), &command.payload);
            self.hear(&said);
        }
        for _ in 0..20 {
            if self.has_reported(uid, name, value) {
                return true;
            }
            self.scene.now = self.scene.house.next_tick();
            let said = self.scene.house.tick(self.scene.now);
            self.hear(&said);
        }
        false
    }

    fn has_reported(&self, uid: &Uid, name: &PropertyName, asked: &Datum) -> bool {
        let values = self.reports.iter().rev().find_map(|report| {
            let Report::Values(whose, values) = report else { return None };
            values.iter().find(|(property, _)| whose == uid && property == name)
        });
        values.is_some_and(|(_, reported)| self.adapter.fulfils(uid, name, asked, reported))
    }
}

/// Returns some values that a property may be set to.
fn samples(property: &PropertyDocument) -> Vec<Datum> {
    if !property.choices.is_empty() {
        return property.choices.clone();
    }
    let (least, most) = (property.minimum.unwrap_or(0.0), property.maximum.unwrap_or(0.0));
    match property.data_type {
        DataType::Boolean => vec![Datum::Bool(true), Datum::Bool(false)],
        DataType::Integer | DataType::Number => vec![Datum::number(most), Datum::number(least.midpoint(most).round())],
        DataType::String | DataType::Array | DataType::Object | DataType::Null => Vec::new(),
    }
}

fn settable(device: &Description) -> impl Iterator<Item = (&PropertyName, &PropertyDocument)> {
    device.shape.properties.iter().filter(|(_, property)| !property.read_only)
}

#[test]
fn the_adapter_understands_all_that_the_house_says() {
    let mut pair = Pair::meet();
    pair.scene.until("nothing", |_| false);
    let said = std::mem::take(&mut pair.scene.said);
    pair.hear(&said);
    let strange = |report: &&Report| matches!(report, Report::Unreadable { .. } | Report::Complaint(_));
    assert_eq!(pair.reports.iter().find(strange), None);
    assert!(pair.reports.iter().any(|report| matches!(report, Report::Event(..))), "the button is heard");
    assert!(pair.reports.iter().any(|report| matches!(report, Report::Availability(..))), "an outage is heard");
}

#[test]
fn all_that_can_be_set_has_a_common_name() {
    let devices = Pair::meet().devices();
    assert_eq!(devices.len(), 12, "eleven devices and a group");
    for device in devices {
        for (name, property) in settable(&device) {
            assert!(property.term.is_some(), "{}/{name}", device.id);
        }
    }
}

#[test]
fn all_that_is_set_is_confirmed() {
    let mut pair = Pair::meet();
    for device in pair.devices() {
        for (name, property) in settable(&device).filter(|(_, property)| !property.write_only) {
            for value in samples(property) {
                assert!(pair.set(&device.uid, name, &value), "{}/{name} = {value:?}", device.id);
            }
        }
    }
}

#[test]
fn an_unreachable_device_is_a_failure_of_what_was_set() {
    let mut pair = Pair::meet();
    pair.scene.drop_the_garage_plug();
    let plug = pair.devices().into_iter().find(|device| &*device.name == "Garage plug").expect("the plug");
    assert!(!pair.set(&plug.uid, &PropertyName::new("on").unwrap(), &Datum::Bool(false)));
    let failure = pair.reports.iter().find_map(|report| {
        let Report::Failure { uid, native, text, verb: _ } = report else { return None };
        Some((uid.clone(), native.as_ref().map(ToString::to_string), text.contains("Delivery failed")))
    });
    assert_eq!(failure, Some((plug.uid, Some("state".to_owned()), true)));
}
