//! Crowds: ten thousand clients at once, and as many that come and go; what they took is given back.

#![expect(clippy::unwrap_used, reason = "a test panics to say what is wrong")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use hes_tests::{
    client::Client,
    crowd::Crowd,
    figures::skipped,
    gateway::Gateway,
    patience::until,
    wire::{Message, Qos},
};

const MANY: usize = 10_000;
/// So many come and go together.
const TOGETHER: usize = 250;

/// Starts a gateway that takes a crowd, unless the system does not allow so many sockets.
fn gateway() -> Option<Gateway> {
    if !Crowd::may_have(10_500) {
        skipped("ten thousand clients", "the system does not allow 10,500 sockets in one process");
        return None;
    }
    let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).with_broker("max_connections = 10100");
    let gateway = gateway.start();
    drop(gateway.client("owner"));
    Some(gateway)
}

/// Has a message go round through a wildcard.
fn is_well(client: &mut Client) {
    client.subscribe(&["well/+"]).unwrap();
    client.publish(Message::new("well/x", "fine")).unwrap();
    client.next("well/x");
}

/// Runs wave after wave. The first leaves memory behind that the allocator keeps and tables that have grown. What is
/// there after one of the next three is what was there after the wave before, but for a twentieth: what was never given
/// back would grow with every wave, while the allocator takes a step and stays there.
fn memory_returns_after_waves(mut gateway: Gateway, mut wave: impl FnMut(&Gateway)) {
    let mut after = || {
        wave(&gateway);
        is_well(&mut gateway.client("owner"));
        gateway.program().resident().unwrap()
    };
    let (_, second) = (after(), after());
    let mut levels = vec![second];
    let is_step = |pair: &[u64]| matches!(pair, [before, after] if *after > *before + *before / 20);
    let has_settled = |levels: &[u64]| levels.windows(2).any(|pair| !is_step(pair));
    while levels.len() < 4 && !has_settled(&levels) {
        levels.push(after());
    }
    assert!(has_settled(&levels), "{levels:?} KiB");
    let log = gateway.program().output();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn ten_thousand_clients_are_served_at_once_and_their_memory_comes_back() {
    let Some(gateway) = gateway() else { return };
    let mut during = Vec::new();
    memory_returns_after_waves(gateway, |gateway| {
        let account = Gateway::account("owner");
        let crowd = Crowd::connect(gateway.address(), Some(&account), "many", MANY).unwrap();
        crowd.subscribe(|number| format!("many/{}/{number}", number % 100)).unwrap();
        let mut witness = gateway.client("owner");
        is_well(&mut witness);
        during.push(crowd.len());
        crowd.leave().unwrap();
    });
    assert!(during.iter().all(|connected| *connected == MANY), "{during:?}");
}

#[test]
fn ten_thousand_clients_come_and_go_during_bursts_and_their_memory_comes_back() {
    let Some(gateway) = gateway() else { return };
    memory_returns_after_waves(gateway, |gateway| {
        let is_over = Arc::new(AtomicBool::new(false));
        let bursts = bursts(gateway.client("owner"), Arc::clone(&is_over));
        let account = Gateway::account("owner");
        for round in 0..MANY / TOGETHER {
            let crowd = Crowd::connect(gateway.address(), Some(&account), "passing", TOGETHER).unwrap();
            crowd.subscribe(|number| filter(round, number)).unwrap();
            // some say goodbye, the others are gone with messages under way to them
            if round % 2 == 0 { crowd.leave().unwrap() } else { drop(crowd) }
        }
        is_over.store(true, Ordering::Relaxed);
        bursts.join().unwrap();
    });
}

/// A filter that many have, one that nobody else has, or a topic.
fn filter(round: usize, number: usize) -> String {
    match number % 5 {
        0 => "burst/+/x".to_owned(),
        1 => format!("burst/{round}-{number}/+"),
        2 => format!("burst/{}/#", number % 10),
        _ => format!("burst/{}/x", number % 10),
    }
}

/// Publishes bursts until it is over, each when the one before has been taken.
fn bursts(mut client: Client, is_over: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        while !is_over.load(Ordering::Relaxed) {
            for number in 0..50 {
                let message = Message::new(format!("burst/{}/x", number % 10), vec![b'x'; 256]);
                client.put(message.with_qos(Qos::Zero)).unwrap();
            }
            until("the burst has been taken", || client.publish(Message::new("burst/end", "")).ok());
        }
    })
}
