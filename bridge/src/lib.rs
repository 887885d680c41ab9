//! The gateway: one common, answered, authorised interface for home clusters on MQTT.

pub mod accounts;
pub mod certificates;
pub mod client;
mod command;
mod demo;
pub mod gateway;
pub mod peers;
mod remote;
pub mod settings;
pub mod store;
pub mod tokens;

pub use command::main;
