//! The store: what outlives the gateway, in one `SQLite` file of the data directory.
//!
//! What waits to be written is merged by thing and goes to disk in groups, so a caller never blocks, and a slow disk
//! costs time but no memory. Versions never go back: an unclean stop is noticed at the next start, which then leaps.

mod account;
mod batch;
mod body;
mod commit;
mod directory;
mod error;
mod homes;
mod ledger;
mod limits;
mod load;
mod migration;
mod pairings;
mod peers;
#[cfg(test)]
pub(crate) mod samples;
mod sessions;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use hes_broker::{Change, Done, Publish, RestoredSession};
use hes_engine::record::{ParcelRecord, Record, Restored};
use hes_schemas::{ClusterId, HomeId, Millis, Timestamp, Topic};
use tokio::task::JoinHandle;

pub use account::AccountRow;
pub use error::StoreError;
pub use ledger::{ForeignState, Ledger, Removal};
pub use pairings::{InvitationRow, PairingRow, PairingSide};
pub use peers::PeerRow;
pub use writer::Figures;

use batch::Kept;
use directory::{DataDirectory, Lock};
use writer::{Queue, Room};

/// The store of a running gateway; there is one for each data directory at a time.
///
/// A clone is the same store. Without [`Store::close`] the next start counts as one after an unclean stop.
#[derive(Debug, Clone)]
pub struct Store {
    queue: Arc<Queue>,
    ledger: Ledger,
    save_interval: Duration,
    start: (Timestamp, Instant),
    writer: Arc<Mutex<Option<Writer>>>,
    _lock: Arc<Lock>,
}

type Writer = JoinHandle<Result<(), StoreError>>;

/// A store, and what it held.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// What the engine goes on with.
    pub restored: Restored,
    /// The retained messages of clients that have not expired.
    pub retained: Vec<Publish>,
    /// The broker's sessions, by key.
    pub sessions: Vec<RestoredSession>,
    /// How many rows could not be read and were left aside; each is in the log.
    pub damaged: u64,
}

impl Store {
    /// Opens the store of a data directory, which is made if there is none, and begins a new epoch.
    ///
    /// Changes that nobody waits for are on disk after `save_interval` at the latest.
    ///
    /// # Errors
    /// [`StoreError`], above all [`StoreError::InUse`] and [`StoreError::Newer`].
    pub async fn open(path: &Path, save_interval: Duration, now: Timestamp) -> Result<Opened, StoreError> {
        let directory = DataDirectory::create(path)?;
        let lock = Arc::new(directory.lock()?);
        let ledger = Ledger::connect(directory).await?;
        let loaded = load::load(&mut *ledger.connection().await?, now).await?;
        let queue = Arc::new(Queue::default());
        let writer = tokio::spawn({
            let (queue, ledger) = (Arc::clone(&queue), ledger.clone());
            async move { writer::run(&queue, &ledger, loaded.rows).await }
        });
        let writer = Arc::new(Mutex::new(Some(writer)));
        let store = Self { queue, ledger, save_interval, start: (now, Instant::now()), writer, _lock: lock };
        Ok(Opened {
            store,
            restored: loaded.restored,
            retained: loaded.retained,
            sessions: loaded.sessions,
            damaged: loaded.damage.rows,
        })
    }

    /// Keeps records; `done` is told when they are on disk, or that they could not be put there yet.
    ///
    /// Never blocks. If there is no room, `done` is told so before this returns; its own locks are the caller's business.
    /// What could not be written stays in the queue and is tried again. Without `done` the records wait
    /// for others. No record and a `done` waits for all that was handed in before.
    pub fn write(&self, records: Vec<Record>, done: Option<Done>) {
        self.queue.push(self.save_interval, done, |batch| {
            for record in records {
                batch.record(record);
            }
        });
    }

    /// Keeps the retained message of a topic, or forgets it; `done` as in [`Store::write`].
    pub fn retain(&self, topic: &Topic, message: Option<&Publish>, done: Done) {
        let kept = message.map(|message| Kept { message: message.clone(), until: body::until(message, self.now()) });
        self.queue.push(self.save_interval, Some(done), |batch| batch.retain(topic.clone(), kept));
    }

    /// Keeps changes of the broker's sessions, all or none, after those of every earlier call; `done` as in
    /// [`Store::write`]. If they only take away, they are taken when there is no room for others.
    pub fn keep(&self, changes: Vec<Change>, done: Option<Done>) {
        let now = self.now();
        let room = if changes.iter().all(Change::takes_away) { Room::Reserve } else { Room::Common };
        self.queue.push_into(room, self.save_interval, done, |batch| {
            for change in changes {
                batch.sessions.change(change, now);
            }
        });
    }

    /// Keeps what peers said and what sessions are owed of it, all or none. `done` is told when all is on disk, or that nothing
    /// is nor will be: it has to be heard again.
    ///
    /// Never blocks, as [`Store::write`].
    pub fn hear(&self, records: Vec<Record>, changes: Vec<Change>, done: Done) {
        let now = self.now();
        self.queue.push(self.save_interval, Some(done), |batch| {
            records.into_iter().for_each(|record| batch.homes.hear(record));
            changes.into_iter().for_each(|change| batch.sessions.change(change, now));
        });
    }

    /// Keeps an entry of the log to a peer; `done` as in [`Store::write`].
    pub fn log(&self, parcel: ParcelRecord, done: Done) {
        self.queue.push(self.save_interval, Some(done), |batch| batch.homes.log(parcel));
    }

    /// Forgets the logs between here and another home, and what it retains; what comes later is kept.
    pub fn forget_home(&self, home: HomeId, done: Done) {
        self.queue.push(self.save_interval, Some(done), |batch| batch.homes.forget(home));
    }

    /// Keeps what a cluster said of its devices, for [`Store::recall`].
    pub fn remember(&self, cluster: ClusterId, topic: Box<str>, payload: Box<[u8]>) {
        self.queue.push(self.save_interval, None, |batch| batch.remember(cluster, topic, payload));
    }

    /// Returns what a cluster said of its devices last, by topic.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn recall(&self, cluster: &ClusterId) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.ledger.inventory(cluster).await
    }

    /// Forgets what clusters said of their devices, other than these.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be written.
    pub async fn keep_inventories(&self, clusters: &BTreeSet<ClusterId>) -> Result<(), StoreError> {
        self.ledger.keep_inventories(clusters).await
    }

    /// Returns the time, which goes on from that of the start whatever happens to the system's clock.
    fn now(&self) -> Timestamp {
        let (start, instant) = self.start;
        start + Millis::new(u64::try_from(instant.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Returns the accounts in the same file.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns what the store has done so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.queue.figures()
    }

    /// Writes what waits and marks the stop as clean; what comes later is refused.
    ///
    /// # Errors
    /// [`StoreError`] if the last changes could not be written; the stop is then an unclean one.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match writer {
            Some(writer) => writer.await.unwrap_or(Err(StoreError::Stopped)),
            None => Ok(()),
        }
    }
}
