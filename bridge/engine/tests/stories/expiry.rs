//! Expiry: what is too late never acts.

use hes_engine::Limits;
use hes_schemas::Millis;
use serde_json::json;

use crate::support::{Ask, House};

const SET_ON: &str = "zigbee/lamp/property/on/set";

fn lamp() -> House {
    House::with(&[("lamp", "lamp")])
}

#[test]
fn a_request_that_says_nothing_expires_after_ten_seconds() {
    let mut house = lamp();
    let set = house.ask(SET_ON, "true");
    house.later(9_999);
    assert!(house.is_waiting(&set));
    house.later(1);
    assert_eq!(house.error(&set), (504, "not_confirmed"));
}

#[test]
fn the_packet_says_when_it_expires_or_else_the_body() {
    for (ask, millis) in [
        (Ask::new(SET_ON, "true").expiring(3), 3_000),
        (Ask::new(SET_ON, r#"{"value":true,"ttl":0.25}"#), 250),
        (Ask::new(SET_ON, r#"{"value":true,"ttl":60}"#).expiring(3), 3_000),
        (Ask::new(SET_ON, r#"{"value":true,"ttl":99999}"#), 600_000),
    ] {
        let mut house = lamp();
        let set = house.send(ask);
        house.later(millis - 1);
        assert!(house.is_waiting(&set), "{millis}");
        house.later(1);
        assert_eq!(house.status(&set), 504, "{millis}");
    }
}

#[test]
fn a_request_that_came_too_late_does_nothing() {
    let mut house = lamp();
    let by_packet = house.send(Ask::new(SET_ON, "true").expiring(0));
    let by_body = house.send(Ask::new(SET_ON, r#"{"value":true,"ttl":0}"#));
    assert_eq!(house.error(&by_packet), (408, "expired"));
    assert_eq!(house.error(&by_body), (408, "expired"));
    assert!(house.commands().is_empty());
}

#[test]
fn a_request_that_expires_in_the_queue_does_nothing() {
    let mut house = lamp();
    let first = house.send(Ask::new(SET_ON, "true").expiring(10));
    let second = house.send(Ask::new(SET_ON, "false").expiring(5));
    house.later(5_000);
    assert_eq!(house.error(&second), (408, "expired"));
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.status(&first), 200);
    assert_eq!(house.commands()[0], r#"lamp set {"state":"ON"}"#);
    assert!(house.commands().iter().all(|command| !command.contains("OFF")));
}

#[test]
fn requests_that_expire_together_do_not_act_one_after_the_other() {
    let mut house = lamp();
    let tickets = [house.ask(SET_ON, "true"), house.ask(SET_ON, "false"), house.ask(SET_ON, "true")];
    house.later(10_000);
    let errors = tickets.map(|ticket| house.error(&ticket));
    assert_eq!(errors, [(504, "not_confirmed"), (408, "expired"), (408, "expired")]);
    let sets = house.commands().into_iter().filter(|command| command.starts_with("lamp set")).count();
    assert_eq!(sets, 1);
}

#[test]
fn a_report_that_comes_when_the_next_has_expired_does_not_let_it_act() {
    let mut house = lamp();
    house.send(Ask::new(SET_ON, "true").expiring(20));
    let second = house.send(Ask::new(SET_ON, "false").expiring(5));
    house.commands();
    // the clock has moved on and nobody has told the engine yet
    house.now = house.now + Millis::from_secs(6);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.error(&second), (408, "expired"));
    assert!(house.commands().iter().all(|command| !command.contains("set")));
}

#[test]
fn after_a_request_that_got_no_answer_the_next_has_its_turn() {
    let mut house = lamp();
    house.send(Ask::new(SET_ON, "true").expiring(2));
    let second = house.send(Ask::new(SET_ON, "false").expiring(10));
    house.later(2_000);
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(house.status(&second), 200);
}

#[test]
fn a_thousand_requests_that_expire_together_are_each_answered_once() {
    let limits = Limits { lane: 10, requests: 2_000, ..Limits::default() };
    let ids: Vec<String> = (0..100).map(|n| format!("lamp{n}")).collect();
    let things: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "lamp")).collect();
    let mut house = House::limited(limits, &things);
    for round in 0..10 {
        for id in &ids {
            house.ask(&format!("zigbee/{id}/property/brightness/set"), &round.to_string());
        }
    }
    assert!(house.letters.is_empty());
    house.later(10_000);
    assert_eq!(house.letters.len(), 1_000);
    assert_eq!(house.engine.load().requests, 0);
}
