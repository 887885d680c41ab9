//! P10: nobody makes a home work without end.

use super::Promise;
use crate::history::{Entry, Fact};

/// How much one input may lead to: a batch of devices, each with some values, for each peer.
const MOST: usize = 2_000;

/// One input, or one moment, leads to a bounded number of things to do.
#[derive(Debug)]
pub(crate) struct Work;

impl Promise for Work {
    fn name(&self) -> &'static str {
        "P10, one peer does not slow another"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        match &entry.fact {
            Fact::Worked { outputs } if *outputs > MOST => Err(format!("{} does {outputs} things at once", entry.home)),
            _ => Ok(()),
        }
    }
}
