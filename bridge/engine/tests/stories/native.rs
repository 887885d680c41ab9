//! Update of a native value: done when the cluster reports it, or a change that it makes.

use hes_schemas::{Datum, Status};
use serde_json::json;

use crate::update::lamp;

#[test]
fn a_native_update_is_done_when_its_value_is_reported() {
    let mut house = lamp();
    let set = house.ask("zigbee/lamp/native/state/set", "ON");
    assert_eq!(house.commands(), [r#"lamp set {"state":"ON"}"#]);
    house.reports("lamp", json!({"state": "OFF"}));
    assert!(house.is_waiting(&set), "that was no change");
    house.reports("lamp", json!({"state": "ON"}));
    let answer = house.answer(&set);
    assert_eq!((answer.status, answer.value), (Status::Ok, Some(Datum::text("ON"))));
}

#[test]
fn a_native_update_whose_value_is_never_reported_as_such_is_done_by_any_change() {
    let mut house = lamp();
    let set = house.ask("zigbee/lamp/native/state/set", "TOGGLE");
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.answer(&set).value, Some(Datum::text("ON")));
}

#[test]
fn a_native_update_of_two_properties_is_not_done_by_the_one_that_stays() {
    let mut house = lamp();
    house.reports("lamp", json!({"color": {"x": 0.1, "y": 0.1}}));
    house.reports("lamp", json!({"color": {"x": 0.2}}));
    house.reports("lamp", json!({"color": {"x": 0.3}}));
    let set = house.ask("zigbee/lamp/native/color/set", r#"{"x":0.5,"y":0.5}"#);
    house.reports("lamp", json!({"color": {"y": 0.1}}));
    assert!(house.is_waiting(&set), "nothing has changed");
    house.reports("lamp", json!({"color": {"y": 0.5}}));
    assert!(house.is_waiting(&set), "half of it has");
    house.reports("lamp", json!({"color": {"x": 0.5, "y": 0.5}}));
    assert_eq!(house.status(&set), 200);
}

#[test]
fn a_native_update_that_waited_is_not_done_by_the_change_before_it() {
    let mut house = lamp();
    let first = house.ask("zigbee/lamp/native/state/set", "ON");
    let second = house.ask("zigbee/lamp/native/state/set", "OFF");
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.status(&first), 200);
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.is_waiting(&second), "that is what the first made of it");
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(house.answer(&second).value, Some(Datum::text("OFF")));
}

#[test]
fn a_native_update_under_a_condition_holds_the_version_of_the_native_value() {
    let mut house = lamp();
    house.reports("lamp", json!({"color": {"x": 0.1, "y": 0.1}}));
    house.reports("lamp", json!({"color": {"x": 0.2}}));
    let version = house.retained("zigbee/lamp/native/color").unwrap()["version"].clone();
    let body = |version: &serde_json::Value| json!({"value": {"x": 0.5, "y": 0.5}, "if_version": version}).to_string();
    let set = house.ask("zigbee/lamp/native/color/set", &body(&version));
    assert!(house.is_waiting(&set));
    house.reports("lamp", json!({"color": {"x": 0.5, "y": 0.5}}));
    let late = house.ask("zigbee/lamp/native/color/set", &body(&version));
    assert_eq!(house.error(&late), (412, "version_mismatch"));
}
