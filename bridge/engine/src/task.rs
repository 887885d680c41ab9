//! The tasks that a request is made of.

use hes_schemas::{Challenge, Datum, Fault, HomeId, Millis, message::Outcome};

use crate::{directory::Slot, lanes::Part, target::Found};

/// One thing that a request wants, with the name of its outcome.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) label: String,
    pub(crate) place: Place,
    pub(crate) want: Want,
}

/// Where a task is to be done.
#[derive(Debug)]
pub(crate) enum Place {
    /// On a property of this home.
    Here(Found),
    /// In another home.
    There(HomeId),
    /// Nowhere.
    Nowhere(Fault),
}

/// One task that is another home's: its place among the outcomes, its target, and what is wanted.
#[derive(Debug)]
pub(crate) struct Away {
    pub(crate) index: usize,
    pub(crate) target: String,
    pub(crate) want: Want,
}

/// What is wanted of it.
#[derive(Debug)]
pub(crate) enum Want {
    /// Its value, no older than this.
    Read(Option<Millis>),
    /// That it becomes something.
    Write(Wish),
}

/// What a property is to become.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) value: Datum,
    /// Only if it still has this version.
    pub(crate) if_version: Option<u64>,
    /// What confirms it, if it is so dangerous that it must be.
    pub(crate) challenge: Option<Challenge>,
}

/// How a task goes on.
#[derive(Debug)]
pub(crate) enum Plan {
    /// It is done.
    Done(Outcome),
    /// The device must be asked.
    Ask(Slot, Part),
}

impl Want {
    pub(crate) fn challenge(&self) -> Option<Challenge> {
        match self {
            Self::Read(_) => None,
            Self::Write(wish) => wish.challenge.clone(),
        }
    }
}

impl From<Result<Found, Fault>> for Place {
    fn from(found: Result<Found, Fault>) -> Self {
        found.map_or_else(Self::Nowhere, Self::Here)
    }
}
