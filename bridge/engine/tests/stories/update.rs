//! Update: done when the device says so, and answered with what it says.

use hes_schemas::{Datum, Status, message::Confirmation};
use serde_json::json;

use crate::support::{Ask, GUS, House};

const SET_ON: &str = "zigbee/lamp/property/on/set";

pub(crate) fn lamp() -> House {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "OFF", "level": 0}));
    house
}

#[test]
fn an_update_is_done_when_the_device_reports_it() {
    let mut house = lamp();
    let set = house.ask(SET_ON, "true");
    assert_eq!(house.commands(), [r#"lamp set {"state":"ON"}"#]);
    assert!(house.is_waiting(&set));
    house.reports("lamp", json!({"state": "ON"}));
    let answer = house.answer(&set);
    assert_eq!((answer.status, answer.confirmed), (Status::Ok, Some(Confirmation::Device)));
    assert_eq!((answer.value, answer.version), (Some(Datum::Bool(true)), Some(2)));
}

#[test]
fn the_answer_holds_what_the_device_reports_not_what_was_asked() {
    let mut house = lamp();
    let set = house.ask("zigbee/lamp/property/brightness/set", "40.2");
    assert_eq!(house.commands(), [r#"lamp set {"level":102}"#]);
    house.reports("lamp", json!({"level": 102}));
    assert_eq!(house.answer(&set).value, Some(Datum::Integer(40)));
}

#[test]
fn a_report_of_another_value_does_not_confirm() {
    let mut house = lamp();
    let set = house.ask("zigbee/lamp/property/brightness/set", "40");
    house.reports("lamp", json!({"level": 254}));
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.is_waiting(&set));
    house.later(10_000);
    let answer = house.answer(&set);
    assert_eq!(answer.status, Status::Timeout);
    assert!(answer.value.is_none() && answer.detail.unwrap().contains("last reported 100"));
}

#[test]
fn values_are_understood_as_people_type_them() {
    for (body, expect) in [("ON", "ON"), ("off", "OFF"), (r#"{"value":1}"#, "ON"), (r#""true""#, "ON")] {
        let mut house = lamp();
        house.ask(SET_ON, body);
        assert_eq!(house.commands(), [format!(r#"lamp set {{"state":"{expect}"}}"#)], "{body}");
    }
}

#[test]
fn the_device_is_asked_after_a_second_of_silence() {
    let mut house = lamp();
    let set = house.ask(SET_ON, "true");
    house.commands();
    house.later(999);
    assert!(house.commands().is_empty());
    house.later(1);
    assert_eq!(house.commands(), [r#"lamp get ["state"]"#]);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.status(&set), 200);
    house.later(20_000);
    assert!(house.commands().is_empty(), "and is not asked again");
}

#[test]
fn a_device_that_has_answered_is_not_asked() {
    let mut house = lamp();
    house.ask(SET_ON, "true");
    house.reports("lamp", json!({"state": "ON"}));
    house.commands();
    house.later(5_000);
    assert!(house.commands().is_empty());
}

#[test]
fn an_impatient_request_reads_back_half_way() {
    let mut house = lamp();
    house.send(Ask::new(SET_ON, r#"{"value":true,"ttl":0.5}"#));
    house.commands();
    house.later(250);
    assert_eq!(house.commands(), [r#"lamp get ["state"]"#]);
}

#[test]
fn what_nothing_reports_is_done_when_nobody_objects() {
    let mut house = lamp();
    let set = house.ask("zigbee/lamp/property/identify/set", "true");
    assert_eq!(house.commands(), [r#"lamp set {"identify":true}"#]);
    house.later(1_999);
    assert!(house.is_waiting(&set));
    house.later(1);
    let answer = house.answer(&set);
    assert_eq!((answer.status, answer.confirmed), (Status::NoContent, Some(Confirmation::Cluster)));
    assert!(house.commands().is_empty(), "there is nothing to read back");
}

#[test]
fn what_is_slow_is_confirmed_by_the_cluster_and_holds_nothing_up() {
    let mut house = House::with(&[("blind", "blind")]);
    house.reports("blind", json!({"position": 100}));
    let close = house.ask("zigbee/blind/property/position/set", "0");
    let stop = house.ask("zigbee/blind/property/position/set", "80");
    house.reports("blind", json!({"position": 95}));
    assert!(house.is_waiting(&close));
    house.later(2_000);
    let answer = house.answer(&close);
    assert_eq!((answer.status.code(), answer.confirmed), (200, Some(Confirmation::Cluster)));
    assert_eq!(answer.value, Some(95.into()), "what it reported, not what was asked");
    house.reports("blind", json!({"position": 80}));
    assert_eq!(house.answer(&stop).confirmed, Some(Confirmation::Device), "it was there in time");
}

#[test]
fn what_is_slow_fails_when_the_cluster_objects() {
    let mut house = House::with(&[("blind", "blind")]);
    house.reports("blind", json!({"position": 100}));
    let close = house.ask("zigbee/blind/property/position/set", "0");
    house.fails("blind", Some("position"), "it is stuck");
    assert_eq!(house.error(&close), (502, "cluster_error"));
}

#[test]
fn what_nothing_reports_fails_when_the_cluster_objects() {
    let mut house = lamp();
    let set = house.ask("zigbee/lamp/property/identify/set", "true");
    house.fails("lamp", Some("identify"), "unsupported");
    assert_eq!(house.error(&set), (502, "cluster_error"));
}

#[test]
fn a_failed_command_is_answered_with_the_reason_of_the_cluster() {
    let mut house = lamp();
    let set = house.ask(SET_ON, "true");
    house.fails("lamp", None, "Delivery failed");
    let answer = house.answer(&set);
    assert_eq!((answer.status, answer.detail.as_deref()), (Status::ClusterError, Some("Delivery failed")));
    assert_eq!((answer.value, answer.confirmed), (None, None));
}

#[test]
fn a_question_that_fails_late_does_not_fail_the_next_command() {
    let mut house = lamp();
    let fails = |house: &mut House, verb: &str| {
        house.hears("u-lamp/failed", &json!({"native": "state", "verb": verb, "text": "Timeout"}));
    };
    let first = house.ask(SET_ON, "true");
    house.later(1_000);
    assert_eq!(house.commands().len(), 2, "it was set and read back");
    fails(&mut house, "set");
    assert_eq!(house.error(&first), (502, "cluster_error"));

    let second = house.ask(SET_ON, "true");
    fails(&mut house, "get");
    assert!(house.is_waiting(&second), "that was the question of the first");
    house.later(1_000);
    fails(&mut house, "get");
    assert_eq!(house.error(&second), (502, "cluster_error"), "this has been asked for");

    let get = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    fails(&mut house, "set");
    assert!(house.is_waiting(&get), "nobody reads by setting");
    fails(&mut house, "get");
    assert_eq!(house.error(&get), (502, "cluster_error"));
}

#[test]
fn a_complaint_about_another_property_does_not_fail_this_one() {
    let mut house = lamp();
    let set = house.ask(SET_ON, "true");
    house.fails("lamp", Some("level"), "Delivery failed");
    assert!(house.is_waiting(&set));
}

#[test]
fn refusals_say_why() {
    let mut house = House::with(&[("lamp", "lamp"), ("sensor", "sensor"), ("gauge", "gauge")]);
    for (topic, body, expect) in [
        ("zigbee/sensor/property/temperature/set", "1", (405, "read_only")),
        ("zigbee/lamp/property/brightness/set", "101", (422, "bad_value")),
        ("zigbee/lamp/property/brightness/set", "bright", (422, "bad_value")),
        ("zigbee/lamp/property/on/set", "7", (422, "bad_value")),
        ("zigbee/lamp/property/on/set", "", (422, "bad_value")),
        ("zigbee/lamp/property/on/set", "null", (422, "bad_value")),
        ("zigbee/lamp/native/state/set", "MAYBE", (422, "bad_value")),
        ("zigbee/lamp/native/nosuch/set", "1", (404, "unknown")),
        ("zigbee/lamp/property/nosuch/set", "1", (404, "unknown")),
        ("zigbee/nosuch/property/on/set", "1", (404, "unknown")),
        ("nosuch/lamp/property/on/set", "1", (404, "unknown")),
        ("zigbee/gauge/property/count/set", "1.5", (422, "bad_value")),
        ("zigbee/gauge/property/mode/set", "turbo", (422, "bad_value")),
        ("zigbee/gauge/property/paint/set", r#"{"blue":1}"#, (422, "bad_value")),
        ("zigbee/gauge/property/paint/set", r#"{"red":"much"}"#, (422, "bad_value")),
        ("zigbee/gauge/property/steps/set", "[1,2,3,4]", (422, "bad_value")),
        ("zigbee/gauge/property/steps/set", r#"["one"]"#, (422, "bad_value")),
    ] {
        let set = house.ask(topic, body);
        assert_eq!(house.error(&set), expect, "{topic} {body}");
    }
    assert!(house.commands().is_empty(), "nothing was done");
}

#[test]
fn a_value_of_each_type_goes_out_and_is_confirmed() {
    for (name, body, value) in [
        ("flag", "yes", json!(true)),
        ("count", "7", json!(7)),
        ("ratio", "0.125", json!(0.125)),
        ("label", "two words", json!("two words")),
        ("mode", "ECO", json!("eco")),
        ("paint", r#"{"green":1,"red":2}"#, json!({"green": 1, "red": 2})),
        ("steps", "[1,2]", json!([1, 2])),
        ("anything", r#"{"x":[null]}"#, json!({"x": [null]})),
    ] {
        let mut house = House::with(&[("gauge", "gauge")]);
        let set = house.ask(&format!("zigbee/gauge/property/{name}/set"), body);
        assert_eq!(house.commands(), [format!("gauge set {}", json!({name: value}))], "{name}");
        house.reports("gauge", json!({name: value}));
        assert_eq!(house.status(&set), 200, "{name}");
    }
}

#[test]
fn an_update_under_a_condition_fails_when_the_version_is_another() {
    let mut house = lamp();
    house.reports("lamp", json!({"state": "ON"}));
    let old = house.ask(SET_ON, r#"{"value":false,"if_version":1}"#);
    assert_eq!(house.error(&old), (412, "version_mismatch"));
    let new = house.ask(SET_ON, r#"{"value":false,"if_version":2}"#);
    assert!(house.is_waiting(&new));
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn of_two_updates_under_the_same_condition_one_wins() {
    let mut house = lamp();
    let first = house.ask(SET_ON, r#"{"value":true,"if_version":1}"#);
    let second = house.ask_as(GUS, SET_ON, r#"{"value":false,"if_version":1}"#);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.status(&first), 200);
    assert_eq!(house.error(&second), (412, "version_mismatch"));
    assert_eq!(house.commands(), [r#"lamp set {"state":"ON"}"#], "the second never reached the device");
}

#[test]
fn a_cluster_that_is_away_refuses_at_once() {
    let mut house = lamp();
    house.unlink();
    let set = house.ask(SET_ON, "true");
    assert_eq!(house.error(&set), (503, "cluster_offline"));
    assert!(house.commands().is_empty());
}

#[test]
fn a_cluster_that_goes_away_in_the_middle_ends_what_is_under_way() {
    let mut house = lamp();
    let (first, second) = (house.ask(SET_ON, "true"), house.ask(SET_ON, "false"));
    house.hears("presence", &json!("offline"));
    assert_eq!(house.error(&first), (503, "cluster_offline"));
    assert_eq!(house.error(&second), (503, "cluster_offline"));
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn a_device_that_goes_in_the_middle_ends_what_is_under_way() {
    let mut house = lamp();
    let (first, second) = (house.ask(SET_ON, "true"), house.ask(SET_ON, "false"));
    house.leaves("lamp");
    assert_eq!(house.error(&first), (404, "unknown"));
    assert_eq!(house.error(&second), (404, "unknown"));
}

#[test]
fn a_device_that_is_renamed_in_the_middle_still_answers() {
    let mut house = lamp();
    let set = house.ask(SET_ON, "true");
    house.renames("lamp", "sun");
    house.reports("sun", json!({"state": "ON"}));
    assert_eq!(house.status(&set), 200);
}

#[test]
fn a_device_that_is_offline_and_silent_is_named_as_the_reason() {
    let mut house = lamp();
    house.becomes("lamp", "offline");
    let set = house.ask(SET_ON, "true");
    assert_eq!(house.commands(), [r#"lamp set {"state":"ON"}"#], "it may be there after all");
    house.later(10_000);
    assert_eq!(house.error(&set), (503, "device_offline"));
}
