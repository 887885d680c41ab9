//! P1: an accepted event reaches everybody who is entitled.

use std::collections::{BTreeMap, BTreeSet};

use hes_schemas::Timestamp;

use super::Promise;
use crate::{
    consents::Consents,
    history::{Entry, Fact},
    topology::Name,
};

/// What is on disk where it happened is heard by every home that certainly might hear it then, before its time is
/// over; or it is counted as dropped.
#[derive(Debug, Default)]
pub(crate) struct Events {
    consents: Consents,
    homes: BTreeSet<Name>,
    owed: BTreeMap<(Name, u64), Owed>,
    /// What homes say that they gave up.
    dropped: BTreeMap<Name, u64>,
}

#[derive(Debug)]
struct Owed {
    to: BTreeSet<Name>,
    device: &'static str,
    is_kept: bool,
    ends: BTreeMap<Name, Timestamp>,
}

impl Promise for Events {
    fn name(&self) -> &'static str {
        "P1, an accepted event reaches every subscribed peer"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        self.consents.take(entry);
        let home = entry.home;
        match &entry.fact {
            Fact::Built => {
                self.homes.insert(home);
            }
            Fact::Happened { event, device } => self.owe(home, *event, device),
            Fact::Kept { event, to, until } => self.end(home, *event, to, *until),
            Fact::Committed => self.owed_by(home).for_each(|owed| owed.is_kept = true),
            Fact::Died => self.owed.retain(|(by, _), owed| *by != home || owed.is_kept),
            Fact::Event { of, event } => {
                if let Some(owed) = self.owed.get_mut(&(*of, *event)) {
                    owed.to.remove(home);
                }
            }
            Fact::Wavers { .. } | Fact::Took { .. } => self.forgive(home),
            Fact::Dropped { count } => *self.dropped.entry(home).or_default() += count,
            Fact::Quiet => return self.rest(entry.now),
            _ => {}
        }
        Ok(())
    }
}

impl Events {
    fn owe(&mut self, by: Name, event: u64, device: &'static str) {
        let may_hear = |to: &&Name| self.consents.certainly(by, to, device, "action");
        let to: BTreeSet<Name> = self.homes.iter().filter(may_hear).copied().collect();
        if !to.is_empty() {
            self.owed.insert((by, event), Owed { to, device, is_kept: false, ends: BTreeMap::new() });
        }
    }

    fn end(&mut self, by: Name, event: u64, to: Name, until: Timestamp) {
        if let Some(owed) = self.owed.get_mut(&(by, event)) {
            owed.ends.insert(to, until);
        }
    }

    fn owed_by(&mut self, home: Name) -> impl Iterator<Item = &mut Owed> {
        self.owed.iter_mut().filter(move |((by, _), _)| *by == home).map(|(_, owed)| owed)
    }

    /// Owes nothing any more to those who may not hear it any more.
    fn forgive(&mut self, by: Name) {
        let consents = std::mem::take(&mut self.consents);
        for owed in self.owed_by(by) {
            owed.to.retain(|to| consents.certainly(by, to, owed.device, "action"));
        }
        self.consents = consents;
    }

    fn rest(&mut self, now: Timestamp) -> Result<(), String> {
        for ((by, event), owed) in &self.owed {
            let is_late = |to: &&Name| owed.ends.get(*to).is_none_or(|end| now < *end);
            for to in owed.to.iter().filter(is_late) {
                let dropped = self.dropped.entry(by).or_default();
                *dropped = dropped.checked_sub(1).ok_or_else(|| format!("{to} never hears event {event} of {by}"))?;
            }
        }
        self.owed.clear();
        self.dropped.clear();
        Ok(())
    }
}
