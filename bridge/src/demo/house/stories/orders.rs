//! What is set and asked for.

use hes_schemas::Millis;
use serde_json::{Value, json};

use super::{Scene, on};

/// Sets something and expects to see it in the state that is published to it.
#[track_caller]
fn check_set(path: &str, payload: &str, name: &str, expect: &Value) {
    let said = Scene::open().send(path, payload);
    let state = on(&said, name).pop().unwrap_or_else(|| panic!("{name} reports to {payload}: {said:?}"));
    for (key, value) in expect.as_object().into_iter().flatten() {
        assert_eq!(&state[key], value, "{key} after {path} {payload}");
    }
    assert!(said.iter().all(|message| !message.retain), "a state is not retained");
}

/// Sends something that fails and expects the line that is logged.
#[track_caller]
fn check_complaint(path: &str, payload: &str, expect: &str) {
    let said = Scene::open().send(path, payload);
    let [line] = on(&said, "bridge/logging").try_into().unwrap_or_else(|lines| panic!("one line: {lines:?}"));
    assert_eq!(line["level"], "error");
    assert_eq!(line["message"], format!("z2m: {expect}"));
}

#[test]
fn a_set_is_answered_with_the_new_state() {
    check_set("Kitchen bulb/set", r#"{"state":"ON"}"#, "Kitchen bulb", &json!({"state": "ON"}));
    check_set("Kitchen bulb/set", r#"{"state":"TOGGLE"}"#, "Kitchen bulb", &json!({"state": "ON"}));
    check_set("lamp/set", "off", "lamp", &json!({"state": "OFF"}));
    check_set("lamp/set/state", "OFF", "lamp", &json!({"state": "OFF"}));
    check_set("lamp/set/brightness", "77", "lamp", &json!({"brightness": 77, "state": "ON"}));
    check_set("lamp/set", r#"{"brightness":0}"#, "lamp", &json!({"brightness": 0, "state": "OFF"}));
    check_set("lamp/set", r#"{"state":"OFF","brightness":9}"#, "lamp", &json!({"state": "OFF", "brightness": 120}));
    check_set("lamp/set", r#"{"color_temp":"cool"}"#, "lamp", &json!({"color_temp": 250}));
    check_set("lamp/set", r#"{"color_temp":9000}"#, "lamp", &json!({"color_temp": 454}));
    check_set("0x000b57fffe000001/set", r#"{"state":"OFF"}"#, "lamp", &json!({"state": "OFF"}));
    check_set("plug/set", r#"{"power_on_behavior":"on"}"#, "plug", &json!({"power_on_behavior": "on"}));
    let warmer = json!({"occupied_heating_setpoint": 22.5, "running_state": "heat"});
    check_set("thermostat/set", r#"{"occupied_heating_setpoint":22.4}"#, "thermostat", &warmer);
    check_set("thermostat/set", r#"{"child_lock":"LOCK"}"#, "thermostat", &json!({"child_lock": "LOCK"}));
}

#[test]
fn a_lamp_that_was_dimmed_to_nothing_comes_back_as_it_was() {
    let mut scene = Scene::open();
    scene.send("lamp/set", r#"{"brightness":0}"#);
    let said = scene.send("lamp/set", "ON");
    assert_eq!(on(&said, "lamp").pop().unwrap()["brightness"], 120);
}

#[test]
fn a_colour_is_set_in_either_way() {
    let said = Scene::open().send("Kitchen bulb/set", r#"{"color":{"hue":120,"saturation":100}}"#);
    let green = on(&said, "Kitchen bulb").pop().unwrap();
    assert_eq!((&green["color"]["hue"], &green["color_mode"]), (&json!(120), &json!("hs")));
    let xy = json!({"color": {"x": green["color"]["x"], "y": green["color"]["y"]}}).to_string();
    let said = Scene::open().send("Kitchen bulb/set", &xy);
    let again = on(&said, "Kitchen bulb").pop().unwrap();
    assert_eq!((&again["color"], &again["color_mode"]), (&green["color"], &json!("xy")));
}

#[test]
fn what_fails_is_logged_in_the_words_of_the_peer() {
    check_complaint("lamp/set", r#"{"nosuch":1}"#, "No converter available for 'nosuch' on 'lamp': (1)");
    check_complaint(
        "garden/weather/set",
        r#"{"temperature":1}"#,
        "No converter available for 'temperature' on 'garden/weather': (1)",
    );
    check_complaint("window/get", r#"{"contact":""}"#, r#"No converter available for 'contact' on 'window': ("")"#);
    check_complaint("lamp/set", r#"{"color":{"x":1}}"#, r#"No converter available for 'color' on 'lamp': ({"x":1})"#);
    check_complaint("nosuch/set", r#"{"state":"ON"}"#, "Entity 'nosuch' is unknown");
    check_complaint("lamp/set", "nonsense", "Invalid message 'undefined', skipping...");
    check_complaint("lamp/set", "null", "Invalid message 'null', skipping...");
    check_complaint(
        "lamp/set",
        r#"{"state":"MAYBE"}"#,
        "Publish 'set' 'state' to 'lamp' failed: 'Error: 'maybe' not allowed, choose between: on,off,toggle'",
    );
    check_complaint(
        "blind/set",
        r#"{"position":"half"}"#,
        r#"Publish 'set' 'position' to 'blind' failed: 'Error: position is not a number, got string ("half")'"#,
    );
}

#[test]
fn a_get_reports_once_for_each_property() {
    let said = Scene::open().send("lamp/get", r#"{"state":"","brightness":""}"#);
    assert_eq!(on(&said, "lamp").len(), 2);
    let said = Scene::open().send("Front door/get/state", "");
    assert_eq!(on(&said, "Front door")[0]["state"], "LOCK");
}

#[test]
fn a_group_follows_its_lamps_and_leads_them() {
    let mut scene = Scene::open();
    let said = scene.send("all_lights/set", r#"{"state":"ON","brightness":50}"#);
    for name in ["lamp", "Kitchen bulb", "all_lights"] {
        let state = on(&said, name).pop().unwrap();
        assert_eq!((&state["state"], &state["brightness"]), (&json!("ON"), &json!(50)), "{name}");
    }
    assert_eq!(on(&scene.send("lamp/set", "OFF"), "all_lights").len(), 0, "one is still lit");
    assert_eq!(on(&scene.send("Kitchen bulb/set", "OFF"), "all_lights")[0]["state"], "OFF");
    assert_eq!(on(&scene.send("all_lights/get", r#"{"state":""}"#), "all_lights").len(), 1);
}

#[test]
fn a_transition_reports_on_its_way() {
    let mut scene = Scene::open();
    scene.send("lamp/set", r#"{"brightness":20}"#);
    let said = scene.send("lamp/set", r#"{"brightness":220,"transition":2}"#);
    assert_eq!(on(&said, "lamp")[0]["brightness"], 20);
    assert!(scene.until("lamp", |body| body["brightness"] == 120).is_some(), "half-way");
    assert!(scene.until("lamp", |body| body["brightness"] == 220).is_some(), "there");
}

#[test]
fn a_blind_reports_on_its_way_and_can_be_stopped() {
    let mut scene = Scene::open();
    assert_eq!(scene.send("blind/set", "CLOSE"), []);
    let half = scene.until("blind", |body| body["position"].as_f64().is_some_and(|position| position <= 50.0));
    assert_eq!(half.unwrap()["state"], "OPEN");
    assert_eq!(on(&scene.send("blind/set", "STOP"), "blind")[0]["position"], 50);
    assert_eq!(scene.send("blind/set", r#"{"position":0}"#), []);
    assert!(scene.until("blind", |body| body["state"] == "CLOSE" && body["position"] == 0).is_some());
}

#[test]
fn a_lock_reports_when_it_has_turned() {
    let mut scene = Scene::open();
    assert_eq!(scene.send("Front door/set", r#"{"state":"UNLOCK"}"#), []);
    let before = scene.now;
    assert_eq!(scene.until("Front door", |_| true).unwrap()["lock_state"], "unlocked");
    assert_eq!(scene.now.since(before), Millis::new(500));
}
