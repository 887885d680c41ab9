//! People use devices of another home through their own gateway.

use hes_tests::{
    client::Client,
    neighbours::{say_as, text, try_say, try_say_as},
    patience::until,
};
use serde_json::Value;

use crate::{LAMP, homes_of_anna};

#[test]
fn a_person_uses_a_lamp_of_another_home_through_the_own_gateway() {
    let (oak, _elm) = homes_of_anna();
    let read = until("the lamp can be read", || try_say_as("anna", &oak, &["get", "elm/zigbee/lamp/on"]).ok());
    assert!(read[0]["value"].is_boolean(), "{read}");
    let set = say_as("anna", &oak, &["set", "elm/zigbee/lamp/on", "true"]);
    assert_eq!((set[0]["value"].as_bool(), set[0]["confirmed"].as_str()), (Some(true), Some("device")), "{set}");
    assert!(try_say_as("anna", &oak, &["set", "elm/zigbee/plug/on", "true"]).is_err(), "she may use the lamp alone");
    assert!(try_say(&oak, &["get", "elm/zigbee/lamp/on"]).is_err(), "the owner has no account there");
    let listed = say_as("anna", &oak, &["devices"]).to_string();
    assert!(listed.contains("lamp") && !listed.contains("plug"), "{listed}");
}

#[test]
fn another_home_is_shown_to_its_people_alone_and_goes_stale_with_its_gateway() {
    let (oak, mut elm) = homes_of_anna();
    let (mut anna, mut owner) = (oak.client("anna"), oak.client("owner"));
    anna.subscribe(&["hes/1/+/+/+/property/#"]).unwrap();
    owner.subscribe(&["#"]).unwrap();
    let quality = |client: &mut Client| -> Option<String> {
        let shown: Value = serde_json::from_slice(&client.take(LAMP)?.payload).ok()?;
        shown["quality"].as_str().map(str::to_owned)
    };
    anna.until("the lamp is shown", |anna| (quality(anna)? == "good").then_some(()));
    elm.gateway.kill();
    anna.until("the lamp is stale", |anna| (quality(anna)? == "stale").then_some(()));
    let refused = try_say_as("anna", &oak, &["set", "elm/zigbee/lamp/on", "false"]).unwrap_err();
    assert!(refused.contains("503"), "{refused}");
    elm.survive_power_cut();
    anna.until("the lamp is good again", |anna| (quality(anna)? == "good").then_some(()));
    owner.fence();
    assert!(owner.heard().iter().all(|message| !message.topic.starts_with("hes/1/elm/")), "{:?}", owner.heard());
}

#[test]
fn what_is_withdrawn_is_gone() {
    let (oak, elm) = homes_of_anna();
    let listed = || try_say_as("anna", &oak, &["devices"]).unwrap_or_default().to_string();
    until("the lamp is listed", || listed().contains("elm").then_some(()));
    let federations = say_as("anna", &elm.gateway, &["federation", "list"]);
    say_as("anna", &elm.gateway, &["federation", "withdraw", text(&federations[0], "id")]);
    until("the lamp cannot be read any more", || try_say_as("anna", &oak, &["get", "elm/zigbee/lamp/on"]).err());
    assert!(!listed().contains("elm"));
}
