//! Gateways that are killed like by a power cut, or told to end, under load.

use hes_tests::{chance::Chance, gateway::Gateway, patience::until};

use crate::{
    history::{Fact, History},
    inn::Inn,
    number_of,
    world::{NAMES, World},
};

/// How many lives are cut short if nothing is said.
const ROUNDS: usize = 5;

#[test]
fn nothing_accepted_is_lost_over_power_cuts_of_either_gateway() {
    let mut world = World::two();
    let mut chance = Chance::new(11);
    world.await_answers();
    for _ in 0..number_of("HES_ROUNDS", ROUNDS) {
        let (place, most) = (chance.below(2), *chance.pick(&[1, 20, 200]));
        let enough = chance.below(most);
        world.live_while(|gateways, history| {
            await_accepted(history, enough);
            gateways[place].kill();
            history.note(NAMES[place], Fact::Killed);
        });
        world.revive(place);
        if chance.below(4) > 0 {
            world.await_answers();
        }
    }
    world.settle();
}

#[test]
fn nothing_accepted_is_lost_over_power_cuts_of_a_broker_between_two_homes() {
    let mut inn = Inn::open();
    let mut world = World::meeting_at(&inn);
    let mut chance = Chance::new(11);
    world.await_answers();
    for _ in 0..number_of("HES_ROUNDS", ROUNDS) {
        let most = *chance.pick(&[1, 20, 200]);
        let (before, after) = (chance.below(most), chance.below(20));
        world.live_while(|_, history| {
            await_accepted(history, before);
            inn.kill();
            await_accepted(history, after);
            inn.restart();
        });
        if chance.below(4) > 0 {
            world.await_answers();
        }
    }
    world.settle();
}

#[test]
fn a_gateway_that_is_told_to_end_under_load_loses_nothing() {
    let mut world = World::two();
    for place in [0, 1] {
        world.live_while(|gateways, history| {
            await_accepted(history, 50);
            stop(&mut gateways[place], place, history);
        });
        world.revive(place);
        world.await_answers();
    }
    world.settle();
}

fn stop(gateway: &mut Gateway, place: usize, history: &History) {
    let fact = if gateway.stop().success() { Fact::Stopped } else { Fact::Failed };
    history.note(NAMES[place], fact);
}

/// Waits until so many more events are accepted.
fn await_accepted(history: &History, more: usize) {
    let enough = history.accepted() + more;
    until("enough is accepted", || (history.accepted() >= enough).then_some(()));
}
