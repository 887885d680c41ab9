//! One life from its plan, what it breaks, and the shortest plan that breaks the same.

use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    chance::Chance,
    checker::{Checker, Violation},
    history::{Entry, Fact},
    people::Stage,
    plan::Plan,
    world::World,
};

/// How many shorter plans are tried.
const TRIES: u32 = 40;

/// How much of the history before the violation is told.
const TAIL: usize = 60;

/// A broken promise, and what came before.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) plan: Plan,
    pub(crate) violation: Violation,
    pub(crate) tail: Vec<Entry>,
}

struct Trial<'p> {
    world: World,
    checker: Checker,
    read: usize,
    plan: &'p Plan,
}

/// Lives a plan, and returns what happened.
///
/// # Errors
/// The first promise that is broken.
pub(crate) fn live(plan: &Plan, left_out: &[&str]) -> Result<Vec<Entry>, Box<Failure>> {
    let mut step = 0;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut trial = Trial { world: World::new(plan), checker: Checker::without(left_out), read: 0, plan };
        trial.all(&mut step).map(|()| trial.world.history)
    }));
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
        let violation = Violation { promise: "P13, nothing can panic", step, text };
        Err(Box::new(Failure { plan: plan.clone(), violation, tail: Vec::new() }))
    })
}

/// Finds a shorter plan that breaks the same promise.
pub(crate) fn shrink(failure: Box<Failure>, left_out: &[&str]) -> Box<Failure> {
    let mut best = failure;
    let mut plan = best.plan.clone();
    plan.steps = best.violation.step.max(1);
    let mut tries = 0;
    let mut attempt = |plan: &Plan, best: &mut Box<Failure>| {
        tries += 1;
        let shorter = (tries <= TRIES).then(|| live(plan, left_out).err()).flatten();
        let shorter = shorter.filter(|shorter| shorter.violation.promise == best.violation.promise);
        let is_shorter = shorter.is_some();
        if let Some(shorter) = shorter {
            *best = shorter;
        }
        is_shorter
    };
    attempt(&plan, &mut best);
    let mut size = best.plan.steps / 2;
    while size > 0 {
        let mut from = 1;
        while from <= best.plan.steps {
            let mut without: BTreeSet<u32> = (from..from + size).filter(|step| *step <= best.plan.steps).collect();
            without.extend(&best.plan.without);
            if without.len() > best.plan.without.len() {
                let plan = Plan { without, ..best.plan.clone() };
                attempt(&plan, &mut best);
            }
            from += size;
        }
        size /= 2;
    }
    best
}

impl Trial<'_> {
    fn all(&mut self, step: &mut u32) -> Result<(), Box<Failure>> {
        self.check()?;
        if self.plan.is_open {
            self.join_all();
        }
        for number in 1..=self.plan.steps {
            if !self.plan.without.contains(&number) {
                *step = number;
                self.begin_step(number);
                self.world.live();
                self.world.end_step();
                self.check()?;
            }
        }
        *step = self.plan.steps + 1;
        self.begin_step(*step);
        self.world.rest();
        self.world.end_step();
        self.check()
    }

    fn begin_step(&mut self, number: u32) {
        self.world.step = number;
        self.world.chance = Chance::of_step(self.plan.seed, number);
    }

    /// Joins all homes that know each other before the first step.
    fn join_all(&mut self) {
        for bond in 0..self.world.people.bonds.len() {
            for _ in 0..4 {
                if self.world.people.bonds[bond].stage != Stage::Joined {
                    self.world.join(bond);
                    self.world.pass(3_000);
                }
            }
        }
        self.world.pass(5_000);
        self.world.settle_bonds();
    }

    fn check(&mut self) -> Result<(), Box<Failure>> {
        for place in self.read..self.world.history.len() {
            let entry = &self.world.history[place];
            if let Err(violation) = self.checker.take(entry) {
                let tail = tail(&self.world.history[..=place]);
                return Err(Box::new(Failure { plan: self.plan.clone(), violation, tail }));
            }
        }
        self.read = self.world.history.len();
        Ok(())
    }
}

/// Returns the last of what happened, without what happens all the time.
fn tail(history: &[Entry]) -> Vec<Entry> {
    let is_told = |entry: &&Entry| !matches!(entry.fact, Fact::Worked { .. } | Fact::Holds { .. } | Fact::Committed);
    let mut tail: Vec<Entry> = history.iter().rev().filter(is_told).take(TAIL).cloned().collect();
    tail.reverse();
    tail
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { step, now, home, fact } in &self.tail {
            let text = format!("{fact:?}");
            let text: String = text.chars().take(400).collect();
            writeln!(f, "  step {step} {now} {home}: {text}")?;
        }
        writeln!(f, "{}", self.violation)?;
        let Plan { homes, topology, is_open, liar, .. } = &self.plan;
        writeln!(f, "{homes} homes, {topology:?}, open: {is_open}, hostile: {liar:?}; to see it again:")?;
        write!(f, "{}", self.plan)
    }
}
