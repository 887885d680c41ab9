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

/// What a CONNACK tells an accepted client.
#[derive(Debug, Default)]
pub(crate) struct Connack {
    /// Whether a session that was kept goes on.
    pub(crate) session_present: bool,
    pub(crate) assigned: Option<ByteString>,
    pub(crate) response_information: Option<ByteString>,
    /// If it is not what was asked for.
    pub(crate) session_expiry: Option<u32>,
    /// If it is not what the client said.
    pub(crate) keep_alive: Option<u16>,
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
        Version::V311 => out.put_slice(&[0x20, 2, u8::from(connack.session_present), 0]),
        Version::V5 => write_v5(
            out,
            v5::Packet::ConnectAck(Box::new(v5::ConnectAck {
                session_present: connack.session_present,
                session_expiry_interval_secs: connack.session_expiry,
                receive_max: NonZeroU16::new(connack.receive_maximum).unwrap_or(NonZeroU16::MIN),
                max_packet_size: Some(connack.packet_limit),
                assigned_client_id: connack.assigned,
                topic_alias_max: connack.topic_aliases,
                server_keepalive_sec: connack.keep_alive,
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
        ConnectFault::Foreign | ConnectFault::Malformed(_) => {}
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

/// Writes a PUBACK or PUBREC; 3.1.1 cannot say that something went wrong.
pub(crate) fn acknowledge(
    out: &mut BytesMut,
    version: Version,
    qos: Qos,
    packet_id: u16,
    code: PublishAckReason,
    text: Option<&'static str>,
) {
    let Some(packet_id) = NonZeroU16::new(packet_id) else { return };
    let is_first_of_two = qos == Qos::ExactlyOnce;
    if version == Version::V311 || code == PublishAckReason::Success {
        out.put_slice(&[if is_first_of_two { 0x50 } else { 0x40 }, 2]);
        return out.put_u16(packet_id.get());
    }
    let reason_string = text.map(ByteString::from_static);
    let ack = v5::PublishAck { packet_id, reason_code: code, properties: Vec::new(), reason_string };
    write_v5(out, if is_first_of_two { v5::Packet::PublishReceived(ack) } else { v5::Packet::PublishAck(ack) });
}

/// Writes a PUBREL, which says whether its packet id is known.
pub(crate) fn pubrel(out: &mut BytesMut, version: Version, packet_id: u16, is_known: bool) {
    write_second(out, 0x62, version, packet_id, is_known);
}

/// Writes a PUBCOMP, which says whether its packet id was known.
pub(crate) fn pubcomp(out: &mut BytesMut, version: Version, packet_id: u16, is_known: bool) {
    write_second(out, 0x70, version, packet_id, is_known);
}

fn write_second(out: &mut BytesMut, first: u8, version: Version, packet_id: u16, is_known: bool) {
    let has_reason = version == Version::V5 && !is_known;
    out.put_slice(&[first, if has_reason { 3 } else { 2 }]);
    out.put_u16(packet_id);
    if has_reason {
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
