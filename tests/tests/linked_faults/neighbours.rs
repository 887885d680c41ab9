//! A peer that is silent or noisy beside another one: with that, all goes on while the trouble stands.

use std::{collections::BTreeSet, sync::atomic::AtomicBool, thread};

use hes_tests::{cable::Mood, patience::until};

use crate::{
    asker::Asker,
    bench::Bench,
    history::{Fact, History, Name},
    world::{Ends, NAMES, World, turned},
};

/// How many requests are answered, and how many events heard, while the trouble stands.
const ENOUGH: usize = 50;

/// The ways to the third home.
const TO_THIRD: [(usize, usize); 2] = [(0, 2), (1, 2)];

#[test]
fn neither_a_silent_home_nor_a_noisy_one_holds_up_another() {
    let mut world = World::of(3);
    let mut asker = world.asker(0);
    {
        let World { cables, benches, history, .. } = &mut world;
        let _silent = TO_THIRD.map(|way| turned(&cables[&way], Mood::Mute));
        goes_on(&mut benches[0], &mut asker, history);
    }
    let mut noisy = [(); 2].map(|()| world.asker(2));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let World { benches, history, .. } = &mut world;
        let [own, .., third] = benches.as_mut_slice() else { panic!("there are three homes") };
        scope.spawn(|| third.live(&is_over));
        for asker in &mut noisy {
            scope.spawn(|| asker.live(NAMES[0], &is_over));
        }
        let _over = Ends(&is_over);
        await_noise(history);
        goes_on(own, &mut asker, history);
    });
    world.settle();
}

/// Has what the second home is asked by the first one answered, and what happens here heard there.
fn goes_on(bench: &mut Bench, asker: &mut Asker, history: &History) {
    for _ in 0..ENOUGH {
        bench.press().expect("the gateway is there");
        assert_eq!(asker.set(NAMES[1], 10), Ok(200));
    }
    until("the second home has heard all", || {
        let accepted = found(history, |home, fact| match fact {
            Fact::Accepted(event) if home == NAMES[0] => Some(*event),
            _ => None,
        });
        let heard = found(history, |home, fact| match fact {
            Fact::Heard { event, .. } if home == NAMES[1] => Some(*event),
            _ => None,
        });
        accepted.is_subset(&heard).then_some(())
    });
}

/// Waits until the third home has said as much as is said beside it.
fn await_noise(history: &History) {
    until("the third home is noisy", || {
        let said = found(history, |home, fact| match fact {
            Fact::Accepted(event) if home == NAMES[2] => Some(*event),
            _ => None,
        });
        (said.len() >= ENOUGH).then_some(())
    });
}

fn found(history: &History, which: impl Fn(Name, &Fact) -> Option<u64>) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    history.look(0, |entry| found.extend(which(entry.home, &entry.fact)));
    found
}
