//! A peer tells of what it was never asked.

use hes_schemas::{
    Millis,
    link::{Entry, LinkMessage, LinkNotification, Log},
    message::{EventKind, Notification},
};
use serde_json::json;

use crate::{
    asking::joined,
    subscribing::subscribe,
    world::{Packet, World, home},
};

/// Has elm tell a client of oak that its lamp is there.
fn tells(world: &mut World, sid: &str, user: &str, client: &str, event: EventKind) -> usize {
    let notification = Notification {
        sid: sid.parse().unwrap(),
        seq: 1,
        event,
        device: "elm/zigbee/lamp".to_owned(),
        property: None,
        value: None,
        unit: None,
        quality: None,
        version: None,
        time: world.now,
        cause: None,
        request: None,
        initial: false,
    };
    let (user, client) = (user.parse().unwrap(), client.parse().unwrap());
    let until = world.now + Millis::from_secs(60);
    let message = Entry::Notification(LinkNotification { user, client, until, notification });
    let message = LinkMessage::Log(Log { seq: 0, entry: message });
    world.arrive(Packet { from: home("elm"), to: home("oak"), message });
    world.told("oak").len()
}

#[test]
fn only_who_subscribed_is_told_and_only_of_that() {
    let mut world = joined();
    let online = EventKind::DeviceOnline;
    assert_eq!(tells(&mut world, "s1-1", "anna-oak", "anna-oak-1", online), 0, "nobody has subscribed yet");
    let sid = subscribe(&mut world).trim_start_matches("elm-").to_owned();
    for (sid, user, client, event, expect) in [
        (sid.as_str(), "anna-oak", "anna-oak-1", online, 1),
        (sid.as_str(), "anna-oak", "anna-oak-2", online, 0),
        (sid.as_str(), "rosa", "anna-oak-1", online, 0),
        ("s1-99", "anna-oak", "anna-oak-1", online, 0),
        (sid.as_str(), "anna-oak", "anna-oak-1", EventKind::DeviceRemoved, 0),
    ] {
        assert_eq!(tells(&mut world, sid, user, client, event), expect, "{sid} {user} {client} {event:?}");
    }
    assert_eq!(world.homes[&home("oak")].engine.counters().notifications_refused, 5);
}

#[test]
fn a_subscription_that_was_ended_here_is_told_of_no_more() {
    let mut world = joined();
    let sid = subscribe(&mut world);
    let ticket = world.oak_asks("oak/$req/unsubscribe", &json!({"sid": sid}).to_string());
    assert_eq!(world.answer(&ticket).status.code(), 204);
    let sid = sid.trim_start_matches("elm-");
    assert_eq!(tells(&mut world, sid, "anna-oak", "anna-oak-1", EventKind::DeviceOnline), 0);
}

#[test]
fn what_was_told_before_the_lease_ended_may_come_later_but_not_for_ever() {
    let mut world = joined();
    let sid = subscribe(&mut world).trim_start_matches("elm-").to_owned();
    world.later(1_000_000);
    assert_eq!(tells(&mut world, &sid, "anna-oak", "anna-oak-1", EventKind::DeviceOnline), 1);
    world.later(3_000_000);
    assert_eq!(tells(&mut world, &sid, "anna-oak", "anna-oak-1", EventKind::DeviceOnline), 0);
}

#[test]
fn what_was_subscribed_to_is_known_after_a_restart_and_ends_with_the_federation() {
    let mut world = joined();
    let sid = subscribe(&mut world).trim_start_matches("elm-").to_owned();
    world.restart("oak");
    assert_eq!(tells(&mut world, &sid, "anna-oak", "anna-oak-1", EventKind::DeviceOnline), 1);
    let federations = world.does("oak", "anna-oak", json!("list"));
    world.does("oak", "anna-oak", json!({"leave": {"federation": federations[0]["id"]}}));
    assert_eq!(tells(&mut world, &sid, "anna-oak", "anna-oak-1", EventKind::DeviceOnline), 0);
    assert!(world.homes[&home("oak")].subscriptions.is_empty(), "nothing of it is kept");
}

#[test]
fn one_client_has_only_so_many_subscriptions_in_other_homes() {
    let mut world = joined();
    let subscribes = |world: &mut World| {
        let body = json!({"scope": "elm/zigbee/lamp", "initial": false, "lease": 60}).to_string();
        let ticket = world.oak_asks("oak/$req/subscribe", &body);
        world.answer(&ticket).status.code()
    };
    let statuses: Vec<u16> = (0..202).map(|_| subscribes(&mut world)).collect();
    assert!(statuses[..200].iter().all(|status| *status == 201) && statuses[200..] == [429, 429]);
}
