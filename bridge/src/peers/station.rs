//! What all channels of this home have in common.

use std::{fmt, sync::Arc};

use hes_schemas::{HomeId, Root};

use super::{book::Book, channel::Voice, keys::Keys};

/// Draws 32 bytes that nobody can guess; nothing if the system has none at the moment.
pub type Chance = Box<dyn Fn() -> Option<[u8; 32]> + Send + Sync>;

/// This home, as it speaks to others: its keys, what it knows of theirs, and the voice of this run of the program.
pub struct Station {
    pub(super) keys: Arc<Keys>,
    pub(super) book: Arc<Book>,
    pub(super) root: Root,
    pub(super) voice: Voice,
    pub(super) chance: Chance,
}

impl Station {
    /// Makes the station of this run, with chance from the system.
    #[must_use]
    pub fn new(keys: Arc<Keys>, book: Arc<Book>, root: Root) -> Option<Self> {
        let chance = || {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).is_ok().then_some(bytes)
        };
        Self::with_chance(keys, book, root, Box::new(chance))
    }

    /// Makes a station with chance from elsewhere; nothing if there is none.
    #[must_use]
    pub fn with_chance(keys: Arc<Keys>, book: Arc<Book>, root: Root, chance: Chance) -> Option<Self> {
        let voice = Voice::new(chance()?)?;
        Some(Self { keys, book, root, voice, chance })
    }

    /// Returns which home it is.
    #[must_use]
    pub fn home(&self) -> &HomeId {
        self.keys.home()
    }

    /// Returns its keys.
    #[must_use]
    pub const fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Returns what it knows of others' keys.
    #[must_use]
    pub const fn book(&self) -> &Arc<Book> {
        &self.book
    }
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Station").field("keys", &self.keys).finish_non_exhaustive()
    }
}
