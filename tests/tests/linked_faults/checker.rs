//! The checker: walks a history and names the first promise that is broken.

use std::fmt;

use crate::{
    history::{Entry, History},
    promises::{self, Promise},
};

/// All promises, and how far they have read.
#[derive(Debug)]
pub(crate) struct Checker {
    promises: Vec<Box<dyn Promise>>,
    read: usize,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Its name in the design: `P1`.
    pub(crate) promise: &'static str,
    /// Which entry of the history breaks it.
    pub(crate) entry: usize,
    pub(crate) text: String,
}

impl Default for Checker {
    fn default() -> Self {
        Self { promises: promises::all(), read: 0 }
    }
}

impl Checker {
    /// Reads the next entry.
    ///
    /// # Errors
    /// The first promise that it breaks.
    pub(crate) fn take(&mut self, entry: &Entry) -> Result<(), Violation> {
        let number = self.read;
        self.read += 1;
        for promise in &mut self.promises {
            promise.take(entry).map_err(|(promise, text)| Violation { promise, entry: number, text })?;
        }
        Ok(())
    }

    /// Reads what is new in a history.
    ///
    /// # Errors
    /// The first promise that it breaks.
    pub(crate) fn follow(&mut self, history: &History) -> Result<(), Violation> {
        let mut found = Ok(());
        history.look(self.read, |entry| {
            if found.is_ok() {
                found = self.take(entry);
            }
        });
        found
    }

    /// Returns an event that is still to be heard.
    pub(crate) fn unheard(&self) -> Option<String> {
        self.promises.first().and_then(|events| events.owed())
    }

    /// Returns what is still owed to anybody.
    pub(crate) fn owed(&self) -> Option<String> {
        self.promises.iter().find_map(|promise| promise.owed())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}: {}", self.entry, self.promise, self.text)
    }
}
