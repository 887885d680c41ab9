//! What happened, as far as it can be seen from outside.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// The id of a home.
pub(crate) type Name = &'static str;

/// What a reader is shown, by topic, without the times.
pub(crate) type Shown = BTreeMap<String, String>;

/// One thing that happened at a home.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) home: Name,
    pub(crate) fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// The home exists, and its people may see and hear everything in all others.
    Built,
    /// There is a link with another home.
    Linked(Name),
    /// A device begins to tell of an event.
    Pressed(u64),
    /// The home has acknowledged it.
    Accepted(u64),
    /// The home has refused it.
    Refused(u64),
    /// A device says something that means nothing.
    Babbled,
    /// Who listens hears an event.
    Heard { of: Name, event: u64 },
    /// Who listens is to be told of all events of a home.
    Subscribed(Name),
    /// Who listens is told something, maybe of an event.
    Told { of: Name, sid: String, seq: u64, event: Option<u64> },
    /// Who listens sees a value.
    Value { topic: String, version: u64 },
    /// Who listens has lost the connection and found the session again: what was not acknowledged may come again.
    Resumed,
    /// Somebody asks for a change.
    Asked(u64),
    /// The asker reads the final answer.
    Answered { ticket: u64, status: u64 },
    /// The asker has lost its connection and may never read an answer.
    Lost(u64),
    /// A device does what a request wants.
    Acted(u64),
    /// The home's gateway is killed.
    Killed,
    /// It has ended because it was asked to.
    Stopped,
    /// It has ended badly although it was asked to.
    Failed,
    /// Its disk takes no more.
    Full,
    /// It says that it gave up so many things that it was to tell others.
    Dropped(u64),
    /// How much of something it holds.
    Holds { what: &'static str, count: u64, limit: u64 },
    /// How long what one peer is asked for takes alone, and beside another that is noisy or dead.
    Pace { alone: Duration, beside: Duration },
    /// What who listens is shown of every home, after everything has been whole for long enough.
    Shows(Shown),
    /// Everything is whole, and nothing is under way.
    Quiet,
}

/// All that happened, in order.
#[derive(Debug, Default)]
pub(crate) struct History {
    entries: Mutex<Vec<Entry>>,
    accepted: AtomicUsize,
}

impl History {
    pub(crate) fn note(&self, home: Name, fact: Fact) {
        let accepted = usize::from(matches!(fact, Fact::Accepted(_)));
        self.entries().push(Entry { home, fact });
        self.accepted.fetch_add(accepted, Ordering::SeqCst);
    }

    /// Returns how many events have been accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Looks at what happened from some entry on; returns how many entries there are.
    pub(crate) fn look(&self, from: usize, look: impl FnMut(&Entry)) -> usize {
        let entries = self.entries();
        entries.iter().skip(from).for_each(look);
        entries.len()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
