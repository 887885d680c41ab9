//! Homes that know each other, each pair by a cable of its own, with one person who lives in all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hes_tests::{
    cable::{Cable, Mood},
    gateway::Gateway,
    neighbours::{federate_both, pair_at},
    patience::until,
};

use crate::{
    asker::Asker,
    bench::Bench,
    checker::Checker,
    ear::Ear,
    history::{Fact, History, Name},
    inn::Inn,
    promises::differences,
};

/// The homes that there may be.
pub(crate) const NAMES: [Name; 7] = ["oak", "elm", "ash", "fir", "yew", "box", "bay"];

/// Who lives in all of them.
pub(crate) const PERSON: &str = "anna";

/// How long everything may take to come to rest; only a failure takes so long.
const REST: Duration = Duration::from_secs(60);

/// Some homes.
#[derive(Debug)]
pub(crate) struct World {
    ears: Vec<Ear>,
    pub(crate) benches: Vec<Bench>,
    pub(crate) cables: BTreeMap<(usize, usize), Cable>,
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) history: Arc<History>,
    checker: Checker,
}

impl World {
    /// Makes two homes.
    pub(crate) fn two() -> Self {
        Self::of(2)
    }

    /// Makes so many homes, each linked with each, which tell each other of others.
    pub(crate) fn of(count: usize) -> Self {
        Self::around(NAMES.iter().take(count).map(|name| home(name, count).start()).collect(), None)
    }

    /// Makes two homes that meet at a broker that neither owns.
    pub(crate) fn meeting_at(inn: &Inn) -> Self {
        let cable = Cable::new(inn.address(), 7);
        let met = inn.settings(&format!("mqtt://{}", cable.address()));
        // behind whom they pass on to, which is said in the same section
        let homes = NAMES.iter().take(2).map(|name| home(name, 2).with(&met).start());
        Self::around(homes.collect(), Some(cable))
    }

    /// Links homes, each pair at the broker of the one that was made first, unless they all meet at the end of a cable.
    fn around(gateways: Vec<Gateway>, mut met: Option<Cable>) -> Self {
        let count = gateways.len();
        let history = Arc::new(History::default());
        let benches = (1..).zip(NAMES).zip(&gateways);
        let benches = benches.map(|((place, name), gateway)| Bench::new(name, place, gateway, &history)).collect();
        let mut world =
            Self { ears: Vec::new(), benches, cables: BTreeMap::new(), gateways, history, checker: Checker::default() };
        NAMES.iter().take(count).for_each(|name| world.history.note(name, Fact::Built));
        for (one, other) in pairs(count) {
            let cable = met.take().unwrap_or_else(|| Cable::new(world.gateways[one].address(), 7));
            world.link(one, other, cable);
        }
        world.ears = (0..count).map(|place| world.ear(place)).collect();
        world
    }

    fn link(&mut self, one: usize, other: usize, cable: Cable) {
        let (host, guest) = (&self.gateways[one], &self.gateways[other]);
        pair_at(&format!("mqtt://{}", cable.address()), host, guest);
        federate_both(PERSON, host, guest, "read,write,notify:zigbee/#");
        self.cables.insert((one, other), cable);
        self.history.note(NAMES[one], Fact::Linked(NAMES[other]));
    }

    fn ear(&self, place: usize) -> Ear {
        let others: BTreeSet<Name> =
            NAMES.into_iter().take(self.gateways.len()).filter(|it| *it != NAMES[place]).collect();
        Ear::start(NAMES[place], self.gateways[place].address(), others, &self.history)
    }

    /// Returns the cable between the first two homes.
    pub(crate) fn cable(&self) -> &Cable {
        &self.cables[&(0, 1)]
    }

    /// Returns somebody who asks at a home.
    pub(crate) fn asker(&self, place: usize) -> Asker {
        Asker::new(NAMES[place], &self.gateways[place], &self.history)
    }

    /// Lets all press and ask until a look at the gateways, which may do anything to them, is over.
    pub(crate) fn live_while(&mut self, then: impl FnOnce(&mut [Gateway], &History)) {
        let askers: Vec<Asker> = (0..self.gateways.len()).map(|place| self.asker(place)).collect();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let count = self.gateways.len();
            for bench in &mut self.benches {
                scope.spawn(|| bench.live(&is_over));
            }
            for (place, mut asker) in askers.into_iter().enumerate() {
                let (to, is_over) = (NAMES[(place + 1) % count], &is_over);
                scope.spawn(move || asker.live(to, is_over));
            }
            let _over = Ends(&is_over);
            then(&mut self.gateways, &self.history);
        });
    }

    /// Starts a gateway that has ended again, and its bridge comes back.
    pub(crate) fn revive(&mut self, place: usize) {
        self.gateways[place].restart();
        self.benches[place].rejoin(&self.gateways[place]);
    }

    /// Waits until each of the first two homes can ask the other.
    pub(crate) fn await_answers(&self) {
        for (here, there) in [(0, 1), (1, 0)] {
            let mut asker = self.asker(here);
            until("a request is answered across", || (asker.set(NAMES[there], 10) == Ok(200)).then_some(()));
        }
    }

    /// Waits until every event is heard everywhere; what subscribers are told takes the straight link alone.
    pub(crate) fn await_heard(&mut self) {
        until("every event is heard", || {
            self.follow();
            self.checker.unheard().is_none().then_some(())
        });
    }

    /// Waits until everything has come to rest, and holds what happened to all promises.
    pub(crate) fn settle(&mut self) {
        let began = Instant::now();
        loop {
            self.follow();
            let open = self.checker.owed().or_else(|| differences(&self.shown()).into_iter().next());
            if open.is_none() || began.elapsed() > REST {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        for (home, shown) in self.shown() {
            self.history.note(home, Fact::Shows(shown));
        }
        self.history.note(NAMES[0], Fact::Quiet);
        self.follow();
    }

    fn follow(&mut self) {
        if let Err(violation) = self.checker.follow(&self.history) {
            let mut lines = Vec::new();
            self.history.look(0, |entry| lines.push(format!("{entry:?}")));
            let file = std::env::temp_dir().join(format!("linked_faults-{}.txt", std::process::id()));
            let kept = std::fs::write(&file, lines.join("\n"));
            panic!("{violation}\nall that happened: {} ({kept:?})", file.display());
        }
    }

    fn shown(&self) -> BTreeMap<Name, crate::history::Shown> {
        NAMES.into_iter().zip(&self.ears).map(|(name, ear)| (name, ear.shown())).collect()
    }
}

fn home(name: Name, count: usize) -> Gateway {
    let others: Vec<&str> = NAMES.into_iter().take(count).filter(|other| count > 2 && *other != name).collect();
    let gateway = Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).named(name);
    let gateway = gateway.with_cluster("zigbee", "zigbee2mqtt").with_metrics().passing_on_to(&others).with_disk();
    gateway.add_user(PERSON, "owner");
    gateway
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |one| (one + 1..count).map(move |other| (one, other)))
}

/// Turns a cable, and turns it whole again when this is dropped.
pub(crate) fn turned(cable: &Cable, mood: Mood) -> impl Drop + '_ {
    cable.turn(mood);
    Whole(cable)
}

/// Ends what goes on meanwhile when it is dropped, also if that is by a panic.
pub(crate) struct Ends<'o>(pub(crate) &'o AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Whole<'c>(&'c Cable);

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        self.0.turn(Mood::Whole);
    }
}
