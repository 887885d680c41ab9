//! Every read and every write is answered, once, with how it is known.

use hes_tests::{
    client::{Answer, CBOR, Client, Request},
    house::House,
    patience::until,
    wire::{Message, Version},
};
use serde_json::{Value, json};

fn house() -> House {
    House::start(env!("CARGO_BIN_EXE_hes-tests-gateway"))
}

/// Asks, and holds the answer's status and value against what is expected.
fn check(client: &mut Client, request: Request, value: &Value, confirmed: &str) -> Answer {
    let answer = client.ask(request);
    assert_eq!(
        (answer.status, answer.value(), answer.field("confirmed")),
        (200, value, &json!(confirmed)),
        "{answer:?}"
    );
    answer
}

#[test]
fn a_read_is_answered_with_what_the_device_reported() {
    let mut house = house();
    let mut owner = house.owner();
    house.bridge.report("sensor", &json!({ "temperature": 21.5 }));
    let answer = check(&mut owner, Request::get("zigbee/sensor/temperature"), &json!(21.5), "cache");
    assert_eq!(answer.label.as_deref(), Some("200"));
    assert_eq!((answer.field("unit"), answer.field("quality")), (&json!("°C"), &json!("good")));
}

#[test]
fn a_write_is_answered_with_what_the_device_became() {
    let house = house();
    let mut owner = house.owner();
    check(&mut owner, Request::set("zigbee/lamp/on", &json!(false)), &json!(false), "device");
    check(&mut owner, Request::set("zigbee/lamp/brightness", &json!(100)), &json!(100), "device");
    let commands = house.bridge.commands();
    assert_eq!(
        commands,
        [("lamp/set".into(), json!({"state": "OFF"})), ("lamp/set".into(), json!({"brightness": 254}))]
    );
}

#[test]
fn a_write_to_a_device_out_of_reach_says_why_it_failed() {
    let house = house();
    house.bridge.cut_off("plug");
    let answer = house.owner().ask(Request::set("zigbee/plug/on", &json!(false)));
    assert_eq!(answer.refusal(), (502, "cluster_error"));
    assert!(answer.field("detail").as_str().is_some_and(|detail| detail.contains("Delivery failed")), "{answer:?}");
}

#[test]
fn a_client_of_mqtt_3_1_1_names_the_way_back_in_the_body() {
    let house = house();
    let mut client = house.gateway.client_of("owner", Version::V311);
    check(&mut client, Request::set("zigbee/lamp/on", &json!(false)), &json!(false), "device");
    check(&mut client, Request::get("zigbee/lamp/on"), &json!(false), "cache");
    let answer = client.ask(Request::get("zigbee/nobody/on"));
    assert_eq!(answer.refusal(), (404, "unknown"));
}

#[test]
fn a_request_in_cbor_is_answered_in_cbor() {
    let house = house();
    let mut owner = house.owner();
    let topic = Request::set("zigbee/lamp/on", &Value::Null).topic().to_owned();
    let value_false = [b"\xa1\x65value".as_slice(), b"\xf4"].concat();
    check(&mut owner, Request::on(topic, value_false).speaking(CBOR), &json!(false), "device");
}

#[test]
fn a_bare_word_switches_as_mosquitto_pub_sends_it() {
    let house = house();
    let mut owner = house.owner();
    let topic = "hes/1/home/zigbee/lamp/property/on";
    for (word, expect) in [("OFF", false), ("ON", true), ("false", false), ("1", true)] {
        owner.publish(Message::new(format!("{topic}/set"), word)).unwrap();
        until(word, || (owner.ask(Request::get("zigbee/lamp/on")).value() == &json!(expect)).then_some(()));
    }
}

#[test]
fn several_properties_are_written_and_read_at_once() {
    let house = house();
    let mut owner = house.owner();
    let body = json!({ "values": { "on": true, "brightness": 100 } }).to_string();
    let answer = owner.ask(Request::on("hes/1/home/zigbee/lamp/set", body));
    assert_eq!(answer.status, 200);
    let answer = owner.ask(Request::on("hes/1/home/zigbee/lamp/get", r#"{"properties":["on","brightness"]}"#));
    let read = |name: &str| answer.field("values")[name]["value"].clone();
    assert_eq!((read("on"), read("brightness")), (json!(true), json!(100)));
}

#[test]
fn native_names_are_read_and_written_too() {
    let house = house();
    let mut owner = house.owner();
    let native = |verb| format!("hes/1/home/zigbee/lamp/native/state/{verb}");
    let answer = owner.ask(Request::on(native("set"), r#"{"value":"OFF"}"#));
    assert_eq!((answer.status, answer.value()), (200, &json!("OFF")));
    check(&mut owner, Request::get("zigbee/lamp/on"), &json!(false), "cache");
    assert_eq!(owner.ask(Request::on(native("get"), "")).value(), &json!("OFF"));
}

#[test]
fn the_same_request_acts_once_and_is_answered_twice() {
    let house = house();
    let (mut owner, topic) = (house.owner(), "hes/1/home/zigbee/lamp/property/on/set");
    let answers = format!("hes/1/home/$res/{}", owner.name());
    let body = json!({ "id": "once", "reply_to": answers, "value": false }).to_string();
    owner.subscribe(&[&answers]).unwrap();
    for times in 1..=2 {
        owner.publish(Message::new(topic, body.clone())).unwrap();
        owner.until("it is answered", |client| (client.final_answers("once").len() == times).then_some(()));
    }
    let answers = owner.final_answers("once");
    assert_eq!((answers[0].status, &answers[0].body), (200, &answers[1].body));
    assert_eq!(house.bridge.commands().len(), 1);
}

#[test]
fn what_has_expired_when_it_comes_never_acts() {
    let house = house();
    let answer = house.owner().ask(Request::set("zigbee/lamp/on", &json!(false)).within(0));
    assert_eq!(answer.refusal(), (408, "expired"));
    assert_eq!(house.bridge.commands(), []);
}

#[test]
fn a_person_finds_all_devices_with_what_may_be_done_to_them() {
    let house = house();
    let answer = house.owner().ask(Request::operation("devices", &json!({})));
    let devices = answer.field("devices").as_array().cloned().unwrap_or_default();
    let ids: Vec<&Value> = devices.iter().map(|device| &device["device"]).collect();
    assert_eq!((answer.status, ids), (200, vec![&json!("lamp"), &json!("plug"), &json!("sensor")]));
    assert_eq!(devices[0]["rights"], json!(["read", "write", "notify", "manage"]));
}

#[test]
fn a_subscription_tells_each_change_in_order_until_it_is_ended() {
    let mut house = house();
    let mut owner = house.owner();
    owner.subscribe(&[&format!("hes/1/home/$notify/{}/#", owner.name())]).unwrap();
    let wanted = json!({ "scope": "zigbee/sensor/temperature", "events": ["property_changed"], "initial": false });
    let granted = owner.ask(Request::operation("subscribe", &wanted));
    assert_eq!(granted.status, 201);
    for degrees in [10, 11, 12] {
        house.bridge.report("sensor", &json!({ "temperature": degrees }));
    }
    owner.until("three changes are told", |client| (client.heard().len() == 3).then_some(()));
    let told: Vec<Value> =
        owner.heard().iter().map(|message| serde_json::from_slice(&message.payload).unwrap()).collect();
    let first = told[0]["seq"].as_u64().unwrap();
    let values: Vec<_> =
        told.iter().map(|notice| (notice["seq"].as_u64().unwrap() - first, &notice["value"])).collect();
    assert_eq!(values, [(0, &json!(10)), (1, &json!(11)), (2, &json!(12))]);

    let ended = owner.ask(Request::operation("unsubscribe", &json!({ "sid": granted.field("sid") })));
    assert!(ended.status == 200 || ended.status == 204, "{ended:?}");
    house.bridge.report("sensor", &json!({ "temperature": 13 }));
    check(&mut owner, Request::get("zigbee/sensor/temperature"), &json!(13), "cache");
    owner.fence();
    assert_eq!(owner.heard().len(), 3);
}

#[test]
fn who_subscribes_later_finds_the_value_retained() {
    let mut house = house();
    house.bridge.report("sensor", &json!({ "humidity": 44 }));
    for filter in ["hes/1/home/zigbee/sensor/property/humidity", "hes/1/+/+/+/property/#"] {
        let mut owner = house.owner();
        owner.subscribe(&[filter]).unwrap();
        let message = owner.next("hes/1/home/zigbee/sensor/property/humidity");
        let reading: Value = serde_json::from_slice(&message.payload).unwrap();
        assert!(message.retain && reading["value"] == json!(44), "{message:?}");
    }
}
