//! Two homes come to trust each other, and people use devices of both.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test panics to say what is wrong")]
use hes_tests::{client::Client, gateway::Gateway, house::House, patience::until};
use serde_json::Value;

/// Where the lamp of elm is shown.
const LAMP: &str = "hes/1/elm/zigbee/lamp/property/on";

/// Starts a home.
fn home(name: &str) -> Gateway {
    Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).named(name).start()
}

/// Runs a command of the owner's at a home; returns what it printed, or its complaint.
fn try_say(gateway: &Gateway, words: &[&str]) -> Result<Value, String> {
    try_say_as("owner", gateway, words)
}

fn try_say_as(user: &str, gateway: &Gateway, words: &[&str]) -> Result<Value, String> {
    let account = Gateway::account(user);
    let password = gateway.write(&format!("{user}.password"), &account.password).display().to_string();
    let url = format!("mqtt://{user}@{}", gateway.address());
    let connect = ["--json", "--url", &url, "--password-file", &password, "--home", gateway.home()];
    let done = gateway.command(&[words, &connect].concat());
    if done.status.success() {
        Ok(serde_json::from_slice(&done.stdout).unwrap_or(Value::Null))
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

fn say_as(user: &str, gateway: &Gateway, words: &[&str]) -> Value {
    try_say_as(user, gateway, words).unwrap_or_else(|error| panic!("{user}: {words:?}: {error}"))
}

fn say(gateway: &Gateway, words: &[&str]) -> Value {
    try_say(gateway, words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// Has `guest` join `host`, and returns the number that each of them sees.
fn introduce(host: &Gateway, guest: &Gateway) -> (String, String) {
    let url = format!("mqtt://{}", host.address());
    let invitation = say(host, &["peer", "invite", &url]);
    let joined = say(guest, &["peer", "join", text(&invitation, "code")]);
    let listed = say(host, &["peer", "list"]);
    (text(&listed["pairings"][0], "number").to_owned(), text(&joined, "number").to_owned())
}

/// Makes two homes peers, and waits until they are linked.
fn pair(host: &Gateway, guest: &Gateway) {
    let (here, there) = introduce(host, guest);
    assert_eq!(here, there, "both owners see the same number");
    say(host, &["peer", "confirm", guest.home(), &here]);
    say(guest, &["peer", "confirm", host.home(), &there]);
    await_link(host, guest);
}

fn await_link(host: &Gateway, guest: &Gateway) {
    for (at, other) in [(host, guest), (guest, host)] {
        until("the homes are linked", || (state(at, other) == Some("online".to_owned())).then_some(()));
    }
}

/// Returns whether a peer is there, as it is listed; nothing if there is no trust with it.
fn state(at: &Gateway, peer: &Gateway) -> Option<String> {
    let listed = say(at, &["peer", "list"]);
    let found = listed["peers"].as_array()?.iter().find(|it| it["home"] == peer.home()).cloned()?;
    found["state"].as_str().map(str::to_owned)
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

/// Joins the accounts of `anna` in both homes, so that she may use the lamp of the second from the first.
fn federate(oak: &Gateway, elm: &Gateway) {
    let want = ["--for", "holidays", "--until", "30d", "--want", "read,write,notify:zigbee/lamp"];
    let made = say_as("anna", oak, &[&["federation", "create", "elm/anna"], &want[..]].concat());
    let id = text(&made, "id").to_owned();
    until("the proposal comes", || try_say_as("anna", elm, &["federation", "accept", &id]).ok());
    until("the owner approves there", || try_say(elm, &["federation", "approve", &id]).ok());
}

/// Two homes that `anna` lives in: oak, and elm with its house, of which she may use the lamp.
fn homes_of_anna() -> (Gateway, House) {
    let (oak, elm) = (home("oak"), House::start_as(env!("CARGO_BIN_EXE_hes-tests-gateway"), "elm"));
    for gateway in [&oak, &elm.gateway] {
        gateway.add_user("anna", "resident");
    }
    pair(&oak, &elm.gateway);
    federate(&oak, &elm.gateway);
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
