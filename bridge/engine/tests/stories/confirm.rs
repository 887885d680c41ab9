//! What is most dangerous is asked for twice.

use hes_schemas::{Safety, rights::Grant};
use serde_json::json;

use super::{
    rights::everyday,
    support::{ANNA, Ask, GUS, House},
};

const LOCKED: &str = "zigbee/door/property/locked/set";

/// Asks as anna for something that is answered with a challenge, and returns that.
fn challenge(house: &mut House, topic: &str, body: &str) -> String {
    let ticket = house.ask(topic, body);
    assert_eq!(house.error(&ticket), (409, "unconfirmed"), "{topic} {body}");
    assert!(house.commands().is_empty(), "{topic} {body}");
    house.answer(&ticket).challenge.unwrap().to_string()
}

fn with(challenge: &str, value: &serde_json::Value) -> String {
    json!({"value": value, "challenge": challenge}).to_string()
}

fn house() -> House {
    let mut house = House::with(&[("door", "door"), ("lamp", "lamp")]);
    house.reports("door", json!({"locked": true}));
    house
}

#[test]
fn a_door_is_unlocked_by_the_same_update_with_the_challenge() {
    let mut house = house();
    let word = challenge(&mut house, LOCKED, "false");
    let ticket = house.ask(LOCKED, &with(&word, &json!(false)));
    assert_eq!(house.commands(), [r#"door set {"locked":false}"#]);
    house.reports("door", json!({"locked": false}));
    assert_eq!(house.status(&ticket), 200);
}

#[test]
fn the_safe_direction_and_what_is_less_dangerous_take_one_step() {
    let mut house = house();
    house.ask(LOCKED, "true");
    house.ask("zigbee/lamp/property/on/set", "true");
    assert_eq!(house.commands(), [r#"door set {"locked":true}"#, r#"lamp set {"state":"ON"}"#]);
}

#[test]
fn a_challenge_acts_once_for_30_seconds_for_one_asker_one_property_and_one_value() {
    let pin = "zigbee/door/property/pin/set";
    let unlock = |word: &str| with(word, &json!(false));
    let mut house = house();
    house.grant(GUS, vec![Grant { safety: Safety::S3, ..everyday("#") }]);
    let word = challenge(&mut house, LOCKED, "false");
    house.send(Ask::new(LOCKED, &unlock(&word)).by(GUS));
    assert!(house.commands().is_empty(), "it was anna's");
    challenge(&mut house, LOCKED, &unlock(&word));

    let word = challenge(&mut house, pin, "0");
    challenge(&mut house, pin, &with(&word, &json!("1")));
    let word = challenge(&mut house, LOCKED, "false");
    challenge(&mut house, "zigbee/door/native/locked/set", &unlock(&word));
    let word = challenge(&mut house, LOCKED, "false");
    house.later(30_000);
    challenge(&mut house, LOCKED, &unlock(&word));
    challenge(&mut house, LOCKED, &unlock("1-1-nonsense"));

    let word = challenge(&mut house, LOCKED, "false");
    house.later(29_999);
    house.ask(LOCKED, &unlock(&word));
    assert_eq!(house.commands().len(), 1);
    house.reports("door", json!({"locked": false}));
    challenge(&mut house, LOCKED, &unlock(&word));
}

#[test]
fn rights_and_values_are_looked_at_before_a_challenge_is_given() {
    let mut house = house();
    house.grant(GUS, vec![Grant { safety: Safety::S2, ..everyday("#") }]);
    let ticket = house.ask_as(GUS, LOCKED, "false");
    assert_eq!(house.error(&ticket), (403, "denied"));
    let ticket = house.ask(LOCKED, "ajar");
    assert_eq!(house.error(&ticket), (422, "bad_value"));
    let ticket = house.ask(LOCKED, r#"{"value":false,"ttl":11}"#);
    assert_eq!(house.error(&ticket), (403, "unsafe"));
    let word = challenge(&mut house, LOCKED, "false");
    house.grant(ANNA, vec![Grant { safety: Safety::S2, ..everyday("#") }]);
    let ticket = house.ask(LOCKED, &with(&word, &json!(false)));
    assert_eq!(house.error(&ticket), (403, "denied"), "the right was taken away in between");
}

#[test]
fn several_updates_at_once_are_confirmed_one_by_one() {
    let mut house = house();
    let updates = |word: Option<&str>| {
        json!({"updates": [
            {"target": "zigbee/lamp/on", "value": true}, {"target": "zigbee/door/locked", "value": false, "challenge": word},
        ]})
        .to_string()
    };
    let ticket = house.ask("$req/update", &updates(None));
    house.reports("lamp", json!({"state": "ON"}));
    let results = house.answer(&ticket).results;
    assert_eq!(results.iter().map(|it| it.status.code()).collect::<Vec<_>>(), [200, 409]);
    house.commands();
    house.ask("$req/update", &updates(results[1].challenge.as_ref().map(|it| it.as_str())));
    assert!(house.commands().contains(&r#"door set {"locked":false}"#.to_owned()));
}

#[test]
fn several_values_of_a_device_are_confirmed_by_their_names() {
    let mut house = house();
    let ticket = house.ask("zigbee/door/set", r#"{"locked":false,"pin":"0"}"#);
    let values = house.answer(&ticket).values;
    assert!(house.commands().is_empty());
    let body = json!({"values": {"locked": false, "pin": "0"}, "challenges": {
        "locked": values["locked"].challenge, "pin": values["pin"].challenge,
    }});
    house.ask("zigbee/door/set", &body.to_string());
    assert_eq!(house.commands(), [r#"door set {"locked":false,"pin":"0"}"#]);
}

#[test]
fn the_first_step_again_is_answered_the_same_and_the_second_again_acts_once() {
    let mut house = house();
    let ask = |id: &str, body: &str| Ask::new(LOCKED, body).correlated(id.as_bytes());
    let first = house.send(ask("a", "false"));
    house.send(ask("a", "false"));
    let words: Vec<_> = house.answers(&first).into_iter().map(|it| it.challenge.unwrap()).collect();
    assert!(words.len() == 2 && words[0] == words[1]);
    let second = with(words[0].as_str(), &json!(false));
    let ticket = house.send(ask("b", &second));
    house.send(ask("b", &second));
    assert_eq!(house.commands().len(), 1);
    house.reports("door", json!({"locked": false}));
    house.send(ask("b", &second));
    assert!(house.commands().is_empty());
    assert!(house.answers(&ticket).iter().all(|it| it.status.code() == 200));
}

#[test]
fn challenges_do_not_grow_without_bound_nor_push_others_out() {
    let mut house = house();
    let word = challenge(&mut house, LOCKED, "false");
    house.grant(GUS, vec![Grant { safety: Safety::S3, ..everyday("#") }]);
    for _ in 0..2_000 {
        house.ask_as(GUS, LOCKED, "false");
    }
    house.ask(LOCKED, &with(&word, &json!(false)));
    assert_eq!(house.commands().len(), 1);
}
