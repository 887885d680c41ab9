//! Anything happens at three homes, in any order, while what they say is doubled, disordered and late: nobody ever has a right
//! that no standing consent gives, what has ended stays ended, and in the end all believe the same.
//!
//! 60 lives by default, the same ones each time; with `PROPTEST_CASES` as many as it says, others each time.

use std::collections::{BTreeMap, BTreeSet};

use hes_engine::record::{FederationRecord, ProposalRecord};
use hes_schemas::{HomeId, message::Standing};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};
use serde_json::{Value, json};

use crate::world::{UNTIL, World, anna, home, lamp};

const HOMES: [&str; 3] = ["elm", "fir", "oak"];

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// Somebody proposes a federation.
    Create(usize, usize),
    /// Somebody does something with one of the federations that their home knows.
    Do(usize, &'static str, prop::sample::Index),
    /// Somebody adds the third home.
    Add(usize, prop::sample::Index),
    /// One of the messages on their way arrives; it may stay on its way, to arrive again.
    Arrive(prop::sample::Index, bool),
    /// A message about tokens is lost; what is logged cannot be.
    Lose(prop::sample::Index),
    /// All that is on its way arrives.
    Deliver,
    /// Time passes.
    Later(u64),
    /// A home is killed and starts again.
    Restart(usize),
    /// The owner's rights become less, or all again.
    Rights(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0..HOMES.len();
    let actions = prop::sample::select(&["accept", "accept", "accept", "withdraw", "leave", "dissolve"][..]);
    prop_oneof![
        2 => (at(), at()).prop_map(|(at, with)| Step::Create(at, with)),
        6 => (at(), actions, any::<prop::sample::Index>()).prop_map(|(at, what, which)| Step::Do(at, what, which)),
        2 => (at(), any::<prop::sample::Index>()).prop_map(|(at, which)| Step::Add(at, which)),
        8 => (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(which, stays)| Step::Arrive(which, stays)),
        1 => any::<prop::sample::Index>().prop_map(Step::Lose),
        3 => Just(Step::Deliver),
        2 => (0_u64..700_000).prop_map(Step::Later),
        1 => at().prop_map(Step::Restart),
        1 => (at(), any::<bool>()).prop_map(|(at, is_all)| Step::Rights(at, is_all)),
    ]
}

/// What is remembered of a life, to see that ends are ends.
#[derive(Debug, Default)]
struct Memory {
    ended: BTreeMap<(HomeId, String), Standing>,
    withdrawn: BTreeSet<(HomeId, String)>,
}

fn take(world: &mut World, memory: &mut Memory, step: Step) {
    match step {
        Step::Create(at, with) if at != with => {
            let (at, with) = (HOMES[at], HOMES[with]);
            let what = json!({"create": {
                "with": with, "user": anna(with), "give": [lamp()], "want": [lamp()], "purpose": "p", "until": UNTIL,
            }});
            world.fails(at, &anna(at), what);
        }
        Step::Create(..) => {}
        Step::Do(at, what, which) => {
            let Some(id) = any_of(world, HOMES[at], &which) else { return };
            world.fails(HOMES[at], &anna(HOMES[at]), json!({what: {"federation": id}}));
        }
        Step::Add(at, which) => add(world, HOMES[at], &which),
        Step::Arrive(which, stays) => {
            if world.air.is_empty() {
                return;
            }
            let at = which.index(world.air.len());
            let packet = if stays { world.air[at].clone() } else { world.air.remove(at).unwrap() };
            world.arrive(packet);
        }
        Step::Lose(which) => {
            let lossy: Vec<usize> = (0..world.air.len()).filter(|at| !world.air[*at].is_logged()).collect();
            if !lossy.is_empty() {
                world.air.remove(lossy[which.index(lossy.len())]);
            }
        }
        Step::Deliver => world.deliver(),
        Step::Later(millis) => world.later(millis),
        Step::Restart(at) => world.restart(HOMES[at]),
        Step::Rights(at, is_all) => {
            let grants = if is_all { hes_schemas::rights::Role::Owner.grants() } else { Vec::new() };
            world.account(HOMES[at], &anna(HOMES[at]), grants);
        }
    }
    check(world, memory);
}

fn any_of(world: &World, at: &str, which: &prop::sample::Index) -> Option<String> {
    let known: Vec<&String> = world.homes[&home(at)].shelf.keys().collect();
    (!known.is_empty()).then(|| known[which.index(known.len())].clone())
}

fn add(world: &mut World, at: &str, which: &prop::sample::Index) {
    let Some(id) = any_of(world, at, which) else { return };
    let proposals = world.homes[&home(at)].shelf[&id].proposals.values();
    let named: BTreeSet<HomeId> = proposals.flat_map(|it| &it.terms.members).map(|one| one.home.clone()).collect();
    let Some(with) = HOMES.into_iter().find(|other| !named.contains(&home(other))) else { return };
    let gives: Vec<Value> = named.iter().map(|home| json!({"home": home, "grants": [lamp()]})).collect();
    let what = json!({"federation": id, "with": with, "user": anna(with), "want": [lamp()], "gives": gives});
    world.fails(at, &anna(at), json!({"add": what}));
}

/// Checks what must be so at any moment.
fn check(world: &mut World, memory: &mut Memory) {
    for at in HOMES {
        let shelf = world.homes[&home(at)].shelf.clone();
        for record in shelf.values() {
            check_end(memory, at, record);
            for other in HOMES.into_iter().filter(|other| *other != at) {
                let is_given = record.ended.is_none() && record.proposals.values().any(|it| gives(it, at, other));
                let is_left = record.left.contains_key(&home(other));
                let reads = world.reads(other, at, &record.id);
                assert!(!reads || (is_given && !is_left), "{other} may {at} by {record:?}");
            }
        }
    }
}

/// Says whether a proposal, by itself, is a consent of a home to give something to another, which has agreed too.
fn gives(it: &ProposalRecord, at: &str, other: &str) -> bool {
    it.withdrawn.is_none()
        && it.consented.is_some()
        && it.approved.is_some()
        && it.proofs.contains_key(&home(other))
        && it.terms.gives.iter().any(|consent| consent.home == home(at))
        && (it.terms.by == home(at) || it.proofs.contains_key(&it.terms.by))
        && [home(at), home(other)].contains(&it.terms.adds)
}

fn check_end(memory: &mut Memory, at: &str, record: &FederationRecord) {
    let key = (home(at), record.id.clone());
    if let Some(how) = memory.ended.get(&key) {
        assert_eq!(record.ended.map(|ending| ending.how), Some(*how), "{at} {}", record.id);
    }
    if let Some(ending) = record.ended {
        memory.ended.insert(key, ending.how);
    }
    for proposal in record.proposals.values() {
        let key = (home(at), proposal.terms.proposal.clone());
        assert!(proposal.withdrawn.is_some() || !memory.withdrawn.contains(&key), "{key:?}");
        if proposal.withdrawn.is_some() {
            memory.withdrawn.insert(key);
        }
    }
}

/// Checks what must be so once all has been said: whoever one home is joined with is joined with it.
fn check_converged(world: &mut World) {
    for at in HOMES {
        world.account(at, &anna(at), hes_schemas::rights::Role::Owner.grants());
    }
    world.later(3_600_000);
    let states: Vec<(String, BTreeMap<String, Value>)> =
        HOMES.iter().map(|at| ((*at).to_owned(), states(world, at))).collect();
    for (at, own) in &states {
        for (other, theirs) in states.iter().filter(|(other, _)| other != at) {
            for (id, info) in own {
                let here = state_of(info, other);
                let there = theirs.get(id).map_or("unknown", |info| state_of(info, at));
                assert_eq!(here == "active", there == "active", "{id}: {at} {info}, {other} {:?}", theirs.get(id));
            }
        }
    }
    check_rights(world, &states);
}

/// Checks that rights are what the federations say, on both sides.
fn check_rights(world: &mut World, states: &[(String, BTreeMap<String, Value>)]) {
    let mut able = BTreeSet::new();
    for (at, own) in states {
        for (id, info) in own {
            for other in HOMES.into_iter().filter(|other| other != at) {
                if world.reads(other, at, id) {
                    assert_eq!(state_of(info, other), "active", "{id} {at} {other}");
                    able.insert(format!("{other} may {at}"));
                }
            }
        }
    }
    assert_eq!(world.may(), able.into_iter().collect::<Vec<_>>());
}

fn states(world: &mut World, at: &str) -> BTreeMap<String, Value> {
    let list = world.does(at, &anna(at), json!("list"));
    list.as_array().unwrap().iter().map(|it| (it["id"].as_str().unwrap().to_owned(), it.clone())).collect()
}

/// Says how a home stands in a federation that has not ended.
fn state_of<'v>(info: &'v Value, other: &str) -> &'v str {
    let members = info["members"].as_array().unwrap();
    let is_open = info["ended"].is_null();
    let member = members.iter().find(|member| is_open && member["home"] == other);
    member.map_or("unknown", |member| member["state"].as_str().unwrap())
}

fn config() -> Config {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return Config { failure_persistence: None, ..Config::default() };
    }
    Config { cases: 60, rng_seed: RngSeed::Fixed(4_711), failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rights_follow_from_consents_and_all_homes_believe_the_same(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::of(&HOMES);
        let mut memory = Memory::default();
        for step in steps {
            take(&mut world, &mut memory, step);
        }
        world.deliver();
        check_converged(&mut world);
        check(&mut world, &mut memory);
    }
}
