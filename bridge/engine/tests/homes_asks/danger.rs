//! What is dangerous, in another home: by name only, soon or never, and what is most dangerous in two steps.

use hes_schemas::{
    Safety,
    rights::{Grant, Role},
};
use serde_json::{Value, json};

use crate::world::{UNTIL, World, anna, everyday};

const LOCKED: &str = "elm/zigbee/door/property/locked/set";

/// Has anna of oak want all of elm up to a class, as somebody there, who accepts.
fn wants(world: &mut World, who: &str, safety: Safety) -> String {
    let want = Grant { safety, ..everyday("#") };
    let what = json!({"create": {
        "with": "elm", "user": who, "give": [], "want": [want], "purpose": "all", "until": UNTIL,
    }});
    let id = world.does("oak", &anna("oak"), what)["id"].as_str().unwrap().to_owned();
    world.deliver();
    world.does("elm", who, json!({"accept": {"federation": id}}));
    world.later(10_000);
    world.commands("elm");
    id
}

fn given(safety: Safety) -> World {
    let mut world = World::of(&["oak", "elm"]);
    wants(&mut world, &anna("elm"), safety);
    world
}

fn set(world: &mut World, topic: &str, body: &Value) -> (u16, &'static str) {
    let ticket = world.oak_asks(topic, &body.to_string());
    if world.answers(&ticket).is_empty() { (0, "is waited for") } else { world.error(&ticket) }
}

#[test]
fn what_is_dangerous_acts_within_10_seconds_or_never_and_does_not_wait_behind_others() {
    let power = "elm/zigbee/heater/property/power/set";
    let mut world = given(Safety::S2);
    assert_eq!(set(&mut world, power, &json!({"value": true, "ttl": 12})), (403, "unsafe"));
    assert!(world.commands("elm").is_empty());
    set(&mut world, "elm/zigbee/heater/property/target/set", &json!(20));
    assert_eq!(set(&mut world, power, &json!({"value": true, "ttl": 10})), (409, "busy"));
    world.later(11_000);
    world.commands("elm");
    assert_eq!(set(&mut world, power, &json!({"value": true, "ttl": 10})), (0, "is waited for"));
    assert_eq!(world.commands("elm").len(), 1);
}

#[test]
fn what_is_most_dangerous_is_denied_unless_it_was_given_by_name() {
    let mut world = given(Safety::S2);
    assert_eq!(set(&mut world, LOCKED, &json!(false)), (403, "denied"));
    assert_eq!(set(&mut world, LOCKED, &json!(true)), (0, "is waited for"), "the safe direction is less dangerous");
}

#[test]
fn it_takes_two_steps_there_as_here() {
    let mut world = given(Safety::S3);
    let ticket = world.oak_asks(LOCKED, "false");
    assert_eq!(world.error(&ticket), (409, "unconfirmed"));
    assert!(world.commands("elm").is_empty());
    let challenge = world.answer(&ticket).challenge.unwrap();
    let ticket = world.oak_asks(LOCKED, &json!({"value": false, "challenge": challenge}).to_string());
    assert_eq!(world.commands("elm"), [r#"zigbee/u-door/set {"locked":false}"#]);
    world.hears("elm", "u-door/state", &json!({"locked": false}));
    world.deliver();
    assert_eq!(world.answer(&ticket).status.code(), 200);
}

#[test]
fn so_it_does_among_other_updates() {
    let mut world = given(Safety::S3);
    let update = |challenge: Option<&str>| {
        json!({"updates": [
            {"target": "elm/zigbee/door/locked", "value": false, "challenge": challenge},
            {"target": "zigbee/door/locked", "value": false},
        ]})
        .to_string()
    };
    let ticket = world.oak_asks("oak/$req/update", &update(None));
    let results = world.answer(&ticket).results;
    assert_eq!(results.iter().map(|it| it.status.code()).collect::<Vec<_>>(), [409, 409]);
    let [there, here] = [0, 1].map(|index: usize| results[index].challenge.clone().unwrap());
    world.oak_asks("oak/$req/update", &update(Some(here.as_str())));
    assert!(world.commands("elm").is_empty(), "the one of this home says nothing there");
    world.oak_asks("oak/$req/update", &update(Some(there.as_str())));
    assert_eq!(world.commands("elm").len(), 1);
    assert!(world.commands("oak").is_empty());
}

#[test]
fn somebody_who_manages_the_home_must_have_opened_it() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("elm", "rosa", Role::Resident.grants());
    let id = wants(&mut world, "rosa", Safety::S3);
    assert_eq!(set(&mut world, LOCKED, &json!(false)), (404, "unknown"), "nothing is given before that");
    world.does("elm", &anna("elm"), json!({"approve": {"federation": id}}));
    world.later(10_000);
    assert_eq!(set(&mut world, LOCKED, &json!(false)), (409, "unconfirmed"));
    world.account("elm", "rosa", Role::Guest.grants());
    world.later(1_000);
    assert_eq!(set(&mut world, LOCKED, &json!(false)), (403, "denied"), "nobody gives more than they may themselves");
}

/// Lets anna ask, and what she asks come so much later; returns what is then said to the devices of elm.
fn held_back(world: &mut World, millis: u64) -> Vec<String> {
    world.held_asks = Some(Vec::new());
    world.oak_asks("elm/zigbee/heater/property/power/set", r#"{"value":true,"ttl":10}"#);
    world.later(millis);
    let held = world.held_asks.take().unwrap();
    assert_eq!(held.len(), 1);
    held.into_iter().for_each(|packet| world.arrive(packet));
    world.commands("elm")
}

#[test]
fn what_is_held_back_on_its_way_does_nothing_after_its_time() {
    for (millis, count) in [(0, 1), (9_000, 1), (10_000, 0), (60_000, 0)] {
        let mut world = given(Safety::S2);
        assert_eq!(held_back(&mut world, millis).len(), count, "{millis} ms late");
    }
}
