//! What guests may do: what was consented to, within what the account that gives it may.

use std::sync::Arc;

use hes_engine::Door;
use hes_schemas::{
    Millis, Safety,
    link::{Entry, LinkMessage},
    rights::{Action, Grant, Grants, Role},
};
use serde_json::{Value, json};

use crate::world::{Packet, UNTIL, World, anna, everyday, guest, home};

/// Has rosa of oak give something to anna of elm; returns the federation.
fn rosa_gives(world: &mut World, grants: &[Grant]) -> String {
    let info = world.does(
        "oak",
        "rosa",
        json!({"create": {
            "with": "elm", "user": "anna-elm", "give": grants, "purpose": "visits", "until": UNTIL,
        }}),
    );
    let id = info["id"].as_str().unwrap().to_owned();
    world.does("oak", &anna("oak"), json!({"approve": {"federation": id}}));
    world.deliver();
    world.accept("elm", &id);
    world.later(10_000);
    id
}

#[test]
fn a_guest_may_do_what_was_consented_to_and_nothing_else() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let guest = guest("oak", &id, "elm", &anna("elm"));
    let mut ask = |topic: &str, payload: &str| world.guest_asks("oak", &guest, topic, payload);
    assert_eq!(ask("zigbee/lamp/property/on/get", ""), Some(200));
    assert_eq!(ask("zigbee/lamp/property/brightness/set", "5"), None, "the lamp is asked");
    assert_eq!(ask("zigbee/heater/property/power/get", ""), Some(404));
    assert_eq!(ask("$req/federate", r#"{"do":"list"}"#), Some(404));
    assert_eq!(ask("$req/peer", r#"{"do":"list"}"#), Some(403));
}

#[test]
fn a_guest_may_never_do_more_than_who_gives_it() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("oak", "rosa", vec![everyday("zigbee/lamp")]);
    let id = rosa_gives(&mut world, &[everyday("#")]);
    let guest = guest("oak", &id, "elm", &anna("elm"));
    assert_eq!(world.guest_asks("oak", &guest, "zigbee/lamp/property/on/get", ""), Some(200));
    assert_eq!(world.guest_asks("oak", &guest, "zigbee/heater/property/target/set", "20"), Some(404));
    let told = &world.homes[&home("elm")].foreign[&(home("oak"), anna("elm").parse().unwrap())];
    assert_eq!(told.iter().map(|grant| grant.scope.to_string()).collect::<Vec<_>>(), ["zigbee/uid:u-lamp"]);
}

#[test]
fn other_rights_of_the_account_act_on_its_guests_at_once() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("oak", "rosa", Role::Resident.grants());
    let id = rosa_gives(&mut world, &[everyday("#")]);
    let guest = guest("oak", &id, "elm", &anna("elm"));
    assert_eq!(world.guest_asks("oak", &guest, "zigbee/heater/property/target/set", "20"), None);
    world.account("oak", "rosa", vec![everyday("zigbee/lamp")]);
    assert_eq!(world.guest_asks("oak", &guest, "zigbee/heater/property/target/set", "20"), Some(404));
    world.deliver();
    let told = &world.homes[&home("elm")].foreign[&(home("oak"), anna("elm").parse().unwrap())];
    assert_eq!(told.iter().map(|grant| grant.scope.to_string()).collect::<Vec<_>>(), ["zigbee/uid:u-lamp"]);
}

#[test]
fn danger_is_given_only_by_name() {
    for (safety, expect) in [(Safety::S1, Some(403)), (Safety::S2, None)] {
        let mut world = World::of(&["oak", "elm"]);
        world.account("oak", "rosa", Role::Resident.grants());
        let id = rosa_gives(&mut world, &[Grant { safety, ..everyday("#") }]);
        let guest = guest("oak", &id, "elm", &anna("elm"));
        assert_eq!(world.guest_asks("oak", &guest, "zigbee/heater/property/power/set", "true"), expect, "{safety:?}");
    }
}

#[test]
fn neither_the_home_itself_nor_topics_can_be_given() {
    let mut world = World::of(&["oak", "elm"]);
    let manage = Grant { actions: vec![Action::Read, Action::Manage], ..everyday("#") };
    for grants in [json!([manage]), json!([everyday("topic:#")])] {
        let create = |give: &Value, want: &Value| {
            json!({"create": {
                "with": "elm", "user": "x", "give": give, "want": want, "purpose": "p", "until": UNTIL,
            }})
        };
        assert_eq!(world.fails("oak", &anna("oak"), create(&grants, &json!([]))), (400, "malformed"));
        assert_eq!(world.fails("oak", &anna("oak"), create(&json!([]), &grants)), (400, "malformed"));
    }
}

#[test]
fn subscriptions_of_a_guest_end_with_the_consent() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let guest = guest("oak", &id, "elm", &anna("elm"));
    let subscribed = world.guest_asks("oak", &guest, "$req/subscribe", r#"{"scope":"zigbee/lamp","initial":false}"#);
    assert_eq!(subscribed, Some(201));
    world.hears("oak", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    let told = |world: &World| {
        let is_told =
            |it: &Packet| matches!(&it.message, LinkMessage::Log(log) if matches!(log.entry, Entry::Notification(_)));
        world.arrived.iter().filter(|it| is_told(it)).count()
    };
    assert_eq!(told(&world), 1, "its own home is told");
    world.does("oak", &anna("oak"), json!({"withdraw": {"federation": id}}));
    assert_eq!(world.homes[&home("oak")].engine.load().subscriptions, 0);
    world.hears("oak", "u-lamp/state", &json!({"state": "ON"}));
    world.deliver();
    assert_eq!(told(&world), 1);
}

#[test]
fn an_account_with_the_name_of_a_guest_is_nobodys_guest() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.create("oak", "elm");
    world.account("oak", guest("oak", &id, "elm", &anna("elm")).as_str(), Vec::new());
    world.deliver();
    world.accept("elm", &id);
    world.later(10_000);
    assert!(!world.reads("elm", "oak", &id));
}

#[test]
fn a_part_of_ones_rights_is_not_enough_to_give_any() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.create("elm", "oak");
    world.deliver();
    let part = Some(Arc::new(Grants::new(vec![everyday("#")])));
    let door = || Door::Own("anna".parse().ok());
    let accept = json!({"accept": {"federation": id}});
    let answer = world.ask_through("oak", &anna("oak"), "federate", accept, door(), part.clone()).unwrap();
    assert_eq!(answer.status.code(), 403);
    let list = world.ask_through("oak", &anna("oak"), "federate", json!("list"), door(), part).unwrap();
    assert_eq!(list.status.code(), 200);
}

#[test]
fn what_is_given_for_an_hour_ends_after_an_hour_and_the_other_home_knows() {
    let mut world = World::of(&["oak", "elm"]);
    let hour = Some(world.now + Millis::from_secs(3_600));
    world.account("oak", "rosa", Role::Resident.grants());
    let id = rosa_gives(&mut world, &[everyday("zigbee/heater"), Grant { until: hour, ..everyday("zigbee/lamp") }]);
    let scopes = |world: &World| {
        let told = &world.homes[&home("elm")].foreign[&(home("oak"), anna("elm").parse().unwrap())];
        told.iter().map(|grant| grant.scope.to_string()).collect::<Vec<_>>()
    };
    world.later(3_500_000);
    assert!(world.reads("elm", "oak", &id));
    assert_eq!(scopes(&world), ["zigbee/uid:u-heater", "zigbee/uid:u-lamp"]);
    world.later(100_000);
    assert!(!world.reads("elm", "oak", &id));
    assert_eq!(scopes(&world), ["zigbee/uid:u-heater"]);
    let soon = Some(world.now + Millis::from_secs(60));
    let rights = Role::Resident.grants().into_iter().map(|grant| Grant { until: soon, ..grant }).collect();
    world.account("oak", "rosa", rights);
    world.later(61_000);
    assert!(world.may().is_empty(), "nor does it outlast the right of who gives it");
}
