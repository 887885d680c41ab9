//! PUBLISH, read and written by hand: it is most of what passes, and no field of it may get lost.

use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;
use rmqtt_codec::v5::DisconnectReasonCode as Code;

use super::{Reader, Violation, put_variable, set, variable_length};
use crate::{PayloadFormat, Properties, Qos, Version};

/// A PUBLISH as a client sent it.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// Empty if the client uses an alias instead.
    pub(crate) topic: ByteString,
    /// Zero with `QoS` 0.
    pub(crate) packet_id: u16,
    pub(crate) alias: Option<u16>,
    pub(crate) properties: Properties,
    pub(crate) payload: Bytes,
}

/// Reads a PUBLISH from its first byte and its body.
///
/// # Errors
/// [`Violation`] with the rule that it breaks.
///
/// Source: MQTT 3.1.1 and 5.0, 3.3.
pub(crate) fn read(first: u8, body: Bytes, version: Version) -> Result<Inbound, Violation> {
    let qos = match first & 0x06 {
        0 if first & 0x08 != 0 => return Err(Violation::malformed("DUP is set with QoS 0")),
        0 => Qos::AtMostOnce,
        2 => Qos::AtLeastOnce,
        4 => Qos::ExactlyOnce,
        _ => return Err(Violation::malformed("QoS 3 does not exist")),
    };
    let mut reader = Reader::new(body);
    let topic = reader.text()?;
    let packet_id = if qos == Qos::AtMostOnce { 0 } else { reader.short()? };
    if qos != Qos::AtMostOnce && packet_id == 0 {
        return Err(Violation::protocol("packet id is zero"));
    }
    let (properties, alias) = match version {
        Version::V311 => (Properties::default(), None),
        Version::V5 => read_properties(reader.section()?)?,
    };
    Ok(Inbound { qos, retain: first & 1 != 0, topic, packet_id, alias, properties, payload: reader.rest() })
}

fn read_properties(mut section: Reader) -> Result<(Properties, Option<u16>), Violation> {
    let (mut properties, mut alias) = (Properties::default(), None);
    while !section.is_empty() {
        match section.variable()? {
            0x0b => return Err(Violation::protocol("a client sent a subscription identifier")),
            0x23 => set(&mut alias, section.short()?)?,
            kind => take_property(kind, &mut section, &mut properties)?,
        }
    }
    Ok((properties, alias))
}

/// Reads a property that a message and a will may have.
///
/// # Errors
/// [`Violation`] if there is none of that kind, it comes twice, or its value is not one.
pub(super) fn take_property(kind: usize, section: &mut Reader, properties: &mut Properties) -> Result<(), Violation> {
    match kind {
        0x01 => set(&mut properties.payload_format, payload_format(section.byte()?)?),
        0x02 => set(&mut properties.expiry, section.long()?),
        0x03 => set(&mut properties.content_type, section.text()?),
        0x08 => set(&mut properties.response_topic, response_topic(section.text()?)?),
        0x09 => set(&mut properties.correlation_data, section.binary()?),
        0x26 => {
            properties.user.push((section.text()?, section.text()?));
            Ok(())
        }
        _ => Err(Violation::malformed("message has an unknown property")),
    }
}

const fn payload_format(byte: u8) -> Result<PayloadFormat, Violation> {
    match byte {
        0 => Ok(PayloadFormat::Bytes),
        1 => Ok(PayloadFormat::Text),
        _ => Err(Violation::protocol("payload format is neither 0 nor 1")),
    }
}

fn response_topic(text: ByteString) -> Result<ByteString, Violation> {
    if text.is_empty() || text.contains(['+', '#']) {
        return Err(Violation::new(Code::TopicNameInvalid, "response topic is not a topic"));
    }
    Ok(text)
}

/// What one subscriber's copy of a PUBLISH has of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copy {
    pub(crate) version: Version,
    pub(crate) qos: Qos,
    /// Whether it may have been sent before.
    pub(crate) dup: bool,
    pub(crate) retain: bool,
    /// Not written with `QoS` 0.
    pub(crate) packet_id: u16,
    pub(crate) subscription_id: Option<u32>,
    pub(crate) expiry: Option<u32>,
    pub(crate) name: Name,
}

/// How a PUBLISH names its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// In full.
    Full,
    /// In full, and with the alias that stands for it from here on.
    Introduced(u16),
    /// By its alias.
    Alias(u16),
}

impl Copy {
    /// Writes all but the payload, unless the packet would be over a limit.
    ///
    /// `properties` are what [`write_properties`] wrote, once for all subscribers.
    ///
    /// Returns whether it was written.
    pub(crate) fn write(
        self,
        out: &mut BytesMut,
        topic: &str,
        properties: &[u8],
        payload: usize,
        limit: usize,
    ) -> bool {
        let topic = if matches!(self.name, Name::Alias(_)) { "" } else { topic };
        let section = properties.len()
            + self.expiry.map_or(0, |_| 5)
            + self.subscription_id.map_or(0, |id| 1 + variable_length(index(id)))
            + if self.name == Name::Full { 0 } else { 3 };
        let mut body = 2 + topic.len() + payload + if self.qos == Qos::AtMostOnce { 0 } else { 2 };
        if self.version == Version::V5 {
            body += variable_length(section) + section;
        }
        if 1 + variable_length(body) + body > limit {
            return false;
        }
        out.put_u8(0x30 | u8::from(self.dup) << 3 | self.qos.number() << 1 | u8::from(self.retain));
        put_variable(out, body);
        out.put_u16(u16::try_from(topic.len()).unwrap_or(u16::MAX));
        out.put_slice(topic.as_bytes());
        if self.qos != Qos::AtMostOnce {
            out.put_u16(self.packet_id);
        }
        if self.version == Version::V5 {
            put_variable(out, section);
            self.write_own_properties(out);
            out.put_slice(properties);
        }
        true
    }

    fn write_own_properties(self, out: &mut BytesMut) {
        if let Some(expiry) = self.expiry {
            out.put_u8(0x02);
            out.put_u32(expiry);
        }
        if let Some(id) = self.subscription_id {
            out.put_u8(0x0b);
            put_variable(out, index(id));
        }
        if let Name::Introduced(alias) | Name::Alias(alias) = self.name {
            out.put_u8(0x23);
            out.put_u16(alias);
        }
    }
}

fn index(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

/// Writes the properties that all subscribers see alike: all but the expiry.
pub(crate) fn write_properties(properties: &Properties) -> Box<[u8]> {
    let mut out = BytesMut::new();
    if let Some(format) = properties.payload_format {
        out.put_slice(&[0x01, u8::from(format == PayloadFormat::Text)]);
    }
    put_text(&mut out, 0x03, properties.content_type.as_ref());
    put_text(&mut out, 0x08, properties.response_topic.as_ref());
    if let Some(data) = &properties.correlation_data {
        out.put_u8(0x09);
        put_short_bytes(&mut out, data);
    }
    for (name, value) in &properties.user {
        out.put_u8(0x26);
        put_short_bytes(&mut out, name.as_bytes());
        put_short_bytes(&mut out, value.as_bytes());
    }
    out.as_ref().into()
}

fn put_text(out: &mut BytesMut, kind: u8, text: Option<&ByteString>) {
    if let Some(text) = text {
        out.put_u8(kind);
        put_short_bytes(out, text.as_bytes());
    }
}

/// Writes bytes behind their length; what two bytes cannot count is cut off.
fn put_short_bytes(out: &mut BytesMut, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    out.put_u16(length);
    out.put_slice(bytes.get(..length.into()).unwrap_or(bytes));
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};
    use rmqtt_codec::v5;
    use tokio_util::codec::Decoder as _;

    use super::*;
    use crate::wire::{Cut, cut};

    fn text() -> impl Strategy<Value = ByteString> {
        "[a-zé/]{1,20}".prop_map(ByteString::from)
    }

    fn bytes(most: usize) -> impl Strategy<Value = Bytes> {
        prop::collection::vec(any::<u8>(), 0..most).prop_map(Bytes::from)
    }

    prop_compose! {
        fn properties()(
            content_type in option::of(text()),
            response_topic in option::of(text()),
            correlation_data in option::of(bytes(20)),
            payload_format in option::of(prop_oneof![Just(PayloadFormat::Bytes), Just(PayloadFormat::Text)]),
            user in prop::collection::vec((text(), text()), 0..3),
        ) -> Properties {
            Properties { content_type, response_topic, correlation_data, expiry: None, payload_format, user }
        }
    }

    prop_compose! {
        fn copy()(
            retain in any::<bool>(),
            qos in prop_oneof![Just(Qos::AtMostOnce), Just(Qos::AtLeastOnce), Just(Qos::ExactlyOnce)],
            packet_id in 1_u16..,
            subscription_id in option::of(1_u32..268_435_455),
            expiry in option::of(1_u32..),
        ) -> Copy {
            Copy { version: Version::V5, qos, dup: false, retain, packet_id, subscription_id, expiry, name: Name::Full }
        }
    }

    fn write(copy: Copy, topic: &str, properties: &Properties, payload: &[u8]) -> BytesMut {
        let mut out = BytesMut::new();
        assert!(copy.write(&mut out, topic, &write_properties(properties), payload.len(), usize::MAX));
        out.put_slice(payload);
        out
    }

    proptest! {
        #[test]
        fn another_codec_reads_what_is_written(
            copy in copy(), topic in text(), properties in properties(), payload in bytes(300)
        ) {
            let mut out = write(copy, &topic, &properties, &payload);
            let Ok(Some((v5::Packet::Publish(read), _))) = v5::Codec::new(0, 0).decode(&mut out) else {
                panic!("not read");
            };
            prop_assert!(out.is_empty());
            prop_assert_eq!((&read.topic, &read.payload, read.retain), (&topic, &payload, copy.retain));
            let id = (copy.qos != Qos::AtMostOnce).then_some(copy.packet_id);
            prop_assert_eq!(read.packet_id.map(u16::from), id);
            let seen = read.properties.unwrap();
            prop_assert_eq!(seen.message_expiry_interval.map(u32::from), copy.expiry);
            prop_assert_eq!(seen.subscription_ids.first().copied().map(u32::from), copy.subscription_id);
            prop_assert_eq!(seen.is_utf8_payload, properties.payload_format == Some(PayloadFormat::Text));
            prop_assert_eq!(&seen.content_type, &properties.content_type);
            prop_assert_eq!(&seen.response_topic, &properties.response_topic);
            prop_assert_eq!(&seen.correlation_data, &properties.correlation_data);
            prop_assert_eq!(&seen.user_properties, &properties.user);
        }

        #[test]
        fn what_is_written_is_read_again(
            copy in copy(), topic in text(), properties in properties(), payload in bytes(300)
        ) {
            let copy = Copy { subscription_id: None, ..copy };
            let mut out = write(copy, &topic, &properties, &payload);
            let Ok(Cut::Whole(frame)) = cut(&mut out, usize::MAX) else { panic!("not cut") };
            let read = read(frame.first, frame.body(), Version::V5).unwrap();
            prop_assert_eq!((&read.topic, &read.payload, read.retain), (&topic, &payload, copy.retain));
            prop_assert_eq!(read.packet_id, if copy.qos == Qos::AtMostOnce { 0 } else { copy.packet_id });
            prop_assert_eq!(read.properties, Properties { expiry: copy.expiry, ..properties });
        }

        #[test]
        fn no_bytes_stop_the_reader(first in any::<u8>(), body in bytes(60)) {
            let _read = read(first, body.clone(), Version::V5);
            let _read = read(first, body, Version::V311);
        }
    }
}
