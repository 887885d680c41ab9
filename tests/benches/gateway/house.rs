//! A house of ten thousand devices: how much memory it takes, and how soon it answers after a start.

use std::{
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use hes_tests::{
    client::{Client, Request},
    figures::{Figure, Goal, heading, skipped},
    gateway::Gateway,
    mosquitto::Mosquitto,
    patience::until,
    wire::{Message, Version},
    zigbee::Network,
};
use serde_json::Value;

use crate::GATEWAY;

/// Ten clusters of a thousand devices each, so that a list of devices fits a packet.
const CLUSTERS: usize = 10;
const DEVICES: usize = 1_000;
const STARTS: usize = 7;

/// Measures and prints.
pub(crate) fn measure() {
    let networks: Vec<Network> =
        (0..CLUSTERS).map(|number| Network::of(&format!("z{number}"), number * DEVICES, DEVICES)).collect();
    let listed: usize = networks.iter().map(|network| network.inventory().len()).sum();
    heading(&format!("{} devices of 10 properties, their lists {} KiB in all", CLUSTERS * DEVICES, listed / 1024));
    if Mosquitto::is_installed() {
        elsewhere(&networks);
    } else {
        skipped("the house whose clusters are on mosquitto", "mosquitto is not installed");
    }
    within(&networks);
}

/// The clusters are on another broker, so that their lists are retained there.
fn elsewhere(networks: &[Network]) {
    let mosquitto = Mosquitto::start();
    let empty = Gateway::prepare(GATEWAY);
    let add = |gateway: Gateway, network: &Network| {
        gateway.with_remote_cluster(&network.base, &network.base, mosquitto.address())
    };
    let mut gateway = networks.iter().fold(empty, add).start();
    mebibytes(&mut gateway).alone(" MiB", "resident before the first device, clusters on mosquitto");
    populate(networks, |name| mosquitto.client(name));
    await_all(&mut gateway.client("owner"));
    settled(&mut gateway).against(Goal::AtMost(64.0), " MiB", "resident, clusters on mosquitto");
    starts(&mut gateway, "clusters on mosquitto");
    settled(&mut gateway).against(Goal::AtMost(64.0), " MiB", "resident after a restart, clusters on mosquitto");
}

/// The clusters are on the built-in broker, which so retains their lists too.
fn within(networks: &[Network]) {
    let empty = Gateway::prepare(GATEWAY);
    let mut gateway =
        networks.iter().fold(empty, |gateway, network| gateway.with_cluster(&network.base, &network.base)).start();
    populate(networks, |name| gateway.named_client("cluster", Version::V5, name).expect("a bridge is let in"));
    await_all(&mut gateway.client("owner"));
    settled(&mut gateway).alone(" MiB", "resident, clusters and their lists on the built-in broker");
    starts(&mut gateway, "clusters on the built-in broker");
    settled(&mut gateway).alone(" MiB", "resident after a restart, clusters and their lists on the built-in broker");
}

/// Publishes all lists and all states.
fn populate(networks: &[Network], connect: impl Fn(&str) -> Client) {
    for network in networks {
        let mut bridge = connect(&network.base);
        let inventory = network.inventory();
        for (rest, payload) in
            [("bridge/state", r#"{"state":"online"}"#), ("bridge/devices", &inventory), ("bridge/groups", "[]")]
        {
            bridge.publish(Message::new(network.topic(rest), payload).retained()).expect("the broker takes a list");
        }
        for (number, device) in network.devices.iter().enumerate() {
            let state = Value::Object(device.state(number)).to_string();
            bridge.publish(Message::new(network.topic(&device.name), state)).expect("the broker takes a state");
        }
    }
}

/// The property that is read, which cannot be asked of the device: of the last sensor.
fn last() -> (String, Value) {
    let network = Network::of("", 0, DEVICES);
    let sensor = network.devices.iter().enumerate().rev().find(|(number, _)| number % 3 == 1);
    let (number, device) = sensor.expect("there is a sensor");
    let of_cluster = (CLUSTERS - 1) * DEVICES;
    let path = format!("z{}/d{}/pressure", CLUSTERS - 1, of_cluster + number);
    (path, device.state(number).get("pressure").cloned().unwrap_or_default())
}

fn is_right(client: &mut Client) -> bool {
    let (path, value) = last();
    let answer = client.ask(Request::get(&path));
    answer.status == 200 && *answer.value() == value
}

fn await_all(client: &mut Client) {
    until("the last device is known", || is_right(client).then_some(()));
}

/// Returns what is resident once that has stopped to change.
fn settled(gateway: &mut Gateway) -> Figure {
    let mut before = 0;
    loop {
        let now = gateway.program().resident().unwrap_or_default();
        if now == before {
            return mebibytes(gateway);
        }
        before = now;
        thread::sleep(Duration::from_secs(2));
    }
}

fn mebibytes(gateway: &mut Gateway) -> Figure {
    let kibibytes = gateway.program().resident().ok().and_then(|kibibytes| u32::try_from(kibibytes).ok());
    Figure::of(vec![f64::from(kibibytes.unwrap_or_default()) / 1024.0])
}

/// Starts the gateway again and again, after a stop in good order.
fn starts(gateway: &mut Gateway, which: &str) {
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..STARTS {
        gateway.stop();
        for (rounds, time) in times.iter_mut().zip(start(gateway)) {
            rounds.push(time.as_secs_f64() * 1e3);
        }
    }
    let [listens, connected, answered] = times.map(Figure::of);
    listens.alone(" ms", &format!("from start to listening, {which}"));
    connected.alone(" ms", &format!("from start to a connected client, {which}"));
    answered.against(Goal::AtMost(300.0), " ms", &format!("from start to the first right answer, {which}"));
}

/// Returns how long it took to listen, to let a client in, and to answer it rightly.
fn start(gateway: &mut Gateway) -> [Duration; 3] {
    let address: SocketAddr = gateway.address();
    let began = Instant::now();
    gateway.launch();
    while TcpStream::connect(address).is_err() {
        thread::sleep(Duration::from_micros(500));
    }
    let listens = began.elapsed();
    let mut client = gateway.client("owner");
    let connected = began.elapsed();
    while !is_right(&mut client) {}
    let answered = began.elapsed();
    gateway.await_door();
    [listens, connected, answered]
}
