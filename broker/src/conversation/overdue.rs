//! What the store could not take, and is asked to take again: until it has, the client is told nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Conversation, exchange::Promised};
use crate::Change;

/// What the store is asked again for, by packet id.
#[derive(Debug, Default)]
pub(super) struct Overdue {
    /// Messages of `QoS` 2 that the client has.
    notes: FxHashSet<u16>,
    /// What the client has released, and whether that was known.
    departures: FxHashMap<u16, bool>,
}

impl Conversation {
    /// Begins to ask again for what PUBREL waits for.
    pub(super) fn owe_note(&mut self, packet_id: u16) {
        self.overdue().notes.insert(packet_id);
    }

    /// Begins to ask again for what PUBCOMP waits for.
    pub(super) fn owe_departure(&mut self, packet_id: u16, is_known: bool) {
        self.overdue().departures.insert(packet_id, is_known);
    }

    /// Asks the store again.
    pub(super) fn try_again(&mut self) {
        let Overdue { notes, departures } = self.overdue.take().map(|overdue| *overdue).unwrap_or_default();
        for packet_id in notes {
            self.note_again(packet_id);
        }
        for (packet_id, is_known) in departures {
            let done = self.promise(Promised::Completion { packet_id, is_known });
            self.hub.backend.keep(vec![Change::Departed(self.session.key, packet_id)], Some(done));
        }
    }

    fn overdue(&mut self) -> &mut Overdue {
        self.session.note_overdue();
        self.overdue.get_or_insert_default()
    }
}
