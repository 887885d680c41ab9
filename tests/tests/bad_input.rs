//! Whatever is wrong gets the right status, changes nothing, and the gateway lives.

#![expect(clippy::indexing_slicing, reason = "a test panics to say what is wrong")]

use hes_tests::{
    HOME,
    chance::Chance,
    client::{CBOR, Client, JSON, Refused, Request},
    house::House,
    vectors::BadVector,
    wire::{self, Message, Properties, Version},
};
use serde_json::{Value, json};

/// The largest payload that fits a packet for sure; beyond it the connection ends.
const PACKET: usize = 4 << 20;

/// MQTT 5.0, 4.13: Packet too large.
const TOO_LARGE: Refused = Refused::Code(0x95);

const SET: &str = "hes/1/home/zigbee/lamp/property/on/set";

/// Lets something happen in a house, after which everything must be as it was and work as it did.
fn unharmed(story: impl FnOnce(&House)) {
    let mut house = House::start(env!("CARGO_BIN_EXE_hes-tests-gateway"));
    let before = house.retained();
    story(&house);
    assert!(house.gateway.program().is_running());
    assert_eq!(house.bridge.commands(), [], "nothing has reached the devices");
    assert_eq!(house.retained(), before);
    let answer = house.owner().ask(Request::set("zigbee/lamp/on", &json!(false)));
    assert_eq!((answer.status, answer.value()), (200, &json!(false)));
}

/// Asks for something wrong, and holds the refusal against what is expected.
fn check(client: &mut Client, request: Request, status: u64, error: &str) {
    let what = format!("{request:?}");
    let answer = client.ask(request);
    assert_eq!(answer.refusal(), (status, error), "{what}");
    assert_eq!(answer.label, Some(status.to_string()), "{what}");
    assert_eq!(answer.body.get("value"), None, "{what}");
}

#[test]
fn what_is_unknown_is_not_found() {
    unharmed(|house| {
        let mut owner = house.owner();
        for path in ["zigbee/nobody/on", "zigbee/lamp/nothing", "elsewhere/lamp/on"] {
            check(&mut owner, Request::get(path), 404, "unknown");
            check(&mut owner, Request::set(path, &json!(true)), 404, "unknown");
        }
        for topic in ["$req/nonsense", "zigbee/lamp/on/set", "zigbee/LAMP/property/on/get", "a/b/c/d/e/f/get"] {
            check(&mut owner, Request::on(format!("{HOME}/{topic}"), "{}"), 404, "unknown");
        }
        check(&mut owner, Request::on("hes/1/elm/zigbee/lamp/property/on/get", ""), 404, "unknown");
    });
}

#[test]
fn a_value_that_does_not_fit_is_refused() {
    unharmed(|house| {
        let mut owner = house.owner();
        for value in [json!("purple"), json!(3), Value::Null, json!([true]), json!({ "on": true })] {
            check(&mut owner, Request::set("zigbee/lamp/on", &value), 422, "bad_value");
        }
        for value in [json!(-1), json!(100.5), json!(1e300), json!(true)] {
            check(&mut owner, Request::set("zigbee/lamp/brightness", &value), 422, "bad_value");
        }
        check(&mut owner, Request::set("zigbee/sensor/temperature", &json!(21)), 405, "read_only");
    });
}

#[test]
fn a_retained_request_is_refused_and_not_kept() {
    unharmed(|house| {
        let mut owner = house.owner();
        check(&mut owner, Request::set("zigbee/lamp/on", &json!(false)).retained(), 400, "retained_request");
        check(&mut owner, Request::get("zigbee/lamp/on").retained(), 400, "retained_request");
        check(&mut owner, Request::operation("devices", &json!({})).retained(), 400, "retained_request");
    });
}

#[test]
fn an_unknown_content_type_is_not_spoken() {
    unharmed(|house| {
        let mut owner = house.owner();
        for content_type in ["application/xml", "text/html", "application/cbor-seq", "ü", " "] {
            check(&mut owner, Request::on(SET, "false").speaking(content_type), 415, "unsupported_content_type");
        }
    });
}

#[test]
fn a_foreign_response_topic_is_told_to_the_asker_only() {
    unharmed(|house| {
        let mut witness = house.gateway.named_client("owner", Version::V5, "somebody").unwrap();
        witness.subscribe(&["#", "hes/1/home/$res/somebody"]).unwrap();
        witness.fence();
        witness.forget();
        let mut owner = house.owner();
        for topic in
            ["hes/1/home/$res/somebody", "zigbee2mqtt/lamp/set", "hes/1/home/$status", "other", "hes/1/elm/$res/x"]
        {
            let request = Request::set("zigbee/lamp/on", &json!(false)).reply_to(topic);
            check(&mut owner, request, 403, "foreign_response_topic");
        }
        witness.fence();
        assert_eq!(witness.heard(), []);
    });
}

#[test]
fn a_payload_that_is_too_large_is_refused_or_ends_the_connection() {
    unharmed(|house| {
        let mut owner = house.owner();
        check(&mut owner, Request::on(SET, vec![b' '; 1 << 20]), 413, "too_large");
        assert_eq!(owner.publish(Message::new(SET, vec![b' '; 5 << 20])), Err(TOO_LARGE));
    });
}

#[test]
fn every_bad_vector_is_refused() {
    unharmed(|house| {
        let mut owner = house.owner();
        let vectors = BadVector::all();
        assert!(vectors.len() > 400, "{}", vectors.len());
        for BadVector { message, name, content_type, payload, is_too_large } in vectors {
            let (rest, is_its_own) = asked_on(&message);
            if payload.len() > PACKET {
                let sent = owner.publish(Message::new(format!("{HOME}/{rest}"), payload));
                assert_eq!(sent, Err(TOO_LARGE), "{message} {name}");
                owner = house.owner();
                continue;
            }
            let answer = owner.ask(Request::on(format!("{HOME}/{rest}"), payload).speaking(content_type));
            let expect = if is_too_large { 413 } else { 400 };
            // a map without a single value is written as it is: nothing happens
            let does_nothing = rest == "zigbee/lamp/set" && answer.status == 200 && answer.body.get("values").is_none();
            let is_right = does_nothing
                || answer.status == expect
                || (!is_its_own && matches!(answer.status, 400 | 409 | 413 | 422));
            assert!(is_right && answer.body.get("value").is_none(), "{message} {name}: {answer:?}");
        }
    });
}

/// Returns where a message is asked, and whether that is its own place; what is only ever told is tried as a value.
fn asked_on(message: &str) -> (&'static str, bool) {
    match message {
        "Devices" => ("$req/devices", true),
        "Retrieve" => ("zigbee/lamp/property/on/get", true),
        "RetrieveMany" => ("$req/retrieve", true),
        "UpdateMany" => ("$req/update", true),
        "Subscribe" => ("$req/subscribe", true),
        "Renew" => ("$req/renew", true),
        "Unsubscribe" => ("$req/unsubscribe", true),
        "UpdateProperties" => ("zigbee/lamp/set", false),
        _ => ("zigbee/lamp/property/on/set", false),
    }
}

#[test]
fn a_thousand_strange_requests_are_each_answered_once() {
    unharmed(|house| {
        let (mut owner, mut chance) = (house.owner(), Chance::new(1));
        for _ in 0..20 {
            let strange: Vec<Request> = (0..50).map(|_| strange_request(&mut chance, owner.name())).collect();
            let asked: Vec<(String, String)> =
                strange.into_iter().map(|request| (format!("{request:?}"), owner.request(request))).collect();
            owner.fence();
            for (what, token) in asked {
                owner.until(&what, |client| (!client.final_answers(&token).is_empty()).then_some(()));
                let answers = owner.final_answers(&token);
                assert!(answers.len() == 1 && (400..500).contains(&answers[0].status), "{what}: {answers:?}");
            }
        }
    });
}

/// Makes a request that no house can fulfil: a mutated payload, topic or property of one that it nearly could.
fn strange_request(chance: &mut Chance, asker: &str) -> Request {
    match chance.below(3) {
        0 => {
            let good: [&[u8]; 5] =
                [br#"{"value":"no"}"#, br#"{"value":17,"if_version":4}"#, b"\xa1\x65value\x63abc", b"[1,2,{}]", b"17"];
            let request = Request::on(SET, mutated(chance, good));
            match chance.below(4) {
                0 => request,
                1 => request.speaking(CBOR),
                2 => request.speaking("application/json; charset=utf-8"),
                _ => request.speaking(JSON),
            }
        }
        1 => Request::on(strange_topic(chance), "true"),
        _ => {
            let elsewhere = format!("{HOME}/$res/{asker}x");
            let request = Request::set("zigbee/lamp/on", &json!(false)).marked(&word(chance), &word(chance));
            match chance.below(3) {
                0 => request.speaking(&format!("{}/{}", word(chance), word(chance))),
                1 => {
                    request.reply_to(&format!("{}/{}", chance.pick(&["hes/1", "x", elsewhere.as_str()]), word(chance)))
                }
                _ => request.within(0),
            }
        }
    }
}

/// Changes some bytes of one of several payloads, and perhaps cuts it; what is left is never empty.
fn mutated(chance: &mut Chance, good: [&[u8]; 5]) -> Vec<u8> {
    let mut payload = chance.pick(&good).to_vec();
    payload.truncate(1 + chance.below(2 * payload.len()));
    for _ in 0..=chance.below(4) {
        let at = chance.below(payload.len());
        payload[at] = chance.byte();
    }
    payload
}

fn strange_topic(chance: &mut Chance) -> String {
    let levels: Vec<String> = (0..chance.below(8)).map(|_| word(chance)).collect();
    let (home, verb) = (chance.pick(&["home", "elm", "$link", "Home"]), chance.pick(&["get", "set", "$req/x/set"]));
    format!("hes/1/{home}/{}/{verb}", levels.join("/"))
}

/// Makes a word of any characters that a topic may hold.
fn word(chance: &mut Chance) -> String {
    let letters: Vec<char> = "abz09_-$ .:äß漢\u{10348}\"\\{}%".chars().collect();
    (0..chance.below(12)).map(|_| *chance.pick(&letters)).collect()
}

#[test]
fn hundreds_of_broken_packets_end_their_connection_at_most() {
    unharmed(|house| {
        house.gateway.add_user("visitor", "guest");
        drop(house.gateway.client("visitor"));
        let mut chance = Chance::new(2);
        for round in 0..300 {
            let name = format!("visitor-{round}");
            let mut visitor = house.gateway.named_client("visitor", Version::V5, &name).unwrap();
            visitor.end_with(&broken_packet(&mut chance));
        }
    });
}

/// Changes some bytes of a request that has every property; what it asks for cannot be done either way.
fn broken_packet(chance: &mut Chance) -> Vec<u8> {
    let properties = Properties {
        content_type: Some(JSON.to_owned()),
        response_topic: Some(format!("{HOME}/$res/visitor")),
        correlation: Some(b"1".to_vec()),
        expiry: Some(10),
        user: vec![("a".to_owned(), "b".to_owned())],
    };
    let mut message = Message::new(SET, r#"{"value":"no"}"#).with(properties);
    message.packet_id = 1;
    let mut packet = wire::publish(Version::V5, &message);
    for _ in 0..=chance.below(3) {
        let at = chance.below(packet.len());
        packet[at] = chance.byte();
    }
    packet
}
