//! Rings and meshes of homes that tell each other of others: what happens once is heard once everywhere.

use hes_tests::cable::Mood;

use crate::{
    number_of,
    world::{NAMES, World},
};

/// How often each home's counter tells of an event.
const PRESSES: usize = 5;

/// How many homes there are at most, if nothing is said.
const HOMES: usize = 4;

#[test]
fn what_happens_once_is_heard_once_in_every_home_of_a_ring_and_of_a_mesh() {
    let most = number_of("HES_HOMES", HOMES);
    // four are the fewest whose ring is not a mesh
    for count in if most > HOMES { 2..=most } else { most..=most } {
        let mut world = World::of(count);
        press(&mut world);
        world.settle();
        if count > 3 {
            for ((one, other), cable) in &world.cables {
                let is_of_ring = other - one == 1 || other - one == count - 1;
                cable.turn(if is_of_ring { Mood::Whole } else { Mood::Cut });
            }
            press(&mut world);
            world.await_heard();
            world.cables.values().for_each(|cable| cable.turn(Mood::Whole));
            press(&mut world);
            world.settle();
        }
        println!("{count} homes ({}): every event was heard {} times", NAMES[..count].join(" "), count - 1);
    }
}

fn press(world: &mut World) {
    for _ in 0..PRESSES {
        for bench in &mut world.benches {
            bench.press().expect("the gateway is there");
        }
    }
}
