//! P1 again: an event reaches those who subscribed to be told.

use std::collections::{BTreeMap, BTreeSet};

use hes_schemas::Timestamp;

use super::Promise;
use crate::{
    consents::Consents,
    history::{Entry, Fact},
    topology::Name,
};

/// What happens in a home is told to everybody there who subscribed, and, once it is on disk, to those elsewhere who certainly
/// may know.
#[derive(Debug, Default)]
pub(crate) struct News {
    consents: Consents,
    subscriptions: BTreeMap<(Name, Name), Timestamp>,
    owed: BTreeMap<(Name, u64, Name), bool>,
    dropped: BTreeMap<Name, u64>,
}

impl Promise for News {
    fn name(&self) -> &'static str {
        "P1 for subscribers, an event is told"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        self.consents.take(entry);
        let home = entry.home;
        match &entry.fact {
            // what was given may have been taken back while the answer was on its way, and the subscription with it
            Fact::Subscribed { to, until } if self.may_know(to, home) => {
                self.subscriptions.insert((home, to), *until);
            }
            Fact::Happened { event, device } => self.owe(home, *event, device, entry.now),
            Fact::Committed => {
                self.owed.iter_mut().filter(|((of, ..), _)| *of == home).for_each(|(_, is_kept)| *is_kept = true);
            }
            Fact::Died => {
                // who listens at a home that died has lost its place there, and knows
                self.owed.retain(|(of, _, to), is_kept| *of != home || (*is_kept && *to != home));
            }
            Fact::Notified { of, event: Some(event), .. } => {
                self.owed.remove(&(of, *event, home));
            }
            Fact::Wavers { .. } | Fact::Took { .. } => self.part(home),
            Fact::Dropped { count } => *self.dropped.entry(home).or_default() += count,
            Fact::Quiet => return self.rest(),
            _ => {}
        }
        Ok(())
    }
}

impl News {
    fn owe(&mut self, of: Name, event: u64, device: &str, now: Timestamp) {
        let subscribers = self.subscriptions.iter().filter(|((_, to), until)| *to == of && now < **until);
        let may_know = |to: &Name| *to == of || self.consents.certainly(of, to, device, "action");
        let entitled: BTreeSet<Name> = subscribers.map(|((home, _), _)| *home).filter(may_know).collect();
        self.owed.extend(entitled.into_iter().map(|to| ((of, event, to), false)));
    }

    /// Ends what was subscribed by those who may not know any more; they may subscribe again.
    fn part(&mut self, of: Name) {
        let may_know = |to: Name| to == of || self.consents.certainly(of, to, "button", "action");
        self.subscriptions.retain(|(home, to), _| *to != of || may_know(home));
        self.owed.retain(|(by, _, to), _| *by != of || may_know(to));
    }

    fn may_know(&self, of: Name, to: Name) -> bool {
        to == of || self.consents.certainly(of, to, "button", "action")
    }

    fn rest(&mut self) -> Result<(), String> {
        let mut dropped = std::mem::take(&mut self.dropped);
        for (of, event, to) in std::mem::take(&mut self.owed).into_keys() {
            let left = dropped.entry(of).or_default();
            let never = || format!("a subscriber at {to} is never told of event {event} of {of}");
            *left = left.checked_sub(1).ok_or_else(never)?;
        }
        Ok(())
    }
}
