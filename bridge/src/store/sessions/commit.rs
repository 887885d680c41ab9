//! Changes of sessions become rows.
//!
//! Each statement takes any number of rows as one JSON text, because a statement costs two changes of threads.

use std::collections::HashSet;

use hes_broker::SubscriptionRecord;
use hes_schemas::Timestamp;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{Arrival, Queued, SessionChange, Sessions, Wait, load::MessageRows};
use crate::store::{body, commit::column};

/// How many rows a statement takes at most.
const ROWS: usize = 4_096;

/// How many bytes of messages a statement takes before the next one takes over.
const BYTES: usize = 1 << 22;

/// What is to be written, a list for each statement; keys and places as columns hold them.
#[derive(Default)]
struct Lists<'a> {
    wiped: Vec<i64>,
    unsubscribed: Vec<(i64, &'a str)>,
    subscribed: Vec<(i64, &'a str, u8, Option<u32>)>,
    queued: Vec<QueuedRow<'a>>,
    messages: Vec<(i64, &'a Queued)>,
    released: Vec<(i64, i64)>,
    settled: Vec<(i64, i64)>,
    arrived: Vec<(i64, u16)>,
    departed: Vec<(i64, u16)>,
    known: HashSet<i64>,
}

/// The columns of a queued message, in their order.
type QueuedRow<'a> = (i64, i64, i64, u8, Option<u16>, u8, &'a str, u8, Option<u32>);

/// Where the parts of a message lie among the bytes that go with its row: id, topic, end, and two pairs of place and
/// length.
type MessageRow<'a> = (i64, &'a str, Option<i64>, usize, usize, usize, usize);

/// Writes what has become of sessions, within a transaction.
pub(in crate::store) async fn write(
    connection: &mut SqliteConnection,
    messages: MessageRows,
    sessions: &Sessions,
) -> Result<(), sqlx::Error> {
    if sessions.len() == 0 {
        return Ok(());
    }
    let mut lists = Lists::default();
    for (key, change) in &sessions.changes {
        lists.add(column(*key), change, messages);
    }
    lists.wipe(connection).await?;
    for session in sessions.changes.values() {
        write_record(connection, session).await?;
    }
    lists.write_subscriptions(connection).await?;
    write_messages(connection, &lists.messages).await?;
    lists.write_queues(connection).await?;
    lists.write_arrivals(connection).await
}

impl<'a> Lists<'a> {
    fn add(&mut self, key: i64, change: &'a SessionChange, messages: MessageRows) {
        self.wiped.extend(change.is_wiped.then_some(key));
        for (filter, subscription) in &change.subscriptions {
            match subscription {
                Some(record) => self.subscribed.push((key, filter, body::options(record), record.id)),
                None => self.unsubscribed.push((key, filter)),
            }
        }
        for (place, wait) in &change.queue {
            match wait {
                Wait::Queued(queued) => self.add_queued(key, queued, messages),
                Wait::Released => self.released.push((key, column(*place))),
                Wait::Settled => self.settled.push((key, column(*place))),
            }
        }
        for (id, arrival) in &change.arrived {
            match arrival {
                Arrival::Arrived(_) => self.arrived.push((key, *id)),
                Arrival::Departed => self.departed.push((key, *id)),
            }
        }
    }

    fn add_queued(&mut self, key: i64, queued: &'a Queued, messages: MessageRows) {
        let record = &queued.record;
        let message = messages.row(record.number);
        if self.known.insert(message) {
            self.messages.push((message, queued));
        }
        let SubscriptionRecord { filter, id, .. } = &record.subscription;
        let (flags, options) = (body::flags(&record.publish), body::options(&record.subscription));
        let (place, is_released) = (column(record.place), record.is_released.into());
        self.queued.push((key, place, message, flags, record.packet_id, is_released, filter, options, *id));
    }

    async fn wipe(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for statement in [
            "DELETE FROM session WHERE key IN (SELECT value FROM json_each(?1))",
            "DELETE FROM session_subscription WHERE session IN (SELECT value FROM json_each(?1))",
            "DELETE FROM queued WHERE session IN (SELECT value FROM json_each(?1))",
            "DELETE FROM arrived WHERE session IN (SELECT value FROM json_each(?1))",
        ] {
            run(connection, statement, &self.wiped).await?;
        }
        Ok(())
    }

    async fn write_subscriptions(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let delete = "DELETE FROM session_subscription
             WHERE (session, filter) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
        run(connection, delete, &self.unsubscribed).await?;
        let insert = "INSERT OR REPLACE INTO session_subscription (session, filter, options, id)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)";
        run(connection, insert, &self.subscribed).await
    }

    async fn write_queues(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let insert = "INSERT OR REPLACE INTO queued
               (session, place, message, flags, packet_id, is_released, filter, options, id)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
               value ->> 7, value ->> 8 FROM json_each(?1)";
        run(connection, insert, &self.queued).await?;
        let release = "UPDATE queued SET is_released = 1
             WHERE (session, place) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
        run(connection, release, &self.released).await?;
        let delete = "DELETE FROM queued
             WHERE (session, place) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
        run(connection, delete, &self.settled).await
    }

    async fn write_arrivals(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let insert = "INSERT OR IGNORE INTO arrived (session, packet_id)
             SELECT value ->> 0, value ->> 1 FROM json_each(?1)";
        run(connection, insert, &self.arrived).await?;
        let delete = "DELETE FROM arrived
             WHERE (session, packet_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
        run(connection, delete, &self.departed).await
    }
}

async fn write_record(connection: &mut SqliteConnection, session: &SessionChange) -> Result<(), sqlx::Error> {
    let Some(record) = &session.record else { return Ok(()) };
    sqlx::query(
        "INSERT OR REPLACE INTO session (key, client, user, expiry, will, bounds) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(column(record.key))
    .bind(&*record.client)
    .bind(&*record.user)
    .bind(record.expiry)
    .bind(record.will.as_ref().map(body::will_body))
    .bind(record.bounds.as_deref().map(body::write))
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes messages that are not there yet, as many in one statement as its bytes allow.
async fn write_messages(connection: &mut SqliteConnection, mut messages: &[(i64, &Queued)]) -> Result<(), sqlx::Error> {
    while !messages.is_empty() {
        let (mut rows, mut bytes) = (Vec::new(), Vec::new());
        for (id, queued) in messages.iter().take(ROWS) {
            rows.push(message_row(*id, queued, &mut bytes));
            if bytes.len() >= BYTES {
                break;
            }
        }
        sqlx::query(
            "INSERT OR IGNORE INTO message (id, topic, until, head, payload)
             SELECT value ->> 0, value ->> 1, value ->> 2, substr(?2, value ->> 3, value ->> 4),
               substr(?2, value ->> 5, value ->> 6) FROM json_each(?1)",
        )
        .bind(json(&rows)?)
        .bind(bytes)
        .execute(&mut *connection)
        .await?;
        messages = messages.get(rows.len()..).unwrap_or_default();
    }
    Ok(())
}

fn message_row<'a>(id: i64, queued: &'a Queued, bytes: &mut Vec<u8>) -> MessageRow<'a> {
    let publish = &queued.record.publish;
    let (head_at, head) = append(bytes, &body::head(publish));
    let (payload_at, payload) = append(bytes, &publish.payload);
    let until = queued.until.map(Timestamp::as_millis);
    (id, publish.topic.as_str(), until, head_at, head, payload_at, payload)
}

/// Returns where the part begins, counted from 1, and its length.
fn append(bytes: &mut Vec<u8>, part: &[u8]) -> (usize, usize) {
    let at = bytes.len() + 1;
    bytes.extend_from_slice(part);
    (at, part.len())
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

fn json<Row: Serialize>(rows: &[Row]) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
