//! What happens by itself.

use serde_json::json;

use super::Scene;

#[test]
fn power_follows_the_plug() {
    let mut scene = Scene::open();
    scene.send("plug/set", "OFF");
    assert_eq!(scene.until("plug", |_| true).unwrap()["power"], 0);
    scene.send("plug/set", "ON");
    let fed = scene.until("plug", |_| true).unwrap();
    assert!(fed["power"].as_f64().is_some_and(|power| power > 30.0), "{fed}");
}

#[test]
fn values_move_and_buttons_are_pressed() {
    let mut scene = Scene::open();
    let cold = scene.until("garden/weather", |_| true).unwrap();
    assert!(scene.until("garden/weather", |body| body["temperature"] != cold["temperature"]).is_some());
    assert!(scene.until("hall/motion", |body| body["occupancy"] == true).is_some());
    assert!(scene.until("hall/motion", |body| body["occupancy"] == false).is_some());
    assert!(scene.until("window", |body| body["contact"] == false).is_some());
    assert!(scene.until("button", |body| body["action"].is_string()).is_some());
    let cool = scene.until("thermostat", |_| true).unwrap();
    assert!(scene.until("thermostat", |body| body["local_temperature"] != cool["local_temperature"]).is_some());
}

#[test]
fn the_garage_plug_drops_off_and_comes_back() {
    let mut scene = Scene::open();
    scene.drop_the_garage_plug();
    assert_eq!(scene.retained("Garage plug/availability"), Some(json!({"state": "offline"})));
    let back = scene.until("bridge/event", |body| body["type"] == "device_announce").unwrap();
    assert_eq!(back["data"]["friendly_name"], "Garage plug");
    assert_eq!(scene.retained("Garage plug/availability"), Some(json!({"state": "online"})));
}

#[test]
fn an_unreachable_device_fails_after_a_while_with_the_error_of_the_peer() {
    let mut scene = Scene::open();
    scene.drop_the_garage_plug();
    assert_eq!(scene.send("Garage plug/set", r#"{"state":"ON"}"#), []);
    let line = scene.until("bridge/logging", |_| true).unwrap()["message"].clone();
    let line = line.as_str().unwrap();
    let start = "z2m: Publish 'set' 'state' to 'Garage plug' failed: 'Error: ZCL command 0x00158d0000000007/1 genOnOff.on({}, {";
    assert!(line.starts_with(start), "{line}");
    assert!(line.ends_with("}) failed (Delivery failed for '4103')'"), "{line}");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let tell = || {
        let mut scene = Scene::open();
        scene.until("nothing", |_| false);
        scene.said
    };
    assert_eq!(tell(), tell());
}
