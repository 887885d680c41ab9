//! What is known of other homes becomes rows.
//!
//! Each statement takes any number of rows, because a statement costs two changes of threads.

use hes_schemas::Timestamp;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::Homes;
use crate::store::{body, commit::column};

/// How many rows a statement takes at most.
const ROWS: usize = 4_096;

/// How many bytes of bodies a statement takes before the next one takes over.
const BYTES: usize = 1 << 22;

/// A row: its columns, and the body that comes last.
type Row<Columns> = (Columns, Vec<u8>);

/// Writes what has become of other homes, within a transaction.
pub(in crate::store) async fn write(connection: &mut SqliteConnection, homes: &Homes) -> Result<(), sqlx::Error> {
    if homes.len() == 0 {
        return Ok(());
    }
    forget(connection, homes).await?;
    write_logs(connection, homes).await?;
    write_mirrors(connection, homes).await?;
    write_federations(connection, homes).await
}

async fn forget(connection: &mut SqliteConnection, homes: &Homes) -> Result<(), sqlx::Error> {
    let forgotten: Vec<&str> = homes.forgotten.iter().map(hes_schemas::HomeId::as_str).collect();
    for statement in [
        "DELETE FROM parcel WHERE peer IN (SELECT value FROM json_each(?1))",
        "DELETE FROM log WHERE peer IN (SELECT value FROM json_each(?1))",
        "DELETE FROM mirror WHERE peer IN (SELECT value FROM json_each(?1))",
    ] {
        run(connection, statement, &forgotten).await?;
    }
    Ok(())
}

async fn write_logs(connection: &mut SqliteConnection, homes: &Homes) -> Result<(), sqlx::Error> {
    let (mut heads, mut parcels) = (Vec::new(), Vec::new());
    for (peer, log) in &homes.logs {
        if log.gone > 0 {
            let delete = sqlx::query("DELETE FROM parcel WHERE peer = ?1 AND seq <= ?2");
            delete.bind(peer.as_str()).bind(column(log.gone)).execute(&mut *connection).await?;
        }
        heads.push((peer.as_str(), column(log.logged), 0));
        parcels.extend(log.parcels.values().map(|record| {
            let columns = (peer.as_str(), column(record.log.seq), Timestamp::as_millis(record.until));
            (columns, body::parcel_body(record))
        }));
    }
    heads.extend(homes.heard.logs.iter().map(|(peer, seq)| (peer.as_str(), 0, column(*seq))));
    let raise = "INSERT INTO log (peer, logged, heard)
         SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true
         ON CONFLICT (peer) DO UPDATE SET logged = max(logged, excluded.logged), heard = max(heard, excluded.heard)";
    run(connection, raise, &heads).await?;
    let insert = "INSERT OR REPLACE INTO parcel (peer, seq, until, body)
         SELECT value -> 0 ->> 0, value -> 0 ->> 1, value -> 0 ->> 2, substr(?2, value ->> 1, value ->> 2)
         FROM json_each(?1)";
    run_with_bodies(connection, insert, &parcels).await
}

async fn write_mirrors(connection: &mut SqliteConnection, homes: &Homes) -> Result<(), sqlx::Error> {
    let (mut gone, mut told) = (Vec::new(), Vec::new());
    for (path, mirror) in &homes.mirrors {
        match mirror {
            Some(record) => told.push(((&**path, record.peer.as_str()), body::mirror_body(record))),
            None => gone.push(&**path),
        }
    }
    let events = homes.heard.events.iter();
    told.extend(events.map(|(path, record)| ((&**path, record.peer.as_str()), body::mirror_body(record))));
    run(connection, "DELETE FROM mirror WHERE path IN (SELECT value FROM json_each(?1))", &gone).await?;
    let insert = "INSERT OR REPLACE INTO mirror (path, peer, body)
         SELECT value -> 0 ->> 0, value -> 0 ->> 1, substr(?2, value ->> 1, value ->> 2) FROM json_each(?1)";
    run_with_bodies(connection, insert, &told).await
}

async fn write_federations(connection: &mut SqliteConnection, homes: &Homes) -> Result<(), sqlx::Error> {
    for (id, record) in &homes.federations {
        let query = match record {
            Some(record) => sqlx::query("INSERT OR REPLACE INTO federation (id, body) VALUES (?1, ?2)")
                .bind(id)
                .bind(body::federation_body(record)),
            None => sqlx::query("DELETE FROM federation WHERE id = ?1").bind(id),
        };
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn run<Row: Serialize + Sync>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(ROWS) {
        sqlx::query(statement).bind(json(rows)?).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Runs a statement that finds columns and bodies at `?1`, and the bodies' bytes in `?2`.
async fn run_with_bodies<Columns: Serialize + Copy + Sync>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    mut rows: &[Row<Columns>],
) -> Result<(), sqlx::Error> {
    while !rows.is_empty() {
        let (mut heads, mut bytes) = (Vec::new(), Vec::new());
        for (columns, body) in rows.iter().take(ROWS) {
            // counted from 1
            heads.push((*columns, bytes.len() + 1, body.len()));
            bytes.extend_from_slice(body);
            if bytes.len() >= BYTES {
                break;
            }
        }
        sqlx::query(statement).bind(json(&heads)?).bind(bytes).execute(&mut *connection).await?;
        rows = rows.get(heads.len()..).unwrap_or_default();
    }
    Ok(())
}

fn json<Row: Serialize>(rows: &[Row]) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
