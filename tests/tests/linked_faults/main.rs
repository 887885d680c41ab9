//! Homes whose links, gateways and disks fail: a checker reads what happened, and names the first promise that is broken.
//!
//! In the environment: `HES_ROUNDS=200` cuts so many lives short; `HES_CHANGES=10000` and `HES_PRESSES=2000` make that many of
//! them while a link is cut, which `HES_PARTITION=60` has last for so many seconds at least; `HES_HOMES=7` joins up to seven
//! homes; `MQTT_BROKER=mosquitto` has them meet there where they meet at a broker that is neither's.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test panics to say what is wrong, whatever that is"
)]

mod asker;
mod bench;
mod checker;
#[cfg(target_os = "linux")]
mod disks;
mod ear;
mod history;
mod inn;
mod kills;
mod links;
mod neighbours;
mod promises;
mod rings;
mod scenes;
mod world;

use std::env;

/// Returns the number that the environment gives under a name.
fn number_of(name: &str, otherwise: usize) -> usize {
    env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}
