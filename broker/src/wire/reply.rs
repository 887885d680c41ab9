//! What the broker answers.

use std::num::NonZeroU16;

use bytes::{BufMut, BytesMut};
use bytestring::ByteString;
use rmqtt_codec::{
    types::QoS,
    v3,
    v5::{
        self, ConnectAckReason as ConnectCode, DisconnectReasonCode, PublishAckReason, SubscribeAckReason,
        UnsubscribeAckReason,
    },
};
use tokio_util::codec::Encoder as _;

use super::{ConnectFault, Violation};
use crate::{Qos, Version};

/// What a CONNACK of MQTT 5 tells an accepted client.
#[derive(Debug)]
pub(crate) struct Connack {
    pub(crate) assigned: Option<ByteString>,
    pub(crate) response_information: Option<ByteString>,
    pub(crate) receive_maximum: u16,
    pub(crate) packet_limit: u32,
    pub(crate) topic_aliases: u16,
    pub(crate) auth_method: Option<ByteString>,
}

/// The answer to one filter of a SUBSCRIBE.
pub(crate) type Granted = Result<Qos, SubscribeAckReason>;

/// Writes the CONNACK that accepts a client.
pub(crate) fn connack(out: &mut BytesMut, version: Version, connack: Connack) {
    match version {
        Version::V311 => out.put_slice(&[0x20, 2, 0, 0]),
        Version::V5 => write_v5(
            out,
            v5::Packet::ConnectAck(Box::new(v5::ConnectAck {
                session_expiry_interval_secs: Some(0),
                receive_max: NonZeroU16::new(connack.receive_maximum).unwrap_or(NonZeroU16::MIN),
                max_qos: QoS::AtLeastOnce,
                max_packet_size: Some(connack.packet_limit),
                assigned_client_id: connack.assigned,
                topic_alias_max: connack.topic_aliases,
                shared_subscription_available: false,
                response_info: connack.response_information,
                auth_method: connack.auth_method,
                ..v5::ConnectAck::default()
            })),
        ),
    }
}

/// Writes the CONNACK that a fault is owed, which may be none.
pub(crate) fn connack_fault(out: &mut BytesMut, fault: ConnectFault) {
    match fault {
        ConnectFault::Foreign | ConnectFault::Malformed => {}
        ConnectFault::TooOld => out.put_slice(&[0x20, 2, 0, 1]),
        ConnectFault::NoClientId => out.put_slice(&[0x20, 2, 0, 2]),
        ConnectFault::Refused(code, text) => connack_refusal(out, Version::V5, code, text),
    }
}

/// Writes the CONNACK that refuses a client.
pub(crate) fn connack_refusal(out: &mut BytesMut, version: Version, code: ConnectCode, text: &'static str) {
    match version {
        Version::V311 => out.put_slice(&[0x20, 2, 0, return_code(code)]),
        Version::V5 => write_v5(
            out,
            v5::Packet::ConnectAck(Box::new(v5::ConnectAck {
                reason_code: code,
                reason_string: Some(text.into()),
                ..v5::ConnectAck::default()
            })),
        ),
    }
}

/// Returns the nearest return code of 3.1.1.
fn return_code(code: ConnectCode) -> u8 {
    let code = match code {
        ConnectCode::ClientIdentifierNotValid => v3::ConnectAckReason::IdentifierRejected,
        ConnectCode::BadUserNameOrPassword => v3::ConnectAckReason::BadUserNameOrPassword,
        ConnectCode::NotAuthorized | ConnectCode::Banned => v3::ConnectAckReason::NotAuthorized,
        ConnectCode::UnsupportedProtocolVersion => v3::ConnectAckReason::UnacceptableProtocolVersion,
        ConnectCode::Success
        | ConnectCode::UnspecifiedError
        | ConnectCode::MalformedPacket
        | ConnectCode::ProtocolError
        | ConnectCode::ImplementationSpecificError
        | ConnectCode::ServerUnavailable
        | ConnectCode::ServerBusy
        | ConnectCode::BadAuthenticationMethod
        | ConnectCode::TopicNameInvalid
        | ConnectCode::PacketTooLarge
        | ConnectCode::QuotaExceeded
        | ConnectCode::PayloadFormatInvalid
        | ConnectCode::RetainNotSupported
        | ConnectCode::QosNotSupported
        | ConnectCode::UseAnotherServer
        | ConnectCode::ServerMoved
        | ConnectCode::ConnectionRateExceeded => v3::ConnectAckReason::ServiceUnavailable,
    };
    code.into()
}

/// Writes a PUBACK; 3.1.1 cannot say that something went wrong.
pub(crate) fn puback(
    out: &mut BytesMut,
    version: Version,
    packet_id: u16,
    code: PublishAckReason,
    text: Option<&'static str>,
) {
    let Some(packet_id) = NonZeroU16::new(packet_id) else { return };
    if version == Version::V311 || code == PublishAckReason::Success {
        out.put_slice(&[0x40, 2]);
        return out.put_u16(packet_id.get());
    }
    let reason_string = text.map(ByteString::from_static);
    let ack = v5::PublishAck { packet_id, reason_code: code, properties: Vec::new(), reason_string };
    write_v5(out, v5::Packet::PublishAck(ack));
}

/// Writes the PUBCOMP for a PUBREL that nothing preceded.
pub(crate) fn pubcomp(out: &mut BytesMut, version: Version, packet_id: u16) {
    out.put_slice(&[0x70, if version == Version::V5 { 3 } else { 2 }]);
    out.put_u16(packet_id);
    if version == Version::V5 {
        out.put_u8(v5::PublishAck2Reason::PacketIdNotFound.into());
    }
}

/// Writes a SUBACK.
pub(crate) fn suback(
    out: &mut BytesMut,
    version: Version,
    packet_id: u16,
    granted: &[Granted],
    text: Option<&'static str>,
) {
    let Some(packet_id) = NonZeroU16::new(packet_id) else { return };
    match version {
        Version::V311 => {
            let status = granted.iter().map(|granted| match granted {
                Ok(qos) => v3::SubscribeReturnCode::Success(codec_qos(*qos)),
                Err(_) => v3::SubscribeReturnCode::Failure,
            });
            write_v3(out, v3::Packet::SubscribeAck { packet_id, status: status.collect() });
        }
        Version::V5 => {
            let status = granted.iter().map(|granted| match granted {
                Ok(Qos::AtMostOnce) => SubscribeAckReason::GrantedQos0,
                Ok(Qos::AtLeastOnce) => SubscribeAckReason::GrantedQos1,
                Ok(Qos::ExactlyOnce) => SubscribeAckReason::GrantedQos2,
                Err(reason) => *reason,
            });
            let status = status.collect();
            let reason_string = text.map(ByteString::from_static);
            let ack = v5::SubscribeAck { packet_id, properties: Vec::new(), reason_string, status };
            write_v5(out, v5::Packet::SubscribeAck(ack));
        }
    }
}

/// Writes an UNSUBACK; each flag says whether there was such a subscription.
pub(crate) fn unsuback(out: &mut BytesMut, version: Version, packet_id: u16, existed: &[bool]) {
    let Some(packet_id) = NonZeroU16::new(packet_id) else { return };
    match version {
        Version::V311 => write_v3(out, v3::Packet::UnsubscribeAck { packet_id }),
        Version::V5 => {
            let reason = |existed: &bool| match existed {
                true => UnsubscribeAckReason::Success,
                false => UnsubscribeAckReason::NoSubscriptionExisted,
            };
            let status = existed.iter().map(reason).collect();
            let ack = v5::UnsubscribeAck { packet_id, properties: Vec::new(), reason_string: None, status };
            write_v5(out, v5::Packet::UnsubscribeAck(ack));
        }
    }
}

/// Writes a DISCONNECT; 3.1.1 has none from a server.
pub(crate) fn disconnect(out: &mut BytesMut, version: Version, violation: Violation) {
    if version == Version::V5 {
        let mut packet = v5::Disconnect::new(violation.code);
        if violation.code != DisconnectReasonCode::NormalDisconnection {
            packet.reason_string = Some(violation.text.into());
        }
        write_v5(out, v5::Packet::Disconnect(packet));
    }
}

const fn codec_qos(qos: Qos) -> QoS {
    match qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
        Qos::ExactlyOnce => QoS::ExactlyOnce,
    }
}

fn write_v3(out: &mut BytesMut, packet: v3::Packet) {
    let before = out.len();
    if v3::Codec::new(0).encode(packet, out).is_err() {
        out.truncate(before);
    }
}

fn write_v5(out: &mut BytesMut, packet: v5::Packet) {
    let before = out.len();
    if v5::Codec::new(0, 0).encode(packet, out).is_err() {
        out.truncate(before);
    }
}
