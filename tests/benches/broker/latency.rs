//! Requests and responses between two clients.

use hes_tests::{
    figures::{Figure, Goal, heading, micros, percentile},
    wire::{Qos, Wire},
};

use crate::{
    Effort,
    pair::{Filters, Pair, ask_many, open},
    peers::{Lane, Peers, TOPICS},
};

const IN_FLIGHT: usize = 64;

/// The median and the 99th percentile of each round.
#[derive(Debug, Default)]
struct Taken {
    median: Vec<f64>,
    worst: Vec<f64>,
}

/// What p50 of the two routers, and p99 of both, may be at most, in mosquitto's.
#[derive(Debug, Clone, Copy)]
struct Goals {
    rumqttd: f64,
    direct: f64,
    worst: Option<f64>,
}

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("Request and response of 256 bytes between two clients, others hold wildcard filters; and in mosquitto's");
    let peers = Peers::start();
    let lanes = peers.lanes();
    let _others: Vec<[Wire; 3]> = lanes.iter().map(others).collect();
    for qos in [Qos::Zero, Qos::One] {
        let exact = Goals { rumqttd: 0.8, direct: 0.8, worst: Some(1.0) };
        one_in_flight(&lanes, qos, Filters::Exact, exact, effort);
        let wild = Goals { rumqttd: 1.4, direct: 0.9, worst: None };
        one_in_flight(&lanes, qos, Filters::Wild, wild, effort);
    }
    many_in_flight(&lanes, effort);
}

/// Subscribes to what nobody asks.
fn others(lane: &Lane) -> [Wire; 3] {
    let client = |name, filter: &str| open(lane, &format!("{}-{name}", lane.name), filter, Qos::Zero);
    [
        client("one", &format!("{TOPICS}/other/#")),
        client("two", &format!("{TOPICS}/+/state")),
        client("three", &format!("{TOPICS}/+/+/+/set")),
    ]
}

fn one_in_flight(lanes: &[Lane], qos: Qos, filters: Filters, goals: Goals, effort: Effort) {
    let what = match filters {
        Filters::Exact => format!("QoS {}, exact topics, 1 in flight", qos.number()),
        Filters::Wild => format!("QoS {}, wildcard filters, 1 in flight", qos.number()),
    };
    let open = |(number, lane)| Pair::open(lane, &format!("{filters:?}-{}-{number}", qos.number()), qos, filters);
    let mut pairs: Vec<Pair> = lanes.iter().enumerate().map(open).collect();
    let mut taken: Vec<Taken> = lanes.iter().map(|_| Taken::default()).collect();
    pairs.iter_mut().for_each(|pair| drop(pair.ask(effort.asked / 4)));
    for _ in 0..effort.rounds {
        for (pair, taken) in pairs.iter_mut().zip(&mut taken) {
            taken.add(pair.ask(effort.asked));
        }
    }
    print(&what, lanes, &taken, goals);
}

fn many_in_flight(lanes: &[Lane], effort: Effort) {
    let mut taken: Vec<Taken> = lanes.iter().map(|_| Taken::default()).collect();
    for _ in 0..effort.rounds {
        for (number, (lane, taken)) in lanes.iter().zip(&mut taken).enumerate() {
            taken.add(ask_many(lane, &format!("many-{number}"), IN_FLIGHT, effort.asked * 5));
        }
    }
    let goals = Goals { rumqttd: 0.6, direct: 0.6, worst: None };
    print(&format!("QoS 0, exact topics, {IN_FLIGHT} in flight"), lanes, &taken, goals);
}

fn print(what: &str, lanes: &[Lane], taken: &[Taken], goals: Goals) {
    for (lane, taken) in lanes.iter().zip(taken) {
        let worst = Figure::of(taken.worst.clone());
        Figure::of(taken.median.clone()).alone(" µs", &format!("{what}: {}, p50; p99 {worst}", lane.name));
    }
    let Some(mosquitto) = taken.first() else { return };
    for (lane, taken) in lanes.iter().zip(taken).skip(1) {
        let goal = if lane.name.starts_with("direct") { goals.direct } else { goals.rumqttd };
        let median = Figure::ratio(&taken.median, &mosquitto.median);
        median.against(Goal::AtMost(goal), " x", &format!("{what}: {}, p50", lane.name));
        let worst = Figure::ratio(&taken.worst, &mosquitto.worst);
        if let Some(goal) = goals.worst {
            worst.against(Goal::AtMost(goal), " x", &format!("{what}: {}, p99", lane.name));
        }
    }
}

impl Taken {
    fn add(&mut self, mut times: Vec<std::time::Duration>) {
        self.median.push(micros(percentile(&mut times, 50)));
        self.worst.push(micros(percentile(&mut times, 99)));
    }
}
