//! Links that are cut, silent in one direction or both, or that disorder what is said.

use std::{
    thread,
    time::{Duration, Instant},
};

use hes_tests::{cable::Mood, patience::until};

use crate::{
    number_of,
    world::{NAMES, World, turned},
};

/// How many changes there are on one side while the link is cut, if nothing is said.
const CHANGES: usize = 1_000;

/// How often the button is pressed meanwhile, if nothing is said.
const PRESSES: usize = 200;

/// How long it takes from one change to the next in a partition that lasts for long.
const PACE: Duration = Duration::from_millis(20);

#[test]
fn all_see_what_is_so_after_a_partition_with_many_changes() {
    let mut world = World::two();
    world.await_answers();
    let mut asker = world.asker(0);
    {
        let World { cables, benches, .. } = &mut world;
        let (_cut, began) = (turned(&cables[&(0, 1)], Mood::Cut), Instant::now());
        for _ in 0..number_of("HES_CHANGES", CHANGES) {
            benches[0].change();
        }
        for _ in 0..number_of("HES_PRESSES", PRESSES) {
            benches[0].press().expect("the gateway takes what it can keep");
            benches[1].press().expect("the gateway takes what it can keep");
        }
        benches[0].remove("plug");
        benches[1].babble();
        benches[1].press().expect("what means nothing stands in nobody's way");
        while began.elapsed().as_secs() < u64::try_from(number_of("HES_PARTITION", 0)).unwrap_or_default() {
            benches[0].change();
            let status = asker.set(NAMES[1], 2).expect("the gateway is there");
            assert!([503, 504].contains(&status), "{status} although the link is cut");
            thread::sleep(PACE);
        }
    }
    world.settle();
}

#[test]
fn a_link_that_is_silent_is_missed_while_its_connection_stays_open() {
    let mut world = World::two();
    world.await_answers();
    for mood in [Mood::Mute, Mood::Deaf, Mood::Dumb] {
        let mut askers = [world.asker(0), world.asker(1)];
        {
            let _silent = turned(world.cable(), mood);
            let late = askers[0].ask(NAMES[1], 2).expect("the gateway is there");
            assert!([503, 504].contains(&askers[0].await_answer(late).expect("the gateway is there")));
            for (asker, there) in askers.iter_mut().zip([NAMES[1], NAMES[0]]) {
                until("the other home is missed", || (asker.set(there, 2) == Ok(503)).then_some(()));
            }
        }
        world.await_answers();
    }
    world.settle();
}

#[test]
fn a_request_that_is_held_back_does_nothing_after_its_time() {
    let mut world = World::two();
    world.await_answers();
    let mut asker = world.asker(0);
    for mood in [Mood::Deaf, Mood::Dumb] {
        {
            let _held = turned(world.cable(), mood);
            assert_eq!(asker.set(NAMES[1], 2), Ok(504));
        }
        // what was held back comes before what is asked now, and the checker knows what may no longer act
        until("a request is answered again", || (asker.set(NAMES[1], 10) == Ok(200)).then_some(()));
    }
    world.settle();
}

#[test]
fn packets_that_are_doubled_late_or_overtaken_lose_nothing_and_double_nothing() {
    let mut world = World::two();
    world.cable().turn(Mood::Wild);
    world.live_while(|_, history| {
        let enough = history.accepted() + number_of("HES_EVENTS", 300);
        until("enough is accepted", || (history.accepted() >= enough).then_some(()));
    });
    world.cable().turn(Mood::Whole);
    world.await_answers();
    world.settle();
}

#[test]
fn packets_that_are_spoiled_are_refused_and_counted_and_lose_nothing() {
    let mut world = World::two();
    world.await_answers();
    world.cable().turn(Mood::Noisy);
    world.live_while(|_, history| {
        let enough = history.accepted() + number_of("HES_EVENTS", 300);
        until("enough is accepted", || (history.accepted() >= enough).then_some(()));
    });
    world.cable().turn(Mood::Whole);
    world.await_answers();
    world.settle();
    for (here, there) in [(0, 1), (1, 0)] {
        let name = format!("hes_peer_frames_refused_total{{peer=\"{}\",reason=\"forged\"}}", NAMES[there]);
        let refused = world.gateways[here].metric(&name);
        assert!(refused.is_some_and(|refused| refused > 0.0), "{refused:?} at {}", NAMES[here]);
    }
}
