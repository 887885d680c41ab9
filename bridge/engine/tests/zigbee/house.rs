//! A house with a few devices, and ways to speak with it.

use hes_engine::{
    cluster::{Change, Cluster, Command, Description, Report},
    clusters::zigbee2mqtt::Zigbee2Mqtt,
};
use hes_schemas::{Datum, Fault, NativeName, PropertyName, Timestamp, Topic, Uid};
use serde_json::{Value, json};

pub(crate) fn definition() -> Value {
    json!({"vendor": "IKEA", "model": "LED1", "description": "bulb", "exposes": [
        {"type": "light", "features": [
            {"type": "binary", "name": "state", "property": "state", "access": 7,
             "value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE"},
            {"type": "numeric", "name": "brightness", "property": "brightness", "access": 7, "value_min": 0, "value_max": 254},
            {"type": "numeric", "name": "color_temp", "property": "color_temp", "access": 7, "unit": "mired",
             "value_min": 153, "value_max": 500, "presets": [{"name": "warm", "value": 454}]},
            {"type": "composite", "name": "color_xy", "property": "color", "access": 7, "features": [
                {"type": "numeric", "name": "x", "property": "x", "access": 7},
                {"type": "numeric", "name": "y", "property": "y", "access": 7}]},
            {"type": "composite", "name": "color_hs", "property": "color", "access": 7, "features": [
                {"type": "numeric", "name": "hue", "property": "hue", "access": 7},
                {"type": "numeric", "name": "saturation", "property": "saturation", "access": 7}]}]},
        {"type": "enum", "name": "effect", "property": "effect", "access": 2, "values": ["blink", "okay"]},
        {"type": "numeric", "name": "linkquality", "property": "linkquality", "access": 1, "unit": "lqi",
         "value_min": 0, "value_max": 255}]})
}

pub(crate) fn button() -> Value {
    json!({"vendor": "Acme", "model": "B1", "exposes": [
        {"type": "enum", "name": "action", "property": "action", "access": 1, "values": ["single", "double", "recall_*"]},
        {"type": "numeric", "name": "action_group", "property": "action_group", "access": 1},
        {"type": "numeric", "name": "voltage", "property": "voltage", "access": 5, "unit": "mV"}]})
}

pub(crate) fn gangs() -> Value {
    let switch = |endpoint: &str| {
        json!({"type": "switch", "endpoint": endpoint, "features": [
            {"type": "binary", "name": "state", "property": format!("state_{endpoint}"), "endpoint": endpoint,
             "access": 7, "value_on": "ON", "value_off": "OFF"}]})
    };
    json!({"vendor": "Acme", "model": "S2", "exposes": [switch("l1"), switch("l2")]})
}

pub(crate) fn entry(address: &str, name: &str, definition: &Value) -> Value {
    json!({"ieee_address": address, "friendly_name": name, "type": "Router", "definition": definition,
           "software_build_id": "2.3", "supported": true, "disabled": false, "endpoints": {"1": {"clusters": {}}}})
}

/// A house with a lamp, a button and a switch with two gangs, and no groups.
pub(crate) fn house() -> Zigbee2Mqtt {
    let mut adapter = Zigbee2Mqtt::new(Topic::new("zigbee2mqtt").unwrap());
    say(&mut adapter, "bridge/groups", &json!([]));
    let reports = say(&mut adapter, "bridge/devices", &devices("kitchen/bulb"));
    assert_eq!(inventory(&reports).len(), 3);
    adapter
}

pub(crate) fn devices(lamp: &str) -> Value {
    let coordinator = json!({"ieee_address": "0xc", "type": "Coordinator", "friendly_name": "Coordinator"});
    json!([
        coordinator,
        entry("0x1", lamp, &definition()),
        entry("0x2", "button", &button()),
        entry("0x3", "gangs", &gangs())
    ])
}

pub(crate) fn say(adapter: &mut Zigbee2Mqtt, topic: &str, payload: &Value) -> Vec<Report> {
    hear(adapter, topic, payload.to_string().as_bytes())
}

pub(crate) fn hear(adapter: &mut Zigbee2Mqtt, topic: &str, payload: &[u8]) -> Vec<Report> {
    adapter.receive(Timestamp::default(), &format!("zigbee2mqtt/{topic}"), payload)
}

pub(crate) fn inventory(reports: &[Report]) -> Vec<Description> {
    let list = |report: &Report| if let Report::Inventory(list) = report { Some(list.clone()) } else { None };
    reports.iter().find_map(list).unwrap_or_default()
}

pub(crate) fn values(uid: &str, values: &[(&str, Datum)]) -> Report {
    let values = values.iter().map(|(name, value)| (PropertyName::new(name).unwrap(), value.clone()));
    Report::Values(self::uid(uid), values.collect())
}

pub(crate) fn uid(text: &str) -> Uid {
    Uid::new(text).unwrap()
}

pub(crate) fn datum(value: &Value) -> Datum {
    serde_json::from_value(value.clone()).unwrap()
}

pub(crate) fn common(name: &str, value: Value) -> Change {
    Change::Common(PropertyName::new(name).unwrap(), datum(&value))
}

pub(crate) fn native(name: &str, value: Value) -> Change {
    Change::Native(NativeName::new(name).unwrap(), datum(&value))
}

pub(crate) fn said(commands: &[Command]) -> Vec<(String, Value)> {
    let said =
        |command: &Command| (command.topic.as_str().to_owned(), serde_json::from_slice(&command.payload).unwrap());
    commands.iter().map(said).collect()
}

pub(crate) fn is_unreadable(reports: &[Report]) -> bool {
    matches!(reports, [Report::Unreadable { .. }])
}

pub(crate) fn write(adapter: &Zigbee2Mqtt, device: &str, changes: &[Change]) -> Result<Vec<(String, Value)>, Fault> {
    adapter.write(&uid(device), changes).map(|commands| said(&commands))
}
