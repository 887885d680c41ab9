//! P6 and P10: what is held has a bound, and nobody slows another.

use super::{Broken, Promise};
use crate::history::{Entry, Fact};

/// What is held stays within its bound, and what one peer is asked for takes at most twice as long beside another.
#[derive(Debug)]
pub(crate) struct Loads;

impl Promise for Loads {
    fn take(&mut self, entry: &Entry) -> Result<(), Broken> {
        let home = entry.home;
        match &entry.fact {
            Fact::Holds { what, count, limit } if count > limit => {
                Err(("P6", format!("{home} holds {count} {what}, and at most {limit} are allowed")))
            }
            Fact::Pace { alone, beside } if *beside > *alone * 2 => {
                Err(("P10", format!("{home} answers in {alone:?} alone, and in {beside:?} beside another")))
            }
            _ => Ok(()),
        }
    }
}
