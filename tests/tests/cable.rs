//! The cable that other tests pull at does what it says.

#![expect(clippy::unwrap_used, reason = "a test panics to say what is wrong")]

use std::collections::BTreeSet;

use hes_tests::{
    cable::{Cable, Mood},
    client::{Client, Refused},
    gateway::Gateway,
    wire::{Message, Version},
};

const BINARY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

/// Returns a broker, a cable to it, and a client at the end of that which has subscribed to `t`.
fn wired() -> (Gateway, Cable, Client) {
    let gateway = Gateway::prepare(BINARY).start();
    drop(gateway.client("owner"));
    let cable = Cable::new(gateway.address(), 7);
    let mut far = connect(&cable).unwrap();
    far.subscribe(&["t"]).unwrap();
    (gateway, cable, far)
}

fn connect(cable: &Cable) -> Result<Client, Refused> {
    Client::connect(cable.address(), Version::V5, "far", Some(&Gateway::account("owner")))
}

/// Publishes numbers with `QoS` 1 and returns those that the far end hears, up to one that was sent behind them all.
fn send(gateway: &Gateway, cable: &Cable, far: &mut Client, count: usize) -> Vec<usize> {
    let mut near = gateway.client("owner");
    for number in 0..count {
        near.publish(Message::new("t", number.to_string())).unwrap();
    }
    far.until("all numbers have come", |far| {
        let heard: BTreeSet<_> = far.heard().iter().map(Message::text).collect();
        (heard.len() + 1 >= count).then_some(())
    });
    cable.turn(Mood::Whole);
    near.publish(Message::new("t", count.to_string())).unwrap();
    let heard = |far: &mut Client| far.heard().iter().any(|message| message.text() == count.to_string()).then_some(());
    far.until("the last number has come", heard);
    far.heard().iter().map(|message| message.text().parse().unwrap()).collect()
}

#[test]
fn a_whole_cable_passes_all_in_order() {
    let (gateway, cable, mut far) = wired();
    assert_eq!(send(&gateway, &cable, &mut far, 40), (0..=40).collect::<Vec<_>>());
}

#[test]
fn a_wild_cable_doubles_and_disorders_but_loses_nothing() {
    let (gateway, cable, mut far) = wired();
    cable.turn(Mood::Wild);
    let heard = send(&gateway, &cable, &mut far, 40);
    assert_eq!(heard.iter().copied().collect::<BTreeSet<_>>(), (0..=40).collect());
    assert!(heard.len() > 41, "none came twice");
    assert!(!heard.is_sorted(), "none was overtaken");
}

#[test]
fn a_noisy_cable_changes_some_of_what_passes() {
    let (gateway, cable, mut far) = wired();
    cable.turn(Mood::Noisy);
    let mut near = gateway.client("owner");
    let payload = "0".repeat(100);
    for _ in 0..80 {
        near.publish(Message::new("t", payload.clone())).unwrap();
    }
    far.until("all have come", |far| (far.heard().len() == 80).then_some(()));
    let changed = far.heard().iter().filter(|message| message.payload != payload.as_bytes()).count();
    assert!((1..40).contains(&changed), "{changed}");
}

#[test]
fn a_mute_cable_keeps_what_it_is_given() {
    let (gateway, cable, mut far) = wired();
    cable.turn(Mood::Dumb);
    gateway.client("owner").publish(Message::new("t", "kept")).unwrap();
    cable.turn(Mood::Whole);
    assert_eq!(far.next("t").text(), "kept");
}

#[test]
fn a_cut_cable_ends_connections_until_it_is_whole() {
    let (_gateway, cable, mut far) = wired();
    cable.turn(Mood::Cut);
    assert!(far.step().is_err());
    assert!(matches!(connect(&cable), Err(Refused::Closed)));
    cable.turn(Mood::Whole);
    assert!(connect(&cable).is_ok());
}
