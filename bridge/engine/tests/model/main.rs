//! A reference model of the engine, and generated lives that are held against it after every step.
//!
//! `step` is what may happen, `world` makes it happen to two engines at once, and the other files are what must then be so:
//! `answers` (each request is answered once and in time), `orders` (commands act once, in order and not too late),
//! `values` (what is published is what was heard), `news` (what subscribers are told).
//!
//! 150 lives by default, the same ones each time; with `PROPTEST_CASES` as many as it says, others each time.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics to say what is wrong"
)]

mod act;
mod answers;
mod news;
mod orders;
mod people;
mod requests;
mod step;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the stories use the rest")]
mod support;
mod values;
mod world;

use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};

fn config() -> Config {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return Config { failure_persistence: None, ..Config::default() };
    }
    Config { cases: 150, rng_seed: RngSeed::Fixed(4_711), failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_everybody_is_told_the_truth_once_and_in_time(
        steps in prop::collection::vec(step::step(), 1..200),
    ) {
        let mut world = world::World::new();
        for step in &steps {
            world.live(step);
        }
        world.come_to_rest();
    }
}
