//! Two homes come to trust each other, and people use devices of both.

use hes_tests::{
    client::Client,
    gateway::Gateway,
    house::House,
    neighbours::{await_link, federate, introduce, pair, say, say_as, state, text, try_say, try_say_as},
    patience::until,
};
use serde_json::Value;

/// Where the lamp of elm is shown.
const LAMP: &str = "hes/1/elm/zigbee/lamp/property/on";

/// Starts a home.
fn home(name: &str) -> Gateway {
    Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).named(name).start()
}

#[test]
fn two_homes_become_peers_once_both_owners_have_seen_the_same_number() {
    let (mut oak, mut elm) = (home("oak"), home("elm"));
    pair(&oak, &elm);
    let accounts = || oak.query(&["user", "list"]);
    until("the account of the invitation has gone", || (!accounts().contains("invited-")).then_some(()));
    assert!(accounts().contains("peer-elm"));
    elm.stop();
    until("the other home is missed", || (state(&oak, &elm)? == "offline").then_some(()));
    elm.restart();
    await_link(&oak, &elm);
    oak.kill();
    oak.restart();
    await_link(&oak, &elm);
}

#[test]
fn nothing_is_trusted_before_both_have_confirmed() {
    let (oak, elm) = (home("oak"), home("elm"));
    let (number, _) = introduce(&oak, &elm);
    assert!(try_say(&oak, &["peer", "confirm", "elm", "000 000x"]).is_err());
    assert_eq!((state(&oak, &elm), state(&elm, &oak)), (None, None));
    say(&oak, &["peer", "confirm", "elm", &number]);
    assert_eq!((state(&oak, &elm).as_deref(), state(&elm, &oak)), (Some("offline"), None));
    say(&elm, &["peer", "confirm", "oak", &number]);
    await_link(&oak, &elm);
}

#[test]
fn an_invitation_serves_once_and_a_number_is_not_guessed() {
    let (oak, elm, fir) = (home("oak"), home("elm"), home("fir"));
    let url = format!("mqtt://{}", oak.address());
    let invitation = say(&oak, &["peer", "invite", &url]);
    let code = text(&invitation, "code");
    let joined = say(&elm, &["peer", "join", code]);
    let refused = try_say(&fir, &["peer", "join", code]).unwrap_err();
    assert!(refused.contains("used"), "{refused}");
    for _ in 0..3 {
        assert!(try_say(&oak, &["peer", "confirm", "elm", "1"]).is_err());
    }
    assert!(try_say(&oak, &["peer", "confirm", "elm", text(&joined, "number")]).is_err());
    assert_eq!(state(&oak, &elm), None);
}

#[test]
fn trust_ends_when_one_owner_says_so_and_can_begin_again() {
    let (oak, elm) = (home("oak"), home("elm"));
    pair(&oak, &elm);
    say(&oak, &["peer", "remove", "elm", "--yes"]);
    assert_eq!(state(&oak, &elm), None);
    until("the other home has no way any more", || (state(&elm, &oak)? == "offline").then_some(()));
    say(&elm, &["peer", "remove", "oak", "--yes"]);
    pair(&oak, &elm);
}

/// Two homes that `anna` lives in: oak, and elm with its house, of which she may use the lamp.
fn homes_of_anna() -> (Gateway, House) {
    let (oak, elm) = (home("oak"), House::start_as(env!("CARGO_BIN_EXE_hes-tests-gateway"), "elm"));
    for gateway in [&oak, &elm.gateway] {
        gateway.add_user("anna", "resident");
    }
    pair(&oak, &elm.gateway);
    federate("anna", &oak, &elm.gateway, "read,write,notify:zigbee/lamp");
    (oak, elm)
}

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
