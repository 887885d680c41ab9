//! Rights: what is not allowed is refused, and what must not be known looks as if it were not there.

use hes_schemas::{
    Millis, Safety,
    rights::{Action, Grant, Scope},
};
use serde_json::json;

use crate::support::{Ask, EVE, GUS, House};

/// Everything with everyday things.
pub(crate) fn everyday(scope: &str) -> Grant {
    grant(&[Action::Read, Action::Write, Action::Notify], scope)
}

fn grant(actions: &[Action], scope: &str) -> Grant {
    Grant { actions: actions.to_vec(), scope: Scope::new(scope).unwrap(), safety: Safety::S1, until: None }
}

#[test]
fn unknown_and_forbidden_look_the_same() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "ON"}));
    for (verb, body) in [("get", ""), ("set", "true")] {
        for space in ["property", "native"] {
            let hidden = Ask::new(&format!("zigbee/lamp/{space}/on/{verb}"), body).by(EVE);
            let missing = Ask::new(&format!("zigbee/nosuch/{space}/on/{verb}"), body).by(EVE);
            let payload = |house: &mut House, ask: Ask| {
                house.forget_outputs();
                house.send_plain(&ask);
                house.letters[0].payload.clone()
            };
            assert_eq!(payload(&mut house, hidden), payload(&mut house, missing));
        }
    }
    assert!(house.commands().is_empty());
}

#[test]
fn an_account_that_was_removed_can_do_nothing() {
    let mut house = House::with(&[("lamp", "lamp")]);
    let set = house.ask_as("nobody", "zigbee/lamp/property/on/set", "true");
    assert_eq!(house.error(&set), (404, "unknown"));
    let list = house.ask_as("nobody", "$req/devices", "");
    assert_eq!(house.answer(&list).devices, Some(Vec::new()));
}

#[test]
fn what_may_be_read_but_not_written_is_denied() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.grant(GUS, vec![grant(&[Action::Read], "#")]);
    for topic in ["zigbee/lamp/property/on/set", "zigbee/lamp/native/state/set"] {
        let set = house.ask_as(GUS, topic, "ON");
        assert_eq!(house.error(&set), (403, "denied"), "{topic}");
    }
}

#[test]
fn what_may_be_written_but_not_read_is_not_told() {
    let mut house = House::with(&[("door", "door"), ("lamp", "lamp")]);
    house.reports("door", json!({"hint": "the old one"}));
    house.grant(GUS, vec![grant(&[Action::Write], "#")]);
    let topic = "zigbee/door/property/hint/set";
    let conditional = house.ask_as(GUS, topic, r#"{"value":"x","if_version":9}"#);
    assert!(!house.answer(&conditional).detail.unwrap().contains('1'), "not even the version");
    let late = house.ask_as(GUS, topic, "x");
    house.later(10_000);
    assert!(!house.answer(&late).detail.unwrap().contains("the old one"));
    let done = house.ask_as(GUS, topic, "new");
    house.reports("door", json!({"hint": "new"}));
    let answer = house.answer(&done);
    assert_eq!((answer.status.code(), answer.value, answer.version), (200, None, None));
}

#[test]
fn a_grant_for_one_property_is_for_that_property() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.grant(GUS, vec![everyday("zigbee/lamp/on")]);
    let on = house.ask_as(GUS, "zigbee/lamp/property/on/set", "true");
    assert!(house.is_waiting(&on));
    let brightness = house.ask_as(GUS, "zigbee/lamp/property/brightness/set", "1");
    assert_eq!(house.error(&brightness), (404, "unknown"));
    let list = house.ask_as(GUS, "$req/devices", "");
    let listing = house.answer(&list).devices.unwrap().remove(0);
    assert_eq!(listing.document.properties.keys().map(|it| it.as_str()).collect::<Vec<_>>(), ["on"]);
}

#[test]
fn a_listing_names_only_the_events_that_may_be_heard() {
    let mut house = House::with(&[("sensor", "sensor")]);
    let events = |house: &mut House, scope: &str| {
        house.grant(GUS, vec![everyday(scope)]);
        let list = house.ask_as(GUS, "$req/devices", "");
        let listing = house.answer(&list).devices.unwrap().remove(0);
        listing.document.events.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(events(&mut house, "zigbee/sensor"), ["action"], "an alarm is too private");
    assert_eq!(events(&mut house, "zigbee/sensor/temperature"), [""; 0]);
}

#[test]
fn a_grant_ends_when_it_says() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "ON"}));
    let until = Some(house.now + Millis::from_secs(60));
    house.grant(GUS, vec![Grant { until, ..everyday("#") }]);
    let get = |house: &mut House| {
        let ticket = house.ask_as(GUS, "zigbee/lamp/property/on/get", "");
        house.status(&ticket)
    };
    house.later(59_999);
    assert_eq!(get(&mut house), 200);
    house.later(1);
    assert_eq!(get(&mut house), 404);
}

#[test]
fn rights_that_were_taken_away_stop_notifications_at_once() {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.ask_as(GUS, "$req/subscribe", r##"{"scope":"#","min_interval":5}"##);
    house.reports("lamp", json!({"state": "ON"}));
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(house.told().len(), 1);
    house.grant(GUS, Vec::new());
    house.reports("lamp", json!({"level": 7}));
    house.later(60_000);
    assert!(house.told().is_empty());
}

#[test]
fn a_dangerous_command_needs_the_right_and_a_short_expiry() {
    let mut house = House::with(&[("heater", "heater")]);
    let topic = "zigbee/heater/property/power/set";
    let guest = house.ask_as(GUS, topic, "true");
    assert_eq!(house.error(&guest), (403, "denied"));
    let slow = house.send(Ask::new(topic, "true").expiring(11));
    assert_eq!(house.error(&slow), (403, "unsafe"));
    assert!(house.commands().is_empty());
    let quick = house.send(Ask::new(topic, "true").expiring(10));
    assert!(house.is_waiting(&quick));
}

#[test]
fn the_safe_direction_is_one_class_lower() {
    let mut house = House::with(&[("heater", "heater")]);
    let off = house.send(Ask::new("zigbee/heater/property/power/set", "off").by(GUS).expiring(60));
    assert!(house.is_waiting(&off));
    assert_eq!(house.commands(), [r#"heater set {"power":false}"#]);
}

#[test]
fn a_native_value_counts_as_the_dangerous_direction() {
    let mut house = House::with(&[("heater", "heater")]);
    let set = house.ask_as(GUS, "zigbee/heater/native/power/set", "false");
    assert_eq!(house.error(&set), (403, "denied"));
}

#[test]
fn a_dangerous_command_never_waits() {
    let mut house = House::with(&[("heater", "heater")]);
    house.ask("zigbee/heater/property/target/set", "20");
    let power = house.ask("zigbee/heater/property/power/set", "true");
    assert_eq!(house.error(&power), (409, "busy"));
    let native = house.ask("zigbee/heater/native/power/set", "true");
    assert_eq!(house.error(&native), (409, "busy"));
    house.reports("heater", json!({"target": 20}));
    let power = house.ask("zigbee/heater/property/power/set", "true");
    assert!(house.is_waiting(&power));
}

#[test]
fn the_list_says_what_may_be_done_with_each_device() {
    let mut house = House::with(&[("lamp", "lamp"), ("sensor", "sensor")]);
    house.grant(GUS, vec![grant(&[Action::Read, Action::Write], "zigbee/lamp"), grant(&[Action::Notify], "#")]);
    let list = house.ask_as(GUS, "$req/devices", r#"{"cluster":"zigbee"}"#);
    let rights: Vec<_> = house.answer(&list).devices.unwrap().into_iter().map(|it| it.rights).collect();
    assert_eq!(rights, [vec![Action::Read, Action::Write, Action::Notify], vec![Action::Notify]]);
}

#[test]
fn what_is_hidden_is_unknown_to_an_update_as_well() {
    let mut house = House::with(&[("sensor", "sensor")]);
    let hidden = house.ask_as(GUS, "zigbee/sensor/property/diary/set", "x");
    let known = house.ask_as(GUS, "zigbee/sensor/property/temperature/set", "1");
    assert_eq!((house.error(&hidden), house.error(&known)), ((404, "unknown"), (405, "read_only")));
}
