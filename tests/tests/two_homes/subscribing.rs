//! What happens in another home is told here, in order, with a person's own rights only.

use hes_tests::{
    client::{Client, Request, numbers},
    neighbours::await_link,
    patience::until,
    wire::Message,
    zigbee::Model,
};
use serde_json::{Value, json};

use crate::{LAMP, anna_at, homes_of_anna, homes_with};

/// All of the cluster of elm.
const USE_ALL: &str = "read,write,notify:zigbee/+";

/// Returns one field of each thing that was told.
fn each<'t>(told: &'t [Value], name: &str) -> Vec<&'t Value> {
    told.iter().map(|notice| &notice[name]).collect()
}

/// Asserts that nothing is missing between what was told.
fn assert_without_gap(told: &[Value]) {
    let numbers = numbers(told);
    assert!(numbers.is_sorted_by(|one, next| one + 1 == *next), "{numbers:?}");
}

#[test]
fn changes_of_another_home_are_told_in_order_with_their_cause() {
    let (oak, mut elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    let wanted = json!({ "scope": "elm/zigbee/lamp", "events": ["property_changed"], "initial": false });
    let sid = anna.follow("oak", &wanted);
    assert!(sid.starts_with("elm-"), "{sid}");
    elm.bridge.report("lamp", &json!({ "power": 7 }));
    elm.bridge.report("plug", &json!({ "power": 8 }));
    elm.bridge.report("lamp", &json!({ "power": 9 }));
    let by_itself = anna.await_told(2);
    assert_eq!(each(&by_itself, "value"), [&json!(7), &json!(9)]);
    assert_eq!(each(&by_itself, "device"), [&json!("elm/zigbee/lamp"); 2]);
    assert_eq!(each(&by_itself, "cause"), [&json!("device"); 2]);
    let is_on = anna.ask(Request::get("zigbee/lamp/on").at("elm")).value() == &json!(true);
    let update = json!({ "value": !is_on }).to_string();
    let token = anna.request(Request::on("hes/1/elm/zigbee/lamp/property/on/set", update));
    let all = anna.await_told(3);
    let by_her = &all[2];
    assert_eq!((&by_her["cause"], &by_her["request"]), (&json!("user"), &json!(token)), "{by_her}");
    assert_without_gap(&all);
    assert!(all.iter().all(|notice| notice["sid"] == json!(sid)));
}

#[test]
fn events_and_devices_of_another_home_are_told_as_they_come_and_go() {
    let (oak, mut elm) = homes_with(USE_ALL);
    let mut anna = anna_at(&oak);
    let events = ["device_event", "device_online", "device_offline", "device_added", "device_removed"];
    anna.follow("oak", &json!({ "scope": "elm/zigbee", "events": events, "initial": false }));
    elm.bridge.add("button", Model::Button);
    elm.bridge.tell("button", &json!({ "action": "double" }));
    elm.bridge.say_state("lamp", "offline");
    elm.bridge.say_state("lamp", "online");
    elm.bridge.remove("button");
    let gone = |anna: &mut Client| anna.told().iter().any(|it| it["event"] == "device_removed").then_some(());
    anna.until("the button is gone", gone);
    let all = anna.told();
    let lines: Vec<String> = all
        .iter()
        .map(|it| {
            let device = it["device"].as_str().unwrap().trim_start_matches("elm/zigbee/");
            format!(
                "{} {device}{}",
                it["event"].as_str().unwrap(),
                it["value"].as_str().map_or("".to_owned(), |it| format!(" {it}"))
            )
        })
        .collect();
    let expect = [
        "device_added button",
        "device_event button double",
        "device_offline lamp",
        "device_online lamp",
        "device_removed button",
    ];
    let seen: Vec<&String> = lines.iter().filter(|line| expect.contains(&line.as_str())).collect();
    assert_eq!(seen, expect, "{lines:?}");
    assert_without_gap(&all);
}

#[test]
fn a_subscription_across_homes_keeps_its_terms() {
    let (oak, mut elm) = homes_with(USE_ALL);
    let mut anna = anna_at(&oak);
    elm.bridge.report("sensor", &json!({ "temperature": 10, "humidity": 10 }));
    let wanted = json!({ "scope": "elm/zigbee/sensor/temperature", "events": ["property_changed"], "delta": 5 });
    let sid = anna.follow("oak", &wanted);
    let first = anna.await_told(1);
    assert_eq!((&first[0]["initial"], &first[0]["value"]), (&json!(true), &json!(10)), "{first:?}");
    for degrees in [12, 14, 15, 17, 20] {
        elm.bridge.report("sensor", &json!({ "temperature": degrees }));
    }
    let all = anna.await_told(3);
    assert_eq!(each(&all, "value"), [&json!(10), &json!(15), &json!(20)]);
    let renewed = anna.ask(Request::operation("renew", &json!({ "sid": sid, "lease": 120 })).at("oak"));
    assert_eq!((renewed.status, renewed.field("lease")), (200, &json!(120)), "{renewed:?}");
    let ended = anna.ask(Request::operation("unsubscribe", &json!({ "sid": sid })).at("oak"));
    assert!(matches!(ended.status, 200 | 204), "{ended:?}");
    let again = anna.ask(Request::operation("renew", &json!({ "sid": sid })).at("oak"));
    assert_eq!(again.refusal(), (404, "unknown"));
    elm.bridge.report("sensor", &json!({ "temperature": 40 }));
    until("the change has come", || {
        (anna.ask(Request::get("zigbee/sensor/temperature").at("elm")).value() == &json!(40)).then_some(())
    });
    assert_eq!(anna.told().len(), 3);
}

#[test]
fn changes_that_come_too_often_are_told_as_the_latest_one() {
    let (oak, mut elm) = homes_with(USE_ALL);
    let mut anna = anna_at(&oak);
    let wanted = json!({ "scope": "elm/zigbee/sensor/humidity", "events": ["property_changed"], "initial": false,
        "min_interval": 1 });
    anna.follow("oak", &wanted);
    for percent in 50..70 {
        elm.bridge.report("sensor", &json!({ "humidity": percent }));
    }
    anna.until("the latest is told", |anna| anna.told().last().filter(|it| it["value"] == 69).map(drop));
    assert!(anna.told().len() < 20, "{:?}", anna.told());
    assert_without_gap(&anna.told());
}

#[test]
fn who_may_see_nothing_there_is_granted_nothing() {
    let (oak, _elm) = homes_of_anna();
    let (mut anna, mut owner) = (anna_at(&oak), oak.client("owner"));
    let check = |client: &mut Client, scope: &str| {
        let refused = client.ask(Request::operation("subscribe", &json!({ "scope": scope })).at("oak"));
        assert_eq!(refused.refusal(), (404, "unknown"), "{scope}");
    };
    check(&mut anna, "elm/zigbee/plug");
    check(&mut owner, "elm/zigbee/lamp");
}

#[test]
fn plain_wildcards_show_another_home_and_its_events() {
    let (oak, mut elm) = homes_with("read,notify:zigbee/lamp read,notify:zigbee/button");
    elm.bridge.add("button", Model::Button);
    let (mut anna, mut owner) = (anna_at(&oak), oak.client("owner"));
    anna.subscribe(&["hes/1/elm/#", "hes/1/+/+/+/event/+"]).unwrap();
    owner.subscribe(&["#"]).unwrap();
    let doc = "hes/1/elm/zigbee/button/$doc";
    anna.until("the button is shown", |anna| anna.heard().iter().any(|it| it.topic == doc).then_some(()));
    elm.bridge.tell("button", &json!({ "action": "single" }));
    let pressed = anna.next("hes/1/elm/zigbee/button/event/action");
    assert!(!pressed.retain && pressed.text().contains("single"), "{pressed:?}");
    elm.bridge.report("lamp", &json!({ "power": 55 }));
    let shown = |it: &Message| it.topic == "hes/1/elm/zigbee/lamp/property/power" && it.text().contains("55");
    anna.until("the change is shown", |anna| anna.heard().iter().any(shown).then_some(()));
    let foreign: Vec<&str> =
        anna.heard().iter().map(|it| it.topic.as_str()).filter(|it| it.contains("/plug/")).collect();
    assert_eq!(foreign, [""; 0]);
    owner.fence();
    assert!(owner.heard().iter().all(|it| !it.topic.starts_with("hes/1/elm/")), "{:?}", owner.heard());
    assert!(anna.heard().iter().any(|it| it.topic == LAMP));
}

#[test]
fn a_subscription_goes_on_after_an_outage_and_tells_that_something_is_missing() {
    let (oak, mut elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    let wanted = json!({ "scope": "elm/zigbee/lamp/power", "events": ["property_changed"], "initial": false });
    anna.follow("oak", &wanted);
    elm.bridge.report("lamp", &json!({ "power": 1 }));
    anna.await_told(1);
    elm.survive_power_cut();
    await_link(&oak, &elm.gateway);
    elm.bridge.report("lamp", &json!({ "power": 99 }));
    let last = |anna: &mut Client| anna.told().last().filter(|it| it["value"] == 99).cloned();
    anna.until("the subscription tells again", last);
    let all = anna.told();
    let numbers = numbers(&all);
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert!(numbers.last().unwrap() > &(numbers[0] + 1), "what may have been lost shows: {numbers:?}");
}
