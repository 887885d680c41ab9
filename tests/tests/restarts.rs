//! What was acknowledged outlives a power cut, and versions never go back.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test panics to say what is wrong")]

use std::{collections::BTreeMap, thread};

use hes_tests::{
    chance::Chance,
    client::{Client, Refused, Request},
    gateway::Gateway,
    house::House,
    wire::{Message, Version},
};
use serde_json::{Value, json};

fn house() -> House {
    House::start(env!("CARGO_BIN_EXE_hes-tests-gateway"))
}

#[test]
fn an_acknowledged_retained_message_outlives_a_power_cut() {
    let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway"));
    let mut gateway = gateway.start();
    let mut owner = gateway.client("owner");
    for number in 0..50 {
        owner.publish(Message::new(format!("notes/{number}"), "kept").retained()).unwrap();
    }
    owner.publish(Message::new("notes/0", "").retained()).unwrap();
    gateway.kill();
    gateway.restart();
    let mut owner = gateway.client("owner");
    owner.subscribe(&["notes/#"]).unwrap();
    owner.fence();
    let kept = owner.heard().iter().filter(|message| message.retain && message.payload == b"kept").count();
    assert_eq!((kept, owner.heard().len()), (49, 49));
}

#[test]
fn a_granted_subscription_goes_on_after_a_power_cut() {
    let mut house = house();
    let name = "listener";
    let listener = |house: &House| -> Client {
        let mut client = house.gateway.named_client("owner", Version::V5, name).unwrap();
        client.subscribe(&[&format!("hes/1/home/$notify/{name}/#")]).unwrap();
        client
    };
    let wanted = json!({ "scope": "zigbee/sensor", "events": ["property_changed"], "initial": false });
    let granted = listener(&house).ask(Request::operation("subscribe", &wanted));
    assert_eq!(granted.status, 201);

    house.survive_power_cut();
    let mut client = listener(&house);
    house.bridge.report("sensor", &json!({ "temperature": 33 }));
    client
        .until("the change is told", |client| client.heard().iter().find(|told| told.text().contains("33")).map(drop));
    let renewed = client.ask(Request::operation("renew", &json!({ "sid": granted.field("sid") })));
    assert_eq!((renewed.status, renewed.field("sid")), (200, granted.field("sid")));
}

#[test]
fn an_ended_subscription_stays_ended_after_a_power_cut() {
    let mut house = house();
    let wanted = json!({ "scope": "zigbee/sensor", "initial": false });
    let granted = house.owner().ask(Request::operation("subscribe", &wanted));
    let mut owner = house.owner();
    let sid = json!({ "sid": granted.field("sid") });
    let ended = owner.ask(Request::operation("unsubscribe", &sid));
    assert_eq!((granted.status, ended.status), (201, 404), "only its own client may end it");
    let name = granted.token.rsplit_once('-').map(|(name, _)| name.to_owned()).unwrap();
    let mut subscriber = house.gateway.named_client("owner", Version::V5, &name).unwrap();
    let ended = subscriber.ask(Request::operation("unsubscribe", &sid));
    assert!(ended.status == 200 || ended.status == 204, "{ended:?}");
    house.survive_power_cut();
    let mut subscriber = house.gateway.named_client("owner", Version::V5, &name).unwrap();
    assert_eq!(subscriber.ask(Request::operation("renew", &sid)).refusal(), (404, "unknown"));
}

#[test]
fn versions_never_go_back_over_five_power_cuts_under_load() {
    let mut house = house();
    let (mut chance, mut seen) = (Chance::new(3), Versions::default());
    for _ in 0..5 {
        let enough = 50 + chance.below(400);
        let mut watcher = house.owner();
        watcher.subscribe(&["hes/1/home/+/+/property/#"]).unwrap();
        thread::scope(|scope| {
            let bridge = &mut house.bridge;
            scope.spawn(|| (0..).find(|number| bridge.try_report("sensor", &readings(*number)).is_err()));
            watcher.until("enough is told", |client| (client.heard().len() > enough).then_some(()));
            house.gateway.kill();
        });
        while watcher.step().is_ok() {}
        watcher.heard().iter().for_each(|message| seen.take(message));
        house.survive_power_cut();
        house.retained().values().for_each(|message| seen.take(message));
    }
    assert!(seen.0.len() >= 30, "{} properties", seen.0.len());
}

fn readings(number: u32) -> Value {
    json!({ "temperature": number % 90, "humidity": number % 89, "co2": number % 10_000 })
}

/// The last version of each property that anybody was told, and the value that it stood for.
#[derive(Default)]
struct Versions(BTreeMap<String, (u64, Value)>);

impl Versions {
    fn take(&mut self, message: &Message) {
        let is_value = message.topic.contains("/property/") && !message.payload.is_empty();
        let Some(reading) = serde_json::from_slice::<Value>(&message.payload).ok().filter(|_| is_value) else { return };
        let told = (reading["version"].as_u64().expect("a value has a version"), reading["value"].clone());
        if let Some(before) = self.0.get(&message.topic) {
            assert!(told.0 > before.0 || told == *before, "{}: {told:?} after {before:?}", message.topic);
        }
        self.0.insert(message.topic.clone(), told);
    }
}

#[test]
fn a_gateway_that_is_told_to_stop_says_so_and_loses_nothing() {
    let mut house = house();
    house.bridge.report("sensor", &json!({ "temperature": 17 }));
    let mut owner = house.owner();
    let topic = "hes/1/home/zigbee/sensor/property/temperature";
    owner.subscribe(&[topic]).unwrap();
    let before: Value = serde_json::from_slice(&owner.next(topic).payload).unwrap();
    assert!(house.gateway.stop().success());
    let shutting_down = Refused::Code(0x8b);
    assert_eq!(std::iter::repeat_with(|| owner.step()).find_map(Result::err), Some(shutting_down));

    house.gateway.restart();
    let mut owner = house.owner();
    owner.subscribe(&[topic]).unwrap();
    let after: Value = serde_json::from_slice(&owner.next(topic).payload).unwrap();
    assert_eq!((&after["value"], &after["version"]), (&before["value"], &before["version"]));
    assert_eq!(after["quality"], "stale");
}
