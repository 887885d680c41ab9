//! P7 and P8: every request is answered once, and does nothing after its time.

use std::collections::BTreeMap;

use super::{Broken, Promise};
use crate::history::{Entry, Fact, Name};

/// The statuses that say that the time was over.
const LATE: [u64; 2] = [408, 504];

/// Each request has one final answer, unless the gateway that was asked died; after an answer that its time is over it
/// does nothing.
#[derive(Debug, Default)]
pub(crate) struct Answers(BTreeMap<u64, Waiting>);

#[derive(Debug)]
struct Waiting {
    home: Name,
    status: Option<u64>,
    is_lost: bool,
}

impl Promise for Answers {
    fn take(&mut self, entry: &Entry) -> Result<(), Broken> {
        let home = entry.home;
        match &entry.fact {
            Fact::Asked(ticket) => {
                self.0.insert(*ticket, Waiting { home, status: None, is_lost: false });
            }
            Fact::Lost(ticket) => {
                if let Some(waiting) = self.0.get_mut(ticket) {
                    waiting.is_lost = true;
                }
            }
            Fact::Answered { ticket, status } => return self.answered(home, *ticket, *status),
            Fact::Acted(ticket) => {
                let status = self.0.get(ticket).and_then(|waiting| waiting.status);
                if let Some(status) = status.filter(|status| LATE.contains(status)) {
                    return Err(("P7", format!("request {ticket} acts at {home} after it was answered {status}")));
                }
            }
            Fact::Quiet => return self.rest(),
            _ => {}
        }
        Ok(())
    }

    fn owed(&self) -> Option<String> {
        let (ticket, waiting) = self.0.iter().find(|(_, waiting)| waiting.is_open())?;
        Some(format!("the answer to {ticket} at {}", waiting.home))
    }
}

impl Answers {
    fn answered(&mut self, home: Name, ticket: u64, status: u64) -> Result<(), Broken> {
        let Some(waiting) = self.0.get_mut(&ticket) else {
            return Err(("P8", format!("{home} reads an answer to {ticket}, which nobody asked")));
        };
        match waiting.status.replace(status) {
            Some(before) => Err(("P8", format!("{home} reads {status} to {ticket} after {before}"))),
            None => Ok(()),
        }
    }

    fn rest(&mut self) -> Result<(), Broken> {
        let open = std::mem::take(&mut self.0).into_iter().find(|(_, waiting)| waiting.is_open());
        open.map_or(Ok(()), |(ticket, waiting)| {
            Err(("P8", format!("request {ticket} is never answered at {}", waiting.home)))
        })
    }
}

impl Waiting {
    const fn is_open(&self) -> bool {
        self.status.is_none() && !self.is_lost
    }
}
