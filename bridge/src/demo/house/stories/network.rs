//! What the bridge says of its network, and how that is changed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Scene, on};
use crate::demo::house::{House, Message};

/// Zigbee2MQTT publishes these without announcing them.
const UNANNOUNCED: [&str; 3] = ["last_seen", "update", "color_mode"];

/// Walks through all properties of `exposes`.
fn properties(exposes: &[Value], found: &mut BTreeSet<String>) {
    for expose in exposes {
        match expose["property"].as_str() {
            Some(property) => drop(found.insert(property.to_owned())),
            None => properties(expose["features"].as_array().map_or(&[], Vec::as_slice), found),
        }
    }
}

#[test]
fn a_fresh_house_tells_what_there_is_and_how_it_is() {
    let scene = Scene::open();
    assert_eq!(scene.retained("bridge/state"), Some(json!({"state": "online"})));
    assert_eq!(scene.names().len(), 11);
    assert_eq!(scene.retained("bridge/groups").unwrap()[0]["friendly_name"], "all_lights");
    for name in scene.names() {
        assert_eq!(scene.retained(&format!("{name}/availability")), Some(json!({"state": "online"})), "{name}");
        assert_eq!(on(&scene.said, &name).len(), 1, "{name}");
    }
    assert_eq!(House::farewell().payload, r#"{"state":"offline"}"#);
}

#[test]
fn a_rename_leaves_nothing_under_the_old_name() {
    let mut scene = Scene::open();
    let said = scene.send("bridge/request/device/rename", r#"{"from":"lamp","to":"desk/lamp","transaction":42}"#);
    let answer = json!({
        "data": {"from": "lamp", "to": "desk/lamp", "homeassistant_rename": false}, "status": "ok", "transaction": 42,
    });
    assert_eq!(on(&said, "bridge/response/device/rename"), [answer]);
    assert!(said.contains(&Message::cleared("lamp/availability")));
    assert!(scene.names().contains(&"desk/lamp".to_owned()) && !scene.names().contains(&"lamp".to_owned()));
    assert_eq!(on(&scene.send("desk/lamp/set", "OFF"), "desk/lamp")[0]["state"], "OFF");
}

#[test]
fn a_rename_that_cannot_be_is_refused() {
    let mut scene = Scene::open();
    let mut refused = |from: &str, to: &str| {
        let said = scene.send("bridge/request/device/rename", &json!({"from": from, "to": to}).to_string());
        let answer = on(&said, "bridge/response/device/rename").pop().unwrap();
        assert_eq!(answer["status"], "error");
        answer["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("nope", "x"), "Device 'nope' does not exist");
    assert_eq!(refused("lamp", "plug"), "friendly_name 'plug' is already in use");
    assert_eq!(refused("lamp", "all_lights"), "friendly_name 'all_lights' is already in use");
    assert_eq!(refused("lamp", "a/#"), "MQTT wildcard (+ and #) not allowed in friendly_name ('a/#')");
    for name in ["", "/a", "a/", "bridge/a", "a/set", "a\0", &"a".repeat(101)] {
        refused("lamp", name);
    }
    assert!(scene.names().contains(&"lamp".to_owned()));
}

#[test]
fn a_removed_device_can_join_again() {
    let mut scene = Scene::open();
    let said = scene.send("bridge/request/device/remove", r#"{"id":"lamp"}"#);
    assert_eq!(on(&said, "bridge/event")[0]["type"], "device_leave");
    assert!(!scene.names().contains(&"lamp".to_owned()));
    assert_eq!(scene.retained("bridge/groups").unwrap()[0]["members"].as_array().map(Vec::len), Some(1));
    scene.send("bridge/request/permit_join", r#"{"time":60}"#);
    let joined = scene.until("bridge/event", |body| body["type"] == "device_joined").unwrap();
    assert_eq!(joined["data"]["friendly_name"], "0x000b57fffe000001");
    assert!(scene.names().contains(&"0x000b57fffe000001".to_owned()));
}

#[test]
fn all_that_is_published_is_announced() {
    let mut scene = Scene::open();
    scene.until("button", |body| body["action"].is_string());
    for name in scene.names() {
        let mut announced = BTreeSet::from(UNANNOUNCED.map(str::to_owned));
        properties(&scene.exposes(&name), &mut announced);
        for state in on(&scene.said, &name) {
            for key in state.as_object().unwrap().keys() {
                assert!(announced.contains(key), "{key} of {name}");
            }
        }
    }
}

#[test]
fn all_that_can_be_asked_for_is_in_the_report() {
    let mut scene = Scene::open();
    for name in scene.names() {
        let device = scene.house.devices.iter().find(|device| device.name == name).unwrap();
        let mut announced = BTreeSet::new();
        properties(&scene.exposes(&name), &mut announced);
        let asked: Vec<String> = announced.into_iter().filter(|key| device.can_get(key)).collect();
        for key in asked {
            let said = scene.send(&format!("{name}/get/{key}"), "");
            assert!(!on(&said, &name)[0][&key].is_null(), "{key} of {name}");
        }
    }
}

#[test]
fn its_own_messages_mean_nothing_to_it() {
    let mut scene = Scene::open();
    scene.until("button", |body| body["action"].is_string());
    for Message { topic, payload, .. } in std::mem::take(&mut scene.said) {
        assert_eq!(scene.house.receive(scene.now, &topic, payload.as_bytes()), [], "{topic}");
    }
}
