//! The built-in broker against mosquitto: each figure beside its goal.
//!
//! `cargo bench -p hes-tests --bench broker [-- throughput|latency|memory|filters|instructions] [--quick]`. All brokers
//! run for the whole time, each in its own process, and take turns within each round; a figure is the median of the
//! rounds, with the least and the most. What is compared is measured in the same round. All clients are in this process
//! and speak MQTT 5 with payloads of 256 bytes; none waits for another's thread. Our broker is the program as it is
//! shipped, with its accounts: an owner, and a panel that may use a few topics. mosquitto lets everybody in and asks
//! nothing. Nothing here fails for being slow; a message that is lost ends the measurement.

#![expect(clippy::expect_used, clippy::panic, reason = "a measurement stops if it cannot go on")]

mod clients;
mod filters;
mod flow;
mod frames;
mod instructions;
mod latency;
mod memory;
mod pair;
mod peers;
mod template;
mod throughput;

use std::{env, time::Duration};

use hes_tests::{figures::skipped, mosquitto::Mosquitto};

/// The program under measurement.
const GATEWAY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

/// Measures one thing and prints it.
type Measure = fn(Effort);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Effort {
    rounds: usize,
    /// How long messages flow in one round.
    flow: Duration,
    /// How many questions are asked in one round.
    asked: usize,
}

impl Effort {
    const FULL: Self = Self { rounds: 7, flow: Duration::from_millis(250), asked: 1_000 };
    const QUICK: Self = Self { rounds: 3, flow: Duration::from_millis(100), asked: 300 };
}

fn main() {
    let (options, words): (Vec<String>, Vec<String>) = env::args().skip(1).partition(|word| word.starts_with('-'));
    let is_wanted = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    let effort = if options.iter().any(|option| option == "--quick") { Effort::QUICK } else { Effort::FULL };
    if !Mosquitto::is_installed() {
        return skipped("everything", "mosquitto is not installed");
    }
    let parts: [(&str, Measure); 5] = [
        ("throughput", throughput::measure),
        ("latency", latency::measure),
        ("memory", memory::measure),
        ("filters", filters::measure),
        ("instructions", instructions::measure),
    ];
    for (_, measure) in parts.iter().filter(|(part, _)| is_wanted(part)) {
        measure(effort);
    }
}
