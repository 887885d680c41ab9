//! Nobody does, sees or hears what is not granted, and what is revoked ends at once.

use std::collections::BTreeSet;

use hes_tests::{
    client::{Client, Refused, Request},
    gateway::Gateway,
    house::House,
    patience::until,
    wire::{Account, Message, Version},
    zigbee::Network,
};
use serde_json::{Value, json};

fn house() -> House {
    House::start(env!("CARGO_BIN_EXE_hes-tests-gateway"))
}

/// Asks for something that is not granted, and holds the refusal against what is expected.
fn check(client: &mut Client, request: Request, status: u64, error: &str) {
    let what = format!("{request:?}");
    assert_eq!(client.ask(request).refusal(), (status, error), "{what}");
}

#[test]
fn nobody_comes_in_without_an_account_or_with_a_wrong_password() {
    let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).start();
    let wrong = [Account::new("owner", "guess"), Account::new("nobody", "secret of nobody"), Account::new("", "")];
    for (version, code) in [(Version::V5, 0x86), (Version::V311, 4)] {
        for account in wrong.iter().map(Some).chain([None]) {
            let refused = Client::connect(gateway.address(), version, "thief", account).map(drop);
            assert_eq!(refused, Err(Refused::Code(code)), "{version:?} {account:?}");
        }
    }
}

#[test]
fn a_guest_does_everyday_things_and_nothing_dangerous() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    let mut guest = house.gateway.client("guest");
    assert_eq!(guest.ask(Request::set("zigbee/lamp/on", &json!(false))).status, 200);
    check(&mut guest, Request::set("zigbee/plug/child_lock", &json!(false)), 403, "denied");
    assert_eq!(house.bridge.commands().len(), 1, "only the lamp was told");
    assert_eq!(house.owner().ask(Request::set("zigbee/plug/child_lock", &json!(false))).status, 200);
}

#[test]
fn what_is_not_granted_looks_as_if_it_did_not_exist() {
    let house = house();
    house.gateway.add_stranger("anna");
    house.gateway.grant("anna", "read,notify", "zigbee/lamp");
    let mut anna = house.gateway.client("anna");
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on")).status, 200);
    let told = |anna: &mut Client, path: &str| {
        let answer = anna.ask(Request::get(path));
        (answer.status, answer.field("error").clone(), answer.field("detail").clone())
    };
    assert_eq!(told(&mut anna, "zigbee/sensor/temperature"), told(&mut anna, "zigbee/nobody/temperature"));
    check(&mut anna, Request::set("zigbee/lamp/on", &json!(true)), 403, "denied");
    check(&mut anna, Request::set("zigbee/plug/on", &json!(true)), 404, "unknown");
    check(&mut anna, Request::operation("subscribe", &json!({ "scope": "zigbee/sensor" })), 404, "unknown");
    let listed = anna.ask(Request::operation("devices", &json!({})));
    let devices: Vec<&Value> =
        listed.field("devices").as_array().into_iter().flatten().map(|it| &it["device"]).collect();
    assert_eq!(devices, [&json!("lamp")]);
    assert_eq!(house.bridge.commands(), []);
}

#[test]
fn a_wildcard_subscriber_hears_only_what_is_granted() {
    let mut house = house();
    house.gateway.add_stranger("anna");
    house.gateway.grant("anna", "read", "zigbee/sensor/humidity");
    let mut anna = house.gateway.client("anna");
    for filter in ["#", "hes/1/#", "hes/1/home/+/+/property/+", "hes/1/home/zigbee/sensor/property/humidity"] {
        // a filter may be refused as a whole; what matters is what comes
        drop(anna.subscribe(&[filter]));
    }
    house.bridge.report("sensor", &json!({ "temperature": 5, "co2": 666 }));
    house.bridge.report("lamp", &json!({ "state": "OFF" }));
    house.bridge.report("sensor", &json!({ "humidity": 71 }));
    anna.until("the last change is told", |anna| anna.heard().iter().find(|told| told.text().contains("71")).map(drop));
    let topics: BTreeSet<&str> =
        anna.heard().iter().filter_map(|told| told.topic.strip_prefix("hes/1/home/")).collect();
    let expect = ["$jwks", "$status", "zigbee/$status", "zigbee/sensor/$status"];
    let humidity = ["zigbee/sensor/native/humidity", "zigbee/sensor/property/humidity"];
    assert_eq!(topics, expect.into_iter().chain(humidity).collect());
}

#[test]
fn a_document_is_told_only_to_those_who_may_know_of_all_that_it_names() {
    let mut house = house();
    for (user, scope) in [("part", "zigbee/lamp/on"), ("whole", "zigbee/lamp")] {
        house.gateway.add_stranger(user);
        house.gateway.grant(user, "read,notify", scope);
    }
    let [mut part, mut whole] = ["part", "whole"].map(|user| house.gateway.client(user));
    for filter in ["#", "hes/1/#", "hes/1/+/+/+/$doc", "hes/1/home/zigbee/lamp/$doc"] {
        // a filter may be refused as a whole; what matters is what comes
        drop(part.subscribe(&[filter]));
        drop(whole.subscribe(&[filter]));
    }
    assert_eq!(documents(&whole), ["zigbee/lamp/$doc"].into(), "what is retained");
    let listed = part.ask(Request::operation("devices", &json!({})));
    let properties = listed.field("devices")[0]["document"]["properties"].as_object().unwrap();
    assert_eq!(properties.keys().collect::<Vec<_>>(), ["on"]);

    let mut network = Network::house();
    network.devices[0].name = "sun".to_owned();
    let list = Message::new(network.topic("bridge/devices"), network.inventory()).retained();
    house.gateway.client("cluster").publish(list).unwrap();
    house.bridge.report("sun", &json!({ "state": "OFF" }));
    for client in [&mut part, &mut whole] {
        let told =
            |client: &mut Client| client.heard().iter().find(|it| it.topic.ends_with("sun/property/on")).map(drop);
        client.until("what came after the new document is told", told);
    }
    assert_eq!(documents(&whole), ["zigbee/lamp/$doc", "zigbee/sun/$doc"].into(), "what is told");
    assert_eq!(documents(&part), BTreeSet::new());
    assert_eq!(part.heard().iter().find(|message| message.text().contains("brightness")), None);
}

#[test]
fn a_guest_is_told_the_documents_that_name_nothing_above_the_role() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    house.gateway.add_user("family", "resident");
    let all = ["zigbee/lamp/$doc", "zigbee/plug/$doc", "zigbee/sensor/$doc"];
    for (user, expect) in [("guest", &all[..]), ("family", &all)] {
        let mut client = house.gateway.client(user);
        client.subscribe(&["hes/1/+/+/+/$doc"]).unwrap();
        client.ask(Request::get("zigbee/lamp/on"));
        assert_eq!(documents(&client), expect.iter().copied().collect(), "{user}");
    }
}

/// Returns the topics of the documents that a client has heard.
fn documents(client: &Client) -> BTreeSet<&str> {
    let topics = client.heard().iter().filter_map(|message| message.topic.strip_prefix("hes/1/home/"));
    topics.filter(|topic| topic.ends_with("/$doc")).collect()
}

#[test]
fn nobody_hears_the_answers_of_another() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    let mut guest = house.gateway.client("guest");
    let mut owner = house.gateway.named_client("owner", Version::V5, "boss").unwrap();
    let answers = "hes/1/home/$res/boss";
    assert!(guest.subscribe(&[answers]).is_err());
    for filter in
        ["hes/1/home/$res/+", "hes/1/+/$res/#", "hes/1/home/$req/#", "hes/1/home/$notify/boss/#", "hes/1/#", "#"]
    {
        // a filter may be refused as a whole; what matters is what comes
        drop(guest.subscribe(&[filter]));
    }
    owner.ask(Request::set("zigbee/lamp/brightness", &json!(50)));
    let told =
        |guest: &mut Client| guest.heard().iter().find(|it| it.topic.ends_with("lamp/property/brightness")).map(drop);
    guest.until("the change is told", told);
    let overheard =
        |message: &&Message| ["$res", "$req", "$notify", "/set", "/get"].iter().any(|it| message.topic.contains(it));
    assert_eq!(guest.heard().iter().find(overheard), None);
}

#[test]
fn no_account_takes_the_client_id_of_another() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    let mut owner = house.gateway.named_client("owner", Version::V5, "boss").unwrap();
    let thief = house.gateway.named_client("guest", Version::V5, "boss").map(drop);
    assert!(thief.is_err());
    assert_eq!(owner.ask(Request::get("zigbee/lamp/on")).status, 200, "the owner is still connected");
}

#[test]
fn a_revoked_right_ends_in_the_midst_of_a_session() {
    let mut house = house();
    house.gateway.add_stranger("anna");
    house.gateway.grant("anna", "read,write", "zigbee/lamp");
    house.gateway.grant("anna", "read", "zigbee/sensor");
    let mut anna = house.gateway.client("anna");
    anna.subscribe(&["hes/1/home/zigbee/#"]).unwrap();
    assert_eq!(anna.ask(Request::set("zigbee/lamp/on", &json!(false))).status, 200);

    house.gateway.revoke("anna", "zigbee/lamp");
    until("the right has ended", || (anna.ask(Request::get("zigbee/lamp/on")).status == 404).then_some(()));
    anna.forget();
    house.bridge.report("lamp", &json!({ "brightness": 11 }));
    house.bridge.report("sensor", &json!({ "temperature": 4 }));
    let told = |anna: &mut Client| anna.heard().iter().find(|it| it.topic.ends_with("property/temperature")).map(drop);
    anna.until("what is still granted is told", told);
    assert_eq!(anna.heard().iter().find(|message| message.topic.contains("/lamp/")), None);
}

#[test]
fn a_granted_right_begins_in_the_midst_of_a_session() {
    let house = house();
    house.gateway.add_stranger("anna");
    let mut anna = house.gateway.client("anna");
    check(&mut anna, Request::get("zigbee/lamp/on"), 404, "unknown");
    house.gateway.grant("anna", "read", "zigbee/lamp");
    until("the right has begun", || (anna.ask(Request::get("zigbee/lamp/on")).status == 200).then_some(()));
}

#[test]
fn the_session_of_a_removed_account_ends() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    let mut guest = house.gateway.client("guest");
    assert_eq!(guest.ask(Request::get("zigbee/lamp/on")).status, 200);
    house.gateway.manage(&["user", "remove", "guest"]);
    while guest.step().is_ok() {}
    assert!(house.gateway.named_client("guest", Version::V5, "guest-again").is_err());
}

#[test]
fn only_a_cluster_or_an_owner_uses_topics_outside_the_interface() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    let mut guest = house.gateway.client("guest");
    let refused = guest.publish(Message::new("zigbee2mqtt/lamp/set", r#"{"state":"OFF"}"#));
    assert_eq!(refused, Err(Refused::Code(0x87)));
    assert!(guest.subscribe(&["zigbee2mqtt/#"]).is_err());
    let mut cluster = house.gateway.client("cluster");
    check(&mut cluster, Request::get("zigbee/lamp/on"), 404, "unknown");
    cluster.publish(Message::new("zigbee2mqtt/elsewhere", "{}")).unwrap();
    assert_eq!(house.bridge.commands(), []);
}
