//! Two homes for tests.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use hes_schemas::{HomeId, Root, Timestamp};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{
    book::Book,
    keys::{Keys, LIFE},
    station::{Chance, Station},
};

/// A home with its data directory.
pub(super) struct House {
    pub(super) folder: TempDir,
    pub(super) station: Arc<Station>,
}

impl House {
    pub(super) fn new(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let station = Self::start(&folder, name, Arc::default());
        Self { folder, station }
    }

    /// Another run of the same home: other voice, same keys.
    pub(super) fn restart(&mut self) {
        let name = self.station.home().to_string();
        self.station = Self::start(&self.folder, &name, Arc::clone(self.station.book()));
    }

    pub(super) fn trust(&self, other: &Self) {
        self.station.book().pin(other.station.home().clone(), other.station.keys().identity().clone());
    }

    fn start(folder: &TempDir, name: &str, book: Arc<Book>) -> Arc<Station> {
        let keys = Keys::open_or_make(folder.path(), &home(name), LIFE, noon()).unwrap();
        Arc::new(Station::with_chance(Arc::new(keys), book, Root::default(), chance(name)).unwrap())
    }
}

/// Chance that differs with each draw, and between any two houses.
pub(super) fn chance(name: &str) -> Chance {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let name = name.to_owned();
    Box::new(move || Some(Sha256::digest(format!("{name} {}", DRAWN.fetch_add(1, Ordering::Relaxed))).into()))
}

pub(super) fn home(name: &str) -> HomeId {
    HomeId::new(name).unwrap()
}

/// The time at which every test begins.
pub(super) const fn noon() -> Timestamp {
    Timestamp::from_millis(1_795_348_800_000)
}

/// Two homes that trust each other: oak, which is invited or answers, and elm, which opens.
pub(super) fn neighbours() -> (House, House) {
    let (elm, oak) = (House::new("elm"), House::new("oak"));
    elm.trust(&oak);
    oak.trust(&elm);
    (elm, oak)
}
