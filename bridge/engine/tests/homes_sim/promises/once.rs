//! P2: what comes twice has one effect.

use std::collections::{BTreeMap, BTreeSet};

use super::Promise;
use crate::{
    history::{Entry, Fact},
    topology::Name,
};

/// An event is heard once at each home, over all its lives, a request acts once in each life of the home where it
/// acts, a subscriber is told of an event elsewhere once, over all lives of both homes, and the numbers of what it is told of
/// its own home only grow.
#[derive(Debug, Default)]
pub(crate) struct Once {
    heard: BTreeSet<(Name, Name, u64)>,
    acted: BTreeMap<u64, Name>,
    /// The latest number that each subscription was told.
    told: BTreeMap<(Name, String), u64>,
    /// The numbers that each subscription elsewhere was told.
    told_elsewhere: BTreeSet<(Name, String, u64)>,
}

impl Promise for Once {
    fn name(&self) -> &'static str {
        "P2, duplicates have one effect"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        if let Fact::Event { of, event } = &entry.fact
            && !self.heard.insert((entry.home, of, *event))
        {
            return Err(format!("{} hears event {event} of {of} again", entry.home));
        }
        if entry.fact == Fact::Died {
            self.acted.retain(|_, home| *home != entry.home);
        }
        if let Fact::Acted { ticket } = &entry.fact
            && self.acted.insert(*ticket, entry.home).is_some()
        {
            return Err(format!("request {ticket} acts again, at {}", entry.home));
        }
        if let Fact::Notified { sid, seq, of, .. } = &entry.fact
            && *of == entry.home
            && let Some(before) = self.told.insert((entry.home, sid.clone()), *seq).filter(|before| before >= seq)
        {
            return Err(format!("{} is told number {seq} of {sid} after {before}", entry.home));
        }
        if let Fact::Notified { sid, seq, of, event: Some(_) } = &entry.fact
            && *of != entry.home
            && !self.told_elsewhere.insert((entry.home, sid.clone(), *seq))
        {
            return Err(format!("{} is told number {seq} of {sid} again", entry.home));
        }
        Ok(())
    }
}
