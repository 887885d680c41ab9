//! Packet ids of what the broker sends.
//!
//! A message of `QoS` 2 that is stored has its id for good, so that a client that has it knows it again after the
//! broker was away. Those ids are from the upper half; the lower half is for all the rest.

use rustc_hash::FxHashSet;

/// The last id of the lower half.
const MIDDLE: u16 = 0x7fff;

/// The ids of messages that are stored.
#[derive(Debug, Default)]
pub(crate) struct StoredIds {
    last: u16,
    taken: FxHashSet<u16>,
}

impl StoredIds {
    /// Takes an id that is free; there is none if 32,768 messages have one.
    pub(crate) fn take(&mut self) -> Option<u16> {
        for _ in MIDDLE..u16::MAX {
            self.last = next(self.last, MIDDLE + 1, u16::MAX);
            if self.taken.insert(self.last) {
                return Some(self.last);
            }
        }
        None
    }

    /// Takes the id that a message had before.
    pub(crate) fn take_again(&mut self, id: u16) {
        self.last = self.last.max(id);
        self.taken.insert(id);
    }

    /// Gives an id back.
    pub(crate) fn free(&mut self, id: u16) {
        self.taken.remove(&id);
    }
}

/// Returns the id of the lower half that follows another.
pub(crate) fn next_passing(last: u16) -> u16 {
    next(last, 1, MIDDLE)
}

fn next(last: u16, first: u16, most: u16) -> u16 {
    match last.checked_add(1) {
        Some(next) if (first..=most).contains(&next) => next,
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_each_id_of_the_upper_half_once() {
        let mut ids = StoredIds::default();
        ids.take_again(0x8001);
        let taken: FxHashSet<u16> = std::iter::from_fn(|| ids.take()).collect();
        assert_eq!(taken.len(), 0x7fff);
        assert!(taken.iter().all(|id| *id > MIDDLE && *id != 0x8001));
        ids.free(0x9000);
        assert_eq!(ids.take(), Some(0x9000));
    }

    #[test]
    fn leaves_the_lower_half_to_the_rest() {
        assert_eq!((next_passing(0), next_passing(MIDDLE - 1), next_passing(MIDDLE)), (1, MIDDLE, 1));
    }
}
