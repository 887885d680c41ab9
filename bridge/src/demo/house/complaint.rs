//! What `bridge/logging` says when something fails, in the words of Zigbee2MQTT.

use serde_json::{Value, json};

use super::{device::Device, message::Message, order::Verb};

const LONGEST: usize = 1000;
const OPTIONS: &str = r#"{"timeout":10000,"disableResponse":false,"recovery":false,"disableDefaultResponse":false,"direction":0,"reservedBits":0,"writeUndiv":false}"#;

/// Says that a wish or a question failed.
pub(crate) fn failed(verb: Verb, key: &str, name: &str, reason: &str) -> Message {
    logged(&format!("Publish '{}' '{key}' to '{name}' failed: 'Error: {reason}'", verb.word()))
}

/// Says that a device did not hear.
pub(crate) fn undelivered(verb: Verb, key: &str, value: &Value, device: &Device) -> Message {
    let command = match (verb, key, value.as_str()) {
        (Verb::Set, "state", Some(word)) => format!("genOnOff.{}({{}}, {OPTIONS})", word.to_lowercase()),
        (Verb::Set, _, _) => format!("genOnOff.write({{\"startUpOnOff\":{value}}}, {OPTIONS})"),
        (Verb::Get, _, _) => format!("genOnOff.read([\"onOff\"], {OPTIONS})"),
    };
    let reason = format!("ZCL command {}/1 {command} failed (Delivery failed for '{}')", device.ieee, device.address());
    failed(verb, key, &device.name, &reason)
}

/// Says that a device has no such property, or not for that.
pub(crate) fn no_converter(key: &str, value: &Value, name: &str) -> Message {
    logged(&format!("No converter available for '{key}' on '{name}': ({value})"))
}

/// Says that no device or group has that name.
pub(crate) fn unknown(name: &str) -> Message {
    logged(&format!("Entity '{name}' is unknown"))
}

/// Says that a payload could not be read.
pub(crate) fn invalid(seen: &str) -> Message {
    logged(&format!("Invalid message '{seen}', skipping..."))
}

/// Says that a request to the bridge failed.
pub(crate) fn refused(path: &str, reason: &str) -> Message {
    logged(&format!("Request '{}/{path}' failed with error: '{reason}'", super::message::BASE))
}

fn logged(text: &str) -> Message {
    let text: String = text.chars().take(LONGEST).collect();
    let body = json!({ "level": "error", "message": format!("z2m: {text}"), "namespace": "z2m" });
    Message::passing("bridge/logging", &body)
}
