//! A start reads the sessions back.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use hes_broker::{Publish, QueuedRecord, RestoredSession, SessionRecord};
use hes_schemas::Timestamp;
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteRow};

use crate::store::{
    body::{self, BodyError, MessageRow},
    commit::column,
    load::Damage,
};

/// How many rows are read at once.
const PAGE: u32 = crate::store::directory::ROWS_UNDER_WAY;

/// Marks the numbers of messages that were kept by an earlier life of the broker; below are those that it gives.
const KEPT: u64 = 1 << 63;

/// Where messages have their rows.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::store) struct MessageRows {
    /// The highest row of an earlier life.
    last: i64,
}

/// Reads the sessions in the order of their keys, and deletes what nobody waits for any more.
pub(in crate::store) async fn load(
    connection: &mut SqliteConnection,
    now: Timestamp,
    damage: &mut Damage,
) -> Result<(Vec<RestoredSession>, MessageRows), sqlx::Error> {
    sweep(connection, now).await?;
    let messages = read_messages(connection, now, damage).await?;
    let mut sessions = read_sessions(connection, damage).await?;
    read_subscriptions(connection, &mut sessions).await?;
    read_queues(connection, &messages, &mut sessions, damage).await?;
    read_arrivals(connection, &mut sessions).await?;
    let last = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM message").fetch_one(connection).await?;
    Ok((sessions.into_values().collect(), MessageRows { last }))
}

impl MessageRows {
    /// Returns the row of a message.
    pub(super) fn row(self, number: u64) -> i64 {
        if number & KEPT == 0 {
            self.last.saturating_add(1).saturating_add(column(number))
        } else {
            column(number & !KEPT)
        }
    }
}

/// Deletes what has expired. A client that has a message already is still owed the end of the exchange.
async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for statement in [
        "DELETE FROM queued WHERE is_released = 0 AND message IN (SELECT id FROM message WHERE until <= ?1)",
        "DELETE FROM queued WHERE session NOT IN (SELECT key FROM session)",
        "DELETE FROM session_subscription WHERE session NOT IN (SELECT key FROM session)",
        "DELETE FROM arrived WHERE session NOT IN (SELECT key FROM session)",
        "DELETE FROM message WHERE id NOT IN (SELECT message FROM queued)",
    ] {
        sqlx::query(statement).bind(now.as_millis()).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

async fn read_messages(
    connection: &mut SqliteConnection,
    now: Timestamp,
    damage: &mut Damage,
) -> Result<HashMap<i64, Publish>, sqlx::Error> {
    let (mut messages, mut last) = (HashMap::new(), i64::MIN);
    loop {
        let page =
            sqlx::query("SELECT id, topic, until, head, payload FROM message WHERE id > ?1 ORDER BY id LIMIT ?2")
                .bind(last)
                .bind(PAGE)
                .fetch_all(&mut *connection)
                .await?;
        for row in &page {
            last = row.try_get(0)?;
            let message = MessageRow {
                topic: row.try_get(1)?,
                until: row.try_get(2)?,
                head: row.try_get(3)?,
                payload: row.try_get(4)?,
            };
            let message = damage.keep("message", &last, body::read_message(&message, now));
            messages.extend(message.map(|message| (last, message)));
        }
        if page.is_empty() {
            return Ok(messages);
        }
    }
}

/// Reads the sessions; one whose will cannot be read goes on without it.
async fn read_sessions(
    connection: &mut SqliteConnection,
    damage: &mut Damage,
) -> Result<BTreeMap<i64, RestoredSession>, sqlx::Error> {
    let rows = sqlx::query("SELECT key, client, user, expiry, will, bounds FROM session").fetch_all(connection).await?;
    let mut sessions = BTreeMap::new();
    for row in &rows {
        let key: i64 = row.try_get(0)?;
        let will = row.try_get::<Option<&[u8]>, _>(4)?.map(body::read_will);
        let bounds = row.try_get::<Option<&[u8]>, _>(5)?.map(body::read);
        // rights that cannot be read are none
        let bounds = bounds.map(|bounds| damage.keep("session", &key, bounds).unwrap_or_default());
        let record = SessionRecord {
            key: number(key),
            client: row.try_get::<&str, _>(1)?.into(),
            user: row.try_get::<&str, _>(2)?.into(),
            expiry: row.try_get(3)?,
            will: will.and_then(|will| damage.keep("session", &key, will)),
            bounds: bounds.map(Arc::new),
        };
        let (subscriptions, queue, arrived) = (Vec::new(), Vec::new(), Vec::new());
        sessions.insert(key, RestoredSession { record, subscriptions, queue, arrived });
    }
    Ok(sessions)
}

async fn read_subscriptions(
    connection: &mut SqliteConnection,
    sessions: &mut BTreeMap<i64, RestoredSession>,
) -> Result<(), sqlx::Error> {
    let query = "SELECT session, filter, options, id FROM session_subscription ORDER BY session, filter";
    for row in &sqlx::query(query).fetch_all(connection).await? {
        if let Some(session) = sessions.get_mut(&row.try_get(0)?) {
            session.subscriptions.push(body::read_options(row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
        }
    }
    Ok(())
}

async fn read_queues(
    connection: &mut SqliteConnection,
    messages: &HashMap<i64, Publish>,
    sessions: &mut BTreeMap<i64, RestoredSession>,
    damage: &mut Damage,
) -> Result<(), sqlx::Error> {
    let mut last = (i64::MIN, i64::MIN);
    loop {
        let page = sqlx::query(
            "SELECT session, place, message, flags, packet_id, is_released, filter, options, id FROM queued
             WHERE (session, place) > (?1, ?2) ORDER BY session, place LIMIT ?3",
        )
        .bind(last.0)
        .bind(last.1)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        for row in &page {
            last = (row.try_get(0)?, row.try_get(1)?);
            let record = read_queued(row, messages)?;
            let record = damage.keep("queued", &format_args!("{}/{}", last.0, last.1), record);
            if let Some(session) = sessions.get_mut(&last.0) {
                session.queue.extend(record);
            }
        }
        if page.is_empty() {
            return Ok(());
        }
    }
}

fn read_queued(
    row: &SqliteRow,
    messages: &HashMap<i64, Publish>,
) -> Result<Result<QueuedRecord, BodyError>, sqlx::Error> {
    let id: i64 = row.try_get(2)?;
    let Some(message) = messages.get(&id) else { return Ok(Err(BodyError::Message)) };
    Ok(Ok(QueuedRecord {
        place: number(row.try_get(1)?),
        packet_id: row.try_get(4)?,
        is_released: row.try_get(5)?,
        subscription: body::read_options(row.try_get(6)?, row.try_get(7)?, row.try_get(8)?),
        number: number(id) | KEPT,
        publish: body::with_flags(message.clone(), row.try_get(3)?),
    }))
}

async fn read_arrivals(
    connection: &mut SqliteConnection,
    sessions: &mut BTreeMap<i64, RestoredSession>,
) -> Result<(), sqlx::Error> {
    let query = "SELECT session, packet_id FROM arrived ORDER BY session, packet_id";
    for row in &sqlx::query(query).fetch_all(connection).await? {
        if let Some(session) = sessions.get_mut(&row.try_get(0)?) {
            session.arrived.push(row.try_get(1)?);
        }
    }
    Ok(())
}

/// Returns a number that a column holds; none that we write is negative.
fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}
