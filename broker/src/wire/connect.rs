//! CONNECT, of both versions, as one thing.

use bytes::Bytes;
use bytestring::ByteString;
use hes_schemas::Topic;
use rmqtt_codec::{
    error::DecodeError,
    types::QoS,
    v3,
    v5::{self, ConnectAckReason as Code},
};
use tokio_util::codec::Decoder as _;

use super::{Frame, Reader};
use crate::{PayloadFormat, Properties, Publish, Qos, Version};

/// What a client wants when it connects.
#[derive(Debug)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    /// Empty if the broker shall assign one.
    pub(crate) client: ByteString,
    /// In seconds; zero means never.
    pub(crate) keep_alive: u16,
    pub(crate) user: Option<ByteString>,
    pub(crate) password: Option<Bytes>,
    pub(crate) will: Option<Publish>,
    /// How many messages of `QoS` 1 it takes unacknowledged.
    pub(crate) receive_maximum: u16,
    /// The largest packet that it takes, in bytes.
    pub(crate) packet_limit: Option<u32>,
    /// Whether reason strings are welcome.
    pub(crate) wants_reasons: bool,
    /// Whether it asks where its answers may go.
    pub(crate) wants_response_information: bool,
    /// How long it would have its session kept, in seconds.
    pub(crate) session_expiry: u32,
    /// How it wants to prove who it is, if not by a password alone.
    pub(crate) auth_method: Option<ByteString>,
    pub(crate) auth_data: Option<Bytes>,
}

/// Why a CONNECT cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectFault {
    /// It is not MQTT: the connection is closed without a word.
    #[error("first packet is not a CONNECT of MQTT")]
    Foreign,
    /// It is MQTT of a version older than 3.1.1.
    #[error("protocol version is too old")]
    TooOld,
    /// It breaks a rule of 3.1.1 that has no return code: the connection is closed without a word.
    #[error("CONNECT is malformed")]
    Malformed,
    /// A 3.1.1 client without an id wants its session kept.
    #[error("a client without an id must ask for a clean session")]
    NoClientId,
    /// It is refused with a reason code of MQTT 5.
    #[error("{1}")]
    Refused(Code, &'static str),
}

const FLAGS: usize = 7;
const CLEAN_START: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_OPTIONS: u8 = 0x38;

/// Reads a CONNECT.
///
/// # Errors
/// [`ConnectFault`] with the answer that the client is owed.
///
/// Source: MQTT 3.1.1 and 5.0, 3.1.
pub(crate) fn read_connect(frame: Frame) -> Result<Connect, ConnectFault> {
    match protocol(&frame) {
        Some((name, 4)) if name == "MQTT" => read_v3(frame),
        Some((name, 5)) if name == "MQTT" => read_v5(frame),
        Some((name, 6..)) if name == "MQTT" => {
            Err(ConnectFault::Refused(Code::UnsupportedProtocolVersion, "protocol version is too new"))
        }
        Some((name, _)) if name == "MQTT" || name == "MQIsdp" => Err(ConnectFault::TooOld),
        _ => Err(ConnectFault::Foreign),
    }
}

fn protocol(frame: &Frame) -> Option<(ByteString, u8)> {
    let mut reader = Reader::new(Bytes::copy_from_slice(frame.peek().get(..12).unwrap_or(frame.peek())));
    if frame.first != 0x10 {
        return None;
    }
    Some((reader.text().ok()?, reader.byte().ok()?))
}

fn read_v3(frame: Frame) -> Result<Connect, ConnectFault> {
    let decoded = v3::Codec::new(0).decode(&mut frame.whole());
    let connect = match decoded {
        Ok(Some((v3::Packet::Connect(connect), _))) => connect,
        Err(DecodeError::InvalidClientId) => return Err(ConnectFault::NoClientId),
        Ok(_) | Err(_) => return Err(ConnectFault::Malformed),
    };
    if connect.client_id.contains('\0') || (connect.password.is_some() && connect.username.is_none()) {
        return Err(ConnectFault::Malformed);
    }
    let will = connect.last_will.map(|will| {
        let publish = Publish::new(topic(&will.topic)?, copied(&will.message));
        Ok(flagged(publish, will.qos, will.retain))
    });
    Ok(Connect {
        version: Version::V311,
        client: connect.client_id,
        keep_alive: connect.keep_alive,
        user: connect.username,
        password: connect.password,
        will: will.transpose()?,
        receive_maximum: u16::MAX,
        packet_limit: None,
        wants_reasons: false,
        wants_response_information: false,
        session_expiry: 0,
        auth_method: None,
        auth_data: None,
    })
}

fn read_v5(mut frame: Frame) -> Result<Connect, ConnectFault> {
    let flags = frame.peek().get(FLAGS).copied().unwrap_or_default();
    if flags & WILL == 0 && flags & WILL_OPTIONS != 0 {
        return Err(malformed());
    }
    // every session starts clean, and the codec refuses an empty client id with any other
    frame.patch(FLAGS, |flags| flags | CLEAN_START);
    let Ok(Some((v5::Packet::Connect(connect), _))) = v5::Codec::new(0, 0).decode(&mut frame.whole()) else {
        return Err(malformed());
    };
    if connect.client_id.contains('\0') {
        return Err(malformed());
    }
    if connect.auth_method.is_none() && connect.auth_data.is_some() {
        return Err(ConnectFault::Refused(Code::ProtocolError, "authentication data has no method"));
    }
    Ok(Connect {
        version: Version::V5,
        will: connect.last_will.map(will).transpose()?,
        client: connect.client_id,
        keep_alive: connect.keep_alive,
        user: connect.username,
        password: connect.password,
        receive_maximum: connect.receive_max.map_or(u16::MAX, u16::from),
        packet_limit: connect.max_packet_size.map(u32::from),
        wants_reasons: connect.request_problem_info,
        wants_response_information: connect.request_response_info,
        session_expiry: connect.session_expiry_interval_secs,
        auth_method: connect.auth_method,
        auth_data: connect.auth_data,
    })
}

fn will(will: v5::LastWill) -> Result<Publish, ConnectFault> {
    if will.qos == QoS::ExactlyOnce {
        return Err(ConnectFault::Refused(Code::QosNotSupported, "QoS 2 is not offered"));
    }
    let format = |is_text| if is_text { PayloadFormat::Text } else { PayloadFormat::Bytes };
    let publish = Publish::new(topic(&will.topic)?, copied(&will.message)).with(Properties {
        content_type: will.content_type,
        response_topic: will.response_topic,
        correlation_data: will.correlation_data,
        expiry: will.message_expiry_interval.map(u32::from),
        payload_format: will.is_utf8_payload.map(format),
        user: will.user_properties,
    });
    Ok(flagged(publish, will.qos, will.retain))
}

const fn malformed() -> ConnectFault {
    ConnectFault::Refused(Code::MalformedPacket, "CONNECT is malformed")
}

fn topic(text: &str) -> Result<Topic, ConnectFault> {
    Topic::new(text).ok().ok_or(ConnectFault::Refused(Code::TopicNameInvalid, "will topic is not a topic"))
}

fn copied(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn flagged(mut publish: Publish, qos: QoS, retain: bool) -> Publish {
    publish.retain = retain;
    publish.qos = match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce | QoS::ExactlyOnce => Qos::AtLeastOnce,
    };
    publish
}
