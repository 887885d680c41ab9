//! What the bridge publishes about itself and its network.

use serde_json::{Value, json};

use super::{device::Device, group::Group, message::Message};

const COORDINATOR: &str = "0x00124b0000000001";

/// Says that the bridge is there.
pub(crate) fn online() -> Message {
    Message::retained("bridge/state", &json!({"state": "online"}))
}

/// Says that the bridge is gone; also its last will.
pub(crate) fn offline() -> Message {
    Message::retained("bridge/state", &json!({"state": "offline"}))
}

/// Tells of the bridge itself.
pub(crate) fn info() -> Message {
    let body = json!({
        "version": "2.14.1",
        "commit": "simulated",
        "coordinator": {"ieee_address": COORDINATOR, "type": "simulated", "meta": {}},
        "network": {"channel": 11, "pan_id": 6754, "extended_pan_id": "0xdddddddddddddddd"},
        "log_level": "info",
        "permit_join": false,
        "restart_required": false,
        "config": {
            "mqtt": {"base_topic": super::message::BASE},
            "advanced": {"last_seen": "ISO_8601", "cache_state": true},
            "availability": {"enabled": true},
        },
    });
    Message::retained("bridge/info", &body)
}

/// Lists all devices, the coordinator first.
pub(crate) fn devices(devices: &[Device]) -> Message {
    let entries: Vec<Value> = std::iter::once(coordinator()).chain(devices.iter().map(Device::entry)).collect();
    Message::retained("bridge/devices", &entries.into())
}

/// Lists all groups.
pub(crate) fn groups(groups: &[Group]) -> Message {
    let entries: Vec<Value> = groups.iter().map(Group::entry).collect();
    Message::retained("bridge/groups", &entries.into())
}

fn coordinator() -> Value {
    json!({
        "ieee_address": COORDINATOR,
        "network_address": 0,
        "type": "Coordinator",
        "friendly_name": "Coordinator",
        "supported": true,
        "disabled": false,
        "interviewing": false,
        "interview_completed": true,
        "interview_state": "SUCCESSFUL",
        "definition": null,
        "endpoints": {"1": {
            "name": null,
            "bindings": [],
            "configured_reportings": [],
            "clusters": {"input": [], "output": []},
            "scenes": [],
        }},
    })
}
