//! The tables, and how older ones become today's.

use std::path::Path;

use sqlx::{Connection, SqliteConnection};

use super::StoreError;

/// Each script makes the next version of the tables and ends by saying so in `user_version`.
const SCRIPTS: [&str; 6] = [
    concat!(include_str!("migrations/0001.sql"), "PRAGMA user_version = 1;"),
    concat!(include_str!("migrations/0002.sql"), "PRAGMA user_version = 2;"),
    concat!(include_str!("migrations/0003.sql"), "PRAGMA user_version = 3;"),
    concat!(include_str!("migrations/0004.sql"), "PRAGMA user_version = 4;"),
    concat!(include_str!("migrations/0005.sql"), "PRAGMA user_version = 5;"),
    concat!(include_str!("migrations/0006.sql"), "PRAGMA user_version = 6;"),
];

/// Brings the tables to the version that this program knows.
///
/// # Errors
/// [`StoreError::Newer`] if the file is beyond it: what a newer version keeps there must not be lost.
pub(super) async fn bring_up_to_date(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let open = |cause| StoreError::Open { path: path.to_owned(), cause };
    if steps_missing(version(connection).await.map_err(open)?, path)?.is_empty() {
        return Ok(());
    }
    // the command line and a gateway may both be here at the first start
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(open)?;
    let version = version(&mut transaction).await.map_err(open)?;
    for script in steps_missing(version, path)? {
        sqlx::raw_sql(*script).execute(&mut *transaction).await.map_err(open)?;
    }
    transaction.commit().await.map_err(open)
}

/// Says whether a database holds tables that this program can read; an empty file holds none yet.
///
/// # Errors
/// As [`bring_up_to_date`], and [`StoreError::Damaged`] if what it holds contradicts itself.
pub(super) async fn inspect(connection: &mut SqliteConnection, path: &Path) -> Result<bool, StoreError> {
    let open = |cause| StoreError::Open { path: path.to_owned(), cause };
    let version = version(connection).await.map_err(open)?;
    steps_missing(version, path)?;
    let finding: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await.map_err(open)?;
    if finding != "ok" {
        return Err(StoreError::Damaged { path: path.to_owned(), finding });
    }
    Ok(version > 0)
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await
}

fn steps_missing(version: i64, path: &Path) -> Result<&'static [&'static str], StoreError> {
    usize::try_from(version).ok().and_then(|version| SCRIPTS.get(version..)).ok_or_else(|| StoreError::Newer {
        path: path.to_owned(),
        version,
        known: SCRIPTS.len(),
    })
}
