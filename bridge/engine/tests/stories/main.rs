//! Stories of the engine: what people ask, what devices do, and what comes of it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics to say what is wrong"
)]

mod confirm;
mod expiry;
mod idempotence;
mod intake;
mod inventory;
mod lanes;
mod native;
mod notification;
mod projection;
mod quality;
mod restart;
mod retrieve;
mod rights;
mod subscribe;
mod targets;
mod together;
mod update;

#[path = "../support/mod.rs"]
mod support;
