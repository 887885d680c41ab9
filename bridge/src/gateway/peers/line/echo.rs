//! How long a word takes to a peer and back.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// One call at a time, and how long the last answer took.
#[derive(Debug, Default)]
pub(super) struct Echo {
    called: Mutex<Called>,
    /// In microseconds; nothing is known as long as it is 0.
    took: AtomicU64,
}

#[derive(Debug, Default)]
struct Called {
    number: u64,
    at: Option<Instant>,
}

impl Echo {
    /// Begins a call; returns what is to be answered with. One that was not answered is forgotten.
    pub(super) fn call(&self) -> [u8; 8] {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        called.number = called.number.wrapping_add(1);
        called.at = Some(Instant::now());
        called.number.to_be_bytes()
    }

    /// Takes the answer to the last call; another one says nothing.
    pub(super) fn answered(&self, with: &[u8]) {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        if with != called.number.to_be_bytes() {
            return;
        }
        if let Some(at) = called.at.take() {
            let took = u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.took.store(took.max(1), Ordering::Relaxed);
        }
    }

    /// Returns how long the last answer took.
    pub(super) fn took(&self) -> Option<Duration> {
        let took = self.took.load(Ordering::Relaxed);
        (took > 0).then(|| Duration::from_micros(took))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_answer_to_the_last_call_once() {
        let echo = Echo::default();
        let first = echo.call();
        let second = echo.call();
        for wrong in [&first[..], &[], b"123456789"] {
            echo.answered(wrong);
            assert_eq!(echo.took(), None);
        }
        echo.answered(&second);
        let took = echo.took().unwrap();
        echo.answered(&second);
        assert_eq!(echo.took(), Some(took));
    }
}
