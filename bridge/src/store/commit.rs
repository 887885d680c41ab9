//! One batch becomes one transaction.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use hes_engine::{cluster::Shape, record::DeviceRecord};
use sqlx::{Connection, SqliteConnection};

use super::{
    batch::{Batch, DeviceChange, DeviceKey, Kept},
    body, homes,
    sessions::{self, load::MessageRows},
};

/// Whether more will follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The gateway goes on.
    Open,
    /// Nothing follows: the stop is clean if this is written.
    Clean,
}

/// What is known of rows that are not rewritten with what refers to them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) shapes: ShapeRows,
    pub(super) messages: MessageRows,
}

/// The rows of shapes that have been written or read already.
#[derive(Debug, Default)]
pub(super) struct ShapeRows {
    rows: HashMap<usize, (Weak<Shape>, i64)>,
}

/// Writes a batch completely or not at all; when it returns, the batch is on disk.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    rows: &mut Rows,
    batch: &Batch,
    ending: Ending,
) -> Result<(), sqlx::Error> {
    let result = transact(connection, rows, batch, ending).await;
    if result.is_err() {
        // rows that the transaction took back must not be referred to
        rows.shapes.rows.clear();
    }
    result
}

async fn transact(
    connection: &mut SqliteConnection,
    rows: &mut Rows,
    batch: &Batch,
    ending: Ending,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for (key, change) in &batch.devices {
        write_change(&mut transaction, &mut rows.shapes, key, change).await?;
    }
    for (sid, record) in &batch.subscriptions {
        let body = record.as_ref().map(body::subscription_body);
        write_subscription(&mut transaction, sid.as_str(), body).await?;
    }
    for (topic, kept) in &batch.retained {
        write_retained(&mut transaction, topic.as_str(), kept.as_ref()).await?;
    }
    for ((cluster, topic), payload) in &batch.inventories {
        sqlx::query("INSERT OR REPLACE INTO inventory VALUES (?1, ?2, ?3)")
            .bind(cluster.as_str())
            .bind(topic.as_ref())
            .bind(payload.as_ref())
            .execute(&mut *transaction)
            .await?;
    }
    sessions::commit::write(&mut transaction, rows.messages, &batch.sessions).await?;
    homes::commit::write(&mut transaction, &batch.homes).await?;
    if ending == Ending::Clean {
        sqlx::query("UPDATE meta SET clean = 1").execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

async fn write_change(
    connection: &mut SqliteConnection,
    shapes: &mut ShapeRows,
    key: &DeviceKey,
    change: &DeviceChange,
) -> Result<(), sqlx::Error> {
    if let Some(unwritten) = change.forgotten {
        forget(connection, key, unwritten).await?;
    }
    if let Some(record) = &change.device {
        write_device(connection, shapes, record).await?;
    }
    if let Some(record) = &change.values {
        write_values(connection, key, body::top(record), body::values_body(record)).await?;
    }
    Ok(())
}

/// Deletes a device; should it come back, its versions go on above those that it had.
async fn forget(connection: &mut SqliteConnection, key: &DeviceKey, unwritten: u64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE meta SET floor = max(floor, ?3, coalesce(
           (SELECT top FROM device_values AS v JOIN device AS d ON d.id = v.device
            WHERE cluster = ?1 AND uid = ?2), 0))",
    )
    .bind(key.cluster.as_str())
    .bind(key.uid.as_str())
    .bind(column(unwritten))
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM device WHERE cluster = ?1 AND uid = ?2")
        .bind(key.cluster.as_str())
        .bind(key.uid.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_device(
    connection: &mut SqliteConnection,
    shapes: &mut ShapeRows,
    record: &DeviceRecord,
) -> Result<(), sqlx::Error> {
    let shape = shapes.row(connection, &record.shape).await?;
    sqlx::query(
        "INSERT INTO device (cluster, uid, device, shape, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (cluster, uid) DO UPDATE SET device = ?3, shape = ?4, body = ?5",
    )
    .bind(record.cluster.as_str())
    .bind(record.uid.as_str())
    .bind(record.id.as_str())
    .bind(shape)
    .bind(body::device_body(record))
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_values(
    connection: &mut SqliteConnection,
    key: &DeviceKey,
    top: u64,
    body: Vec<u8>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO device_values (device, top, body) SELECT id, ?3, ?4 FROM device WHERE cluster = ?1 AND uid = ?2
         ON CONFLICT (device) DO UPDATE SET top = max(top, ?3), body = ?4",
    )
    .bind(key.cluster.as_str())
    .bind(key.uid.as_str())
    .bind(column(top))
    .bind(body)
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_subscription(
    connection: &mut SqliteConnection,
    sid: &str,
    body: Option<Vec<u8>>,
) -> Result<(), sqlx::Error> {
    let query = match body {
        Some(body) => sqlx::query("INSERT INTO subscription VALUES (?1, ?2) ON CONFLICT (sid) DO UPDATE SET body = ?2")
            .bind(sid)
            .bind(body),
        None => sqlx::query("DELETE FROM subscription WHERE sid = ?1").bind(sid),
    };
    query.execute(connection).await?;
    Ok(())
}

async fn write_retained(
    connection: &mut SqliteConnection,
    topic: &str,
    kept: Option<&Kept>,
) -> Result<(), sqlx::Error> {
    let query = match kept {
        Some(kept) => sqlx::query("INSERT OR REPLACE INTO retained VALUES (?1, ?2, ?3, ?4)")
            .bind(topic)
            .bind(kept.until.map(hes_schemas::Timestamp::as_millis))
            .bind(body::head(&kept.message))
            .bind(kept.message.payload.as_ref()),
        None => sqlx::query("DELETE FROM retained WHERE topic = ?1").bind(topic),
    };
    query.execute(connection).await?;
    Ok(())
}

/// Returns a version as a column holds it; the largest half of the numbers is out of reach for any device.
pub(super) fn column(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

impl ShapeRows {
    /// Remembers the row of a shape.
    pub(super) fn learn(&mut self, shape: &Arc<Shape>, row: i64) {
        self.rows.insert(address(shape), (Arc::downgrade(shape), row));
    }

    /// Finds the row of a shape, by its address or else by its content, or makes one.
    async fn row(&mut self, connection: &mut SqliteConnection, shape: &Arc<Shape>) -> Result<i64, sqlx::Error> {
        // a weak reference keeps the address from being used again
        if let Some((_, row)) = self.rows.get(&address(shape)) {
            return Ok(*row);
        }
        self.rows.retain(|_, (shape, _)| shape.strong_count() > 0);
        let row = find_or_insert(connection, body::write(shape)).await?;
        self.learn(shape, row);
        Ok(row)
    }
}

async fn find_or_insert(connection: &mut SqliteConnection, body: Vec<u8>) -> Result<i64, sqlx::Error> {
    let found = sqlx::query_scalar("SELECT id FROM shape WHERE body = ?1")
        .bind(body.as_slice())
        .fetch_optional(&mut *connection)
        .await?;
    match found {
        Some(row) => Ok(row),
        None => {
            sqlx::query_scalar("INSERT INTO shape (body) VALUES (?1) RETURNING id")
                .bind(body)
                .fetch_one(connection)
                .await
        }
    }
}

fn address(shape: &Arc<Shape>) -> usize {
    Arc::as_ptr(shape).addr()
}
