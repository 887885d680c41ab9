//! How fast, how large, how soon: each figure beside its goal.
//!
//! `cargo bench -p hes-tests --bench gateway [-- latency|house|instructions]`. Rounds of what is compared are
//! interleaved within one start of all processes; a figure is the median of the rounds, with the least and the most.
//! Nothing here fails for being slow.

#![expect(clippy::expect_used, reason = "a measurement prints, and stops if it cannot go on")]

mod house;
mod instructions;
mod latency;

use std::env;

/// The program under measurement.
const GATEWAY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

fn main() {
    let words: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    if is_wanted("latency") {
        latency::measure();
    }
    if is_wanted("house") {
        house::measure();
    }
    if is_wanted("instructions") {
        instructions::measure();
    }
}
