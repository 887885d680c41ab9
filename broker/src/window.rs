//! What was sent to a client and not acknowledged.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::{Qos, delivery::Delivery, ids::next_passing, wire::Exchange};

/// The exchanges that are open, by packet id.
#[derive(Debug, Default)]
pub(crate) struct Window {
    size: usize,
    last: u16,
    begun: u64,
    open: FxHashMap<u16, Sent>,
    /// Those that this connection has not taken up again, in the order in which they began.
    again: VecDeque<u16>,
}

#[derive(Debug)]
struct Sent {
    number: u64,
    stage: Stage,
}

/// How far an exchange has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The client was sent the message, which is here if it may have to be sent again.
    Published(Qos, Option<Box<Delivery>>),
    /// The client has it, and the store is noting that.
    Noting(u64),
    /// The client has it, and was sent PUBREL; the place of the message, if it is stored.
    Released(Option<u64>),
}

/// What an acknowledgement means.
#[derive(Debug)]
pub(crate) enum Step {
    /// The exchange has ended; the message, or its place, is to be forgotten.
    Ended(Option<Box<Delivery>>, Option<u64>),
    /// PUBREL is due.
    Release,
    /// PUBREL is due when the store has noted that the client has the message at a place.
    Note(u64),
    /// There is nothing to do.
    Nothing,
    /// The packet id is not known.
    Unknown,
    /// The exchange does not go this way.
    Wrong,
}

impl Window {
    /// Begins a new connection, on which all that is open has to be taken up again.
    pub(crate) fn resume(&mut self, size: u16) {
        self.size = size.into();
        let mut again: Vec<_> = self.open.iter().map(|(id, sent)| (sent.number, *id)).collect();
        again.sort_unstable();
        self.again = again.into_iter().map(|(_, id)| id).collect();
    }

    /// Says whether the client takes one more.
    pub(crate) fn has_room(&self) -> bool {
        self.open.len() - self.again.len().min(self.open.len()) < self.size
    }

    /// Says whether there are exchanges that this connection has not taken up again.
    pub(crate) fn is_catching_up(&self) -> bool {
        !self.again.is_empty()
    }

    /// Takes the next exchange that this connection has to take up again.
    pub(crate) fn next_again(&mut self) -> Option<(u16, &Stage)> {
        loop {
            let id = self.again.pop_front()?;
            if self.open.contains_key(&id) {
                return self.open.get(&id).map(|sent| (id, &sent.stage));
            }
        }
    }

    /// Returns a packet id that is not in use, for a message that is not stored.
    pub(crate) fn free_id(&mut self) -> Option<u16> {
        for _ in 0..=u16::MAX {
            self.last = next_passing(self.last);
            if !self.open.contains_key(&self.last) {
                return Some(self.last);
            }
        }
        None
    }

    /// Notes that a message was sent, and keeps it if it may have to be sent again.
    pub(crate) fn begin(&mut self, id: u16, stage: Stage) {
        self.begun += 1;
        self.open.insert(id, Sent { number: self.begun, stage });
    }

    /// Takes what the client says of an exchange.
    pub(crate) fn take(&mut self, exchange: Exchange, id: u16) -> Step {
        let Some(sent) = self.open.get_mut(&id) else { return Step::Unknown };
        match (exchange, &mut sent.stage) {
            (Exchange::Acknowledged, Stage::Published(Qos::AtLeastOnce, _))
            | (Exchange::Refused, Stage::Published(Qos::ExactlyOnce, _))
            | (Exchange::Completed, Stage::Released(_)) => self.close(id),
            (Exchange::Received, Stage::Published(Qos::ExactlyOnce, _)) => {
                let place = place(&sent.stage);
                sent.stage = place.map_or(Stage::Released(None), Stage::Noting);
                place.map_or(Step::Release, Step::Note)
            }
            (Exchange::Received, Stage::Released(_)) => Step::Release,
            (Exchange::Received, Stage::Noting(_)) => Step::Nothing,
            _ => Step::Wrong,
        }
    }

    /// Returns the place of a message that the store is to note that the client has.
    pub(crate) fn noting(&self, id: u16) -> Option<u64> {
        match self.open.get(&id)?.stage {
            Stage::Noting(place) => Some(place),
            Stage::Published(..) | Stage::Released(_) => None,
        }
    }

    /// Notes that the store knows that the client has a message; says whether PUBREL is due.
    pub(crate) fn release(&mut self, id: u16) -> bool {
        let Some(sent) = self.open.get_mut(&id) else { return false };
        let Stage::Noting(place) = sent.stage else { return false };
        sent.stage = Stage::Released(Some(place));
        true
    }

    /// Gives up a message that was sent: one of `QoS` 1 is done with, one of 2 has to be released.
    pub(crate) fn abandon(&mut self, id: u16) -> Step {
        match self.open.get_mut(&id).map(|sent| &mut sent.stage) {
            Some(stage @ Stage::Published(Qos::ExactlyOnce, _)) => {
                *stage = Stage::Released(place(stage));
                Step::Release
            }
            Some(_) | None => self.close(id),
        }
    }

    fn close(&mut self, id: u16) -> Step {
        if self.is_catching_up() {
            self.again.retain(|again| *again != id);
        }
        match self.open.remove(&id).map(|sent| sent.stage) {
            Some(Stage::Published(_, delivery)) => Step::Ended(delivery, None),
            Some(Stage::Noting(place) | Stage::Released(Some(place))) => Step::Ended(None, Some(place)),
            Some(Stage::Released(None)) => Step::Ended(None, None),
            None => Step::Unknown,
        }
    }

    /// Takes all messages that no client has, in the order in which they were sent.
    pub(crate) fn into_unacknowledged(self) -> impl Iterator<Item = Delivery> {
        let mut open: Vec<Sent> = self.open.into_values().collect();
        open.sort_unstable_by_key(|sent| sent.number);
        open.into_iter().filter_map(|sent| match sent.stage {
            Stage::Published(Qos::AtLeastOnce, Some(delivery)) => Some(*delivery),
            Stage::Published(..) | Stage::Noting(_) | Stage::Released(_) => None,
        })
    }
}

/// Returns the place of a message, if it is stored.
fn place(stage: &Stage) -> Option<u64> {
    match stage {
        Stage::Published(_, delivery) => delivery.as_ref()?.stored.map(|stored| stored.place),
        Stage::Noting(place) => Some(*place),
        Stage::Released(place) => *place,
    }
}
