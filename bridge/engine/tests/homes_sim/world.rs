//! The world: homes, the links between them, one clock, and the history of it all.

use hes_engine::{Input, PeerTerms};
use hes_schemas::{Filter, HomeId, Millis, Timestamp};

use crate::{
    chance::Chance,
    cluster::Told,
    history::{Entry, Fact},
    home::{Home, home_id, zigbee},
    network::{Cut, End, Link},
    people::{Bond, People},
    plan::Plan,
    topology::{NAMES, Name},
};

/// How often an engine may be due at once before it counts as never coming to rest.
const ROUNDS: usize = 10_000;

/// How long everything is whole before it must be so.
const REST: u64 = 60_000;

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) step: u32,
    pub(crate) chance: Chance,
    pub(crate) homes: Vec<Home>,
    pub(crate) links: Vec<Link>,
    /// When the gateways of each link find each other again.
    pub(crate) retries: Vec<Option<Timestamp>>,
    pub(crate) people: People,
    /// Which home is hostile.
    pub(crate) liar: Option<usize>,
    /// Everybody gives everything to everybody, and everything is passed on.
    pub(crate) is_open: bool,
    pub(crate) numbers: u64,
    pub(crate) history: Vec<Entry>,
}

/// What is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Wake(usize),
    Commit(usize),
    Tell(usize),
    Arrive(usize, bool),
    Retry(usize),
}

impl World {
    pub(crate) fn new(plan: &Plan) -> Self {
        let links = plan.topology.links(plan.homes);
        let peers = |home: usize| -> Vec<PeerTerms> {
            let others = links.iter().filter_map(|(one, other)| match home {
                home if home == *one => Some(*other),
                home if home == *other => Some(*one),
                _ => None,
            });
            others.map(|other| PeerTerms { home: home_id(NAMES[other]), transit: plan.is_open }).collect()
        };
        let mut world = Self {
            now: Timestamp::from_millis(1_795_000_000_000),
            step: 0,
            chance: Chance::of_step(plan.seed, u32::MAX),
            homes: (0..plan.homes).map(|home| Home::new(NAMES[home], peers(home))).collect(),
            links: links.iter().map(|homes| Link::new(*homes)).collect(),
            retries: links.iter().map(|_| None).collect(),
            people: People { bonds: links.iter().map(|homes| Bond::new(*homes)).collect(), ..People::default() },
            liar: plan.liar,
            is_open: plan.is_open,
            numbers: 0,
            history: Vec::new(),
        };
        world.build();
        world
    }

    fn build(&mut self) {
        for home in 0..self.homes.len() {
            self.note(home, Fact::Built);
            for terms in self.homes[home].peers.clone() {
                let name = self.home_of(&terms.home).map(|other| NAMES[other]).unwrap();
                self.note(home, Fact::Peer { name, is_passed_on: terms.transit });
            }
        }
        if let Some(liar) = self.liar {
            self.note(liar, Fact::Hostile);
        }
        for home in 0..self.homes.len() {
            self.begin(home, true);
        }
        self.pass(5_000);
    }

    pub(crate) fn note(&mut self, home: usize, fact: Fact) {
        self.history.push(Entry { step: self.step, now: self.now, home: self.homes[home].name, fact });
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn home_of(&self, id: &HomeId) -> Option<usize> {
        self.homes.iter().position(|home| home.name == id.as_str())
    }

    pub(crate) fn name(&self, home: usize) -> Name {
        self.homes[home].name
    }

    pub(crate) fn is_alive(&self, home: usize) -> bool {
        self.homes[home].engine.is_some()
    }

    // lives

    pub(crate) fn begin(&mut self, home: usize, is_clean: bool) {
        let now = self.now;
        self.note(home, Fact::Began);
        for input in self.homes[home].begin(now, is_clean) {
            self.handle(home, input);
        }
        self.look_around(home);
        for told in self.homes[home].cluster.retained() {
            self.hear_retained(home, &told);
        }
        for link in 0..self.links.len() {
            let (one, other) = self.links[link].homes;
            if [one, other].contains(&home) && self.is_alive(one) && self.is_alive(other) {
                self.retry(link, 1_500);
            }
        }
    }

    /// Notes what a reader sees of the home itself who comes at this moment.
    fn look_around(&mut self, home: usize) {
        let mut posts = Vec::new();
        if let Some(engine) = &self.homes[home].engine {
            let own = Filter::new(&format!("hes/1/{}/#", self.homes[home].name)).unwrap();
            engine.retained(&own, &mut |post| posts.push(post));
        }
        posts.iter().for_each(|post| self.published(home, post));
    }

    /// Ends a life in order, or by a crash, which may come just after something was written.
    pub(crate) fn end(&mut self, home: usize, is_clean: bool) {
        if is_clean {
            self.homes[home].is_disk_full = false;
            self.commit(home);
        } else if self.homes[home].disk.is_waiting() && !self.homes[home].is_disk_full && self.chance.once_in(2) {
            self.written_too_late(home);
        }
        self.note(home, Fact::Died);
        self.homes[home].end();
        for link in 0..self.links.len() {
            let ends = End::BOTH.into_iter().filter(|end| self.links[link].home(*end) == home);
            for end in ends.collect::<Vec<_>>() {
                self.links[link].lose(end);
                if self.chance.once_in(2) {
                    self.links[link].cut(Cut::HalfOpen(end.other()), self.now);
                }
            }
        }
    }

    // time

    /// Lets time pass, with everything that is due on the way.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now + Millis::new(millis);
        while let Some((at, due)) = self.next().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.meet(due);
        }
        self.now = end;
    }

    fn next(&self) -> Option<(Timestamp, Due)> {
        let homes = self.homes.iter().enumerate().flat_map(|(place, home)| {
            [
                home.wakes().map(|at| (at, Due::Wake(place))),
                home.commit_at.map(|at| (at, Due::Commit(place))),
                home.arriving.front().map(|(at, _)| (*at, Due::Tell(place))),
            ]
        });
        let links = self.links.iter().enumerate().flat_map(|(place, link)| {
            [
                link.next().map(|(at, end)| (at, Due::Arrive(place, end == End::Upper))),
                self.retries[place].map(|at| (at, Due::Retry(place))),
            ]
        });
        homes.chain(links).flatten().min()
    }

    fn meet(&mut self, due: Due) {
        match due {
            Due::Wake(home) => self.wake(home),
            Due::Commit(home) => self.commit(home),
            Due::Tell(home) => {
                if let Some((_, told)) = self.homes[home].arriving.pop_front() {
                    self.hear(home, &told);
                }
            }
            Due::Arrive(link, is_upper) => self.arrive(link, if is_upper { End::Upper } else { End::Lower }),
            Due::Retry(link) => self.reopen(link),
        }
    }

    fn wake(&mut self, home: usize) {
        let now = self.homes[home].clock(self.now);
        for round in 0.. {
            let Some(engine) = &mut self.homes[home].engine else { return };
            if engine.poll_timeout().is_none_or(|next| next > now) {
                return;
            }
            assert!(round < ROUNDS, "{} never comes to rest", self.homes[home].name);
            engine.handle_timeout(now);
            self.drain(home);
        }
    }

    // what reaches a home

    pub(crate) fn handle(&mut self, home: usize, input: Input<'_>) {
        let now = self.homes[home].clock(self.now);
        if let Some(engine) = &mut self.homes[home].engine {
            engine.handle(now, input);
            self.drain(home);
        }
    }

    pub(crate) fn hear(&mut self, home: usize, told: &Told) {
        let cluster = zigbee();
        self.handle(home, Input::Heard { cluster: &cluster, topic: &told.topic, payload: told.payload.as_bytes() });
    }

    fn hear_retained(&mut self, home: usize, told: &Told) {
        let cluster = zigbee();
        self.handle(home, Input::Retained { cluster: &cluster, topic: &told.topic, payload: told.payload.as_bytes() });
    }

    // rest

    /// Makes everything whole, waits, and notes how everything is.
    pub(crate) fn rest(&mut self) {
        for home in 0..self.homes.len() {
            if !self.is_alive(home) {
                self.begin(home, false);
            }
            self.homes[home].is_disk_full = false;
            self.commit(home);
            for told in self.homes[home].cluster.gather() {
                self.hear(home, &told);
            }
        }
        for link in 0..self.links.len() {
            self.links[link].is_parted = false;
            if !self.links[link].is_whole() {
                self.retry(link, 100);
            }
        }
        self.pass(REST);
        self.end_elsewhere();
        for home in 0..self.homes.len() {
            let shown = self.homes[home].shows();
            self.note(home, Fact::Shows(shown));
        }
        self.note(0, Fact::Quiet);
    }
}
