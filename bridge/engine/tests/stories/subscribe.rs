//! Subscribe, renew, unsubscribe.

use hes_engine::Limits;
use hes_schemas::{Millis, Status, Symbol, message::EventKind};
use serde_json::json;

use crate::support::{Ask, EVE, GUS, House};

fn lamp() -> House {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "OFF"}));
    house
}

/// Subscribes without initial state and returns the subscription's id.
fn subscribe(house: &mut House, body: &serde_json::Value) -> String {
    let mut body = body.clone();
    body["initial"] = json!(false);
    let ticket = house.ask("$req/subscribe", &body.to_string());
    house.answer(&ticket).sid.expect("the subscription is granted").to_string()
}

fn on_sid(sid: &str) -> String {
    json!({ "sid": sid }).to_string()
}

#[test]
fn a_subscription_is_granted_with_its_lease_and_events() {
    let mut house = lamp();
    let ticket =
        house.ask("$req/subscribe", r##"{"scope":"#","events":["device_online","device_online"],"lease":60}"##);
    let answer = house.answer(&ticket);
    assert_eq!((answer.status, answer.lease), (Status::Created, Some(Millis::from_secs(60))));
    assert_eq!(answer.events, [EventKind::DeviceOnline]);
    assert!(answer.sid.is_some());
}

#[test]
fn a_lease_is_held_within_bounds() {
    for (asked, granted) in [(None, 3_600), (Some(0), 10), (Some(99_999_999), 30 * 86_400)] {
        let mut house = lamp();
        let ticket = house.ask("$req/subscribe", &json!({"scope": "#", "lease": asked}).to_string());
        assert_eq!(house.answer(&ticket).lease, Some(Millis::from_secs(granted)), "{asked:?}");
    }
}

#[test]
fn notifications_go_to_the_subscriber_and_nobody_else() {
    let mut house = lamp();
    subscribe(&mut house, &json!({"scope": "zigbee/lamp"}));
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.told_to(), ["anna-1"]);
}

#[test]
fn the_current_state_is_told_first() {
    let mut house = lamp();
    house.ask("$req/subscribe", r#"{"scope":"zigbee/lamp"}"#);
    let told = house.told();
    assert!(told.iter().all(|it| it.initial && it.event == EventKind::PropertyChanged));
    assert_eq!(told.len(), 1);
    house.reports("lamp", json!({"state": "ON"}));
    assert!(!house.told()[0].initial);
}

#[test]
fn the_current_state_of_many_devices_comes_in_turns() {
    let ids: Vec<String> = (0..200).map(|n| format!("lamp{n:03}")).collect();
    let things: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "lamp")).collect();
    let mut house = House::with(&things);
    for id in &ids {
        house.reports(id, json!({"state": "ON"}));
    }
    let ask = Ask::new("$req/subscribe", r##"{"scope":"#"}"##);
    house.engine.handle(house.now, hes_engine::Input::Asked(ask.asked()));
    house.engine.handle_timeout(house.now);
    let mut first = 0;
    while let Some(output) = house.engine.poll_output() {
        first += usize::from(matches!(output, hes_engine::Output::Notify { .. }));
    }
    assert!((1..200).contains(&first), "{first} at one go");
    house.later(0);
    assert_eq!(house.told().len() + first, 200);
}

#[test]
fn devices_that_go_while_the_state_is_told_leave_no_gap() {
    let ids: Vec<String> = (0..100).map(|n| format!("lamp{n:03}")).collect();
    let things: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "lamp")).collect();
    let mut house = House::with(&things);
    for id in &ids {
        house.reports(id, json!({"state": "ON"}));
    }
    let ask = Ask::new("$req/subscribe", r##"{"scope":"#","events":["property_changed"]}"##);
    house.engine.handle(house.now, hes_engine::Input::Asked(ask.asked()));
    house.engine.handle_timeout(house.now);
    let topic = "zigbee/left";
    let payload = json!("u-lamp000").to_string();
    let left =
        hes_engine::Input::Heard { cluster: &crate::support::cluster("zigbee"), topic, payload: payload.as_bytes() };
    house.engine.handle(house.now, left);
    house.later(0);
    assert_eq!(house.told().len(), 100, "each device that was there is told");
}

#[test]
fn a_subscription_ends_with_its_lease() {
    let mut house = lamp();
    let sid = subscribe(&mut house, &json!({"scope": "#", "lease": 10}));
    house.later(9_999);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.told().len(), 1);
    house.later(1);
    house.reports("lamp", json!({"state": "OFF"}));
    assert!(house.told().is_empty());
    let renew = house.ask("$req/renew", &on_sid(&sid));
    assert_eq!(house.error(&renew), (404, "unknown"));
}

#[test]
fn a_renewed_subscription_lives_on() {
    let mut house = lamp();
    let sid = subscribe(&mut house, &json!({"scope": "#", "lease": 10}));
    house.later(9_000);
    let renew = house.ask("$req/renew", &on_sid(&sid));
    assert_eq!(house.answer(&renew).lease, Some(Millis::from_secs(10)));
    house.later(9_999);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.told().len(), 1);
    let longer = house.ask("$req/renew", &json!({"sid": sid, "lease": 60}).to_string());
    assert_eq!(house.answer(&longer).lease, Some(Millis::from_secs(60)));
    house.later(59_999);
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(house.told().len(), 1);
}

#[test]
fn an_ended_subscription_is_silent() {
    let mut house = lamp();
    let sid = subscribe(&mut house, &json!({"scope": "#"}));
    let end = house.ask("$req/unsubscribe", &on_sid(&sid));
    assert_eq!(house.status(&end), 204);
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.told().is_empty());
    let again = house.ask("$req/unsubscribe", &on_sid(&sid));
    assert_eq!(house.error(&again), (404, "unknown"));
}

#[test]
fn nobody_else_can_renew_or_end_a_subscription() {
    let mut house = lamp();
    let sid = subscribe(&mut house, &json!({"scope": "#"}));
    for operation in ["$req/renew", "$req/unsubscribe"] {
        let other_user = house.ask_as(GUS, operation, &on_sid(&sid));
        let same_client = house.send(Ask::new(operation, &on_sid(&sid)).by(GUS).at_client("anna-1"));
        let other_client = house.send(Ask::new(operation, &on_sid(&sid)).at_client("anna-2"));
        for ticket in [other_user, same_client, other_client] {
            assert_eq!(house.error(&ticket), (404, "unknown"));
        }
    }
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.told().len(), 1);
}

#[test]
fn whoever_may_not_be_notified_gets_no_subscription() {
    let mut house = lamp();
    let ticket = house.ask_as(EVE, "$req/subscribe", r##"{"scope":"#"}"##);
    assert_eq!(house.error(&ticket), (403, "denied"));
}

#[test]
fn a_client_whose_id_spells_no_topic_gets_no_subscription() {
    let mut house = lamp();
    let ask = Ask::new("$req/subscribe", r##"{"scope":"#"}"##).at_client("a/b");
    house.send(ask);
    assert!(house.letters.is_empty() && house.told().is_empty());
    assert!(house.notices.contains(&hes_engine::Notice::Refused(Symbol::Denied)));
}

#[test]
fn a_scope_is_a_home_a_cluster_a_device_or_a_property() {
    for (scope, expect) in [
        ("#", 2),
        ("oak", 2),
        ("oak/#", 2),
        ("zigbee", 2),
        ("zigbee/#", 2),
        ("oak/zigbee", 2),
        ("zigbee/lamp", 2),
        ("oak/zigbee/lamp", 2),
        ("zigbee/+", 2),
        ("+/lamp/+", 2),
        ("zigbee/lamp/on", 1),
        ("zigbee/lamp/property/on", 1),
        ("+/+/on", 1),
        ("The lamp", 2),
        ("The lamp/on", 1),
        ("zigbee/other+x", 99),
    ] {
        let mut house = lamp();
        let ticket = house.ask("$req/subscribe", &json!({"scope": scope, "initial": false}).to_string());
        if expect == 99 {
            assert_eq!(house.error(&ticket), (400, "malformed"), "{scope}");
            continue;
        }
        assert_eq!(house.status(&ticket), 201, "{scope}");
        house.reports("lamp", json!({"state": "ON", "level": 254}));
        assert_eq!(house.told().len(), expect, "{scope}");
    }
}

#[test]
fn a_scope_that_cannot_be_is_refused() {
    for (scope, expect) in [
        ("zigbee/nosuch", (404, "unknown")),
        ("zigbee/lamp/native/state", (400, "malformed")),
        ("topic:#", (400, "malformed")),
        ("topic:x", (400, "malformed")),
        ("zigbee/uid:u-nosuch", (404, "unknown")),
        ("", (400, "malformed")),
        ("a/b/c/d/#", (400, "malformed")),
        ("Nobody there", (404, "unknown")),
        ("hue", (404, "unknown")),
    ] {
        let mut house = lamp();
        let ticket = house.ask("$req/subscribe", &json!({ "scope": scope }).to_string());
        assert_eq!(house.error(&ticket), expect, "{scope}");
    }
}

#[test]
fn a_delta_must_be_a_number_from_zero_on() {
    let mut house = lamp();
    let ticket = house.ask("$req/subscribe", r##"{"scope":"#","delta":-1}"##);
    assert_eq!(house.error(&ticket), (400, "malformed"));
}

#[test]
fn a_device_that_one_may_not_see_cannot_be_subscribed_to() {
    let mut house = House::with(&[("lamp", "lamp"), ("door", "door")]);
    house.grant(GUS, vec![crate::rights::everyday("zigbee/lamp")]);
    let ticket = house.ask_as(GUS, "$req/subscribe", r#"{"scope":"zigbee/door"}"#);
    assert_eq!(house.error(&ticket), (404, "unknown"));
}

#[test]
fn subscriptions_are_limited_by_client_and_altogether() {
    let limits = Limits { subscriptions: 3, subscriptions_per_client: 2, ..Limits::default() };
    let mut house = House::limited(limits, &[]);
    let mut ask = |client: &str| {
        let ticket = house.send(Ask::new("$req/subscribe", r##"{"scope":"#"}"##).at_client(client));
        house.answer(&ticket).status.code()
    };
    assert_eq!([ask("a"), ask("a"), ask("a"), ask("b"), ask("b")], [201, 201, 429, 201, 429]);
}

#[test]
fn a_subscription_that_cannot_be_stored_is_refused_and_undone() {
    let mut house = lamp();
    house.refuse_to_store();
    let ticket = house.send(Ask::new("$req/subscribe", r##"{"scope":"#","id":"7","initial":false}"##));
    assert_eq!(house.error(&ticket), (500, "internal"));
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.told().is_empty());
    let again = house.send(Ask::new("$req/subscribe", r##"{"scope":"#","id":"7","initial":false}"##));
    assert_eq!(house.error(&again), (500, "internal"), "the same request may be tried again, and is not called done");
}

#[test]
fn a_subscription_follows_its_device_through_a_rename() {
    let mut house = lamp();
    subscribe(&mut house, &json!({"scope": "zigbee/lamp/on"}));
    house.renames("lamp", "sun");
    house.told();
    house.reports("sun", json!({"state": "ON", "level": 3}));
    assert_eq!(house.news(), ["property_changed zigbee/sun on true"]);
}

#[test]
fn a_subscription_waits_for_a_device_that_has_gone() {
    let mut house = lamp();
    subscribe(&mut house, &json!({"scope": "zigbee/lamp"}));
    let things = house.things();
    house.leaves("lamp");
    assert_eq!(house.news(), ["device_removed zigbee/lamp"]);
    house.inventory(things);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.news(), ["device_added zigbee/lamp", "property_changed zigbee/lamp on true"]);
}
