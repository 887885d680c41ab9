//! P7: an expired command never acts.

use std::collections::BTreeMap;

use hes_schemas::Timestamp;

use super::Promise;
use crate::history::{Entry, Fact};

/// No device is told anything because of a request whose time is over.
#[derive(Debug, Default)]
pub(crate) struct Expiry(BTreeMap<u64, Timestamp>);

impl Promise for Expiry {
    fn name(&self) -> &'static str {
        "P7, an expired command never acts"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        if let Fact::Asked { ticket, until } = &entry.fact {
            self.0.insert(*ticket, *until);
        }
        let Fact::Acted { ticket } = &entry.fact else { return Ok(()) };
        match self.0.get(ticket) {
            Some(until) if entry.now > *until => {
                Err(format!("request {ticket} acts {} ms after its end", entry.now.since(*until).get()))
            }
            Some(_) => Ok(()),
            None => Err(format!("request {ticket} acts, and nobody asked for it")),
        }
    }
}
