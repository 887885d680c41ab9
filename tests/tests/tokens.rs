//! Tokens, limits and explanations of the real program, over real sockets.

use hes_tests::{
    client::{Client, Refused, Request},
    house::House,
    patience::until,
    wire::{Account, Message, Version},
};
use serde_json::{Value, json};

fn house() -> House {
    House::start(env!("CARGO_BIN_EXE_hes-tests-gateway"))
}

/// Prints a token as a person does.
fn token(house: &House, user: &str, options: &[&str]) -> String {
    let printed = house.gateway.query(&[&["token", user], options].concat());
    printed.trim_end().to_owned()
}

fn enter(house: &House, user: &str, password: &str, client: &str) -> Result<Client, Refused> {
    Client::connect(house.gateway.address(), Version::V5, client, Some(&Account::new(user, password)))
}

#[test]
fn a_token_is_as_good_as_the_password_of_its_account_and_of_no_other() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    let token = token(&house, "guest", &[]);
    for user in ["guest", ""] {
        let mut guest = enter(&house, user, &token, &format!("panel{user}")).unwrap();
        assert_eq!(guest.ask(Request::set("zigbee/lamp/on", &json!(false))).status, 200);
        let refused = guest.ask(Request::set("zigbee/plug/child_lock", &json!(false)));
        assert_eq!(refused.status, 403, "what the account may not, its token does not give");
    }
    assert_eq!(enter(&house, "owner", &token, "thief").map(drop), Err(Refused::Code(0x86)));
    let spoilt = token.replace('.', ".A");
    assert_eq!(enter(&house, "guest", &spoilt, "thief").map(drop), Err(Refused::Code(0x86)));
}

#[test]
fn a_token_does_no_more_than_it_says() {
    let mut house = house();
    let token =
        token(&house, "owner", &["--scope", "read:zigbee/sensor read,notify:zigbee/lamp/on write:topic:panel/#"]);
    let mut panel = enter(&house, "owner", &token, "panel").unwrap();
    assert_eq!(panel.ask(Request::get("zigbee/lamp/on")).status, 200);
    for hidden in ["zigbee/lamp/brightness", "zigbee/plug/on"] {
        assert_eq!(panel.ask(Request::get(hidden)).status, 404, "{hidden}");
    }
    assert_eq!(panel.ask(Request::set("zigbee/lamp/on", &json!(false))).status, 403);
    let subscribe = |scope: &str| Request::operation("subscribe", &json!({ "scope": scope }));
    assert_eq!(panel.ask(subscribe("zigbee/lamp/on")).status, 201);
    for beyond in ["home", "zigbee/lamp", "zigbee/+", "zigbee/sensor"] {
        assert!(panel.ask(subscribe(beyond)).status >= 400, "{beyond}");
    }
    panel.publish(Message::new("panel/x", "1")).unwrap();
    assert_eq!(panel.publish(Message::new("zigbee2mqtt/lamp/set", "{}")), Err(Refused::Code(0x87)));
    assert!(panel.subscribe(&["$SYS/#"]).is_err());

    panel.subscribe(&["hes/1/#"]).unwrap();
    panel.forget();
    house.bridge.report("lamp", &json!({ "state": "OFF", "brightness": 12 }));
    house.bridge.report("sensor", &json!({ "temperature": 3 }));
    let told =
        |panel: &mut Client| panel.heard().iter().find(|it| it.topic.ends_with("property/temperature")).map(drop);
    panel.until("what the token lets through is told", told);
    let overheard = panel.heard().iter().find(|it| it.topic.contains("brightness") || it.topic.contains("plug"));
    assert_eq!(overheard, None);
}

#[test]
fn a_token_ends_with_its_time_or_its_password() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    let mut brief = enter(&house, "guest", &token(&house, "guest", &["--for", "2s"]), "brief").unwrap();
    let ended = loop {
        if let Err(ended) = brief.step() {
            break ended;
        }
    };
    assert_eq!(ended, Refused::Code(0xa0));

    let lasting = token(&house, "guest", &[]);
    let mut guest = enter(&house, "guest", &lasting, "lasting").unwrap();
    let file = house.gateway.write("other", "another secret").display().to_string();
    house.gateway.manage(&["user", "passwd", "guest", "--password-file", &file]);
    while guest.step().is_ok() {}
    assert_eq!(enter(&house, "guest", &lasting, "again").map(drop), Err(Refused::Code(0x86)));
}

#[test]
fn an_account_keeps_to_its_client_ids_and_others_keep_off_them() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    house.gateway.add_user("hall", "guest");
    house.gateway.manage(&["user", "bind", "hall", "panel-*"]);
    let connect = |user: &str, client: &str| house.gateway.named_client(user, Version::V5, client).map(drop);
    until("the binding holds", || (connect("guest", "panel-1") == Err(Refused::Code(0x85))).then_some(()));
    assert_eq!(connect("hall", "panel-1"), Ok(()));
    assert_eq!(connect("hall", "tablet"), Err(Refused::Code(0x85)));
    assert_eq!(connect("guest", "tablet"), Ok(()));
}

#[test]
fn an_account_takes_no_more_connections_than_it_may() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    house.gateway.manage(&["user", "limit", "guest", "--connections", "1"]);
    let _first = house.gateway.client("guest");
    let second = || house.gateway.named_client("guest", Version::V5, "second").map(drop);
    until("the limit holds", || (second() == Err(Refused::Code(0x97))).then_some(()));
}

#[test]
fn what_is_explained_is_what_happens() {
    let house = house();
    house.gateway.add_user("guest", "guest");
    house.gateway.add_stranger("part");
    house.gateway.grant("part", "read", "zigbee/lamp/on");
    house.gateway.grant("part", "write,notify", "zigbee/plug");
    house.gateway.grant("part", "read", "topic:zigbee2mqtt/+");
    for user in ["guest", "part", "owner", "cluster"] {
        let mut client = house.gateway.client(user);
        for topic in ["zigbee2mqtt/x", "$SYS/broker/uptime", "hes/1/home/zigbee/lamp/property/on", "elsewhere"] {
            let said = explained(&house, user, topic);
            let may = |deed: &str| said.iter().any(|it| it["deed"] == deed && it["allowed"] == true);
            let published = client.publish(Message::new(topic, "1"));
            assert_eq!(published.is_ok(), may("publish"), "{user} publishes on {topic}: {said:?}");
            assert_eq!(client.subscribe(&[topic]).is_ok(), may("subscribe"), "{user} subscribes to {topic}: {said:?}");
        }
        for (device, property) in [("lamp", "on"), ("lamp", "brightness"), ("plug", "on"), ("sensor", "temperature")] {
            let said = explained(&house, user, &format!("hes/1/home/zigbee/{device}/property/{property}"));
            let may = |deed: &str| said.iter().any(|it| it["deed"] == deed && it["allowed"] == true);
            let path = format!("zigbee/{device}/{property}");
            assert_eq!(client.ask(Request::get(&path)).status == 200, may("read"), "{user} reads {path}: {said:?}");
            let set = client.ask(Request::set(&path, &json!(if property == "on" { json!(true) } else { json!(30) })));
            assert_eq!(set.status == 200, may("write"), "{user} writes {path}: {set:?} {said:?}");
        }
    }
}

fn explained(house: &House, user: &str, topic: &str) -> Vec<Value> {
    let text = house.gateway.query(&["acl", "explain", user, topic, "--json"]);
    let said: Value = text.parse().unwrap_or_default();
    said.get("findings").and_then(Value::as_array).cloned().unwrap_or_default()
}
