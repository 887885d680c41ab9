//! The simulated house of `hes-bridge demo`: a Zigbee2MQTT-shaped cluster without hardware.
//!
//! [`house`] is a pure model of it, [`resident`] carries its messages, [`welcome`] tells a person what to try.

mod house;
mod resident;
mod welcome;

pub(crate) use resident::{Key, live_in};
pub(crate) use welcome::{invocation, welcome};
