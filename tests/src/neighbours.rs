//! Homes that know each other: what their people say on the command line to pair and to join accounts.

use serde_json::Value;

use crate::{gateway::Gateway, patience::until};

/// Runs a command of the owner's at a home.
///
/// # Panics
/// If it is refused.
pub fn say(gateway: &Gateway, words: &[&str]) -> Value {
    try_say(gateway, words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// Runs a command of a person's at a home.
///
/// # Panics
/// If it is refused.
pub fn say_as(user: &str, gateway: &Gateway, words: &[&str]) -> Value {
    try_say_as(user, gateway, words).unwrap_or_else(|error| panic!("{user}: {words:?}: {error}"))
}

/// Runs a command of the owner's at a home.
///
/// # Errors
/// What the command complained of.
pub fn try_say(gateway: &Gateway, words: &[&str]) -> Result<Value, String> {
    try_say_as("owner", gateway, words)
}

/// Runs a command of a person's at a home; returns what it printed.
///
/// # Errors
/// What the command complained of.
pub fn try_say_as(user: &str, gateway: &Gateway, words: &[&str]) -> Result<Value, String> {
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

/// Returns the text that an answer has under a name.
///
/// # Panics
/// If it has none.
#[must_use]
pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// Has `guest` join `host` at the host's own broker, and returns the number that each of them sees.
#[must_use]
pub fn introduce(host: &Gateway, guest: &Gateway) -> (String, String) {
    introduce_at(&format!("mqtt://{}", host.address()), host, guest)
}

/// Has `guest` join `host` at the broker that both reach under `url`, and returns the number that each of them sees.
#[must_use]
pub fn introduce_at(url: &str, host: &Gateway, guest: &Gateway) -> (String, String) {
    let invitation = say(host, &["peer", "invite", url]);
    let joined = say(guest, &["peer", "join", text(&invitation, "code")]);
    let listed = say(host, &["peer", "list"]);
    (text(&listed["pairings"][0], "number").to_owned(), text(&joined, "number").to_owned())
}

/// Makes two homes peers at the host's own broker, and waits until they are linked.
pub fn pair(host: &Gateway, guest: &Gateway) {
    pair_at(&format!("mqtt://{}", host.address()), host, guest);
}

/// Makes two homes peers at the broker that both reach under `url`, and waits until they are linked.
///
/// # Panics
/// If their owners see different numbers.
pub fn pair_at(url: &str, host: &Gateway, guest: &Gateway) {
    let (here, there) = introduce_at(url, host, guest);
    assert_eq!(here, there, "both owners see the same number");
    say(host, &["peer", "confirm", guest.home(), &here]);
    say(guest, &["peer", "confirm", host.home(), &there]);
    await_link(host, guest);
}

/// Waits until each of two homes lists the other as linked.
pub fn await_link(host: &Gateway, guest: &Gateway) {
    for (at, other) in [(host, guest), (guest, host)] {
        until("the homes are linked", || (state(at, other) == Some("online".to_owned())).then_some(()));
    }
}

/// Returns whether a peer is there, as it is listed; nothing if there is no trust with it.
#[must_use]
pub fn state(at: &Gateway, peer: &Gateway) -> Option<String> {
    let listed = say(at, &["peer", "list"]);
    let found = listed["peers"].as_array()?.iter().find(|it| it["home"] == peer.home()).cloned()?;
    found["state"].as_str().map(str::to_owned)
}

/// Joins the accounts that `person` has in two homes, so that `want` of the second may be used from the first; returns
/// the federation's id.
pub fn federate(person: &str, here: &Gateway, there: &Gateway, want: &str) -> String {
    let account = format!("{}/{person}", there.home());
    let proposal = ["federation", "create", &account, "--for", "holidays", "--until", "30d", "--want", want];
    let made = say_as(person, here, &proposal);
    let id = text(&made, "id").to_owned();
    until("the proposal comes", || try_say_as(person, there, &["federation", "accept", &id]).ok());
    until("the owner approves there", || try_say(there, &["federation", "approve", &id]).ok());
    until("the homes are joined", || {
        (say_as(person, here, &["federation", "show", &id])["state"] == "active").then_some(())
    });
    id
}

/// Joins the accounts that `person`, who manages both homes, has in them, so that each gives the other the same.
pub fn federate_both(person: &str, here: &Gateway, there: &Gateway, rights: &str) {
    let account = format!("{}/{person}", there.home());
    let terms = ["--for", "holidays", "--until", "30d", "--safety", "S2", "--want", rights, "--give", rights];
    let made = say_as(person, here, &[&["federation", "create", &account], terms.as_slice()].concat());
    let id = text(&made, "id").to_owned();
    until("the proposal comes", || try_say_as(person, there, &["federation", "accept", &id]).ok());
}
