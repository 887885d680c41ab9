//! Messages: those that topics retain, and those that wait for the client of a session.

use bytes::Bytes;
use hes_broker::{PayloadFormat, Properties, Publish, Qos};
use hes_schemas::{Millis, Timestamp, Topic};
use serde::{Deserialize, Serialize};

use super::{BodyError, read, write};

/// A row of a message, before it is understood.
#[derive(Debug)]
pub(in crate::store) struct MessageRow<'a> {
    pub(in crate::store) topic: &'a str,
    pub(in crate::store) until: Option<i64>,
    pub(in crate::store) head: &'a [u8],
    pub(in crate::store) payload: &'a [u8],
}

/// All but topic, payload and expiry, which have columns.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    qos: u8,
    /// What rows have for `qos` that were written when messages of `QoS` 2 were refused.
    #[serde(skip_serializing)]
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

/// Writes the head of a message.
pub(in crate::store) fn head(message: &Publish) -> Vec<u8> {
    write(&Head::of(message))
}

/// Returns when a message that was published now expires.
pub(in crate::store) fn until(message: &Publish, now: Timestamp) -> Option<Timestamp> {
    message.properties.expiry.map(|seconds| now + Millis::from_secs(seconds))
}

/// Reads a message, not retained, with what is left of its expiry.
pub(in crate::store) fn read_message(row: &MessageRow<'_>, now: Timestamp) -> Result<Publish, BodyError> {
    let head: Head = read(row.head)?;
    let expiry = row.until.map(|until| seconds_left(now, Timestamp::from_millis(until)));
    Ok(head.message(Topic::new(row.topic)?, Bytes::copy_from_slice(row.payload), expiry))
}

/// Reads a retained message; nothing if it has expired.
pub(in crate::store) fn read_retained(row: &MessageRow<'_>, now: Timestamp) -> Result<Option<Publish>, BodyError> {
    let message = read_message(row, now)?.retained();
    Ok(Some(message).filter(|message| message.properties.expiry != Some(0)))
}

impl Head {
    pub(super) fn of(message: &Publish) -> Self {
        let properties = &message.properties;
        Self {
            qos: qos_number(message.qos),
            at_least_once: false,
            content_type: properties.content_type.as_ref().map(ToString::to_string),
            response_topic: properties.response_topic.as_ref().map(ToString::to_string),
            correlation_data: properties.correlation_data.as_ref().map(|data| data.to_vec()),
            is_text: properties.payload_format.map(|format| format == PayloadFormat::Text),
            user: properties.user.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        }
    }

    /// Makes a message that is not retained.
    pub(super) fn message(self, topic: Topic, payload: Bytes, expiry: Option<u32>) -> Publish {
        let qos = qos(self.qos.max(self.at_least_once.into()));
        let format = |is_text| if is_text { PayloadFormat::Text } else { PayloadFormat::Bytes };
        let properties = Properties {
            content_type: self.content_type.map(Into::into),
            response_topic: self.response_topic.map(Into::into),
            correlation_data: self.correlation_data.map(Into::into),
            expiry,
            payload_format: self.is_text.map(format),
            user: self.user.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        };
        Publish { topic, payload, qos, retain: false, properties }
    }
}

/// Returns the number of a `QoS`, as packets carry it.
pub(in crate::store) const fn qos_number(qos: Qos) -> u8 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
        Qos::ExactlyOnce => 2,
    }
}

/// Returns the `QoS` of a number; there is none above 2.
pub(in crate::store) const fn qos(number: u8) -> Qos {
    match number {
        0 => Qos::AtMostOnce,
        1 => Qos::AtLeastOnce,
        _ => Qos::ExactlyOnce,
    }
}

fn seconds_left(now: Timestamp, until: Timestamp) -> u32 {
    u32::try_from(until.since(now).get().div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head as it was written before there was a `qos` in it.
    #[derive(Serialize)]
    struct OldHead {
        at_least_once: bool,
    }

    fn read_back(head: &[u8]) -> Qos {
        read_message(&MessageRow { topic: "a", until: None, head, payload: b"" }, Timestamp::from_millis(0))
            .unwrap()
            .qos
    }

    #[test]
    fn reads_the_qos_of_older_rows() {
        assert_eq!(read_back(&write(&OldHead { at_least_once: false })), Qos::AtMostOnce);
        assert_eq!(read_back(&write(&OldHead { at_least_once: true })), Qos::AtLeastOnce);
    }

    #[test]
    fn keeps_each_qos() {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let message = Publish { qos, ..Publish::new(Topic::new("a").unwrap(), "") };
            assert_eq!(read_back(&head(&message)), qos);
        }
    }
}
