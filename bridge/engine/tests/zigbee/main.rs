//! Zigbee2MQTT as a cluster, message by message.
#![expect(clippy::unwrap_used, reason = "panicking is how a test fails")]

mod bad_input;
mod commands;
mod house;
mod inventory;
mod reports;
