//! Devices of another home come, go, and are called otherwise: what is shown here follows, and leaves no ghost.

use std::collections::BTreeSet;

use hes_tests::{
    client::{Client, Request},
    gateway::Gateway,
    patience::until,
    zigbee::Model,
};
use serde_json::{Value, json};

use crate::{anna_at, homes_with};

/// Returns the devices of elm that a new subscriber finds retained at oak.
fn retained(oak: &Gateway) -> BTreeSet<String> {
    let mut anna = oak.client("anna");
    assert_eq!(anna.subscribe(&["hes/1/elm/#"]), Ok(()));
    // what is retained comes before the answer to what is asked later
    anna.ask(Request::operation("devices", &json!({ "home": "oak" })).at("oak"));
    let shown = anna.heard().iter().filter(|it| it.retain && !it.payload.is_empty());
    shown.filter_map(|it| it.topic.split('/').nth(4)).filter(|it| !it.starts_with('$')).map(str::to_owned).collect()
}

/// Waits until exactly those devices of elm are shown at oak, and listed there.
fn await_devices(oak: &Gateway, expect: &[&str]) {
    let expect: BTreeSet<String> = expect.iter().map(|&name| name.to_owned()).collect();
    until(&format!("{expect:?} are shown"), || (retained(oak) == expect).then_some(()));
    let mut anna = oak.client("anna");
    let listed = anna.ask(Request::operation("devices", &json!({})).at("oak"));
    let names = listed.field("devices").as_array().into_iter().flatten();
    let names: BTreeSet<String> = names.filter_map(|it| it["device"].as_str()).map(str::to_owned).collect();
    assert_eq!(names, expect);
}

/// Returns the last that is shown on a topic, if it is anything.
fn last(client: &Client, topic: &str) -> Option<Value> {
    serde_json::from_slice(&client.last(topic)?.payload).ok()
}

#[test]
fn devices_come_and_go_at_the_other_home_and_leave_no_ghost() {
    let (oak, mut elm) = homes_with("read,write,notify:zigbee/+");
    let mut anna = anna_at(&oak);
    await_devices(&oak, &["lamp", "plug", "sensor"]);
    anna.subscribe(&["hes/1/elm/#"]).unwrap();

    elm.bridge.rename("lamp", "sun");
    await_devices(&oak, &["plug", "sensor", "sun"]);
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).refusal(), (404, "unknown"));
    assert_eq!(anna.ask(Request::set("zigbee/sun/on", &json!(true)).at("elm")).status, 200);

    elm.bridge.remove("plug");
    await_devices(&oak, &["sensor", "sun"]);
    assert_eq!(anna.ask(Request::get("zigbee/plug/on").at("elm")).refusal(), (404, "unknown"));

    elm.bridge.add("heater", Model::Plug);
    await_devices(&oak, &["heater", "sensor", "sun"]);
    assert_eq!(anna.ask(Request::get("zigbee/heater/on").at("elm")).status, 200);

    let status = "hes/1/elm/zigbee/sun/$status";
    for state in ["offline", "online"] {
        elm.bridge.say_state("sun", state);
        anna.until(&format!("the sun is {state}"), |anna| (last(anna, status)?["state"] == state).then_some(()));
    }
    let gone = |name: &str| last(&anna, &format!("hes/1/elm/zigbee/{name}/$doc")).is_none();
    assert!(gone("lamp") && gone("plug") && !gone("sun"));
}
#[test]
fn a_right_to_one_device_survives_its_new_name() {
    let (oak, mut elm) = homes_with("read,notify:zigbee/lamp");
    let mut anna = anna_at(&oak);
    let sid = anna.follow("oak", &json!({ "scope": "elm/zigbee/lamp", "initial": false }));
    elm.bridge.rename("lamp", "sun");
    elm.bridge.report("sun", &json!({ "power": 77 }));
    let news = |anna: &mut Client| anna.told().iter().any(|it| it["value"] == 77).then_some(());
    anna.until("the subscription follows the lamp", news);
    assert!(anna.told().iter().all(|it| it["sid"] == json!(sid)));
    elm.bridge.add("lamp", Model::Plug);
    await_devices(&oak, &["sun"]);
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).refusal(), (404, "unknown"));
}
