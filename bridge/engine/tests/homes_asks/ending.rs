//! What is given for a time ends when that is over: what is shown, what is told, and what may be done.

use hes_engine::Post;
use hes_schemas::{
    Filter, Millis, Timestamp,
    link::LinkMessage,
    rights::{Grant, Role},
};
use serde_json::json;

use crate::{
    asking::Ticket,
    world::{Packet, UNTIL, World, anna, everyday, home},
};

const HOUR: u64 = 3_600_000;

/// Has rosa of elm, who may do everything, give these to anna of oak.
fn rosa_gives(grants: impl FnOnce(Timestamp) -> Vec<Grant>) -> World {
    let mut world = World::of(&["oak", "elm"]);
    world.account("elm", "rosa", Role::Owner.grants());
    let want = grants(world.now);
    let what = json!({"create": {
        "with": "elm", "user": "rosa", "give": [], "want": want, "purpose": "visits", "until": UNTIL,
    }});
    let id = world.does("oak", &anna("oak"), what)["id"].as_str().unwrap().to_owned();
    world.deliver();
    world.does("elm", "rosa", json!({"accept": {"federation": id}}));
    world.later(10_000);
    world
}

fn until(world_now: Timestamp) -> Option<Timestamp> {
    Some(world_now + Millis::new(HOUR))
}

fn subscribes(world: &mut World, scope: &str) -> Ticket {
    let body = json!({"scope": scope, "initial": false, "lease": 100_000}).to_string();
    let ticket = world.oak_asks("oak/$req/subscribe", &body);
    assert_eq!(world.answer(&ticket).status.code(), 201);
    ticket
}

fn reads(world: &mut World, topic: &str) -> u16 {
    let ticket = world.oak_asks(topic, "");
    world.answer(&ticket).status.code()
}

/// Returns what elm has told oak to be no more.
fn withdrawn(world: &World) -> Vec<String> {
    let from_elm = world.arrived.iter().filter(|it| it.from == home("elm"));
    let states = from_elm.filter_map(|it: &Packet| match &it.message {
        LinkMessage::State(state) => Some(&state.items),
        _ => None,
    });
    states.flatten().filter(|item| item.body.is_null()).map(|item| item.path.clone()).collect()
}

fn shown(world: &World) -> Vec<String> {
    let mut paths = Vec::new();
    let filter = Filter::new("hes/1/elm/+/+/$doc").unwrap();
    let mut note = |post: Post| paths.push(post.topic.as_str().trim_start_matches("hes/1/").to_owned());
    world.homes[&home("oak")].engine.retained(&filter, &mut note);
    paths
}

/// Holds what comes of an end against what was so the moment before.
fn ends(world: &mut World) {
    let lamp = "elm/zigbee/lamp/property/on/get";
    subscribes(world, "elm/zigbee/lamp");
    world.later(HOUR - 10_001);
    assert_eq!(reads(world, lamp), 200);
    assert!(shown(world).contains(&"elm/zigbee/lamp/$doc".to_owned()));
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    assert_eq!(world.told("oak").len(), 1);
    world.later(1);
    assert_eq!(reads(world, lamp), 404);
    assert!(!shown(world).contains(&"elm/zigbee/lamp/$doc".to_owned()), "{:?}", withdrawn(world));
    world.hears("elm", "u-lamp/state", &json!({"state": "ON"}));
    world.deliver();
    assert!(world.told("oak").is_empty());
}

#[test]
fn a_grant_of_a_consent_ends_at_its_time_and_the_others_stay() {
    let lamp = |now| Grant { until: until(now), ..everyday("zigbee/lamp") };
    let mut world = rosa_gives(|now| vec![everyday("zigbee/heater"), lamp(now)]);
    ends(&mut world);
    assert_eq!(shown(&world), ["elm/zigbee/heater/$doc"]);
    let told = &world.homes[&home("oak")].foreign[&(home("elm"), anna("oak").parse().unwrap())];
    assert_eq!(told.iter().map(|grant| grant.scope.to_string()).collect::<Vec<_>>(), ["zigbee/uid:u-heater"]);
}

#[test]
fn the_only_grant_of_a_consent_ends_with_all_that_was_held_by_it() {
    let mut world = rosa_gives(|now| vec![Grant { until: until(now), ..everyday("zigbee/lamp") }]);
    ends(&mut world);
    assert_eq!(world.homes[&home("elm")].engine.load().subscriptions, 0);
    assert!(shown(&world).is_empty() && world.may().is_empty());
}

#[test]
fn a_right_of_who_gives_ends_what_is_given_by_it() {
    let mut world = rosa_gives(|_| vec![everyday("zigbee/heater"), everyday("zigbee/lamp")]);
    let end = Some(world.now + Millis::new(HOUR - 10_000));
    let rights = vec![Grant { until: end, ..everyday("zigbee/lamp") }, everyday("zigbee/heater")];
    world.account("elm", "rosa", rights);
    world.deliver();
    ends(&mut world);
    assert_eq!(shown(&world), ["elm/zigbee/heater/$doc"]);
}

#[test]
fn what_is_under_way_when_it_ends_is_answered_and_what_waits_does_not_act() {
    let lamp = |now| Grant { until: until(now), ..everyday("zigbee/lamp") };
    let mut world = rosa_gives(|now| vec![everyday("zigbee/heater"), lamp(now)]);
    world.commands("elm");
    world.later(HOUR - 12_000);
    let first = world.oak_asks("elm/zigbee/lamp/property/on/set", "false");
    let second = world.oak_asks("elm/zigbee/lamp/property/brightness/set", "5");
    world.later(2_000);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    assert_eq!(world.answer(&first).status.code(), 200);
    assert_eq!(world.error(&second), (404, "unknown"), "its turn came too late");
    assert!(!world.commands("elm").iter().any(|it| it.contains("level")));
}
