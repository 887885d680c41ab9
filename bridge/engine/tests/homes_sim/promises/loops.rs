//! P3: a loop is impossible.

use std::collections::{BTreeMap, BTreeSet};

use super::Promise;
use crate::{
    consents::Consents,
    history::{Entry, Fact},
    topology::Name,
};

/// An event is delivered at most once for each home but its own; exactly so often if everybody passes on everything.
#[derive(Debug, Default)]
pub(crate) struct Loops {
    consents: Consents,
    homes: BTreeSet<Name>,
    links: BTreeMap<(Name, Name), bool>,
    told: BTreeMap<(Name, u64), Told>,
}

#[derive(Debug, Default)]
struct Told {
    to: Vec<Name>,
    /// Everybody passed on everything when it happened.
    is_for_all: bool,
    is_kept: bool,
}

impl Promise for Loops {
    fn name(&self) -> &'static str {
        "P3, one publish is N-1 deliveries"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        self.consents.take(entry);
        let home = entry.home;
        match &entry.fact {
            Fact::Built => {
                self.homes.insert(home);
            }
            Fact::Peer { name, is_passed_on } => {
                self.links.insert((home, name), *is_passed_on);
            }
            Fact::Happened { event, device } => {
                let is_for_all = self.is_open(device);
                self.told.insert((home, *event), Told { is_for_all, ..Told::default() });
            }
            Fact::Committed => {
                let own = self.told.iter_mut().filter(|((by, _), _)| *by == home);
                own.for_each(|(_, told)| told.is_kept = true);
            }
            Fact::Died => self.told.retain(|(by, _), told| *by != home || told.is_kept),
            Fact::Wavers { .. } | Fact::Took { .. } => self.told.values_mut().for_each(|told| told.is_for_all = false),
            Fact::Event { of, event } if *of != home => return self.delivered(home, of, *event),
            Fact::Quiet => return self.rest(),
            _ => {}
        }
        Ok(())
    }
}

impl Loops {
    /// Says whether an event is passed on over every link.
    fn is_open(&self, device: &str) -> bool {
        !self.links.is_empty()
            && self
                .links
                .iter()
                .all(|((by, to), is_passed_on)| *is_passed_on && self.consents.certainly(by, to, device, "action"))
    }

    fn delivered(&mut self, home: Name, of: Name, event: u64) -> Result<(), String> {
        let told = self.told.entry((of, event)).or_default();
        told.to.push(home);
        let others = self.homes.len() - 1;
        if told.to.len() > others {
            let count = told.to.len();
            return Err(format!("event {event} of {of} is delivered {count} times to {others} other homes"));
        }
        Ok(())
    }

    fn rest(&mut self) -> Result<(), String> {
        let others = self.homes.len() - 1;
        for ((by, event), told) in &self.told {
            if told.is_for_all && told.to.len() != others {
                let count = told.to.len();
                return Err(format!("event {event} of {by} is delivered {count} times to {others} other homes"));
            }
        }
        self.told.clear();
        Ok(())
    }
}
