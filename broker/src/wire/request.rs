//! What a connected client sends beside PUBLISH.

use bytestring::ByteString;
use rmqtt_codec::{
    types::QoS,
    v3,
    v5::{self, DisconnectReasonCode, PublishAck2Reason, PublishAckReason, RetainHandling},
};
use tokio_util::codec::Decoder as _;

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
        (0x82 | 0xa2 | 0xe0, Version::V311) => read_v3(frame),
        (0x82 | 0xa2 | 0xe0, Version::V5) => read_v5(frame),
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
    let id = reader.short()?;
    if id == 0 {
        return Err(Violation::protocol("packet id is zero"));
    }
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

fn read_reason_properties(mut section: Reader) -> Result<(), Violation> {
    let mut text = None;
    while !section.is_empty() {
        match section.variable()? {
            0x1f => set(&mut text, section.text()?)?,
            0x26 => drop((section.text()?, section.text()?)),
            _ => return Err(Violation::malformed("acknowledgement has an unknown property")),
        }
    }
    Ok(())
}

impl Violation {
    const LONG: Self = Self::malformed("packet is longer than it may be");
}

fn read_v3(frame: Frame) -> Result<Request, Violation> {
    match v3::Codec::new(0).decode(&mut frame.whole())? {
        Some((v3::Packet::Subscribe { packet_id, topic_filters }, _)) => Ok(Request::Subscribe {
            packet_id: packet_id.get(),
            subscription_id: None,
            wanted: topic_filters.into_iter().map(|(filter, qos)| plain(filter, qos)).collect(),
        }),
        Some((v3::Packet::Unsubscribe { packet_id, topic_filters }, _)) => {
            Ok(Request::Unsubscribe { packet_id: packet_id.get(), filters: topic_filters })
        }
        Some((v3::Packet::Disconnect, _)) => Ok(Request::Disconnect { without_will: true, session_expiry: None }),
        _ => Err(Violation::malformed("packet is malformed")),
    }
}

fn read_v5(frame: Frame) -> Result<Request, Violation> {
    match v5::Codec::new(0, 0).decode(&mut frame.whole())? {
        Some((v5::Packet::Subscribe(packet), _)) => Ok(Request::Subscribe {
            packet_id: packet.packet_id.get(),
            subscription_id: packet.id.map(u32::from),
            wanted: packet.topic_filters.into_iter().map(|(filter, options)| optioned(filter, options)).collect(),
        }),
        Some((v5::Packet::Unsubscribe(packet), _)) => {
            Ok(Request::Unsubscribe { packet_id: packet.packet_id.get(), filters: packet.topic_filters })
        }
        Some((v5::Packet::Disconnect(packet), _)) => Ok(Request::Disconnect {
            without_will: packet.reason_code == DisconnectReasonCode::NormalDisconnection,
            session_expiry: packet.session_expiry_interval_secs,
        }),
        _ => Err(Violation::malformed("packet is malformed")),
    }
}

const fn plain(filter: ByteString, qos: QoS) -> Wanted {
    Wanted { filter, qos: wanted(qos), no_local: false, as_published: false, handling: RetainHandling::AtSubscribe }
}

const fn optioned(filter: ByteString, options: v5::SubscriptionOptions) -> Wanted {
    Wanted {
        filter,
        qos: wanted(options.qos),
        no_local: options.no_local,
        as_published: options.retain_as_published,
        handling: options.retain_handling,
    }
}

const fn wanted(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce => Qos::AtLeastOnce,
        QoS::ExactlyOnce => Qos::ExactlyOnce,
    }
}
