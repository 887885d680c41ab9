//! Retained messages of clients.

use bytes::Bytes;
use hes_broker::{PayloadFormat, Properties, Publish, Qos};
use hes_schemas::{Millis, Timestamp, Topic};
use serde::{Deserialize, Serialize};

use super::{BodyError, read, write};

/// A row of a retained message, before it is understood.
#[derive(Debug)]
pub(in crate::store) struct RetainedRow<'a> {
    pub(in crate::store) topic: &'a str,
    pub(in crate::store) until: Option<i64>,
    pub(in crate::store) head: &'a [u8],
    pub(in crate::store) payload: &'a [u8],
}

/// All but topic, payload and expiry, which have columns.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Head {
    at_least_once: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_data: Option<Vec<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_text: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user: Vec<(String, String)>,
}

pub(in crate::store) fn retained_head(message: &Publish) -> Vec<u8> {
    let properties = &message.properties;
    write(&Head {
        at_least_once: message.qos == Qos::AtLeastOnce,
        content_type: properties.content_type.as_ref().map(ToString::to_string),
        response_topic: properties.response_topic.as_ref().map(ToString::to_string),
        correlation_data: properties.correlation_data.as_ref().map(|data| data.to_vec()),
        is_text: properties.payload_format.map(|format| format == PayloadFormat::Text),
        user: properties.user.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
    })
}

/// Returns when a message that was published now expires.
pub(in crate::store) fn until(message: &Publish, now: Timestamp) -> Option<Timestamp> {
    message.properties.expiry.map(|seconds| now + Millis::from_secs(seconds))
}

/// Reads a message; nothing if it has expired.
pub(in crate::store) fn read_retained(row: &RetainedRow<'_>, now: Timestamp) -> Result<Option<Publish>, BodyError> {
    let expiry = match row.until {
        None => None,
        Some(until) => match seconds_left(now, Timestamp::from_millis(until)) {
            0 => return Ok(None),
            left => Some(left),
        },
    };
    let head: Head = read(row.head)?;
    Ok(Some(Publish {
        topic: Topic::new(row.topic)?,
        payload: Bytes::copy_from_slice(row.payload),
        qos: if head.at_least_once { Qos::AtLeastOnce } else { Qos::AtMostOnce },
        retain: true,
        properties: properties(head, expiry),
    }))
}

fn properties(head: Head, expiry: Option<u32>) -> Properties {
    Properties {
        content_type: head.content_type.map(Into::into),
        response_topic: head.response_topic.map(Into::into),
        correlation_data: head.correlation_data.map(Into::into),
        expiry,
        payload_format: head.is_text.map(|is_text| if is_text { PayloadFormat::Text } else { PayloadFormat::Bytes }),
        user: head.user.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
    }
}

fn seconds_left(now: Timestamp, until: Timestamp) -> u32 {
    u32::try_from(until.since(now).get().div_ceil(1000)).unwrap_or(u32::MAX)
}
