//! Subscriptions in another home.

use serde_json::json;

use crate::{
    asking::joined,
    world::{World, anna, everyday},
};

pub(crate) fn subscribe(world: &mut World) -> String {
    let body = json!({"scope": "elm/zigbee/lamp", "initial": false, "lease": 60,
        "events": ["property_changed", "device_event", "device_online", "device_offline"]})
    .to_string();
    let ticket = world.oak_asks("oak/$req/subscribe", &body);
    let answer = world.answer(&ticket);
    assert_eq!(answer.status.code(), 201, "{:?}", answer.detail);
    answer.sid.unwrap().to_string()
}

fn change(world: &mut World, state: &str) -> Vec<(String, serde_json::Value)> {
    world.hears("elm", "u-lamp/state", &json!({"state": state}));
    world.deliver();
    world.told("oak")
}

#[test]
fn events_there_are_told_here_under_the_name_that_was_granted() {
    let mut world = joined();
    let sid = subscribe(&mut world);
    assert!(sid.starts_with("elm-s"), "{sid}");
    let told = change(&mut world, "OFF");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, format!("oak/$notify/anna-oak-1/{sid}"));
    assert_eq!((&told[0].1["sid"], &told[0].1["device"]), (&json!(sid), &json!("elm/zigbee/lamp")));
    assert_eq!(told[0].1["value"], json!(false));
    assert!(world.told("elm").is_empty());
}

#[test]
fn a_subscription_there_is_renewed_and_ended_from_here() {
    let mut world = joined();
    let sid = subscribe(&mut world);
    world.later(40_000);
    let ticket = world.oak_asks("oak/$req/renew", &json!({"sid": sid}).to_string());
    let answer = world.answer(&ticket);
    assert_eq!((answer.status.code(), answer.sid.unwrap().to_string()), (200, sid.clone()));
    world.later(40_000);
    assert_eq!(change(&mut world, "OFF").len(), 1, "it was renewed");
    let ticket = world.oak_asks("oak/$req/unsubscribe", &json!({"sid": sid}).to_string());
    assert_eq!(world.answer(&ticket).status.code(), 204);
    assert!(change(&mut world, "ON").is_empty());
}

#[test]
fn a_subscription_there_ends_with_its_lease() {
    let mut world = joined();
    subscribe(&mut world);
    world.later(61_000);
    assert!(change(&mut world, "OFF").is_empty());
}

#[test]
fn nobody_else_can_end_it() {
    let mut world = joined();
    let sid = subscribe(&mut world);
    let other = sid.trim_start_matches("elm-").to_owned();
    let ticket = world.asks("elm", "anna-elm", "elm/$req/unsubscribe", &json!({"sid": other}).to_string());
    assert_eq!(world.error(&ticket), (404, "unknown"));
}

#[test]
fn a_device_that_is_given_by_its_name_is_subscribed_to_by_any_of_its_names() {
    let mut world = joined();
    world.account("elm", &anna("elm"), vec![everyday("zigbee/lamp")]);
    world.deliver();
    for (scope, expect) in [
        ("elm/zigbee/lamp", 201),
        ("elm/zigbee/lamp/on", 201),
        ("elm/The lamp/on", 201),
        ("elm/zigbee/heater", 404),
        ("elm/zigbee", 403),
    ] {
        let ticket = world.oak_asks("oak/$req/subscribe", &json!({"scope": scope, "initial": false}).to_string());
        assert_eq!(world.answer(&ticket).status.code(), expect, "{scope}");
    }
}
