//! What a connected client sends beside PUBLISH.

use bytestring::ByteString;
use rmqtt_codec::{
    types::QoS,
    v3,
    v5::{self, DisconnectReasonCode, RetainHandling},
};
use tokio_util::codec::Decoder as _;

use super::{Frame, Reader, Violation};
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

/// A packet of a connected client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// PUBACK.
    Acknowledge(u16),
    /// PUBREL: the end of a delivery that this broker never began.
    Release(u16),
    /// SUBSCRIBE.
    Subscribe { packet_id: u16, subscription_id: Option<u32>, wanted: Vec<Wanted> },
    /// UNSUBSCRIBE.
    Unsubscribe { packet_id: u16, filters: Vec<ByteString> },
    /// PINGREQ.
    Ping,
    /// DISCONNECT: whether the will is void, and the session expiry it asks for.
    Disconnect { without_will: bool, session_expiry: u32 },
}

/// Reads any packet but CONNECT and PUBLISH.
///
/// # Errors
/// [`Violation`] with the rule that it breaks; packets that only a server sends are one.
pub(crate) fn read_request(frame: Frame, version: Version) -> Result<Request, Violation> {
    match (frame.first, version) {
        (0x40, _) => read_acknowledgement(frame).map(Request::Acknowledge),
        (0x62, _) => read_acknowledgement(frame).map(Request::Release),
        (0xc0, _) if frame.peek().is_empty() => Ok(Request::Ping),
        (0x82 | 0xa2 | 0xe0, Version::V311) => read_v3(frame),
        (0x82 | 0xa2 | 0xe0, Version::V5) => read_v5(frame),
        (0x10, _) => Err(Violation::protocol("a second CONNECT")),
        (0x20 | 0x50 | 0x70 | 0x90 | 0xb0 | 0xd0 | 0xf0, _) => {
            Err(Violation::protocol("a packet that a client must not send here"))
        }
        _ => Err(Violation::malformed("packet type or its flags are reserved")),
    }
}

/// Reads a packet id; the reason that may follow changes nothing for the broker.
fn read_acknowledgement(frame: Frame) -> Result<u16, Violation> {
    match Reader::new(frame.body()).short()? {
        0 => Err(Violation::protocol("packet id is zero")),
        id => Ok(id),
    }
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
        Some((v3::Packet::Disconnect, _)) => Ok(Request::Disconnect { without_will: true, session_expiry: 0 }),
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
            session_expiry: packet.session_expiry_interval_secs.unwrap_or_default(),
        }),
        _ => Err(Violation::malformed("packet is malformed")),
    }
}

const fn plain(filter: ByteString, qos: QoS) -> Wanted {
    Wanted { filter, qos: granted(qos), no_local: false, as_published: false, handling: RetainHandling::AtSubscribe }
}

const fn optioned(filter: ByteString, options: v5::SubscriptionOptions) -> Wanted {
    Wanted {
        filter,
        qos: granted(options.qos),
        no_local: options.no_local,
        as_published: options.retain_as_published,
        handling: options.retain_handling,
    }
}

/// Returns the most that is offered of what is asked for.
const fn granted(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce | QoS::ExactlyOnce => Qos::AtLeastOnce,
    }
}
