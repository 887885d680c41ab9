//! The checker: walks a history and names the first promise that is broken.

use std::fmt;

use crate::{
    history::Entry,
    promises::{self, Promise},
};

/// All promises, and how far they have read.
#[derive(Debug)]
pub(crate) struct Checker(Vec<Box<dyn Promise>>);

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) promise: &'static str,
    pub(crate) step: u32,
    pub(crate) text: String,
}

impl Checker {
    /// Holds a history to all promises but some, which are left out by the beginnings of their names.
    pub(crate) fn without(left_out: &[&str]) -> Self {
        let mut all = promises::all();
        all.retain(|promise| !left_out.iter().any(|it| promise.name().starts_with(it)));
        Self(all)
    }

    /// Reads the next entry.
    ///
    /// # Errors
    /// The promise that it breaks.
    pub(crate) fn take(&mut self, entry: &Entry) -> Result<(), Violation> {
        for promise in &mut self.0 {
            let name = promise.name();
            promise.take(entry).map_err(|text| Violation { promise: name, step: entry.step, text })?;
        }
        Ok(())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}: {}", self.step, self.promise, self.text)
    }
}
