//! How far versions had come of what nobody tells of any more, so that a slower way does not bring back what is older.

use std::collections::BTreeMap;

use hes_schemas::HomeId;
use rustc_hash::FxHashMap;

use super::Path;

/// How many are remembered.
const GRAVES: usize = 10_000;

/// The versions, the latest dug last.
#[derive(Debug, Default)]
pub(super) struct Graves {
    versions: FxHashMap<Path, (u64, u64)>,
    order: BTreeMap<u64, Path>,
    last: u64,
}

impl Graves {
    /// Remembers a version; returns how many others are forgotten for want of room.
    pub(super) fn dig(&mut self, path: Path, version: u64) -> u64 {
        if version == 0 {
            return 0;
        }
        let version = version.max(self.open(&path));
        self.last += 1;
        self.order.insert(self.last, Path::clone(&path));
        self.versions.insert(path, (version, self.last));
        if self.versions.len() <= GRAVES {
            return 0;
        }
        if let Some((_, oldest)) = self.order.pop_first() {
            self.versions.remove(&oldest);
        }
        1
    }

    /// Returns how far the versions had come, and forgets it.
    pub(super) fn open(&mut self, path: &str) -> u64 {
        let Some((version, place)) = self.versions.remove(path) else { return 0 };
        self.order.remove(&place);
        version
    }

    /// Forgets all of a home.
    pub(super) fn forget(&mut self, home: &HomeId) {
        let is_of = |path: &Path| path.split('/').next() == Some(home.as_str());
        self.versions.retain(|path, _| !is_of(path));
        self.order.retain(|_, path| !is_of(path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_for_want_of_room() {
        let mut graves = Graves::default();
        let path = |number: usize| Path::from(format!("elm/zigbee/lamp-{number}/property/on"));
        assert!((0..GRAVES).all(|number| graves.dig(path(number), 7) == 0));
        assert_eq!(graves.dig(path(GRAVES), 7), 1);
        assert_eq!((graves.open(&path(0)), graves.open(&path(1)), graves.open(&path(1))), (0, 7, 0));
        graves.forget(&HomeId::new("elm").unwrap());
        assert_eq!(graves.open(&path(2)), 0);
    }
}
