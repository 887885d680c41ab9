//! A simulation of 2 to 7 homes in one thread: engines with their clusters and disks, links that are cut, people who join
//! their homes, and a checker that reads the history of it all and names the first broken promise.
//!
//! `deeds`, `bonds` and `lies` are what may happen, `world` and `outcome` make it happen, `history` is what can be seen of it,
//! and `promises` says what must then be so. `scenes` holds the checker to histories that break each promise.
//!
//! The same lives each time by default. `HES_STEPS` lives as many steps as it says, other ones from `HES_SEED` on. A failure
//! prints the shortest plan that was found for it: `HES_SEED=… HES_STEPS=… cargo test -p hes-engine --test homes_sim`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test panics to say what is wrong, and a promise looks at the facts that it is about"
)]

mod bonds;
mod chance;
mod checker;
mod cluster;
mod consents;
mod deeds;
mod disk;
mod faults;
mod history;
mod home;
mod lies;
mod links;
mod network;
mod notary;
mod outcome;
mod people;
mod plan;
mod promises;
mod scenes;
mod topology;
mod trial;
mod world;

use std::collections::BTreeMap;

use crate::{
    history::{Entry, Fact},
    plan::{Plan, read_spans},
};

/// How many steps a life has.
const LIFE: u32 = 400;

/// How many steps are lived by default.
const STEPS: u32 = 8_000;

/// What has to happen in the first few lives, or the promises are kept for nothing.
const USUAL: [&str; 16] = [
    "Acted",
    "Answered",
    "Asked",
    "AskedAgain",
    "Began",
    "Committed",
    "Died",
    "Event",
    "Gave",
    "Happened",
    "Holds",
    "Quiet",
    "Shows",
    "Subscribed",
    "Notified",
    "Value",
];

#[test]
fn whatever_happens_to_homes_and_links_the_promises_are_kept() {
    let (seed, steps) = (number("HES_SEED"), number("HES_STEPS"));
    let mut left = steps.map_or(STEPS, |steps| u32::try_from(steps).unwrap_or(u32::MAX));
    for seed in seed.unwrap_or(1).. {
        let mut plan = Plan::new(seed, left.min(LIFE));
        plan.without = std::env::var("HES_WITHOUT").map(|text| read_spans(&text)).unwrap_or_default();
        if let Err(failure) = trial::live(&plan, &[]) {
            let shortest = trial::shrink(failure, &[]);
            panic!("seed {seed} breaks a promise:\n{shortest}");
        }
        left -= plan.steps;
        if left == 0 {
            break;
        }
    }
}

#[test]
fn the_same_seed_is_the_same_life() {
    let life =
        |seed| trial::live(&Plan::new(seed, 150), &["P", "rights"]).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(life(4_711), life(4_711));
    assert_ne!(life(4_712), life(4_711));
}

#[test]
fn all_that_the_promises_are_about_happens() {
    let mut facts = BTreeMap::new();
    for seed in 1..6 {
        let history =
            trial::live(&Plan::new(seed, 200), &["P", "rights"]).unwrap_or_else(|failure| panic!("{failure}"));
        history.iter().for_each(|entry| *facts.entry(kind(entry)).or_insert(0) += 1);
    }
    let missing: Vec<&str> = USUAL.into_iter().filter(|kind| !facts.contains_key(*kind)).collect();
    assert_eq!(missing, [""; 0], "{facts:?}");
}

/// Returns the name of what happened.
fn kind(entry: &Entry) -> String {
    let is_elsewhere = match &entry.fact {
        Fact::Event { of, .. } | Fact::Value { of, .. } | Fact::Notified { of, .. } => *of != entry.home,
        _ => false,
    };
    let kind: String = format!("{:?}", entry.fact).chars().take_while(|letter| letter.is_alphabetic()).collect();
    if is_elsewhere { format!("{kind} elsewhere") } else { kind }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.replace('_', "").parse().unwrap())
}
