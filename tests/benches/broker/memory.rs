//! How much memory a connection takes that says nothing.

use std::thread;
use std::time::Duration;

use hes_tests::{
    crowd::Crowd,
    figures::{Figure, Goal, heading, skipped},
    mosquitto::Mosquitto,
    program::Program,
};

use crate::{
    Effort,
    peers::{Lane, TOPICS, gateway, lane},
};

const CLIENTS: usize = 10_000;
/// So many are there before, so that what the first ones bring with them does not count.
const BEFORE: usize = 100;

/// Measures and prints.
pub(crate) fn measure(_effort: Effort) {
    heading("Resident memory of the broker's process for each of 10,000 idle connections");
    if !Crowd::may_have(10_200) {
        return skipped("memory", "the system does not allow so many sockets");
    }
    let mosquitto = Mosquitto::start();
    let [bare, subscribed] =
        each(&Lane { name: "mosquitto", address: mosquitto.address(), account: None }, mosquitto.program());
    bare.alone(" KiB", "mosquitto");
    subscribed.alone(" KiB", "mosquitto, each with a subscription of its own");
    for router in ["rumqttd", "direct"] {
        let mut gateway = gateway(router).start();
        let lane = lane("ours", &gateway, "owner");
        let [bare, subscribed] = each(&lane, gateway.program());
        bare.against(Goal::AtMost(8.0), " KiB", router);
        subscribed.alone(" KiB", &format!("{router}, each with a subscription of its own"));
    }
}

/// Returns the KiB that each connection takes, without and with a subscription.
fn each(lane: &Lane, broker: &Program) -> [Figure; 2] {
    let crowd = |word, count| Crowd::connect(lane.address, lane.account.as_ref(), word, count).expect("all are let in");
    let few = crowd("before", BEFORE);
    let before = settled(broker);
    let many = crowd("idle", CLIENTS);
    let bare = settled(broker);
    many.subscribe(|number| format!("{TOPICS}/idle/{number}")).expect("all may subscribe");
    let subscribed = settled(broker);
    drop((few, many));
    [bare, subscribed].map(|after| Figure::of(vec![(after - before) / 10_000.0]))
}

/// Returns the KiB that are resident once that has stopped to change.
fn settled(broker: &Program) -> f64 {
    let resident = || broker.resident().ok().and_then(|kibibytes| u32::try_from(kibibytes).ok()).map(f64::from);
    let mut before = None;
    loop {
        let now = resident();
        if now == before {
            return now.unwrap_or(f64::NAN);
        }
        before = now;
        thread::sleep(Duration::from_millis(500));
    }
}
