//! Two homes against two mosquitto brokers with a bridge between them: each figure beside its goal.
//!
//! `cargo bench -p hes-tests --bench link [-- latency|throughput|reads|resync|signatures] [--quick]`. All processes run for
//! the whole time and take turns within each round; a figure is the median of the rounds, with the least and the most.
//! Everything is published, carried and heard with `QoS` 1, on sockets with `TCP_NODELAY`. Our homes meet at the built-in broker
//! of one of them, sealed, and people see what they may; mosquitto carries plain bytes and asks nobody. What need not outlive a power
//! cut is a property, what must is an event, which is on disk before it is said to the other home. Nothing here fails for
//! being slow; what is lost ends the measurement.

#![expect(clippy::expect_used, reason = "a measurement stops if it cannot go on")]

mod commit;
mod flow;
mod homes;
mod latency;
mod oneway;
mod reads;
mod resync;
mod signatures;
mod throughput;

use std::env;

use hes_tests::{figures::skipped, mosquitto::Mosquitto};

/// The program under measurement.
const GATEWAY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

/// Measures one thing and prints it.
type Measure = fn(Effort);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Effort {
    rounds: usize,
    /// How many messages go one by one in one round.
    singles: usize,
    /// How many messages flow in one round.
    flow: usize,
    /// How often there is an outage.
    outages: usize,
}

impl Effort {
    const FULL: Self = Self { rounds: 7, singles: 500, flow: 6_000, outages: 5 };
    const QUICK: Self = Self { rounds: 3, singles: 200, flow: 2_000, outages: 2 };
}

fn main() {
    let (options, words): (Vec<String>, Vec<String>) = env::args().skip(1).partition(|word| word.starts_with('-'));
    let is_wanted = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    let effort = if options.iter().any(|option| option == "--quick") { Effort::QUICK } else { Effort::FULL };
    if !Mosquitto::is_installed() {
        return skipped("everything", "mosquitto is not installed");
    }
    let parts: [(&str, Measure); 5] = [
        ("latency", latency::measure),
        ("throughput", throughput::measure),
        ("reads", reads::measure),
        ("resync", resync::measure),
        ("signatures", signatures::measure),
    ];
    for (_, measure) in parts.iter().filter(|(part, _)| is_wanted(part)) {
        measure(effort);
    }
}
