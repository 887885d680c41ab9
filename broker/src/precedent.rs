//! What was found for one receiver of a message, for the others that stand as it does.

use std::{
    num::NonZeroU64,
    sync::atomic::{AtomicU64, Ordering},
};

/// Whether a message could be received by the last client that was asked about, while the message is given to its
/// receivers.
///
/// What a client stands for is a number that all have who may receive the same, and that no others ever get: when rights
/// change, it does too. So what is found here is never older than the rights that it came from.
#[derive(Debug, Default)]
pub struct Precedent(AtomicU64);

impl Precedent {
    /// Returns what was found for a client with the same number.
    #[must_use]
    pub fn find(&self, standing: NonZeroU64) -> Option<bool> {
        let found = self.0.load(Ordering::Relaxed);
        (found >> 1 == standing.get()).then_some(found & 1 == 1)
    }

    /// Notes what was found for a client with a number below 2^63.
    pub fn note(&self, standing: NonZeroU64, may_receive: bool) {
        self.0.store(standing.get() << 1 | u64::from(may_receive), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_only_those_who_stand_alike() {
        let (precedent, one, two) = (Precedent::default(), NonZeroU64::MIN, NonZeroU64::new(2).unwrap());
        assert_eq!(precedent.find(one), None);
        precedent.note(one, true);
        assert_eq!((precedent.find(one), precedent.find(two)), (Some(true), None));
        precedent.note(two, false);
        assert_eq!((precedent.find(one), precedent.find(two)), (None, Some(false)));
    }
}
