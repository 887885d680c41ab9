//! Notification: what subscribers are told, in which order, and what they are spared.

use hes_schemas::{
    Datum, Quality,
    message::{Cause, EventKind},
};
use serde_json::json;

use crate::support::{Ask, GUS, House};

fn house_with(subscription: &serde_json::Value) -> House {
    let mut house = House::with(&[("lamp", "lamp"), ("sensor", "sensor")]);
    let ticket = house.ask("$req/subscribe", &subscription.to_string());
    assert_eq!(house.status(&ticket), 201);
    house.forget_outputs();
    house
}

fn values(house: &mut House) -> Vec<Datum> {
    house.told().into_iter().filter_map(|it| it.value).collect()
}

#[test]
fn a_change_is_told_with_its_reading() {
    let mut house = house_with(&json!({"scope": "#"}));
    house.reports("lamp", json!({"level": 127}));
    let told = house.told();
    assert_eq!(told.len(), 1);
    let it = &told[0];
    assert_eq!((it.event, it.device.as_str()), (EventKind::PropertyChanged, "oak/zigbee/lamp"));
    assert_eq!((it.property.as_deref(), it.value.as_ref()), (Some("brightness"), Some(&Datum::Integer(50))));
    assert_eq!((it.unit.as_deref(), it.quality, it.version), (Some("%"), Some(Quality::Good), Some(1)));
    assert_eq!((it.time, it.cause, it.request.as_ref()), (house.now, Some(Cause::Device), None));
}

#[test]
fn the_same_value_again_is_no_change() {
    let mut house = house_with(&json!({"scope": "#"}));
    house.reports("lamp", json!({"level": 127}));
    house.reports("lamp", json!({"level": 127}));
    assert_eq!(house.told().len(), 1);
}

#[test]
fn a_value_that_is_heard_again_after_silence_is_no_change() {
    let mut house = house_with(&json!({"scope": "#"}));
    house.reports("lamp", json!({"level": 127}));
    house.told();
    house.unlink();
    house.go_online();
    house.reports("lamp", json!({"level": 127}));
    assert!(house.told().is_empty());
}

#[test]
fn the_numbers_of_a_subscription_leave_no_gap() {
    let mut house = house_with(&json!({"scope": "#"}));
    for level in 0..50 {
        house.reports("lamp", json!({"level": level * 5}));
    }
    let seqs: Vec<u64> = house.told().iter().map(|it| it.seq).collect();
    assert!(seqs.iter().copied().eq(1..=50), "{seqs:?}");
}

#[test]
fn each_subscription_has_numbers_of_its_own() {
    let mut house = house_with(&json!({"scope": "zigbee/lamp"}));
    house.reports("lamp", json!({"state": "ON"}));
    house.ask("$req/subscribe", r#"{"scope":"zigbee/sensor"}"#);
    house.reports("sensor", json!({"temperature": 20}));
    let seqs: Vec<u64> = house.told().iter().map(|it| it.seq).collect();
    assert_eq!(seqs, [1, 1]);
}

#[test]
fn a_change_that_a_user_asked_for_names_the_request() {
    let mut house = house_with(&json!({"scope": "#"}));
    house.send(Ask::new("zigbee/lamp/property/on/set", r#"{"value":true,"id":"gus-7"}"#).by(GUS));
    house.reports("lamp", json!({"state": "ON"}));
    house.reports("lamp", json!({"level": 254}));
    let told = house.told();
    let causes: Vec<_> = told.iter().map(|it| (it.cause, it.request.as_ref().map(ToString::to_string))).collect();
    assert_eq!(causes[0], (Some(Cause::User), Some("gus-7".to_owned())));
    assert_eq!(causes[1], (Some(Cause::Device), None), "nobody asked for the brightness");
}

#[test]
fn only_the_events_that_were_asked_for_are_told() {
    let mut house = house_with(&json!({"scope": "#", "events": ["device_event", "device_offline"]}));
    house.reports("lamp", json!({"state": "ON"}));
    house.becomes("lamp", "online");
    house.becomes("lamp", "offline");
    house.tells("sensor", "action", json!("double"));
    assert_eq!(house.news(), ["device_offline zigbee/lamp", "device_event zigbee/sensor action \"double\""]);
}

#[test]
fn coming_and_going_is_told() {
    let mut house = house_with(&json!({"scope": "#"}));
    house.becomes("lamp", "online");
    house.becomes("lamp", "online");
    house.becomes("lamp", "unknown");
    house.renames("lamp", "sun");
    house.leaves("sun");
    let news = ["device_online zigbee/lamp", "device_added zigbee/sun", "device_removed zigbee/sun"];
    assert_eq!(house.news(), news);
}

#[test]
fn private_things_are_told_to_those_who_may_know_them() {
    let mut house = House::with(&[("sensor", "sensor")]);
    house.ask_as(GUS, "$req/subscribe", r##"{"scope":"#"}"##);
    house.reports("sensor", json!({"diary": "x", "presence": true}));
    house.tells("sensor", "alarm", json!("fire"));
    house.tells("sensor", "action", json!("single"));
    let news = ["property_changed zigbee/sensor presence true", "device_event zigbee/sensor action \"single\""];
    assert_eq!(house.news(), news);
}

#[test]
fn between_two_changes_of_a_property_lies_the_interval() {
    let mut house = house_with(&json!({"scope": "#", "min_interval": 5}));
    house.reports("lamp", json!({"level": 0}));
    for level in [50, 100, 254] {
        house.later(1_000);
        house.reports("lamp", json!({"level": level}));
    }
    assert_eq!(values(&mut house), [Datum::Integer(0)]);
    house.later(1_999);
    assert!(house.told().is_empty());
    house.later(1);
    assert_eq!(values(&mut house), [Datum::Integer(100)], "the latest is told when the interval is over");
    house.later(60_000);
    assert!(house.told().is_empty());
    house.reports("lamp", json!({"level": 0}));
    assert_eq!(values(&mut house), [Datum::Integer(0)], "after a long silence nothing is held back");
}

#[test]
fn a_value_that_came_back_within_the_interval_is_not_told() {
    let mut house = house_with(&json!({"scope": "#", "min_interval": 5}));
    for state in ["ON", "OFF", "ON"] {
        house.reports("lamp", json!({ "state": state }));
    }
    house.later(60_000);
    assert_eq!(values(&mut house), [Datum::Bool(true)]);
}

#[test]
fn a_change_that_was_held_back_still_names_its_cause() {
    let mut house = house_with(&json!({"scope": "#", "min_interval": 5}));
    house.reports("lamp", json!({"state": "OFF"}));
    house.send(Ask::new("zigbee/lamp/property/on/set", r#"{"value":true,"id":"gus-7"}"#).by(GUS));
    house.reports("lamp", json!({"state": "ON"}));
    house.told();
    house.later(5_000);
    let told = house.told();
    assert_eq!(
        (told[0].cause, told[0].request.as_ref().map(ToString::to_string).as_deref()),
        (Some(Cause::User), Some("gus-7"))
    );
}

#[test]
fn the_interval_counts_from_the_initial_state() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "OFF"}));
    house.ask("$req/subscribe", r##"{"scope":"#","min_interval":5}"##);
    house.told();
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.told().is_empty());
    house.later(5_000);
    assert_eq!(values(&mut house), [Datum::Bool(true)]);
}

#[test]
fn small_changes_are_told_when_they_add_up() {
    let mut house = house_with(&json!({"scope": "#", "delta": 1}));
    for temperature in [20.0, 20.5, 20.9, 21.0, 20.5, 19.9] {
        house.reports("sensor", json!({ "temperature": temperature }));
    }
    assert_eq!(values(&mut house), [Datum::Integer(20), Datum::Integer(21), Datum::Number(19.9)]);
}

#[test]
fn a_delta_is_about_numbers_only() {
    let mut house = house_with(&json!({"scope": "#", "delta": 1000}));
    for state in ["ON", "OFF"] {
        house.reports("lamp", json!({ "state": state }));
    }
    assert_eq!(house.told().len(), 2);
}

#[test]
fn a_change_too_small_by_the_end_of_the_interval_is_not_told() {
    let mut house = house_with(&json!({"scope": "#", "delta": 5, "min_interval": 10}));
    for temperature in [20, 30, 21] {
        house.reports("sensor", json!({ "temperature": temperature }));
    }
    house.later(60_000);
    assert_eq!(values(&mut house), [Datum::Integer(20)]);
}

#[test]
fn the_interval_holds_for_each_device_even_when_one_takes_the_place_of_another() {
    let mut house = house_with(&json!({"scope": "#", "min_interval": 5, "events": ["property_changed"]}));
    house.reports("lamp", json!({"state": "ON"}));
    house.reports("lamp", json!({"state": "OFF"}));
    house.leaves("lamp");
    house.later(4_000);
    house.joins(crate::support::Thing::new("other", "lamp"));
    house.reports("other", json!({"state": "ON"}));
    house.reports("other", json!({"state": "OFF"}));
    house.told();
    house.later(4_999);
    assert!(house.told().is_empty());
    house.later(1);
    assert_eq!(values(&mut house), [Datum::Bool(false)]);
}

#[test]
fn what_is_remembered_for_intervals_is_bounded() {
    let limits = hes_engine::Limits { told: 2, ..hes_engine::Limits::default() };
    let mut house = House::limited(limits, &[("lamp", "lamp")]);
    house.ask("$req/subscribe", r##"{"scope":"#","min_interval":5}"##);
    let report = json!({"state": "ON", "level": 0, "color": {"x": 0, "y": 0}});
    house.reports("lamp", report);
    assert_eq!(house.told().len(), 4);
    assert_eq!((house.engine.load().told, house.engine.counters().intervals_forgotten), (2, 2));
    house.reports("lamp", json!({"state": "OFF", "level": 254, "color": {"x": 1, "y": 1}}));
    assert_eq!(house.told().len(), 2, "what is not remembered is told at once");
}

#[test]
fn an_event_that_a_broker_retains_is_not_told_again_at_each_reconnection() {
    let mut house = house_with(&json!({"scope": "#", "events": ["device_event", "property_changed"]}));
    house.gives_back("sensor", "action", json!("double"));
    assert_eq!(house.news(), [""; 0]);
    house.tells("sensor", "action", json!("double"));
    assert_eq!(house.news().len(), 1);
}
