//! Requests across homes: real engines, joined in memory, and people who ask for what is elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test panics to say what is wrong, and looks at the messages that it is about"
)]

mod across;
mod asking;
mod bounds;
mod danger;
mod ending;
mod hostile;
mod listing;
mod lying;
#[path = "../support/notary.rs"]
mod notary;
mod subscribing;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the stories use the rest")]
mod support;
mod tracing;
mod waiting;
#[path = "../federations/world.rs"]
#[expect(dead_code, reason = "the stories of federations use the rest")]
mod world;
