//! No home is asked, or told, more than it takes.

use hes_engine::Notice;
use hes_schemas::{
    datum_of,
    link::{Hello, LinkLimits, LinkMessage, Reply},
    message::Answer,
};
use serde_json::json;

use crate::{
    asking::{Ticket, joined},
    world::{Packet, World, anna, everyday, home},
};

/// Has elm say to oak, or the other way round, that it takes no more than this.
fn takes(world: &mut World, from: &str, to: &str, bytes: u32, asks: u32) {
    let is_meant = |it: &&Packet| it.from == home(from) && it.to == home(to);
    let hello = world.arrived.iter().rev().filter(is_meant).find_map(|it| match &it.message {
        LinkMessage::Hello(hello) => Some(hello.clone()),
        _ => None,
    });
    world.later(2_000);
    let message = LinkMessage::Hello(Hello { limits: LinkLimits { bytes, asks }, ..hello.unwrap() });
    world.arrive(Packet { from: home(from), to: home(to), message });
    world.deliver();
}

fn asks_for_lamp(world: &mut World) -> Ticket {
    world.oak_asks("elm/zigbee/lamp/property/on/set", "false")
}

#[test]
fn a_home_is_asked_no_more_at_a_time_than_it_takes() {
    let mut world = joined();
    takes(&mut world, "elm", "oak", 1 << 18, 3);
    let tickets: Vec<Ticket> = (0..5).map(|_| asks_for_lamp(&mut world)).collect();
    let statuses: Vec<_> = tickets.iter().map(|it| world.answers(it).first().map(|it| it.status.code())).collect();
    assert_eq!(statuses, [None, None, None, Some(429), Some(429)]);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    let again = asks_for_lamp(&mut world);
    assert!(world.answers(&again).is_empty(), "there is room again");
}

#[test]
fn a_request_that_is_too_large_for_the_other_home_is_answered_at_once() {
    let mut world = joined();
    takes(&mut world, "elm", "oak", 1_000, 256);
    let targets: Vec<String> = (0..60).map(|it| format!("elm/zigbee/lamp-number-{it}/on")).collect();
    let ticket = world.oak_asks("elm/$req/retrieve", &json!({"targets": targets}).to_string());
    assert_eq!(world.error(&ticket), (413, "too_large"));
    let ticket = world.oak_asks("elm/zigbee/lamp/property/on/get", "");
    assert_eq!(world.answer(&ticket).status.code(), 200, "the link goes on");
}

#[test]
fn an_answer_that_is_too_large_says_so_and_a_list_goes_on_where_it_was_full() {
    let mut world = World::of(&["oak", "elm"]);
    let things: Vec<_> = (0..30).map(|it| crate::support::Thing::new(&format!("lamp-{it:02}"), "lamp")).collect();
    world.hears("elm", "inventory", &json!(things));
    let give = json!({"create": {
        "with": "elm", "user": "anna-elm", "give": [], "want": [everyday("#")], "purpose": "all",
        "until": crate::world::UNTIL,
    }});
    let id = world.does("oak", &anna("oak"), give)["id"].as_str().unwrap().to_owned();
    world.deliver();
    world.accept("elm", &id);
    world.later(10_000);
    takes(&mut world, "oak", "elm", 4_000, 256);
    let (mut seen, mut after, mut pages) = (0, None, 0);
    loop {
        let body = json!({"home": "elm", "limit": 1_000, "after": after}).to_string();
        let ticket = world.oak_asks("oak/$req/devices", &body);
        let answer = world.answer(&ticket);
        assert_eq!(answer.homes[0].status.code(), 200, "{:?}", answer.homes[0]);
        seen += answer.devices.unwrap().len();
        (after, pages) = (answer.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert!(seen == 30 && pages > 2, "{seen} in {pages}");
    let targets: Vec<String> = (0..90).map(|it| format!("zigbee/none-{it:02}/on")).collect();
    let ticket = world.oak_asks("elm/$req/retrieve", &json!({"targets": targets}).to_string());
    assert_eq!(world.error(&ticket), (413, "too_large"));
}

#[test]
fn what_is_too_large_to_be_told_is_left_out_and_counted() {
    let mut world = joined();
    let lamp = |world: &World| {
        let is_lamp = |it: &&Packet| it.from == home("elm") && format!("{:?}", it.message).contains("lamp/$doc");
        world.arrived.iter().filter(is_lamp).count()
    };
    let before = lamp(&world);
    takes(&mut world, "oak", "elm", 500, 256);
    assert_eq!(lamp(&world), before, "its document is larger than that");
    assert!(world.homes[&home("elm")].engine.counters().left_out > 0);
    let notices = &world.homes[&home("elm")].notices;
    assert!(notices.iter().any(|it| matches!(it, Notice::LeftOut(peer, _) if *peer == home("oak"))));
    let ticket = asks_for_lamp(&mut world);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    assert_eq!(world.answer(&ticket).status.code(), 200, "the link goes on");
}

#[test]
fn a_reply_of_somebody_else_takes_nothing_from_who_waits() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    world.join("oak", "elm");
    let ticket = asks_for_lamp(&mut world);
    let asked = world.arrived.iter().rev().find_map(|it| match &it.message {
        LinkMessage::Ask(ask) => Some(ask.id),
        _ => None,
    });
    let reply = LinkMessage::Reply(Reply { id: asked.unwrap(), body: datum_of(&Answer::default()) });
    world.arrive(Packet { from: home("fir"), to: home("oak"), message: reply });
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    assert_eq!(world.answer(&ticket).status.code(), 200);
}

#[test]
fn a_peer_that_takes_little_again_and_again_fills_no_log() {
    let mut world = joined();
    for epoch in 500..600 {
        takes(&mut world, "oak", "elm", epoch, 256);
        world.later(2_000);
    }
    let count = world.homes[&home("elm")].engine.counters().left_out;
    let notices = world.homes[&home("elm")].notices.iter().filter(|it| matches!(it, Notice::LeftOut(..))).count();
    assert!(count > 100, "{count} were left out");
    assert!(notices <= 64 - usize::try_from(count.leading_zeros()).unwrap(), "{notices} notices of {count}");
}
