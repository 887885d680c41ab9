//! The writer: many changes wait, one transaction takes them all.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hes_broker::Done;
use tokio::{sync::Notify, time::Instant};

use super::{
    StoreError,
    batch::Batch,
    commit::{self, Ending, Rows},
    ledger::Ledger,
};

/// How many things may wait to be written.
const CAPACITY: usize = 500_000;

/// How many more may wait that only take away from what is on disk: if they were lost, it would come back.
const RESERVE: usize = 500_000;

/// How many callers may wait to be told that their changes are on disk.
const MAX_WAITING: usize = 100_000;

/// The least time between two attempts that nobody waits for, while the disk fails.
const RETRY: Duration = Duration::from_secs(1);

/// Which part of the time that a transaction took is waited before the next one, for more to come.
const GATHERING: u32 = 4;

/// How often the last transaction is tried, and the time between two attempts.
const LAST_ATTEMPTS: (u32, Duration) = (5, Duration::from_millis(200));

/// What waits, shared by those who write and the task that puts it on disk.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Notify,
    refused: AtomicU64,
    commits: AtomicU64,
    failures: AtomicU64,
    panics: AtomicU64,
}

/// Where changes wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// With all others.
    Common,
    /// With all others, and where only those may wait that take away.
    Reserve,
}

#[derive(Default)]
struct Waiting {
    batch: Batch,
    callers: Vec<Done>,
    /// Until when the batch may wait if nobody waits for it.
    due: Option<Instant>,
    is_closed: bool,
}

/// What the store has done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Transactions that are on disk.
    pub commits: u64,
    /// Transactions that failed and were tried again later.
    pub failures: u64,
    /// Calls that were refused because too much waited or the store was closed.
    pub refused: u64,
    /// Callers that panicked when they were told how their changes fared.
    pub panics: u64,
}

impl Queue {
    /// Adds changes; without a caller they wait for the others at most until `patience` is over.
    pub(super) fn push(&self, patience: Duration, done: Option<Done>, add: impl FnOnce(&mut Batch)) {
        self.push_into(Room::Common, patience, done, add);
    }

    /// Does the same with changes that may take a certain room.
    pub(super) fn push_into(&self, room: Room, patience: Duration, done: Option<Done>, add: impl FnOnce(&mut Batch)) {
        let mut waiting = self.waiting();
        if waiting.is_full(room) {
            drop(waiting);
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.tell(done, false);
            return;
        }
        add(&mut waiting.batch);
        let is_first = waiting.due.is_none();
        waiting.due.get_or_insert_with(|| Instant::now() + patience);
        let is_urgent = done.is_some();
        waiting.callers.extend(done);
        drop(waiting);
        if is_first || is_urgent {
            self.wake.notify_one();
        }
    }

    /// Takes no more, and has the writer end.
    pub(super) fn close(&self) {
        self.waiting().is_closed = true;
        self.wake.notify_one();
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            commits: self.commits.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something has to be written, and takes it.
    async fn next(&self) -> (Batch, Vec<Done>, Ending) {
        loop {
            let due = {
                let mut waiting = self.waiting();
                if waiting.is_due() {
                    return waiting.take();
                }
                waiting.due
            };
            match due {
                Some(due) => tokio::select! {
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep_until(due) => {}
                },
                None => self.wake.notified().await,
            }
        }
    }

    /// Waits for as many callers as were just told: they usually have more to write, and one transaction does for all.
    async fn gather(&self, told: usize, patience: Duration) {
        let enough = async {
            while !self.waiting().is_gathered(told) {
                self.wake.notified().await;
            }
        };
        // a clock of whole milliseconds would make a fast disk wait for longer than it writes
        if patience >= Duration::from_millis(1) {
            drop(tokio::time::timeout(patience, enough).await);
        }
    }

    fn put_back(&self, batch: Batch) {
        let mut waiting = self.waiting();
        waiting.batch.put_back(batch);
        waiting.due = (!waiting.batch.is_empty()).then(|| Instant::now() + RETRY);
    }

    /// Tells callers how their changes fared; one that panicks takes neither the others nor the writer with it.
    fn tell(&self, callers: impl IntoIterator<Item = Done>, is_on_disk: bool) {
        for done in callers {
            if catch_unwind(AssertUnwindSafe(|| done(is_on_disk))).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn count(&self, result: &Result<(), StoreError>) {
        let counter = if result.is_ok() { &self.commits } else { &self.failures };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Waiting {
    fn is_full(&self, room: Room) -> bool {
        self.is_closed || self.batch.len() >= room.capacity() || self.callers.len() >= MAX_WAITING
    }

    fn is_due(&self) -> bool {
        self.is_closed || !self.callers.is_empty() || self.due.is_some_and(|due| due <= Instant::now())
    }

    fn is_gathered(&self, told: usize) -> bool {
        self.is_closed || self.callers.len() >= told
    }

    fn take(&mut self) -> (Batch, Vec<Done>, Ending) {
        self.due = None;
        let ending = if self.is_closed { Ending::Clean } else { Ending::Open };
        (std::mem::take(&mut self.batch), std::mem::take(&mut self.callers), ending)
    }
}

impl Room {
    const fn capacity(self) -> usize {
        match self {
            Self::Common => CAPACITY,
            Self::Reserve => CAPACITY + RESERVE,
        }
    }
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting")
            .field("things", &self.batch.len())
            .field("callers", &self.callers.len())
            .field("is_closed", &self.is_closed)
            .finish_non_exhaustive()
    }
}

/// Writes what waits until the queue is closed, and then the rest.
pub(super) async fn run(queue: &Queue, ledger: &Ledger, mut rows: Rows) -> Result<(), StoreError> {
    let mut is_failing = false;
    loop {
        let (batch, callers, ending) = queue.next().await;
        if ending == Ending::Clean {
            return finish(queue, ledger, &mut rows, batch, callers).await;
        }
        let (told, began) = (callers.len(), Instant::now());
        let result = write(ledger, &mut rows, &batch, ending).await;
        let patience = began.elapsed() / GATHERING;
        queue.count(&result);
        report(&mut is_failing, &result);
        queue.tell(callers, result.is_ok());
        if result.is_err() {
            queue.put_back(batch);
        }
        queue.gather(told, patience).await;
    }
}

async fn finish(
    queue: &Queue,
    ledger: &Ledger,
    rows: &mut Rows,
    batch: Batch,
    callers: Vec<Done>,
) -> Result<(), StoreError> {
    let (attempts, pause) = LAST_ATTEMPTS;
    let mut result = write(ledger, rows, &batch, Ending::Clean).await;
    for _ in 1..attempts {
        if result.is_ok() {
            break;
        }
        tokio::time::sleep(pause).await;
        result = write(ledger, rows, &batch, Ending::Clean).await;
    }
    queue.count(&result);
    queue.tell(callers, result.is_ok());
    result?;
    ledger.close().await
}

async fn write(ledger: &Ledger, rows: &mut Rows, batch: &Batch, ending: Ending) -> Result<(), StoreError> {
    let mut connection = ledger.connection().await?;
    let result = commit::commit(&mut connection, rows, batch, ending).await;
    if result.is_err() {
        drop(connection);
        // after some errors SQLite has rolled back by itself, which leaves the connection's idea of it wrong
        ledger.disconnect().await;
    }
    Ok(result?)
}

/// Says once that the disk fails, and once that it works again.
fn report(is_failing: &mut bool, result: &Result<(), StoreError>) {
    match (result, *is_failing) {
        (Err(error), false) => {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(%error, cause, "Nothing can be saved; it is tried again");
        }
        (Ok(()), true) => tracing::info!("Saving works again"),
        (Ok(()), false) | (Err(_), true) => {}
    }
    *is_failing = result.is_err();
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicUsize};

    use hes_broker::Change;
    use hes_schemas::Timestamp;

    use super::*;

    /// Adds ends of sessions; says how many of the calls so far have been refused.
    fn end(queue: &Queue, room: Room, keys: std::ops::Range<usize>) -> u64 {
        queue.push_into(room, RETRY, None, |batch| {
            for key in keys {
                batch.sessions.change(Change::SessionGone(key.try_into().unwrap()), Timestamp::from_millis(0));
            }
        });
        queue.figures().refused
    }

    #[test]
    fn has_room_for_what_takes_away_when_there_is_none_for_more() {
        let queue = Queue::default();
        assert_eq!(end(&queue, Room::Common, 0..CAPACITY), 0);
        assert_eq!(end(&queue, Room::Common, CAPACITY..CAPACITY + 1), 1);
        assert_eq!(end(&queue, Room::Reserve, CAPACITY..CAPACITY + RESERVE), 1);
        let told = Arc::new(AtomicUsize::new(0));
        let heard = Arc::clone(&told);
        let done = move |is_on_disk| heard.store(1 + usize::from(is_on_disk), Ordering::Relaxed);
        queue.push_into(Room::Reserve, RETRY, Some(Box::new(done)), |_| {});
        assert_eq!((queue.figures().refused, told.load(Ordering::Relaxed)), (2, 1));
    }
}
