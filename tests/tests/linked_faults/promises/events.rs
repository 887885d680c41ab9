//! P1: an accepted event reaches every other home; and with it P9, P11 and P12, which say what must not keep it from that.

use std::collections::{BTreeMap, BTreeSet};

use super::{Broken, Promise};
use crate::history::{Entry, Fact, Name};

/// Each event that a home has acknowledged is heard in all others, unless it is counted as given up.
#[derive(Debug, Default)]
pub(crate) struct Events {
    homes: BTreeSet<Name>,
    owed: BTreeMap<u64, Owed>,
    /// Heard before the device was told that it was accepted.
    early: BTreeSet<(u64, Name)>,
    marks: BTreeMap<Name, Marks>,
    dropped: u64,
}

#[derive(Debug)]
struct Owed {
    of: Name,
    to: BTreeSet<Name>,
    /// What had befallen its home when its device told of it.
    before: Marks,
    /// Whether any gateway has been killed since, or ended.
    is_killed: bool,
    is_stopped: bool,
}

/// What has befallen a home.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    is_full: bool,
    is_babbling: bool,
}

impl Promise for Events {
    fn take(&mut self, entry: &Entry) -> Result<(), Broken> {
        let home = entry.home;
        match &entry.fact {
            Fact::Built => drop(self.homes.insert(home)),
            Fact::Babbled => self.marks.entry(home).or_default().is_babbling = true,
            Fact::Full => self.marks.entry(home).or_default().is_full = true,
            Fact::Accepted(event) => self.accepted(home, *event),
            Fact::Heard { of, event } if *of != home => self.heard(home, *event),
            Fact::Killed => self.owed.values_mut().for_each(|owed| owed.is_killed = true),
            Fact::Stopped => self.owed.values_mut().for_each(|owed| owed.is_stopped = true),
            Fact::Failed => return Err(("P12", format!("{home} ends badly although it was asked to"))),
            Fact::Dropped(count) => self.dropped += count,
            Fact::Quiet => return self.rest(),
            _ => {}
        }
        Ok(())
    }

    fn owed(&self) -> Option<String> {
        let count: usize = self.owed.values().map(|owed| owed.to.len()).sum();
        let (event, owed) = self.owed.iter().next()?;
        let is_given_up = u64::try_from(count).is_ok_and(|count| count <= self.dropped);
        (!is_given_up).then(|| format!("event {event} of {} to {:?}, and {count} in all", owed.of, owed.to))
    }
}

impl Events {
    fn accepted(&mut self, of: Name, event: u64) {
        let others = self.homes.iter().copied().filter(|home| *home != of);
        let to: BTreeSet<Name> = others.filter(|home| !self.early.contains(&(event, home))).collect();
        if to.is_empty() {
            return;
        }
        let before = self.marks.get(of).copied().unwrap_or_default();
        self.owed.insert(event, Owed { of, to, before, is_killed: false, is_stopped: false });
    }

    fn heard(&mut self, home: Name, event: u64) {
        match self.owed.get_mut(&event) {
            Some(owed) => {
                owed.to.remove(home);
                if owed.to.is_empty() {
                    self.owed.remove(&event);
                }
            }
            None => drop(self.early.insert((event, home))),
        }
    }

    fn rest(&mut self) -> Result<(), Broken> {
        for (event, owed) in std::mem::take(&mut self.owed) {
            for to in &owed.to {
                let left = self.dropped.checked_sub(1);
                let text = || format!("{to} never hears event {event} of {}, which was accepted", owed.of);
                self.dropped = left.ok_or_else(|| (owed.promise(), text()))?;
            }
        }
        Ok(())
    }
}

impl Owed {
    /// Returns which promise would have kept it.
    const fn promise(&self) -> &'static str {
        match (self.is_killed, self.is_stopped, self.before) {
            (true, ..) => "P1",
            (_, _, Marks { is_full: true, .. }) => "P11",
            (_, true, _) => "P12",
            (_, _, Marks { is_babbling: true, .. }) => "P9",
            _ => "P1",
        }
    }
}
