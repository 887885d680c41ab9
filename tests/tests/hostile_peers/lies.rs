//! What a peer can say that is not so.

use hes_schemas::{Datum, Encoding, encode};
use hes_tests::{client::CBOR, vectors::BadVector};
use serde_json::{Value, json};

use crate::Village;

/// Something that no honest peer says: what it is called, and its bytes within the seal.
struct Lie {
    name: String,
    bytes: Vec<u8>,
}

/// The greatest number that can be written.
const MOST: i64 = i64::MAX;

const NUMBERS: [i64; 5] = [-1, 0, 1, 7, MOST];

const PLACES: [&str; 18] = [
    "oak/zigbee/lamp/property/on",
    "oak/$status",
    "fir/zigbee/lamp/property/on",
    "ash/zigbee/lamp/property/on",
    "elm/zigbee/lamp/property/on/set",
    "elm/zigbee/+/property/on",
    "elm/zigbee/lamp/property/#",
    "elm/$req/devices",
    "elm/$res/owner",
    "$link/elm/oak",
    "$link/fir/oak",
    "elm/../oak/zigbee/lamp/property/on",
    "elm//lamp",
    "elm",
    "ELM/zigbee/lamp/property/on",
    "#",
    "",
    "elm/zigbee/la\u{0}mp/property/on",
];

fn lie(name: impl Into<String>, said: &Value) -> Lie {
    let name: String = name.into();
    let datum: Datum = serde_json::from_value(said.clone()).unwrap();
    Lie { name, bytes: [&[0][..], &encode(Encoding::Cbor, &datum)].concat() }
}

fn item(path: &str, via: &[&str]) -> Value {
    let reading = json!({ "value": "lied", "time": "2026-11-23T00:00:00.000Z", "quality": "good", "version": MOST });
    json!({ "path": path, "stamp": { "epoch": 1, "seq": 1 }, "body": reading, "via": via })
}

fn snapshot(items: &[Value]) -> Value {
    json!({ "say": "state", "from": 0, "to": 1, "snapshot": "whole", "items": items })
}

fn event(seq: i64, path: &str, via: &[&str]) -> Value {
    let told = json!({ "path": path, "stamp": { "epoch": 1, "seq": seq }, "until": "2099-01-01T00:00:00.000Z",
        "body": { "value": "single", "time": "2026-11-23T00:00:00.000Z" }, "via": via, "kind": "event" });
    json!({ "say": "log", "seq": seq, "entry": told })
}

/// What it says of places that are not its own, by ways that it did not come.
fn of_places() -> Vec<Lie> {
    let ways: [&[&str]; 6] = [&[], &["elm"], &["oak"], &["fir"], &["elm", "oak", "elm"], &["elm"; 40]];
    let mut lies = Vec::new();
    for path in PLACES {
        for via in ways {
            lies.push(lie(format!("state of {path} via {via:?}"), &snapshot(&[item(path, via)])));
        }
    }
    for (number, path) in PLACES.into_iter().chain(["oak/zigbee/button/event/action"]).enumerate() {
        let seq = i64::try_from(number).unwrap() + 1;
        lies.push(lie(format!("event of {path}"), &event(seq, path, &[])));
        lies.push(lie(format!("event of {path} passed on"), &event(seq, path, &["fir", "elm"])));
    }
    lies.push(lie("a long path", &snapshot(&[item(&format!("elm/zigbee/{}", "x".repeat(200_000)), &[])])));
    lies.push(lie("many places", &snapshot(&vec![item("fir/zigbee/lamp/property/on", &[]); 1_500])));
    lies
}

/// What it says in numbers that cannot follow.
fn of_numbers() -> Vec<Lie> {
    let mut lies = Vec::new();
    for from in NUMBERS {
        for to in NUMBERS {
            for mark in ["first", "more", "last", "middle"] {
                let said = json!({ "say": "state", "from": from, "to": to, "snapshot": mark, "items": [] });
                lies.push(lie(format!("{mark} from {from} to {to}"), &said));
            }
            let heard = json!({ "epoch": from, "state": to, "log": to });
            lies.push(lie(format!("heard {from} {to}"), &json!({ "say": "beat", "heard": heard })));
        }
        let stamped = json!({ "path": "elm/$status", "stamp": { "epoch": from, "seq": from }, "body": { "state": "online",
            "epoch": from, "since": "2026-11-23T00:00:00.000Z" } });
        lies.push(lie(format!("stamp {from}"), &snapshot(&[stamped])));
        lies.push(lie(format!("reply {from}"), &json!({ "say": "reply", "id": from, "body": { "status": 200 } })));
        for path in ["fir/zigbee/lamp/property/on/set", "oak/zigbee/lamp/property/on/set", "oak/$req/federate", "#"] {
            for via in [&[][..], &["oak"], &["fir", "elm"]] {
                let body = json!({ "value": "lied" });
                let ask = json!({ "say": "ask", "id": from, "token": "x", "path": path, "body": body, "ttl": MOST,
                    "client": "owner", "via": via });
                lies.push(lie(format!("ask {from} {path} {via:?}"), &ask));
            }
        }
    }
    for seq in [-1, 0, 3, MOST] {
        lies.push(lie(format!("entry {seq}"), &event(seq, "elm/zigbee/button/event/action", &[])));
    }
    lies
}

/// What it says in the name of others.
fn of_people(client: &str) -> Vec<Lie> {
    let mut lies = Vec::new();
    let mut seq = 100;
    for user in ["owner", "anna", "cluster", "nobody"] {
        for sid in ["s1-1", "elm-s1-1", "fir-s1-1", "oak-s1-1", "../../x"] {
            seq += 1;
            let told = json!({ "sid": sid, "seq": 1, "event": "property_changed", "device": "oak/zigbee/lamp",
                "property": "on", "value": "lied", "time": "2026-11-23T00:00:00.000Z" });
            let entry = json!({ "kind": "notification", "user": user, "client": client,
                "until": "2099-01-01T00:00:00.000Z", "notification": told });
            // the entries before it are said to be lost, so that it is the next one
            lies.push(lie("lost", &json!({ "say": "log", "seq": seq, "entry": { "kind": "lost" } })));
            seq += 1;
            lies.push(lie(
                format!("notification for {user} of {sid}"),
                &json!({ "say": "log", "seq": seq, "entry": entry }),
            ));
        }
        for id in ["fir-1-1", "oak-1-1", "elm-1-1"] {
            let member = json!({ "home": "fir", "user": user });
            let federation = json!({ "id": id, "proposal": id, "by": "fir", "adds": "oak", "members": [member,
                { "home": "oak", "user": user }], "purpose": "x", "until": "2099-01-01T00:00:00.000Z", "gives": [] });
            let words = [
                json!({ "kind": "federation", "about": "agreed", "federation": federation, "proof": "x.y.z" }),
                json!({ "kind": "federation", "about": "left", "federation": id, "member": member }),
                json!({ "kind": "federation", "about": "dissolved", "federation": id }),
            ];
            for entry in words {
                seq += 1;
                lies.push(lie(
                    format!("{} {id} {user}", entry["about"]),
                    &json!({ "say": "log", "seq": seq, "entry": entry }),
                ));
            }
            let tokens = [
                json!({ "about": "wanted", "federation": id, "user": user, "statement": "x.y.z" }),
                json!({ "about": "given", "federation": id, "user": user, "token": "x.y.z", "jti": "j",
                    "until": "2099-01-01T00:00:00.000Z", "grants": [] }),
                json!({ "about": "refused", "federation": id, "user": user }),
                json!({ "about": "shown", "jti": "j", "token": "x.y.z" }),
                json!({ "about": "revoked", "jti": "j" }),
            ];
            for mut token in tokens {
                token["say"] = "token".into();
                lies.push(lie(format!("token {} {id} {user}", token["about"]), &token));
            }
        }
    }
    lies
}

/// Bytes that are no word at all.
fn of_form() -> Vec<Lie> {
    let bad = BadVector::all().into_iter().filter(|bad| bad.message == "LinkMessage" && bad.content_type == CBOR);
    let mut lies: Vec<Lie> = bad.map(|bad| Lie { name: bad.name, bytes: [&[0][..], &bad.payload].concat() }).collect();
    let mut add = |name: &str, bytes: Vec<u8>| lies.push(Lie { name: name.to_owned(), bytes });
    add("nothing", Vec::new());
    add("nothing said", vec![0]);
    add("deep lists", [&[0][..], &[0x81; 900_000]].concat());
    add("deep maps", [&[0][..], &[0xa1, 0x61, b'a'].repeat(300_000)].concat());
    add("endless lists", [&[0][..], &[0x9f; 900_000]].concat());
    add("a list of very many", [&[0, 0x9b][..], &[0xff; 8]].concat());
    add("a text of very many", [&[0, 0x7b][..], &[0xff; 8]].concat());
    add("bytes of very many", [&[0, 0x5b, 0x7f][..], &[0xff; 7]].concat());
    add("many small things", [&[0, 0x9a, 0, 0x0d, 0xbb, 0xa0][..], &[0xf6; 900_000]].concat());
    add("zeros", vec![0; 999_999]);
    add("no account", [&[1][..], b"{\"user\":7}"].concat());
    add("deep account", [&[1][..], &[b'['; 900_000]].concat());
    add("an account at nobody's", [&[1][..], b"{\"user\":\"owner\",\"password\":\"x\"}"].concat());
    add("several, and nothing", vec![4]);
    add("several of no length", [&[4][..], &[0; 900_000]].concat());
    add("several that are longer than they are", [&[4, 0, 0, 1, 0][..], &[0xa0; 9]].concat());
    add("several of the greatest length", [&[4][..], &[0xff; 900_000]].concat());
    for first in [2, 3, 127, 255] {
        add("an unknown kind", vec![first, 0xa0]);
    }
    for word in ["shout", "HELLO", "", "hello", "state", "log", "ask", "token"] {
        lies.push(lie(format!("{word} without more"), &json!({ "say": word })));
    }
    lies
}

#[test]
fn what_a_lying_peer_says_is_set_aside_and_harms_nobody() {
    let mut village = Village::found();
    let notified = format!("hes/1/oak/$notify/{}/#", village.owner.name());
    village.owner.subscribe(&[&notified]).unwrap();
    village.anna.subscribe(&["hes/1/#"]).unwrap();
    let client = village.owner.name().to_owned();
    let all = [of_places(), of_numbers(), of_people(&client), of_form()];
    for lie in all.iter().flatten() {
        village.elm.say_bytes(&lie.bytes);
        village.elm.is_answered();
        village.is_unharmed(&lie.name);
    }
    assert_eq!(village.owner.heard(), [], "nobody is told of what was not subscribed");
    let is_foreign = |topic: &str| topic.contains("/elm") || topic.contains("/ash");
    assert!(village.anna.heard().iter().all(|it| !is_foreign(&it.topic)));
    assert!(village.anna.heard().iter().all(|it| !it.text().contains("lied")));
    assert!(village.counted("hes_peers_lies_total", 1_500.0));
    assert!(village.counted("hes_peer_messages_malformed_total{peer=\"elm\"}", 30.0));
    village.is_sound();
}

#[test]
fn a_peer_that_comes_and_goes_in_one_breath_fills_nothing() {
    let mut village = Village::found();
    let bye = json!({ "say": "bye" });
    let hello = |home: &str, version: u8| {
        json!({ "say": "hello", "versions": [version], "formats": ["application/cbor"], "home": home, "epoch": 1,
            "limits": { "bytes": 0, "asks": 0 }, "heard": { "epoch": MOST, "state": MOST, "log": MOST } })
    };
    let words = [bye, hello("elm", 1), hello("elm", 9), hello("fir", 1), hello("oak", 1)];
    for number in 0..400 {
        village.elm.say_bytes(&lie("", &words[number % words.len()]).bytes);
    }
    village.is_unharmed("many hellos");
    village.elm.come_back(&village.oak.gateway);
    village.elm.is_answered();
    village.is_sound();
}
