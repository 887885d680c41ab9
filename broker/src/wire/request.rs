//! What a connected client sends beside PUBLISH.

use bytestring::ByteString;
use rmqtt_codec::v5::{DisconnectReasonCode, PublishAck2Reason, PublishAckReason, RetainHandling};

use super::{Frame, Reader, Violation, set};
use crate::{Qos, Version};

/// One filter that a client subscribes to, with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) filter: ByteString,
    pub(crate) qos: Qos,
    pub(crate) no_local: bool,
    pub(crate) as_published: bool,
    pub(crate) handling: RetainHandling,
}

/// A step in the exchange that delivers a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// PUBACK: the client has a message of `QoS` 1, or does not want it.
    Acknowledged,
    /// PUBREC: the client has a message of `QoS` 2.
    Received,
    /// PUBREC: the client does not want a message of `QoS` 2.
    Refused,
    /// PUBCOMP: the client has forgotten the packet id.
    Completed,
}

/// A packet of a connected client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// PUBACK, PUBREC or PUBCOMP, with the packet id.
    Exchange(Exchange, u16),
    /// PUBREL: the client will not send its message with this packet id again.
    Release(u16),
    /// SUBSCRIBE.
    Subscribe { packet_id: u16, subscription_id: Option<u32>, wanted: Vec<Wanted> },
    /// UNSUBSCRIBE.
    Unsubscribe { packet_id: u16, filters: Vec<ByteString> },
    /// PINGREQ.
    Ping,
    /// DISCONNECT: whether the will is void, and the session expiry it asks for, if it does.
    Disconnect { without_will: bool, session_expiry: Option<u32> },
}

/// Reads any packet but CONNECT and PUBLISH.
///
/// # Errors
/// [`Violation`] with the rule that it breaks; packets that only a server sends are one.
pub(crate) fn read_request(frame: Frame, version: Version) -> Result<Request, Violation> {
    match (frame.first, version) {
        (0x40, _) => {
            let (id, _) = read_acknowledgement(frame, version)?;
            Ok(Request::Exchange(Exchange::Acknowledged, id))
        }
        (0x50, _) => {
            let (id, reason) = read_acknowledgement(frame, version)?;
            Ok(Request::Exchange(if reason < 0x80 { Exchange::Received } else { Exchange::Refused }, id))
        }
        (0x62, _) => read_acknowledgement(frame, version).map(|(id, _)| Request::Release(id)),
        (0x70, _) => {
            let (id, _) = read_acknowledgement(frame, version)?;
            Ok(Request::Exchange(Exchange::Completed, id))
        }
        (0xc0, _) if frame.peek().is_empty() => Ok(Request::Ping),
        (0x82, _) => read_subscribe(Reader::new(frame.body()), version),
        (0xa2, _) => read_unsubscribe(Reader::new(frame.body()), version),
        (0xe0, _) => read_disconnect(Reader::new(frame.body()), version),
        (0x10, _) => Err(Violation::protocol("a second CONNECT")),
        (0x20 | 0x90 | 0xb0 | 0xd0 | 0xf0, _) => Err(Violation::protocol("a packet that a client must not send here")),
        _ => Err(Violation::malformed("packet type or its flags are reserved")),
    }
}

/// Reads a packet id and the reason behind it; what else there is must be properties that it may have.
///
/// Source: MQTT 5.0, 3.4 to 3.7.
fn read_acknowledgement(frame: Frame, version: Version) -> Result<(u16, u8), Violation> {
    let first = frame.first;
    let mut reader = Reader::new(frame.body());
    let id = read_packet_id(&mut reader)?;
    if version == Version::V5 && !reader.is_empty() {
        let reason = reader.byte()?;
        let is_known = match first {
            0x40 | 0x50 => PublishAckReason::try_from(reason).is_ok(),
            _ => PublishAck2Reason::try_from(reason).is_ok(),
        };
        if !is_known {
            return Err(Violation::malformed("reason code does not exist in this packet"));
        }
        if !reader.is_empty() {
            read_reason_properties(reader.section()?)?;
        }
        return if reader.is_empty() { Ok((id, reason)) } else { Err(Violation::LONG) };
    }
    if reader.is_empty() { Ok((id, 0)) } else { Err(Violation::LONG) }
}

/// Reads what may be said of a reason: a text, and properties of the user's.
fn read_reason_properties(mut section: Reader) -> Result<(), Violation> {
    let mut text = None;
    while !section.is_empty() {
        match section.variable()? {
            0x1f => set(&mut text, section.text()?)?,
            0x26 => section.pair()?,
            _ => return Err(Violation::malformed("acknowledgement has an unknown property")),
        }
    }
    Ok(())
}

fn read_packet_id(reader: &mut Reader) -> Result<u16, Violation> {
    match reader.short()? {
        0 => Err(Violation::protocol("packet id is zero")),
        id => Ok(id),
    }
}

/// Source: MQTT 3.1.1 and 5.0, 3.8.
fn read_subscribe(mut reader: Reader, version: Version) -> Result<Request, Violation> {
    let packet_id = read_packet_id(&mut reader)?;
    let mut subscription_id = None;
    if version == Version::V5 {
        let mut section = reader.section()?;
        while !section.is_empty() {
            match section.variable()? {
                0x0b => set(&mut subscription_id, section.variable()?)?,
                0x26 => section.pair()?,
                _ => return Err(Violation::malformed("SUBSCRIBE has an unknown property")),
            }
        }
    }
    if subscription_id == Some(0) {
        return Err(Violation::protocol("subscription identifier is zero"));
    }
    let subscription_id = subscription_id.and_then(|id| u32::try_from(id).ok());
    let mut wanted = Vec::new();
    while !reader.is_empty() {
        wanted.push(read_wanted(read_filter(&mut reader)?, reader.byte()?, version)?);
    }
    if wanted.is_empty() {
        return Err(Violation::protocol("SUBSCRIBE names no filter"));
    }
    Ok(Request::Subscribe { packet_id, subscription_id, wanted })
}

/// Reads a filter, of which only that it is one letter long at least is sure.
///
/// Source: MQTT 3.1.1 and 5.0, 4.7.3.
fn read_filter(reader: &mut Reader) -> Result<ByteString, Violation> {
    let filter = reader.text()?;
    if filter.is_empty() { Err(Violation::protocol("filter is empty")) } else { Ok(filter) }
}

/// Source: MQTT 3.1.1, 3.8.3.1, and 5.0, 3.8.3.1.
fn read_wanted(filter: ByteString, options: u8, version: Version) -> Result<Wanted, Violation> {
    let reserved = if version == Version::V5 { 0xc0 } else { 0xfc };
    if options & reserved != 0 {
        return Err(Violation::malformed("reserved bits of subscription options are set"));
    }
    let qos = match options & 3 {
        0 => Qos::AtMostOnce,
        1 => Qos::AtLeastOnce,
        2 => Qos::ExactlyOnce,
        _ => return Err(Violation::malformed("QoS 3 does not exist")),
    };
    let handling = match options >> 4 {
        0 => RetainHandling::AtSubscribe,
        1 => RetainHandling::AtSubscribeNew,
        2 => RetainHandling::NoAtSubscribe,
        _ => return Err(Violation::protocol("retain handling 3 does not exist")),
    };
    Ok(Wanted { filter, qos, no_local: options & 4 != 0, as_published: options & 8 != 0, handling })
}

/// Source: MQTT 3.1.1 and 5.0, 3.10.
fn read_unsubscribe(mut reader: Reader, version: Version) -> Result<Request, Violation> {
    let packet_id = read_packet_id(&mut reader)?;
    if version == Version::V5 {
        let mut section = reader.section()?;
        while !section.is_empty() {
            match section.variable()? {
                0x26 => section.pair()?,
                _ => return Err(Violation::malformed("UNSUBSCRIBE has an unknown property")),
            }
        }
    }
    let mut filters = Vec::new();
    while !reader.is_empty() {
        filters.push(read_filter(&mut reader)?);
    }
    if filters.is_empty() {
        return Err(Violation::protocol("UNSUBSCRIBE names no filter"));
    }
    Ok(Request::Unsubscribe { packet_id, filters })
}

/// Source: MQTT 3.1.1 and 5.0, 3.14.
fn read_disconnect(mut reader: Reader, version: Version) -> Result<Request, Violation> {
    let (mut reason, mut session_expiry) = (0, None);
    if version == Version::V5 && !reader.is_empty() {
        reason = reader.byte()?;
        if !reader.is_empty() {
            session_expiry = read_disconnect_properties(reader.section()?)?;
        }
    }
    if !reader.is_empty() {
        return Err(Violation::LONG);
    }
    if DisconnectReasonCode::try_from(reason).is_err() {
        return Err(Violation::malformed("reason code does not exist in this packet"));
    }
    Ok(Request::Disconnect { without_will: reason == 0, session_expiry })
}

fn read_disconnect_properties(mut section: Reader) -> Result<Option<u32>, Violation> {
    let (mut session_expiry, mut text) = (None, None);
    while !section.is_empty() {
        match section.variable()? {
            0x11 => set(&mut session_expiry, section.long()?)?,
            0x1f => set(&mut text, section.text()?)?,
            0x26 => section.pair()?,
            _ => return Err(Violation::malformed("DISCONNECT has an unknown property")),
        }
    }
    Ok(session_expiry)
}

impl Violation {
    const LONG: Self = Self::malformed("packet is longer than it may be");
}
