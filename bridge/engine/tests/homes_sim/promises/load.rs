//! P6: memory is bounded.

use super::Promise;
use crate::history::{Entry, Fact};

/// No more is held of anything than its limit.
#[derive(Debug)]
pub(crate) struct Loads;

impl Promise for Loads {
    fn name(&self) -> &'static str {
        "P6, memory is bounded"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        match &entry.fact {
            Fact::Holds { what, count, limit } if count > limit => {
                Err(format!("{} holds {count} {what}, and {limit} is the limit", entry.home))
            }
            _ => Ok(()),
        }
    }
}
