//! What comes off the wire: the ways of asking, and the ways of asking wrongly.

use hes_engine::{Door, Notice};
use hes_schemas::{Datum, Encoding, Symbol};
use serde_json::json;

use crate::support::{Ask, House};

const GET_ON: &str = "zigbee/lamp/property/on/get";
const SET_ON: &str = "zigbee/lamp/property/on/set";

fn lamp() -> House {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "ON"}));
    house.forget_outputs();
    house
}

#[test]
fn an_answer_goes_where_the_packet_says_within_the_askers_own_space() {
    for (named, expect) in
        [("hes/1/oak/$res/anna-1", "hes/1/oak/$res/anna-1"), ("hes/1/oak/$res/anna-1/a/b", "hes/1/oak/$res/anna-1/a/b")]
    {
        let mut house = lamp();
        let get = house.send(Ask::new(GET_ON, "").respond_to(named));
        assert_eq!((house.status(&get), house.letters[0].topic.as_str()), (200, expect));
    }
}

#[test]
fn a_foreign_response_topic_is_refused_and_nothing_is_done() {
    for named in [
        "hes/1/oak/$res/gus-1",
        "hes/1/oak/$res/anna-11",
        "hes/1/oak/$res/",
        "hes/1/oak/$res",
        "hes/1/elm/$res/anna-1",
        "hes/1/oak/zigbee/lamp/property/on",
        "hes/1/oak/$res/anna-1/#",
        "hes/2/oak/$res/anna-1",
        "x",
        "",
    ] {
        let mut house = lamp();
        let by_packet = house.send(Ask::new(SET_ON, "false").respond_to(named));
        assert_eq!(house.error(&by_packet), (403, "foreign_response_topic"), "{named}");
        if !named.is_empty() && !named.contains('#') {
            let by_body = house.send(Ask::new(SET_ON, &json!({"value": false, "reply_to": named}).to_string()));
            assert_eq!(house.error(&by_body), (403, "foreign_response_topic"), "{named}");
        }
        assert!(house.letters.iter().all(|letter| letter.topic.as_str() == "hes/1/oak/$res/anna-1"), "{named}");
        assert!(house.commands().is_empty());
    }
}

#[test]
fn a_client_of_the_old_protocol_says_the_same_in_the_body() {
    let mut house = lamp();
    let body = json!({"value": true, "id": "7", "reply_to": "hes/1/oak/$res/anna-1/mine", "ttl": 2});
    house.send_plain(&Ask::new(SET_ON, &body.to_string()));
    house.later(1_999);
    assert!(house.letters.is_empty());
    house.later(1);
    let letter = &house.letters[0];
    assert_eq!((letter.topic.as_str(), letter.correlation.as_deref()), ("hes/1/oak/$res/anna-1/mine", None));
    let answer: serde_json::Value = serde_json::from_slice(&letter.payload).unwrap();
    assert_eq!((&answer["id"], &answer["status"]), (&json!("7"), &json!(504)));
}

#[test]
fn without_a_word_the_answer_goes_to_the_askers_own_topic() {
    let mut house = lamp();
    house.send_plain(&Ask::new(GET_ON, ""));
    assert_eq!(house.letters[0].topic.as_str(), "hes/1/oak/$res/anna-1");
}

#[test]
fn a_wrong_body_still_says_which_request_it_was_and_where_the_answer_goes() {
    let mut house = lamp();
    for (topic, status) in [("$req/retrieve", 400), ("$req/nosuch", 404), ("zigbee/lamp/property/on/get", 400)] {
        house.forget_outputs();
        let body = json!({"id": "7", "reply_to": "hes/1/oak/$res/anna-1/mine", "nosuch": 1});
        house.send_plain(&Ask::new(topic, &body.to_string()));
        let letter = &house.letters[0];
        let answer: serde_json::Value = serde_json::from_slice(&letter.payload).unwrap();
        assert_eq!((&answer["id"], &answer["status"]), (&json!("7"), &json!(status)), "{topic}");
        assert_eq!(letter.topic.as_str(), "hes/1/oak/$res/anna-1/mine");
    }
}

#[test]
fn a_wrong_body_does_not_turn_the_answer_away_from_its_asker() {
    let mut house = lamp();
    let body = json!({"id": "7", "reply_to": "hes/1/oak/$res/gus-1", "nosuch": 1});
    house.send_plain(&Ask::new("$req/retrieve", &body.to_string()));
    assert_eq!(house.letters[0].topic.as_str(), "hes/1/oak/$res/anna-1");
}

#[test]
fn alongside_another_broker_the_asker_names_the_space() {
    let mut house = lamp();
    let get = Ask::new(GET_ON, "").through(Door::Alongside);
    house.send(get.clone());
    assert!(house.letters.is_empty());
    assert!(house.notices.contains(&Notice::Unanswerable));
    assert_eq!(house.engine.counters().unanswerable, 1);
    house.send(get.clone().respond_to("hes/1/oak/$res/somebody/x"));
    assert_eq!((house.letters.len(), house.letters[0].topic.as_str()), (1, "hes/1/oak/$res/somebody/x"));
    house.send(get.respond_to("zigbee2mqtt/lamp/set"));
    assert_eq!(house.letters.len(), 1, "answers go to answer spaces only");
    let counters = house.engine.counters();
    assert_eq!((counters.answers, counters.unanswerable), (1, 2));
}

#[test]
fn a_retained_request_is_refused_and_counted() {
    let mut house = lamp();
    for (topic, body) in [(SET_ON, "false"), (GET_ON, ""), ("$req/devices", "")] {
        let ticket = house.send(Ask::new(topic, body).retained());
        assert_eq!(house.error(&ticket), (400, "retained_request"));
    }
    assert_eq!(house.engine.counters().retained_refused, 3);
    assert!(house.commands().is_empty());
}

#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let long = format!("\"{}\"", "x".repeat(16 * 1024));
    let deep = format!("{}{}", "[".repeat(9), "]".repeat(9));
    let many = format!("[{}1]", "1,".repeat(1_000));
    for (topic, body, content_type, expect) in [
        (SET_ON, "{", None, (400, "malformed")),
        (SET_ON, "true false", Some("application/json"), (400, "malformed")),
        (SET_ON, r#"{"value":true,"value":false}"#, None, (400, "malformed")),
        (SET_ON, r#"{"value":true,"nosuch":1}"#, None, (400, "malformed")),
        (SET_ON, r#"{"value":true,"ttl":-1}"#, None, (400, "malformed")),
        (SET_ON, r#"{"value":true,"ttl":1e300}"#, None, (400, "malformed")),
        (SET_ON, r#"{"value":true,"id":""}"#, None, (400, "malformed")),
        (SET_ON, r#"{"value":true,"if_version":-1}"#, None, (400, "malformed")),
        (SET_ON, "true", Some("application/cbor"), (400, "malformed")),
        (SET_ON, "true", Some("text/plain"), (415, "unsupported_content_type")),
        (SET_ON, "true", Some(""), (415, "unsupported_content_type")),
        (SET_ON, &long, None, (413, "too_large")),
        (SET_ON, &deep, None, (413, "too_large")),
        (SET_ON, &many, None, (413, "too_large")),
        (GET_ON, "[]", None, (400, "malformed")),
        (GET_ON, "fresh", None, (400, "malformed")),
        ("zigbee/lamp/set", "true", None, (400, "malformed")),
        ("zigbee/lamp/set", r#"{"values":[]}"#, None, (400, "malformed")),
        ("$req/retrieve", "", None, (400, "malformed")),
        ("$req/update", r#"{"updates":[{"target":"a"}]}"#, None, (400, "malformed")),
        ("$req/subscribe", "{}", None, (400, "malformed")),
        ("$req/subscribe", r##"{"scope":"#","events":["nosuch"]}"##, None, (400, "malformed")),
        ("$req/renew", r#"{"sid":"Not A Sid"}"#, None, (400, "malformed")),
        ("$req/devices", r#"{"after":"lamp"}"#, None, (400, "malformed")),
        ("$req/devices", r#"{"limit":-1}"#, None, (400, "malformed")),
        ("$req/nosuch", "", None, (404, "unknown")),
        ("zigbee/lamp/property/on", "true", None, (404, "unknown")),
        ("zigbee/lamp/property/on/get/set", "true", None, (404, "unknown")),
        ("zigbee/Lamp/property/on/get", "", None, (404, "unknown")),
    ] {
        let mut house = lamp();
        let ask = Ask::new(topic, body);
        let ask = content_type.map_or(ask.clone(), |text| ask.content_type(text));
        let ticket = house.send(ask);
        assert_eq!(house.error(&ticket), expect, "{topic} {:.40}", body);
        assert!(house.commands().is_empty() && house.posts.is_empty(), "{topic} {:.40}", body);
    }
}

#[test]
fn bytes_that_are_nothing_at_all_are_malformed() {
    for payload in [vec![0x01, 0x02], vec![0xff; 8], vec![b'{', 0xff], vec![0xbf, 0xff, 0x00]] {
        let mut house = lamp();
        let ticket = house.send(Ask { payload, ..Ask::new(SET_ON, "") });
        assert_eq!(house.error(&ticket), (400, "malformed"));
    }
}

#[test]
fn another_homes_requests_are_none_of_ours() {
    let mut house = lamp();
    let ask = Ask { topic: "hes/1/elm/zigbee/lamp/property/on/get".to_owned(), ..Ask::new("", "") };
    let ticket = house.send(ask);
    assert_eq!(house.error(&ticket), (404, "unknown"));
}

#[test]
fn cbor_is_understood_with_or_without_its_name() {
    for named in [true, false] {
        let mut house = lamp();
        let body: Datum = [("value", Datum::Bool(true)), ("ttl", Datum::Integer(5))].into_iter().collect();
        let ask = Ask::new(SET_ON, "").cbor(&body);
        house.send(if named { ask } else { Ask { content_type: None, ..ask } });
        assert_eq!(house.commands(), [r#"lamp set {"state":"ON"}"#]);
        house.reports("lamp", json!({"state": "ON"}));
        assert_eq!(house.letters[0].encoding, Encoding::Cbor);
    }
}

#[test]
fn an_unanswerable_command_still_acts() {
    let mut house = lamp();
    house.send(Ask::new(SET_ON, "false").at_client("no/space"));
    assert_eq!(house.commands(), [r#"lamp set {"state":"OFF"}"#]);
    house.reports("lamp", json!({"state": "OFF"}));
    assert!(house.letters.is_empty());
    assert!(!house.notices.iter().any(|notice| matches!(notice, Notice::Refused(Symbol::ForeignResponseTopic))));
}
