//! P2 and P3: what comes twice has one effect, and nothing goes round.

use std::collections::{BTreeMap, BTreeSet};

use super::{Broken, Promise};
use crate::history::{Entry, Fact, Name};

/// An event is heard once at each home, unless the listener's session went on meanwhile; a request acts once in each life
/// of the home where it acts.
#[derive(Debug, Default)]
pub(crate) struct Once {
    homes: usize,
    links: BTreeSet<(Name, Name)>,
    /// How often each listener had found its session again when it heard an event.
    heard: BTreeMap<(Name, u64), u64>,
    resumed: BTreeMap<Name, u64>,
    acted: BTreeMap<u64, Name>,
}

impl Promise for Once {
    fn take(&mut self, entry: &Entry) -> Result<(), Broken> {
        let home = entry.home;
        match &entry.fact {
            Fact::Built => self.homes += 1,
            Fact::Linked(other) => drop(self.links.insert((home.min(other), home.max(other)))),
            Fact::Resumed => *self.resumed.entry(home).or_default() += 1,
            Fact::Heard { of, event } => return self.heard(home, of, *event),
            Fact::Killed | Fact::Stopped => self.acted.retain(|_, at| *at != home),
            Fact::Acted(ticket) if self.acted.insert(*ticket, home).is_some() => {
                return Err(("P2", format!("request {ticket} acts again, at {home}")));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Once {
    fn heard(&mut self, home: Name, of: Name, event: u64) -> Result<(), Broken> {
        let lives = self.resumed.get(home).copied().unwrap_or_default();
        match self.heard.insert((home, event), lives) {
            Some(before) if before == lives => {
                // only where there is a way round can that be one
                let promise = if self.links.len() >= self.homes { "P3" } else { "P2" };
                Err((promise, format!("{home} hears event {event} of {of} again")))
            }
            Some(_) | None => Ok(()),
        }
    }
}
