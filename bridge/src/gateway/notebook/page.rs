//! What one peer said since the engine last went back to what is on disk.

use std::collections::VecDeque;

use super::{Note, Turn};

/// The places of one peer, in the order in which it spoke.
#[derive(Default)]
pub(super) struct Page {
    /// How many there were before.
    number: u64,
    /// The number of the first place.
    first: u64,
    /// A note, or the place for one.
    places: VecDeque<Option<Note>>,
    /// The store has notes in its hands.
    is_writing: bool,
    /// Something was refused, and so is all that comes.
    is_torn: bool,
}

/// What is to be done, once nobody holds the page.
pub(super) enum Ink {
    None,
    Write(Vec<Note>),
    Refuse(Vec<Note>),
}

impl Page {
    /// Adds a place; returns the number of the page and its own.
    pub(super) fn place(&mut self) -> (u64, u64) {
        self.places.push_back(None);
        let behind = u64::try_from(self.places.len()).unwrap_or(u64::MAX);
        (self.number, self.first.saturating_add(behind).saturating_sub(1))
    }

    pub(super) fn fill(&mut self, page: u64, number: u64, note: Note) -> Ink {
        if self.is_torn || page != self.number {
            return Ink::Refuse(vec![note]);
        }
        match self.open(number) {
            Some(place) => *place = Some(note),
            // nobody fills a place twice
            None => return Ink::Refuse(vec![note]),
        }
        self.go_on()
    }

    pub(super) fn leave(&mut self, page: u64, number: u64) -> Ink {
        let is_open = page == self.number && self.open(number).is_some();
        if is_open && !self.is_torn { self.tear() } else { Ink::None }
    }

    /// Learns whether what the store had in its hands is on disk.
    pub(super) fn written(&mut self, is_kept: bool) -> Ink {
        self.is_writing = false;
        if is_kept { self.go_on() } else { self.tear() }
    }

    pub(super) fn turn(&mut self) -> Turn {
        match (self.is_torn, self.is_writing) {
            (false, _) => Turn::Whole,
            (true, true) => Turn::Busy,
            (true, false) => {
                *self = Self { number: self.number.saturating_add(1), ..Self::default() };
                Turn::Turned
            }
        }
    }

    /// Returns a place that is not filled.
    fn open(&mut self, number: u64) -> Option<&mut Option<Note>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.places.get_mut(index).filter(|place| place.is_none())
    }

    /// Takes what is ready, all in one step; what comes meanwhile waits for the next.
    fn go_on(&mut self) -> Ink {
        if self.is_writing || self.is_torn {
            return Ink::None;
        }
        let mut ready = Vec::new();
        while let Some(note) = self.places.front_mut().and_then(Option::take) {
            ready.push(note);
            self.places.pop_front();
            self.first = self.first.saturating_add(1);
        }
        self.is_writing = !ready.is_empty();
        if self.is_writing { Ink::Write(ready) } else { Ink::None }
    }

    fn tear(&mut self) -> Ink {
        self.is_torn = true;
        Ink::Refuse(self.places.iter_mut().filter_map(Option::take).collect())
    }
}
