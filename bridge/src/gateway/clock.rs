//! The only clock of the gateway.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use hes_schemas::{Millis, Timestamp};

/// The time of day that never goes backwards.
///
/// It runs with the monotonic clock, so that deadlines are kept while the time of day is set, and follows the time of day
/// when that is ahead by more than [`LEAP`]: a board without a battery learns the time some seconds after its start.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    /// What the time of day was at `started`, in milliseconds.
    anchor: AtomicI64,
}

/// How far the time of day may run ahead before it is followed.
const LEAP: Millis = Millis::new(2_000);

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), anchor: AtomicI64::new(time_of_day()) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = self.anchor.load(Ordering::Relaxed).saturating_add(elapsed);
        let time_of_day = time_of_day();
        if Timestamp::from_millis(time_of_day).since(Timestamp::from_millis(now)) <= LEAP {
            return Timestamp::from_millis(now);
        }
        self.anchor.store(time_of_day.saturating_sub(elapsed), Ordering::Relaxed);
        Timestamp::from_millis(time_of_day)
    }
}

fn time_of_day() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
