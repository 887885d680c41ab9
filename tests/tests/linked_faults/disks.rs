//! Gateways whose disks take nothing for a while.

use hes_tests::{client::Request, patience::until, program::Disk};

use crate::{
    history::Fact,
    world::{NAMES, PERSON, World},
};

/// How often each counter is pressed while a disk is full.
const PRESSES: usize = 20;

#[test]
fn a_full_disk_refuses_what_it_would_lose_and_harms_no_other_home() {
    let mut world = World::two();
    world.await_answers();
    for (full, other) in [(0, 1), (1, 0)] {
        world.gateways[full].set_disk(Disk::Full);
        world.history.note(NAMES[full], Fact::Full);
        for _ in 0..PRESSES {
            world.benches[full].press().expect_err("a full disk keeps no event");
            world.benches[other].press().expect("the other home has room");
        }
        for here in [full, other] {
            for there in [full, other] {
                assert_eq!(read(&world, here, there), 200, "{} reads {}", NAMES[here], NAMES[there]);
                assert_eq!(world.asker(here).set(NAMES[there], 10), Ok(200), "{} asks {}", NAMES[here], NAMES[there]);
            }
        }
        world.gateways[full].set_disk(Disk::Free);
        until("there is room again", || world.benches[full].press().ok());
    }
    world.settle();
}

/// Reads the counter of a home from another one, or from itself.
fn read(world: &World, here: usize, there: usize) -> u64 {
    let mut reader = world.gateways[here].client(PERSON);
    reader.ask(Request::get("zigbee/counter/count").at(NAMES[there])).status
}
