//! What can go wrong with the store.

use std::{io, path::PathBuf};

/// Says why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory, or a file in it, cannot be made or opened.
    #[error("{path} cannot be used as data", path = .path.display())]
    Directory {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Another gateway works there.
    #[error("another gateway uses {path}: stop it, or take another directory with --data", path = .path.display())]
    InUse {
        /// Which directory.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error(
        "{path} was written by a newer hes-bridge (its tables are version {version}, this one knows {known}): \
         use that version, or another directory with --data", path = .path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// What it says.
        version: i64,
        /// What this program knows.
        known: usize,
    },
    /// The file cannot be opened, or is no database.
    #[error("{path} cannot be opened (restore it from a copy, or move it away to begin anew)", path = .path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The file is a database, but what it holds contradicts itself.
    #[error("{path} is damaged (restore it from a copy, or move it away to begin anew): {finding}", path = .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found first, in SQLite's words.
        finding: String,
    },
    /// The task that writes came to an end before its time.
    #[error("nothing was written since the writer stopped")]
    Stopped,
    /// The file cannot be read or written.
    #[error("the store cannot be read or written")]
    Use(#[from] sqlx::Error),
}
