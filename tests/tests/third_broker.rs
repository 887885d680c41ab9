//! Two homes meet at a broker that neither owns: its owner reads all that passes, and learns who speaks with whom.

use std::{net::SocketAddr, process::Command};

use hes_tests::{
    cable::{Cable, Mood},
    client::{Client, Request},
    gateway::Gateway,
    house::House,
    neighbours::{await_link, federate, pair_at},
    patience::until,
    program::Program,
    wire::Version,
};
use serde_json::json;

/// What is in what the homes say to each other, and must not be seen.
const SECRETS: [&str; 8] = ["zigbee", "lamp", "brightness", "anna", "holidays", "eyJ", "application/", "property"];

fn home(name: &str, url: &str) -> Gateway {
    let met = format!("\n[peers]\nurl = \"{url}\"\n");
    Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).named(name).with(&met)
}

fn address(output: &str) -> Option<SocketAddr> {
    output.split_once(" on ")?.1.split_once(';')?.0.parse().ok()
}

#[test]
fn who_owns_the_broker_between_two_homes_reads_all_and_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Program::start(&mut Command::new(env!("CARGO_BIN_EXE_open_broker")), &folder.path().join("log"));
    let broker_at = broker.until("the broker listens", |it| address(&it.output()));
    let mut spy = Client::connect(broker_at, Version::V5, "spy", None).unwrap();
    spy.subscribe(&["#"]).unwrap();
    let cable = Cable::new(broker_at, 7);
    let url = format!("mqtt://{}", cable.address());
    let (oak, elm) = (home("oak", &url).start(), House::start_in(home("elm", &url)));
    for gateway in [&oak, &elm.gateway] {
        gateway.add_user("anna", "resident");
    }
    pair_at(&url, &oak, &elm.gateway);
    federate("anna", &oak, &elm.gateway, "read,write:zigbee/lamp");
    let mut anna = oak.client("anna");
    let read = |anna: &mut Client| anna.ask(Request::get("zigbee/lamp/brightness").at("elm"));
    until("the lamp can be read", || (read(&mut anna).status == 200).then_some(()));
    cable.turn(Mood::Wild);
    for round in 0..20 {
        let wanted = json!(if round % 2 == 0 { 100 } else { 0 });
        let set = anna.ask(Request::set("zigbee/lamp/brightness", &wanted).at("elm"));
        assert_eq!((set.status, set.value()), (200, &wanted), "round {round}");
    }
    cable.turn(Mood::Cut);
    cable.turn(Mood::Whole);
    await_link(&oak, &elm.gateway);
    until("the lamp can be read again", || (read(&mut anna).status == 200).then_some(()));
    spy.fence();
    let passed: Vec<_> = spy.heard().iter().filter(|it| it.topic.starts_with("hes/1/$link/")).collect();
    assert!(passed.len() > 40, "{}", passed.len());
    for message in passed {
        let text = String::from_utf8_lossy(&message.payload).into_owned();
        let seen = SECRETS.into_iter().find(|secret| text.contains(secret));
        assert_eq!(seen, None, "{message:?}");
    }
}
