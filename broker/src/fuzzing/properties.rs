//! The properties of a PUBLISH, against another codec.

use bytes::{BufMut, BytesMut};
use rmqtt_codec::{types::Publish, v5};
use tokio_util::codec::Decoder as _;

use crate::{
    PayloadFormat, Version,
    wire::{Inbound, put_variable, read_publish},
};

/// The longest section that is read.
const LIMIT: usize = 4 * 1024;

/// Reads a PUBLISH with these bytes as its properties, and has another codec read it too.
///
/// # Panics
/// If both read it, and not alike; or if only we do.
pub fn properties(bytes: &[u8]) {
    let bytes = bytes.get(..LIMIT).unwrap_or(bytes);
    let mut body = BytesMut::from(&[0, 1, b't'][..]);
    put_variable(&mut body, bytes.len());
    body.put_slice(bytes);
    body.put_slice(b"payload");
    // the other codec is the more tolerant one, except of an expiry of zero, and of an alias of zero, which is refused
    // later here
    match (read_publish(0x30, body.clone().freeze(), Version::V5), theirs(&body)) {
        (Ok(ours), Some(theirs)) => compare(&ours, theirs),
        (Ok(ours), None) => {
            assert!(ours.alias == Some(0) || ours.properties.expiry == Some(0), "only we read {ours:?}");
        }
        (Err(_), _) => {}
    }
}

fn theirs(body: &[u8]) -> Option<Publish> {
    let mut packet = BytesMut::from(&[0x30][..]);
    put_variable(&mut packet, body.len());
    packet.put_slice(body);
    match v5::Codec::new(0, 0).decode(&mut packet) {
        Ok(Some((v5::Packet::Publish(publish), _))) => Some(*publish),
        _ => None,
    }
}

fn compare(ours: &Inbound, theirs: Publish) {
    assert_eq!((&ours.topic, &ours.payload), (&theirs.topic, &theirs.payload));
    let (ours, alias) = (&ours.properties, ours.alias);
    let theirs = theirs.properties.unwrap_or_default();
    assert_eq!(alias, theirs.topic_alias.map(u16::from));
    assert_eq!(ours.content_type, theirs.content_type);
    assert_eq!(ours.response_topic, theirs.response_topic);
    assert_eq!(ours.correlation_data, theirs.correlation_data);
    assert_eq!(ours.user, theirs.user_properties);
    assert_eq!(ours.payload_format == Some(PayloadFormat::Text), theirs.is_utf8_payload);
    assert_eq!(ours.expiry, theirs.message_expiry_interval.map(u32::from));
}
