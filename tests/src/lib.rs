//! What the stories and measurements of hes-bridge stand on: the real program, clients, and a simulated Zigbee2MQTT.
//!
//! - `wire`: MQTT on a socket; `client`: who asks and listens there.
//! - `program`, `gateway`, `mosquitto`: what runs beside the tests; `zigbee`: a bridge and its devices; `house`: both.
//! - `neighbours`: homes that know each other; `impostor`: somebody with the stolen keys of one; `forge`: what tokens are
//!   made of, and those that do not hold.
//! - `patience`, `chance`, `vectors`: waiting without time, variety without luck, and bytes that are no messages.
//! - `cable`: a way to a broker on which packets are lost, doubled, late or overtaken.
//! - `crowd`, `lane`, `figures`: many clients at once, one that asks again and again, and what measurements print.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "this serves tests, which panic to say what is wrong"
)]

pub mod cable;
pub mod chance;
pub mod client;
pub mod crowd;
pub mod figures;
pub mod forge;
pub mod gateway;
pub mod house;
pub mod impostor;
pub mod lane;
pub mod mosquitto;
pub mod neighbours;
pub mod patience;
pub mod program;
pub mod vectors;
pub mod wire;
pub mod zigbee;

/// Where the topics of a home begin whose id is `home`.
pub const HOME: &str = "hes/1/home";
