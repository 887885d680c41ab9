//! Federations of real engines, joined in memory: what people agree on, what follows from it, and how it ends.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    reason = "a test panics to say what is wrong, and looks at the messages that it is about"
)]

mod agreeing;
mod attacks;
mod bounds;
mod chaos;
mod ending;
mod rights;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the stories use the rest")]
mod support;
mod third;
mod tokens;
mod world;

#[path = "../support/notary.rs"]
mod notary;
