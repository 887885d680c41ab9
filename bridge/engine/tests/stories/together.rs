//! Several updates in one request.

use hes_schemas::Status;
use serde_json::json;

use crate::{support::House, update::lamp};

#[test]
fn several_properties_of_a_device_go_out_in_one_command() {
    let mut house = lamp();
    let set = house.ask("zigbee/lamp/set", r#"{"on":true,"brightness":50,"nosuch":1,"identify":true}"#);
    assert_eq!(house.commands(), [r#"lamp set {"identify":true,"level":127,"state":"ON"}"#]);
    house.reports("lamp", json!({"state": "ON"}));
    house.fails("lamp", Some("level"), "too bright");
    assert!(house.is_waiting(&set), "identify has not settled");
    house.later(2_000);
    let answer = house.answer(&set);
    let statuses: Vec<_> = answer.values.iter().map(|(name, it)| (name.as_str(), it.status.code())).collect();
    assert_eq!(statuses, [("brightness", 502), ("identify", 204), ("nosuch", 404), ("on", 200)]);
    assert_eq!(answer.status, Status::Ok, "the request as such was fine");
}

#[test]
fn several_devices_are_updated_by_one_request() {
    let mut house = House::with(&[("one", "lamp"), ("two", "lamp"), ("three", "lamp")]);
    let updates = json!([
        {"target": "the one/on", "value": true},
        {"target": "zigbee/two/on", "value": true},
        {"target": "zigbee/three/brightness", "value": 500},
        {"target": "zigbee/two", "value": true},
    ]);
    let set = house.ask("$req/update", &json!({"updates": updates}).to_string());
    assert_eq!(house.commands(), [r#"one set {"state":"ON"}"#, r#"two set {"state":"ON"}"#]);
    house.reports("two", json!({"state": "ON"}));
    house.fails("one", None, "asleep");
    let statuses: Vec<_> = house.answer(&set).results.iter().map(|it| it.status.code()).collect();
    assert_eq!(statuses, [502, 200, 422, 400]);
}

#[test]
fn one_bad_native_value_does_not_spoil_the_others_of_the_request() {
    let mut house = lamp();
    let updates = json!([
        {"target": "zigbee/lamp/brightness", "value": 50},
        {"target": "zigbee/lamp/native/state", "value": "MAYBE"},
    ]);
    let set = house.ask("$req/update", &json!({"updates": updates}).to_string());
    assert_eq!(house.commands(), [r#"lamp set {"level":127}"#]);
    house.reports("lamp", json!({"level": 127}));
    let statuses: Vec<_> = house.answer(&set).results.iter().map(|it| it.status.code()).collect();
    assert_eq!(statuses, [200, 422]);
}

#[test]
fn one_request_cannot_want_two_values_of_one_property() {
    let mut house = lamp();
    let updates = json!([
        {"target": "zigbee/lamp/on", "value": true},
        {"target": "The lamp/on", "value": false},
        {"target": "zigbee/lamp/native/state", "value": "OFF"},
    ]);
    let set = house.ask("$req/update", &json!({"updates": updates}).to_string());
    assert_eq!(house.commands(), [r#"lamp set {"state":"ON"}"#]);
    house.reports("lamp", json!({"state": "ON"}));
    let statuses: Vec<_> = house.answer(&set).results.iter().map(|it| it.status.code()).collect();
    assert_eq!(statuses, [200, 400, 400]);
}
