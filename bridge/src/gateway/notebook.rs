//! Notes what the logs of peers say in the order in which it was said, and nothing behind what could not be noted.
//!
//! An event waits for the broker to say which sessions are owed it, and what follows it in the log may need no such word. Were
//! that noted first, and the gateway killed then, the event would count as heard and be lost. So would one that the store
//! refuses, if it took what was said after it: all of that is refused as well, until the engine has gone back and hears it anew.

mod page;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use hes_broker::Change;
use hes_engine::record::Record;
use hes_schemas::HomeId;

use self::page::{Ink, Page};
use super::sinks::Done;

/// Puts what peers said into the hands of the store, all or none.
pub(crate) type Write = Arc<dyn Fn(Vec<Record>, Vec<Change>, Done) + Send + Sync>;

/// Where what peers said waits until all that was said before it is on disk, or goes there in the same step.
#[derive(Clone)]
pub(crate) struct Notebook {
    pages: Arc<Mutex<BTreeMap<HomeId, Page>>>,
    write: Write,
}

/// What follows from something that a peer said, and who is told whether it is on disk.
pub(crate) struct Note {
    pub(crate) records: Vec<Record>,
    pub(crate) changes: Vec<Change>,
    pub(crate) done: Done,
}

/// The place of an entry.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    peer: HomeId,
    /// How often the engine had gone back before.
    page: u64,
    number: u64,
}

/// What becomes of the page of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing was refused since it was begun.
    Whole,
    /// Something is being written; it can be turned later.
    Busy,
    /// There is a new one: all that was not noted has to be heard again.
    Turned,
}

impl Notebook {
    pub(crate) fn new(write: Write) -> Self {
        Self { pages: Arc::default(), write }
    }

    /// Takes the next place for what a peer said.
    pub(crate) fn place(&self, peer: &HomeId) -> Place {
        let (page, number) = self.with(peer, Page::place);
        Place { peer: peer.clone(), page, number }
    }

    /// Has something written once all before it has been.
    pub(crate) fn fill(&self, place: &Place, note: Note) {
        let ink = self.with(&place.peer, |page| page.fill(place.page, place.number, note));
        self.apply(&place.peer, ink);
    }

    /// Gives a place up, so that all behind it is refused; of one that is filled nothing changes.
    pub(crate) fn leave(&self, place: &Place) {
        let ink = self.with(&place.peer, |page| page.leave(place.page, place.number));
        self.apply(&place.peer, ink);
    }

    /// Begins a new page if something was refused on this one; whoever does that has the engine go back in the same step.
    pub(crate) fn turn(&self, peer: &HomeId) -> Turn {
        self.with(peer, Page::turn)
    }

    fn apply(&self, peer: &HomeId, ink: Ink) {
        match ink {
            Ink::None => {}
            Ink::Write(notes) => self.write(peer.clone(), notes),
            Ink::Refuse(notes) => notes.into_iter().for_each(|note| (note.done)(false)),
        }
    }

    /// Has notes written in one step: the store takes all or none.
    fn write(&self, peer: HomeId, notes: Vec<Note>) {
        let (mut records, mut changes, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for note in notes {
            records.extend(note.records);
            changes.extend(note.changes);
            waiting.push(note.done);
        }
        let me = self.clone();
        let done = move |is_kept| {
            waiting.into_iter().for_each(|done| done(is_kept));
            let ink = me.with(&peer, |page| page.written(is_kept));
            me.apply(&peer, ink);
        };
        (self.write)(records, changes, Box::new(done));
    }

    fn with<T>(&self, peer: &HomeId, act: impl FnOnce(&mut Page) -> T) -> T {
        act(self.pages.lock().unwrap_or_else(PoisonError::into_inner).entry(peer.clone()).or_default())
    }
}

impl fmt::Debug for Notebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notebook").finish_non_exhaustive()
    }
}
