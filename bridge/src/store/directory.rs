//! The data directory: one database, and one gateway at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{StoreError, migration};

const DATABASE: &str = "hes-bridge.db";

/// What SQLite keeps beside it while it is open.
const LOG: &str = "hes-bridge.db-wal";

/// How long a statement waits for another process, such as the command line, to let go of the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Rows that may be on their way from the database's thread; with fewer, loading is mostly a change of threads.
pub(super) const ROWS_UNDER_WAY: u32 = 1_000;

/// A directory that holds what a gateway knows.
///
/// Shape: `hes-bridge.db` (`SQLite`, with its `-wal` and `-shm`) and `lock`. Made for its owner's eyes only.
#[derive(Debug, Clone)]
pub(crate) struct DataDirectory {
    path: PathBuf,
}

/// The proof that no other gateway uses the directory; ends with the process at the latest.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl DataDirectory {
    /// Opens the directory, and makes it if there is none.
    pub(crate) fn create(path: &Path) -> Result<Self, StoreError> {
        private_directory(path).map_err(|cause| StoreError::Directory { path: path.to_owned(), cause })?;
        Ok(Self { path: path.to_owned() })
    }

    /// Says whether a directory holds a database already.
    pub(crate) fn is_used(path: &Path) -> bool {
        path.join(DATABASE).is_file()
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the database, whether it exists or not.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Connects to a database that is there, only to look at it.
    pub(crate) async fn look(path: &Path) -> Result<(Self, SqliteConnection), StoreError> {
        let directory = Self { path: path.to_owned() };
        let path = directory.database();
        // beside a file that nobody has open SQLite would leave a log and an index, unless nobody is to open it meanwhile
        let is_at_rest = !directory.path.join(LOG).exists();
        let options = SqliteConnectOptions::new().filename(&path).read_only(true).immutable(is_at_rest);
        let options = options.busy_timeout(PATIENCE).disable_statement_logging();
        let connection = SqliteConnection::connect_with(&options).await;
        Ok((directory, connection.map_err(|cause| StoreError::Open { path, cause })?))
    }

    /// Takes the directory for one gateway.
    pub(crate) fn lock(&self) -> Result<Lock, StoreError> {
        let path = self.path.join("lock");
        let file = private_file(&path).map_err(|cause| StoreError::Directory { path: path.clone(), cause })?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: self.path.clone() }),
            Err(TryLockError::Error(cause)) => Err(StoreError::Directory { path, cause }),
        }
    }

    /// Connects to the database, which is made or brought up to date if need be.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        let path = self.database();
        private_file(&path).map_err(|cause| StoreError::Directory { path: path.clone(), cause })?;
        let mut connection = self.reconnect().await?;
        migration::bring_up_to_date(&mut connection, &path).await?;
        Ok(connection)
    }

    /// Connects once more; a file that has vanished since is not made again, for it would be empty.
    pub(crate) async fn reconnect(&self) -> Result<SqliteConnection, StoreError> {
        let path = self.database();
        SqliteConnection::connect_with(&options(&path)).await.map_err(|cause| StoreError::Open { path, cause })
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    let rows = usize::try_from(ROWS_UNDER_WAY).unwrap_or(usize::MAX);
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        // a negative size is in KiB: everything is read once and kept by the engine, not here
        .pragma("cache_size", "-512")
        .pragma("mmap_size", "0")
        .row_buffer_size(rows)
        .disable_statement_logging()
}

fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
