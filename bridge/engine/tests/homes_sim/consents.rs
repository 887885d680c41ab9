//! Who lets whom see what: the people's own account of it, from what they asked for and were answered.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    history::{Entry, Fact},
    topology::Name,
};

/// What only those may see who are given private things.
const PRIVATE: [&str; 2] = ["action", "lock_state"];

/// What a home lets people of another see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Consent {
    pub(crate) id: u32,
    pub(crate) to: Name,
    /// Nothing stands for all.
    pub(crate) device: Option<&'static str>,
    pub(crate) is_private: bool,
}

impl Consent {
    /// Says whether it covers a property or an event of a device.
    pub(crate) fn covers(&self, device: &str, property: &str) -> bool {
        self.device.is_none_or(|only| only == device) && (self.is_private || !PRIVATE.contains(&property))
    }
}

/// A consent and its life, in the numbers of the entries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given {
    pub(crate) by: Name,
    pub(crate) consent: Consent,
    pub(crate) since: u64,
    pub(crate) stands: bool,
    pub(crate) until: Option<u64>,
}

/// All consents, those withdrawn too.
#[derive(Debug, Default)]
pub(crate) struct Consents {
    given: BTreeMap<(Name, u32), Given>,
    hostile: BTreeSet<Name>,
    /// The homes of which something could not be put on disk, and is lost if they die.
    unkept: BTreeSet<Name>,
    entries: u64,
}

impl Consents {
    pub(crate) fn take(&mut self, entry: &Entry) {
        self.entries += 1;
        match &entry.fact {
            Fact::Gave(consent) => {
                let given =
                    Given { by: entry.home, consent: *consent, since: self.entries, stands: false, until: None };
                self.given.insert((entry.home, consent.id), given);
            }
            Fact::Stands { consent } => {
                if let Some(given) = self.given.get_mut(&(entry.home, *consent)) {
                    given.stands = true;
                }
            }
            Fact::Wavers { consent } => {
                if let Some(given) = self.given.get_mut(&(entry.home, *consent)) {
                    given.stands = false;
                }
            }
            Fact::Hostile => {
                self.hostile.insert(entry.home);
            }
            Fact::Full => {
                self.unkept.insert(entry.home);
            }
            Fact::Committed => {
                self.unkept.remove(entry.home);
            }
            Fact::Died if self.unkept.contains(entry.home) => {
                // it may have forgotten that the other side agreed, until that says so again
                self.given.values_mut().filter(|given| given.by == entry.home).for_each(|given| given.stands = false);
            }
            Fact::Took { consent } => {
                if let Some(given) = self.given.get_mut(&(entry.home, *consent)) {
                    given.until = given.until.or(Some(self.entries));
                }
            }
            _ => {}
        }
    }

    /// Returns the number of the latest entry.
    pub(crate) const fn moment(&self) -> u64 {
        self.entries
    }

    /// Says whether nobody can be told anything for sure of what one home tells another.
    pub(crate) fn is_hostile(&self, one: Name, other: Name) -> bool {
        self.hostile.contains(one) || self.hostile.contains(other)
    }

    /// Returns what a home has given to another, at any time.
    pub(crate) fn ever(&self, by: Name, to: Name) -> impl Iterator<Item = &Given> {
        self.given.values().filter(move |given| given.by == by && given.consent.to == to)
    }

    /// Says whether a home certainly lets another see something at the moment.
    pub(crate) fn certainly(&self, by: Name, to: Name, device: &str, property: &str) -> bool {
        let mut all = self.ever(by, to).filter(|given| given.stands && given.until.is_none());
        !self.is_hostile(by, to) && all.any(|given| given.consent.covers(device, property))
    }

    /// Says whether a home might let another see something at the moment.
    pub(crate) fn possibly(&self, by: Name, to: Name, device: &str, property: &str) -> bool {
        let mut all = self.ever(by, to).filter(|given| given.until.is_none());
        all.any(|given| given.consent.covers(device, property))
    }
}
