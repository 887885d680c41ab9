//! Notes what the logs of peers say in the order in which it was said.
//!
//! An event waits for the broker to say which sessions are owed it, and what follows it in the log may need no such word. Were
//! that noted first, and the gateway killed then, the event would count as heard and be lost.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use hes_schemas::HomeId;

/// Puts something into the hands of the store.
pub(crate) type Write = Box<dyn FnOnce() + Send>;

/// Where what peers said waits until all that was said before it has gone to the store.
#[derive(Clone, Default)]
pub(crate) struct Notebook(Arc<Mutex<BTreeMap<HomeId, Page>>>);

/// The place of an entry.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    peer: HomeId,
    number: u64,
}

/// What one peer said.
#[derive(Default)]
struct Page {
    /// The number of the first place.
    first: u64,
    places: VecDeque<Entry>,
    /// Somebody is writing what is ready.
    is_turning: bool,
}

#[derive(Default)]
enum Entry {
    #[default]
    Open,
    Ready(Write),
    Void,
}

impl Notebook {
    /// Takes the next place for what a peer said.
    pub(crate) fn place(&self, peer: &HomeId) -> Place {
        self.with(peer, |page| {
            page.places.push_back(Entry::Open);
            let behind = u64::try_from(page.places.len()).unwrap_or(u64::MAX);
            Place { peer: peer.clone(), number: page.first.saturating_add(behind).saturating_sub(1) }
        })
    }

    /// Has something written once all before it has been; at once if it is not about what a peer said.
    pub(crate) fn fill(&self, place: Option<&Place>, write: Write) {
        match place {
            Some(place) => self.settle(place, Entry::Ready(write)),
            None => write(),
        }
    }

    /// Gives a place up; of one that is filled nothing changes.
    pub(crate) fn leave(&self, place: Option<&Place>) {
        place.into_iter().for_each(|place| self.settle(place, Entry::Void));
    }

    fn settle(&self, place: &Place, settled: Entry) {
        let turns = self.with(&place.peer, |page| {
            page.settle(place.number, settled);
            !std::mem::replace(&mut page.is_turning, true)
        });
        // one goes on for all; a store that refuses at once has a place left from within a write
        while let Some(write) = turns.then(|| self.with(&place.peer, Page::turn)).flatten() {
            write();
        }
    }

    fn with<T>(&self, peer: &HomeId, act: impl FnOnce(&mut Page) -> T) -> T {
        act(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(peer.clone()).or_default())
    }
}

impl Page {
    fn settle(&mut self, number: u64, settled: Entry) {
        let index = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.places.get_mut(index))
            && matches!(entry, Entry::Open)
        {
            *entry = settled;
        }
    }

    /// Returns what is to be written next; if nothing is, somebody else may go on.
    fn turn(&mut self) -> Option<Write> {
        while self.places.front().is_some_and(|entry| !matches!(entry, Entry::Open)) {
            self.first = self.first.saturating_add(1);
            if let Some(Entry::Ready(write)) = self.places.pop_front() {
                return Some(write);
            }
        }
        self.is_turning = false;
        None
    }
}

impl std::fmt::Debug for Notebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notebook").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_ready_waits_for_what_was_said_before() {
        let (notebook, (tell, told)) = (Notebook::default(), mpsc::channel());
        let (elm, fir) = (HomeId::new("elm").unwrap(), HomeId::new("fir").unwrap());
        let write = |number: u32| -> Write {
            let tell = tell.clone();
            Box::new(move || tell.send(number).unwrap())
        };
        let [one, two, three] = [&elm, &elm, &elm].map(|peer| notebook.place(peer));
        let other = notebook.place(&fir);
        let written = || told.try_iter().collect::<Vec<_>>();
        notebook.fill(Some(&three), write(3));
        notebook.fill(Some(&other), write(10));
        assert_eq!(written(), [10]);
        notebook.fill(Some(&one), write(1));
        assert_eq!(written(), [1]);
        notebook.leave(Some(&two));
        notebook.leave(Some(&one));
        assert_eq!(written(), [3]);
        notebook.fill(Some(&notebook.place(&elm)), write(4));
        assert_eq!(written(), [4]);
    }
}
