//! A person's accounts in several homes are joined, parted, and changed by those whose they are.

use std::collections::BTreeSet;

use hes_tests::{
    client::{Client, Request},
    gateway::Gateway,
    house::House,
    neighbours::{await_link, federate, pair, say, say_as, text, try_say, try_say_as},
    patience::until,
};
use serde_json::{Value, json};

use crate::{LAMP, USE_THE_LAMP, anna_at, home, homes_of_anna, house};

/// Three homes that are peers of each other and that anna lives in: oak, and elm and ash with their houses.
fn three_homes() -> (Gateway, House, House) {
    let (oak, elm, ash) = (home("oak"), house("elm"), house("ash"));
    for gateway in [&oak, &elm.gateway, &ash.gateway] {
        gateway.add_user("anna", "resident");
    }
    pair(&oak, &elm.gateway);
    pair(&oak, &ash.gateway);
    pair(&elm.gateway, &ash.gateway);
    (oak, elm, ash)
}

/// Three homes whose accounts of anna's are one federation, by which she may use both lamps everywhere.
fn joined_homes() -> (Gateway, House, House, String) {
    let (oak, elm, ash) = three_homes();
    let id = federate("anna", &oak, &elm.gateway, USE_THE_LAMP);
    say_as("anna", &oak, &["federation", "add", &id, "ash/anna", "--want", USE_THE_LAMP]);
    until("the proposal comes to ash", || try_say_as("anna", &ash.gateway, &["federation", "accept", &id]).ok());
    until("the owner of ash approves", || try_say(&ash.gateway, &["federation", "approve", &id]).ok());
    (oak, elm, ash, id)
}

/// Returns the homes whose devices a person is listed, once they are those.
fn await_homes(at: &Gateway, expect: &[&str]) {
    let listed = || {
        let devices = try_say_as("anna", at, &["devices"]).ok()?;
        let homes = devices.as_array()?.iter().filter_map(|it| it["home"].as_str()).map(str::to_owned);
        Some(homes.collect::<BTreeSet<String>>())
    };
    let expect: BTreeSet<String> = expect.iter().map(|&home| home.to_owned()).collect();
    until(&format!("{} lists {expect:?}", at.home()), || (listed()? == expect).then_some(()));
}

#[test]
fn devices_of_a_person_are_listed_over_three_homes_and_without_one_that_is_down() {
    let (oak, elm, mut ash, _) = joined_homes();
    await_homes(&oak, &["elm", "ash"]);
    ash.gateway.kill();
    let mut anna = oak.client("anna");
    let (homes, error) = until("ash is missed", || listed(&mut anna).filter(|(_, error)| error["home"] == "ash"));
    assert_eq!((homes, &error["status"], &error["error"]), (vec![json!("elm")], &json!(503), &json!("home_offline")));
    drop(elm);
    ash.survive_power_cut();
    await_link(&oak, &ash.gateway);
    until("ash is back, and elm is missed", || {
        listed(&mut anna).filter(|(homes, error)| *homes == ["ash"] && error["home"] == "elm")
    });
}

/// Lists the devices of a person at oak: the homes that they are in, and the last home that could not say.
fn listed(client: &mut Client) -> Option<(Vec<Value>, Value)> {
    let listed = client.ask(Request::operation("devices", &json!({})).at("oak"));
    assert_eq!(listed.status, 200, "{listed:?}");
    let homes = listed.field("devices").as_array()?.iter().map(|it| it["home"].clone()).collect();
    Some((homes, listed.field("homes").as_array()?.iter().rfind(|it| it["status"] != 200)?.clone()))
}

#[test]
fn a_third_identity_counts_in_each_home_that_agreed() {
    let (oak, elm, ash) = three_homes();
    let id = federate("anna", &oak, &elm.gateway, USE_THE_LAMP);
    let grant = json!({ "actions": ["read", "write"], "scope": "zigbee/plug", "safety": "S1" });
    let gives = json!([{ "home": "elm", "grants": [grant] }]);
    let want = json!([{ "actions": ["read", "notify"], "scope": "zigbee/lamp", "safety": "S1" }]);
    let add =
        json!({ "do": { "add": { "federation": id, "with": "ash", "user": "anna", "want": want, "gives": gives } } });
    let mut anna = oak.client("anna");
    let added = anna.ask(Request::operation("federate", &add).at("oak"));
    assert_eq!(added.status, 200, "{added:?}");

    until("ash is asked", || try_say_as("anna", &ash.gateway, &["federation", "accept", &id]).ok());
    say(&ash.gateway, &["federation", "approve", &id]);
    await_homes(&oak, &["elm", "ash"]);
    await_homes(&elm.gateway, &["elm"]);
    await_homes(&ash.gateway, &["ash"]);

    until("elm is asked", || try_say_as("anna", &elm.gateway, &["federation", "accept", &id]).ok());
    await_homes(&elm.gateway, &["elm"]);
    await_homes(&ash.gateway, &["ash"]);
    say(&elm.gateway, &["federation", "approve", &id]);
    await_homes(&elm.gateway, &["elm", "ash"]);
    await_homes(&ash.gateway, &["ash", "elm"]);
    let set = say_as("anna", &ash.gateway, &["set", "elm/zigbee/plug/on", "true"]);
    assert_eq!(set[0]["confirmed"], "device", "{set}");
    assert!(try_say_as("anna", &ash.gateway, &["get", "elm/zigbee/lamp/on"]).is_err());
    assert!(try_say_as("anna", &elm.gateway, &["set", "ash/zigbee/lamp/on", "true"]).is_err());
}

#[test]
fn one_home_leaves_and_another_ends_it_for_all() {
    let (oak, elm, ash, id) = joined_homes();
    until("elm is asked", || try_say_as("anna", &elm.gateway, &["federation", "accept", &id]).ok());
    await_homes(&oak, &["elm", "ash"]);
    await_homes(&elm.gateway, &["elm", "ash"]);
    say_as("anna", &ash.gateway, &["federation", "leave", &id]);
    await_homes(&oak, &["elm"]);
    await_homes(&elm.gateway, &["elm"]);

    let mut anna = anna_at(&oak);
    anna.subscribe(&["hes/1/elm/#"]).unwrap();
    anna.until("the lamp is shown", |anna| anna.take(LAMP));
    anna.follow("oak", &json!({ "scope": "elm/zigbee/lamp", "initial": false }));
    say_as("anna", &elm.gateway, &["federation", "dissolve", &id]);
    anna.await_end(LAMP);
    assert_eq!(anna.ask(Request::get("zigbee/lamp/on").at("elm")).refusal(), (404, "unknown"));
    await_homes(&oak, &[]);
    for gateway in [&oak, &elm.gateway, &ash.gateway] {
        until("no token is left", || (say(gateway, &["token", "list"]).as_array()?.is_empty()).then_some(()));
        let known = say(gateway, &["federation", "list"]);
        assert!(known.as_array().unwrap().iter().all(|it| it["state"] != "active"), "{known}");
    }
    let mut later = oak.client("anna");
    later.subscribe(&["hes/1/#"]).unwrap();
    later.ask(Request::operation("devices", &json!({})).at("oak"));
    assert!(later.heard().iter().all(|it| !it.topic.starts_with("hes/1/elm/zigbee/lamp")), "{:?}", later.heard());
}

#[test]
fn withdrawing_ends_what_was_given_at_once() {
    let (oak, mut elm) = homes_of_anna();
    let mut anna = anna_at(&oak);
    anna.subscribe(&["hes/1/elm/#"]).unwrap();
    anna.until("the lamp is shown", |anna| anna.take(LAMP));
    let sid = anna.follow("oak", &json!({ "scope": "elm/zigbee/lamp", "initial": false }));
    elm.bridge.report("lamp", &json!({ "power": 1 }));
    let before = anna.await_told(1).len();
    let federations = say_as("anna", &elm.gateway, &["federation", "list"]);
    say_as("anna", &elm.gateway, &["federation", "withdraw", text(&federations[0], "id")]);
    elm.bridge.report("lamp", &json!({ "power": 2 }));
    anna.await_end(LAMP);
    for request in [Request::get("zigbee/lamp/on"), Request::set("zigbee/lamp/on", &json!(true))] {
        assert_eq!(anna.ask(request.at("elm")).refusal(), (404, "unknown"));
    }
    let renewed = anna.ask(Request::operation("renew", &json!({ "sid": sid })).at("oak"));
    assert_eq!(renewed.refusal(), (404, "unknown"));
    assert_eq!(anna.told().len(), before);
    anna.await_end("hes/1/elm/zigbee/lamp/property/power");
}
