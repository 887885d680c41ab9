//! What a disk has of sessions, from all changes that were ever written.

use std::collections::BTreeMap;

use hes_broker::{Change, RestoredSession};

/// Returns the sessions as a start would find them.
pub(super) fn sessions(changes: &[Change]) -> Vec<RestoredSession> {
    let mut sessions = Sessions::default();
    changes.iter().for_each(|change| sessions.apply(change));
    sessions.0.into_values().collect()
}

#[derive(Default)]
struct Sessions(BTreeMap<u64, RestoredSession>);

impl Sessions {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Session(record) => {
                let (subscriptions, queue, arrived) = (Vec::new(), Vec::new(), Vec::new());
                let new = || RestoredSession { record: record.clone(), subscriptions, queue, arrived };
                self.0.entry(record.key).or_insert_with(new).record = record.clone();
            }
            Change::SessionGone(key) => drop(self.0.remove(key)),
            Change::Subscribed(key, record) => self.edit(*key, |session| {
                session.subscriptions.retain(|old| old.filter != record.filter);
                session.subscriptions.push(record.clone());
            }),
            Change::Unsubscribed(key, filter) => {
                self.edit(*key, |session| session.subscriptions.retain(|old| old.filter != *filter));
            }
            Change::Queued(key, record) => self.edit(*key, |session| {
                session.queue.push(record.clone());
                session.queue.sort_by_key(|record| record.place);
            }),
            Change::Released(key, place) => self.edit(*key, |session| {
                session.queue.iter_mut().filter(|it| it.place == *place).for_each(|it| it.is_released = true);
            }),
            Change::Settled(key, place) => {
                self.edit(*key, |session| session.queue.retain(|record| record.place != *place));
            }
            Change::Arrived(key, id) => self.edit(*key, |session| session.arrived.push(*id)),
            Change::Departed(key, id) => self.edit(*key, |session| session.arrived.retain(|arrived| arrived != id)),
        }
    }

    /// What is for a session that is gone is for nobody.
    fn edit(&mut self, key: u64, edit: impl FnOnce(&mut RestoredSession)) {
        if let Some(session) = self.0.get_mut(&key) {
            edit(session);
        }
    }
}
