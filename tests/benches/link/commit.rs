//! What one group commit of the store takes, on the disk that the homes have.

use std::{
    fs::File,
    io::Write,
    sync::mpsc,
    time::{Duration, Instant},
};

use hes_bridge::store::Store;
use hes_engine::record::Record;
use hes_schemas::{HomeId, Timestamp};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A store, and a file beside it.
pub(crate) struct Disk {
    store: Store,
    home: HomeId,
    file: File,
    number: u64,
    _runtime: Runtime,
    _folder: TempDir,
}

impl Disk {
    pub(crate) fn open() -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime is built");
        let data = folder.path().join("data");
        let opening = Store::open(&data, Duration::from_secs(1), Timestamp::from_millis(0));
        let store = runtime.block_on(opening).expect("a store can be opened").store;
        let file = File::create(folder.path().join("file")).expect("there is room for a file");
        let home = HomeId::new("elm").expect("it is an id");
        Self { store, home, file, number: 0, _runtime: runtime, _folder: folder }
    }

    /// Has one record kept so many times, and returns how long it took until each was.
    pub(crate) fn commits(&mut self, count: usize) -> Vec<Duration> {
        (0..count).map(|_| self.commit()).collect()
    }

    /// Has one page of a file put on the disk so many times.
    pub(crate) fn syncs(&mut self, count: usize) -> Vec<Duration> {
        (0..count).map(|_| self.sync()).collect()
    }

    fn commit(&mut self) -> Duration {
        self.number += 1;
        let (told, hear) = mpsc::channel();
        let began = Instant::now();
        let done = Box::new(move |is_kept: bool| told.send(is_kept).unwrap_or_default());
        self.store.write(vec![Record::Heard(self.home.clone(), self.number)], Some(done));
        assert_eq!(hear.recv(), Ok(true), "the disk takes a record");
        began.elapsed()
    }

    fn sync(&mut self) -> Duration {
        let began = Instant::now();
        self.file.write_all(&[0; 4_096]).expect("the disk takes a page");
        self.file.sync_data().expect("the disk keeps a page");
        began.elapsed()
    }
}
