//! How many messages a second, and what each costs.

use std::time::Duration;

use hes_tests::{
    figures::{Figure, Goal, heading},
    program::processor_time,
    wire::Qos,
};

use crate::{
    Effort,
    flow::{Extent, Flowed, Shape, flow},
    peers::{Lane, Peers},
};

const SHAPES: [(Shape, f64); 8] = [
    (shape("QoS 0, one to one", 1, 1, Qos::Zero, false), 6.0),
    (shape("QoS 0, one to one, wildcard", 1, 1, Qos::Zero, true), 6.0),
    (shape("QoS 1, one to one, 100 in flight", 1, 1, Qos::One, false), 2.5),
    (shape("QoS 1, one to one, 100 in flight, wildcard", 1, 1, Qos::One, true), 2.5),
    (shape("QoS 0, 50 to 1", 50, 1, Qos::Zero, false), 4.0),
    (shape("QoS 0, 50 to 1, wildcard", 50, 1, Qos::Zero, true), 4.0),
    (shape("QoS 0, 1 to 100", 1, 100, Qos::Zero, false), 12.0),
    (shape("QoS 0, 1 to 100, wildcard", 1, 100, Qos::Zero, true), 12.0),
];

/// What one lane did, round by round.
#[derive(Debug, Default)]
struct Done {
    /// Thousands of deliveries a second.
    rates: Vec<f64>,
    delivered: u64,
    /// What processors have spent on the broker, and on the clients.
    spent: [Duration; 2],
}

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("Deliveries, k/s, 256 bytes each; and how many times mosquitto's");
    let mut peers = Peers::start();
    for (shape, goal) in SHAPES {
        compare(&mut peers, shape, goal, effort);
    }
}

const fn shape(name: &'static str, publishers: usize, subscribers: usize, qos: Qos, is_wild: bool) -> Shape {
    Shape { name, publishers, subscribers, qos, is_wild }
}

fn compare(peers: &mut Peers, shape: Shape, goal: f64, effort: Effort) {
    let lanes = peers.lanes();
    let mut all: Vec<Done> = lanes.iter().map(|_| Done::default()).collect();
    for _ in 0..effort.rounds {
        for (index, (lane, done)) in lanes.iter().zip(&mut all).enumerate() {
            done.round(peers, index, lane, shape, effort.flow);
        }
    }
    let mosquitto = all.first().map(|done| done.rates.clone()).unwrap_or_default();
    for (lane, done) in lanes.iter().zip(&all) {
        let [broker, clients] = done.each();
        let spent = format!("processor time of broker {broker:.2} µs, of clients {clients:.2} µs each");
        Figure::of(done.rates.clone()).alone(" k/s", &format!("{}: {}; {spent}", shape.name, lane.name));
    }
    for (lane, done) in lanes.iter().zip(&all).skip(1) {
        let ratio = Figure::ratio(&done.rates, &mosquitto);
        ratio.against(Goal::AtLeast(goal), " x", &format!("{}: {}", shape.name, lane.name));
    }
}

impl Done {
    fn round(&mut self, peers: &mut Peers, index: usize, lane: &Lane, shape: Shape, time: Duration) {
        let before = spent(peers, index);
        let Flowed { delivered, took } = flow(lane, shape, Extent::For(time));
        let after = spent(peers, index);
        self.rates.push(number(delivered) / took.as_secs_f64() / 1e3);
        self.delivered += delivered;
        for ((sum, before), after) in self.spent.iter_mut().zip(before).zip(after) {
            *sum += after.saturating_sub(before);
        }
    }

    /// Returns the processor time for each delivery in microseconds.
    fn each(&self) -> [f64; 2] {
        self.spent.map(|spent| spent.as_secs_f64() * 1e6 / number(self.delivered))
    }
}

fn spent(peers: &mut Peers, index: usize) -> [Duration; 2] {
    let broker = peers.processor_times().get(index).copied().unwrap_or_default();
    [broker, processor_time("self").unwrap_or_default()]
}

fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from)
}
