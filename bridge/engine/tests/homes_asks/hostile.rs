//! A peer that says what it was not asked for, or asks what it may not.

use hes_schemas::{
    Datum, Millis, datum_of,
    link::{Ask, Entry, LinkMessage, LinkNotification, Log, Reply},
    message::{Answer, EventKind, Notification},
};

use crate::{
    asking::joined,
    world::{Packet, World, home},
};

fn says(world: &mut World, from: &str, to: &str, message: LinkMessage) {
    world.arrive(Packet { from: home(from), to: home(to), message });
}

fn ask(id: u64, token: &str) -> LinkMessage {
    LinkMessage::Ask(Ask {
        id,
        token: token.to_owned(),
        path: "oak/zigbee/lamp/property/on/set".to_owned(),
        body: [("value", Datum::Bool(false))].into_iter().collect(),
        ttl: Millis::from_secs(10),
        since: None,
        request: None,
        client: None,
        trace: None,
        via: Vec::new(),
    })
}

#[test]
fn replies_to_what_was_never_asked_are_counted_and_harm_nobody() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    world.join("oak", "elm");
    let ticket = world.oak_asks("elm/zigbee/lamp/property/on/set", "false");
    let asked = world.arrived.iter().rev().find_map(|it| match &it.message {
        LinkMessage::Ask(ask) => Some(ask.id),
        _ => None,
    });
    let body = datum_of(&Answer::default());
    for id in [0, 1, u64::MAX, asked.unwrap()] {
        says(&mut world, "fir", "oak", LinkMessage::Reply(Reply { id, body: body.clone() }));
    }
    assert!(world.answers(&ticket).is_empty());
    assert_eq!(world.homes[&home("oak")].engine.counters().replies_unknown, 4);
}

#[test]
fn an_answer_that_makes_no_sense_is_an_error_of_that_home() {
    let mut world = joined();
    let ticket = world.oak_asks("elm/zigbee/lamp/property/on/set", "false");
    let asked = world.arrived.iter().rev().find_map(|it| match &it.message {
        LinkMessage::Ask(ask) => Some(ask.id),
        _ => None,
    });
    says(&mut world, "elm", "oak", LinkMessage::Reply(Reply { id: asked.unwrap(), body: "nonsense".into() }));
    assert_eq!(world.error(&ticket), (502, "cluster_error"));
}

#[test]
fn a_token_that_is_not_known_acts_on_nothing_and_is_answered_at_once() {
    let mut world = joined();
    world.air.clear();
    says(&mut world, "elm", "oak", ask(7, "no-such-token"));
    assert!(world.commands("oak").is_empty());
    let Some(LinkMessage::Reply(reply)) = world.air.pop_back().map(|it| it.message) else { panic!("no reply") };
    assert_eq!(reply.id, 7);
    assert_eq!(reply.body.field("error"), Some(&Datum::text("token_unknown")));
}

#[test]
fn what_a_peer_has_under_way_is_bounded() {
    let mut world = joined();
    let token = world.arrived.iter().rev().find_map(|it| match &it.message {
        LinkMessage::Token(hes_schemas::link::TokenMessage::Given { jti, .. }) if it.to == home("elm") => {
            Some(jti.clone())
        }
        _ => None,
    });
    world.air.clear();
    for id in 0..400 {
        says(&mut world, "elm", "oak", ask(id, token.as_deref().unwrap()));
    }
    assert!(world.homes[&home("oak")].engine.load().requests <= 256);
    says(&mut world, "elm", "oak", ask(3, token.as_deref().unwrap()));
    assert!(world.homes[&home("oak")].engine.counters().asks_refused > 0);
    world.later(11_000);
    assert_eq!(world.homes[&home("oak")].engine.load().requests, 0);
}

#[test]
fn nobody_is_told_of_devices_that_are_not_the_peers_own_nor_by_a_home_that_gives_nothing() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    world.join("oak", "elm");
    let now = world.now;
    for (from, device) in [("elm", "oak/zigbee/lamp"), ("elm", "fir/zigbee/lamp"), ("fir", "fir/zigbee/lamp")] {
        let notification = Notification {
            sid: "s1-1".parse().unwrap(),
            seq: 1,
            event: EventKind::DeviceOnline,
            device: device.to_owned(),
            property: None,
            value: None,
            unit: None,
            quality: None,
            version: None,
            time: now,
            cause: None,
            request: None,
            initial: false,
        };
        let told = LinkNotification {
            user: "anna-oak".parse().unwrap(),
            client: "anna-oak-1".parse().unwrap(),
            until: now + Millis::from_secs(60),
            notification,
        };
        says(&mut world, from, "oak", LinkMessage::Log(Log { seq: 0, entry: Entry::Notification(told) }));
    }
    assert!(world.told("oak").is_empty());
    assert_eq!(world.homes[&home("oak")].engine.counters().notifications_refused, 3);
}
