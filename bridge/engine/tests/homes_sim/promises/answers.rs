//! P8: every request is answered once.

use std::collections::BTreeMap;

use hes_schemas::{Millis, Timestamp};

use super::Promise;
use crate::{
    history::{Entry, Fact},
    topology::Name,
};

/// How long after its deadline a request may be answered.
const GRACE: Millis = Millis::new(1_000);

/// One final answer for each request, in time, unless its home died meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Answers(BTreeMap<u64, Waiting>);

#[derive(Debug)]
struct Waiting {
    home: Name,
    until: Timestamp,
    /// How often it was sent, which is how often it may be answered.
    asked: u32,
    answered: u32,
    is_lost: bool,
}

impl Promise for Answers {
    fn name(&self) -> &'static str {
        "P8, every request is answered once"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        if let Fact::Asked { ticket, until } = &entry.fact {
            let waiting = Waiting { home: entry.home, until: *until, asked: 1, answered: 0, is_lost: false };
            self.0.insert(*ticket, waiting);
        }
        if let Fact::AskedAgain { ticket } = &entry.fact
            && let Some(waiting) = self.0.get_mut(ticket)
        {
            waiting.asked += 1;
        }
        if let Fact::Answered { ticket, status } = &entry.fact {
            return self.answered(entry, *ticket, *status);
        }
        if entry.fact == Fact::Died {
            self.0.values_mut().filter(|it| it.home == entry.home).for_each(|it| it.is_lost = true);
        }
        if entry.fact == Fact::Quiet {
            return self.rest(entry);
        }
        Ok(())
    }
}

impl Answers {
    fn answered(&mut self, entry: &Entry, ticket: u64, status: u16) -> Result<(), String> {
        let Some(waiting) = self.0.get_mut(&ticket) else {
            return Err(format!("{} reads an answer to {ticket}, which nobody asked", entry.home));
        };
        waiting.answered += 1;
        if waiting.home != entry.home {
            return Err(format!("{} reads the answer to {ticket} of {}", entry.home, waiting.home));
        }
        if waiting.answered > waiting.asked {
            return Err(format!("request {ticket} is answered again, with {status}"));
        }
        if waiting.asked == 1 && entry.now > waiting.until + GRACE {
            let late = entry.now.since(waiting.until).get();
            return Err(format!("request {ticket} is answered {late} ms after its end, with {status}"));
        }
        Ok(())
    }

    fn rest(&mut self, entry: &Entry) -> Result<(), String> {
        let is_open = |it: &Waiting| it.answered == 0 && !it.is_lost && entry.now > it.until + GRACE;
        if let Some((ticket, waiting)) = self.0.iter().find(|(_, it)| is_open(it)) {
            return Err(format!("request {ticket} of {} is never answered", waiting.home));
        }
        Ok(())
    }
}
