//! P1 for those who subscribed to be told, whose notifications have numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Broken, Promise};
use crate::history::{Entry, Fact, Name};

/// Who subscribed is told of each accepted event once, and in the order of the numbers.
#[derive(Debug, Default)]
pub(crate) struct News {
    subscriptions: BTreeSet<(Name, Name)>,
    owed: BTreeSet<(Name, u64, Name)>,
    told: BTreeSet<(Name, u64)>,
    /// The highest number that each subscription was told, and whether it may be told what it was told before.
    numbers: BTreeMap<(Name, String), u64>,
    resumed: BTreeSet<Name>,
    dropped: u64,
}

impl Promise for News {
    fn take(&mut self, entry: &Entry) -> Result<(), Broken> {
        let home = entry.home;
        match &entry.fact {
            Fact::Subscribed(of) => drop(self.subscriptions.insert((home, of))),
            Fact::Accepted(event) => {
                let subscribers = self.subscriptions.iter().filter(|(_, of)| *of == home);
                let untold = subscribers.filter(|(to, _)| !self.told.contains(&(*to, *event)));
                self.owed.extend(untold.map(|(to, of)| (*of, *event, *to)));
            }
            // who listens at a gateway that dies is told again from then on, with a gap in the numbers
            Fact::Killed | Fact::Stopped => self.owed.retain(|(_, _, to)| *to != home),
            Fact::Resumed => drop(self.resumed.insert(home)),
            Fact::Told { of, sid, seq, event } => return self.told(home, of, sid, *seq, *event),
            Fact::Dropped(count) => self.dropped += count,
            Fact::Quiet => return self.rest(),
            _ => {}
        }
        Ok(())
    }

    fn owed(&self) -> Option<String> {
        let (of, event, to) = self.owed.first()?;
        let is_given_up = u64::try_from(self.owed.len()).is_ok_and(|count| count <= self.dropped);
        (!is_given_up).then(|| format!("to tell {to} of event {event} of {of}"))
    }
}

impl News {
    fn told(&mut self, home: Name, of: Name, sid: &str, seq: u64, event: Option<u64>) -> Result<(), Broken> {
        let before = self.numbers.entry((home, sid.to_owned())).or_default();
        let is_again = seq <= *before;
        if is_again && !self.resumed.contains(home) {
            return Err(("P2", format!("{home} is told number {seq} of {sid} after {before}")));
        }
        *before = seq.max(*before);
        if let Some(event) = event {
            self.owed.remove(&(of, event, home));
            if !self.told.insert((home, event)) && !is_again {
                return Err(("P2", format!("{home} is told of event {event} of {of} again")));
            }
        }
        Ok(())
    }

    fn rest(&mut self) -> Result<(), Broken> {
        for (of, event, to) in std::mem::take(&mut self.owed) {
            let text = || format!("{to} is never told of event {event} of {of}, which was accepted");
            self.dropped = self.dropped.checked_sub(1).ok_or_else(|| ("P1", text()))?;
        }
        Ok(())
    }
}
