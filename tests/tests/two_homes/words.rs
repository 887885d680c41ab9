//! Requests about another home are words as any others: the same forms, the same answers, and what is late never acts.

use hes_tests::{
    client::{CBOR, Client, Request},
    patience::until,
    wire::{Message, Version},
};
use serde_json::{Value, json};

use crate::{LAMP, anna_at, homes_of_anna, homes_with};

/// Asks elm, and holds the answer against what is expected.
fn check(client: &mut Client, request: Request, expect: (u64, &str)) {
    let what = format!("{request:?}");
    assert_eq!(client.ask(request.at("elm")).refusal(), expect, "{what}");
}

#[test]
fn what_is_wrong_is_said_as_at_home() {
    let (oak, elm) = homes_with("read,write,notify:zigbee/+");
    let mut anna = anna_at(&oak);
    drop(elm.bridge.commands());
    check(&mut anna, Request::set("zigbee/sensor/temperature", &json!(1)), (405, "read_only"));
    check(&mut anna, Request::set("zigbee/lamp/brightness", &json!(1000)), (422, "bad_value"));
    check(&mut anna, Request::set("zigbee/nobody/on", &json!(true)), (404, "unknown"));
    check(&mut anna, Request::set("zigbee/lamp/nothing", &json!(true)), (404, "unknown"));
    check(&mut anna, Request::set("zigbee/plug/child_lock", &json!(false)), (403, "denied"));
    let stale = json!({ "value": true, "if_version": 1_000_000 }).to_string();
    check(&mut anna, Request::on("hes/1/elm/zigbee/lamp/property/on/set", stale), (412, "version_mismatch"));
    check(&mut anna, Request::set("zigbee/lamp/on", &json!(true)).within(0), (408, "expired"));
    let retained = anna.request(Request::set("zigbee/lamp/on", &json!(true)).at("elm").retained());
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).status, 200);
    assert!(anna.final_answers(&retained).iter().all(|answer| answer.status != 200));
    assert_eq!(elm.bridge.commands(), []);
}

#[test]
fn requests_come_in_each_form_that_is_spoken_at_home() {
    let (oak, elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    let set = |value: &str| Request::on("hes/1/elm/zigbee/lamp/property/on/set", value.as_bytes());
    let cbor = Request::on("hes/1/elm/zigbee/lamp/property/on/set", [b"\xa1\x65value".as_slice(), b"\xf4"].concat());
    for (request, expect) in [(set("true"), true), (set("OFF"), false), (set("ON"), true), (cbor.speaking(CBOR), false)]
    {
        let answer = anna.ask(request);
        assert_eq!((answer.status, answer.value()), (200, &json!(expect)), "{answer:?}");
        assert_eq!((answer.label.as_deref(), answer.field("confirmed")), (Some("200"), &json!("device")));
    }
    let native = anna.ask(Request::on("hes/1/elm/zigbee/lamp/native/state/get", ""));
    assert_eq!((native.status, native.value()), (200, &json!("OFF")), "{native:?}");
    let several = json!({ "values": { "on": true, "brightness": 100 } }).to_string();
    assert_eq!(anna.ask(Request::on("hes/1/elm/zigbee/lamp/set", several)).status, 200);
    let read = anna.ask(Request::on("hes/1/elm/zigbee/lamp/get", r#"{"properties":["on","brightness"]}"#));
    assert_eq!(read.field("values")["brightness"]["value"], json!(100), "{read:?}");

    let mut old = oak.client_of("anna", Version::V311);
    let answer = old.ask(Request::set("zigbee/lamp/on", &json!(false)).at("elm"));
    assert_eq!((answer.status, answer.value()), (200, &json!(false)), "{answer:?}");
    old.publish(Message::new("hes/1/elm/zigbee/lamp/property/on/set", "ON")).unwrap();
    until("a bare word acts", || (elm.bridge.commands().last()?.1["state"] == "ON").then_some(()));
}

#[test]
fn the_same_request_acts_once_at_the_other_home() {
    let (oak, elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    drop(elm.bridge.commands());
    let answers = format!("hes/1/oak/$res/{}", anna.name());
    let body = json!({ "id": "once", "reply_to": answers, "value": false }).to_string();
    for times in 1..=2 {
        anna.publish(Message::new("hes/1/elm/zigbee/lamp/property/on/set", body.clone())).unwrap();
        anna.until("it is answered", |client| (client.final_answers("once").len() == times).then_some(()));
    }
    let answers = anna.final_answers("once");
    assert_eq!((answers[0].status, &answers[0].body), (200, &answers[1].body));
    assert_eq!(elm.bridge.commands().len(), 1);
}

#[test]
fn what_another_home_shows_is_what_it_shows_at_home() {
    let (oak, elm) = homes_with("read,write,notify:#");
    let mut anna = anna_at(&oak);
    anna.subscribe(&["hes/1/elm/#"]).unwrap();
    let mut there = elm.owner();
    there.subscribe(&["hes/1/elm/#"]).unwrap();
    there.fence();
    let topics = ["$doc", "$status", "property/on", "native/state"].map(|end| format!("hes/1/elm/zigbee/lamp/{end}"));
    for topic in ["hes/1/elm/$status", "hes/1/elm/zigbee/$status"].into_iter().chain(topics.iter().map(String::as_str))
    {
        let shown = anna.next(topic);
        let own = there.last(topic).unwrap_or_else(|| panic!("{topic} is retained at elm"));
        let read = |message: &Message| serde_json::from_slice::<Value>(&message.payload).unwrap();
        assert_eq!(read(&shown), read(own), "{topic}");
    }
    assert!(anna.heard().iter().all(|it| it.topic != LAMP || it.retain));
}
