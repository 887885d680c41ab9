//! How often something may happen.

use hes_schemas::{Millis, Timestamp};

/// Lets a number of things happen at once, and one more each time that a span has passed.
#[derive(Debug)]
pub(crate) struct Bucket {
    most: u64,
    each: Millis,
    left: u64,
    since: Timestamp,
}

impl Bucket {
    pub(crate) const fn new(most: u64, each: Millis) -> Self {
        Self { most, each, left: most, since: Timestamp::from_millis(0) }
    }

    /// Says whether it may happen now, and counts it.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        let gained = now.since(self.since).get() / self.each.get().max(1);
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(self.most);
            self.since = now;
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}
