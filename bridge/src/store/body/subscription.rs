//! Subscriptions.

use hes_engine::record::SubscriptionRecord;
use hes_schemas::{ClientId, Millis, Sid, Timestamp, UserName, message::EventKind, rights::Scope};
use serde::{Deserialize, Serialize};

use super::{BodyError, read, write};

/// Times in milliseconds.
#[derive(Serialize, Deserialize)]
struct SubscriptionBody {
    client: ClientId,
    user: UserName,
    scope: Scope,
    events: Vec<EventKind>,
    until: i64,
    lease: u64,
    min_interval: u64,
    delta: Option<f64>,
    next_seq: u64,
}

pub(in crate::store) fn subscription_body(record: &SubscriptionRecord) -> Vec<u8> {
    write(&SubscriptionBody {
        client: record.client.clone(),
        user: record.user.clone(),
        scope: record.scope.clone(),
        events: record.events.clone(),
        until: record.until.as_millis(),
        lease: record.lease.get(),
        min_interval: record.min_interval.get(),
        delta: record.delta,
        next_seq: record.next_seq,
    })
}

pub(in crate::store) fn read_subscription(sid: &str, body: &[u8]) -> Result<SubscriptionRecord, BodyError> {
    let body: SubscriptionBody = read(body)?;
    Ok(SubscriptionRecord {
        sid: Sid::new(sid)?,
        client: body.client,
        user: body.user,
        scope: body.scope,
        events: body.events,
        until: Timestamp::from_millis(body.until),
        lease: Millis::new(body.lease),
        min_interval: Millis::new(body.min_interval),
        delta: body.delta,
        next_seq: body.next_seq,
    })
}
