//! One lane for each device: in order, one at a time, and not too many.

use hes_engine::Limits;
use serde_json::json;

use crate::support::{Ask, House};

fn set(device: &str, level: i64) -> Ask {
    Ask::new(&format!("zigbee/{device}/property/brightness/set"), &level.to_string())
}

#[test]
fn commands_to_one_device_go_out_in_the_order_in_which_they_were_asked() {
    let mut house = House::with(&[("lamp", "lamp")]);
    let tickets: Vec<_> = [0, 50, 100].map(|level| house.send(set("lamp", level))).into();
    assert_eq!(house.commands(), [r#"lamp set {"level":0}"#]);
    house.reports("lamp", json!({"level": 0}));
    assert_eq!(house.commands(), [r#"lamp set {"level":127}"#]);
    house.reports("lamp", json!({"level": 127}));
    assert_eq!(house.commands(), [r#"lamp set {"level":254}"#]);
    house.reports("lamp", json!({"level": 254}));
    assert!(tickets.iter().all(|ticket| house.status(ticket) == 200));
}

#[test]
fn devices_do_not_wait_for_each_other() {
    let mut house = House::with(&[("one", "lamp"), ("two", "lamp")]);
    house.send(set("one", 0));
    let other = house.send(set("two", 0));
    assert_eq!(house.commands().len(), 2);
    house.reports("two", json!({"level": 0}));
    assert_eq!(house.status(&other), 200);
}

#[test]
fn questions_keep_their_place_among_commands() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.send(set("lamp", 0));
    let get = house.ask("zigbee/lamp/property/brightness/get", r#"{"max_age":0}"#);
    house.send(set("lamp", 100));
    house.reports("lamp", json!({"level": 0}));
    assert!(house.is_waiting(&get), "the report came before the question was put");
    house.reports("lamp", json!({"level": 0}));
    assert_eq!(house.status(&get), 200);
    let commands = [r#"lamp set {"level":0}"#, r#"lamp get ["level"]"#, r#"lamp set {"level":254}"#];
    assert_eq!(house.commands(), commands);
}

#[test]
fn a_full_lane_refuses_and_another_has_room() {
    let limits = Limits { lane: 3, ..Limits::default() };
    let mut house = House::limited(limits, &[("one", "lamp"), ("two", "lamp")]);
    let tickets: Vec<_> = (0..4).map(|level| house.send(set("one", level))).collect();
    assert_eq!(house.error(&tickets[3]), (429, "too_many"));
    let other = house.send(set("two", 0));
    assert!(house.is_waiting(&other));
    house.reports("one", json!({"level": 0}));
    let again = house.send(set("one", 9));
    assert!(house.is_waiting(&again), "there is room again");
}

#[test]
fn too_many_requests_under_way_are_refused() {
    let limits = Limits { requests: 2, ..Limits::default() };
    let mut house = House::limited(limits, &[("one", "lamp"), ("two", "lamp"), ("three", "lamp")]);
    let tickets = ["one", "two", "three"].map(|device| house.send(set(device, 0)));
    assert_eq!(house.error(&tickets[2]), (429, "too_many"));
    house.reports("one", json!({"level": 0}));
    let again = house.send(set("three", 0));
    assert!(house.is_waiting(&again));
}

#[test]
fn too_many_targets_are_refused_as_a_whole() {
    let limits = Limits { targets: 2, ..Limits::default() };
    let mut house = House::limited(limits, &[("lamp", "lamp")]);
    for (topic, body) in [
        ("$req/retrieve", json!({"targets": ["a", "b", "c"]})),
        (
            "$req/update",
            json!({"updates": [{"target": "a", "value": 1}, {"target": "b", "value": 1}, {"target": "c", "value": 1}]}),
        ),
        ("zigbee/lamp/set", json!({"values": {"a": 1, "b": 1, "c": 1}})),
        ("zigbee/lamp/get", json!({"properties": ["a", "b", "c"]})),
    ] {
        let ticket = house.ask(topic, &body.to_string());
        assert_eq!(house.error(&ticket), (413, "too_large"), "{topic}");
    }
}

#[test]
fn a_failure_of_one_command_lets_the_next_go() {
    let mut house = House::with(&[("lamp", "lamp")]);
    let first = house.send(set("lamp", 0));
    let second = house.send(set("lamp", 100));
    house.commands();
    house.fails("lamp", None, "busy");
    assert_eq!(house.status(&first), 502);
    assert_eq!(house.commands(), [r#"lamp set {"level":254}"#]);
    assert!(house.is_waiting(&second));
}

#[test]
fn a_device_that_loses_the_property_in_the_meantime_refuses_what_waited() {
    let mut house = House::with(&[("gauge", "gauge")]);
    house.ask("zigbee/gauge/property/flag/set", "true");
    let second = house.ask("zigbee/gauge/property/label/set", "x");
    house.commands();
    house.changes("gauge", |thing| thing.lacks = vec!["label".to_owned()]);
    house.reports("gauge", json!({"flag": true}));
    assert_eq!(house.error(&second), (404, "unknown"));
    assert!(house.commands().is_empty());
}

#[test]
fn rights_that_were_taken_away_stop_what_waits() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.send(set("lamp", 0));
    let second = house.send(set("lamp", 100).by("gus"));
    house.commands();
    house.grant("gus", Vec::new());
    house.reports("lamp", json!({"level": 0}));
    assert_eq!(house.error(&second), (404, "unknown"));
    assert!(house.commands().is_empty());
}
