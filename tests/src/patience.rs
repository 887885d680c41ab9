//! Waiting for a condition, never for a time.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a test waits for what must happen; only a failure takes so long.
pub const WAIT: Duration = Duration::from_secs(30);

/// How long is paused before a condition is looked at again.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until a look succeeds, and returns what it saw.
///
/// # Panics
/// If that does not happen within [`WAIT`].
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < WAIT, "waited in vain until {what}");
        thread::sleep(PAUSE);
    }
}
