//! CONNECT, of both versions, as one thing.

use bytes::Bytes;
use bytestring::ByteString;
use hes_schemas::Topic;
use rmqtt_codec::v5::{ConnectAckReason as Code, DisconnectReasonCode};

use super::{Frame, Reader, Violation, publish::take_property, set};
use crate::{Properties, Publish, Qos, Version, Will};

/// The protocol level of a bridge that speaks 3.1.1.
const BRIDGE: u8 = 0x84;

/// What a client wants when it connects.
#[derive(Debug)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    /// Whether the client stands between this broker and another one, and so wants no message back that it brought, and
    /// to see which are retained.
    ///
    /// Source: the highest bit of the protocol level, as mosquitto's bridges set it in 3.1.1.
    pub(crate) is_bridge: bool,
    /// Empty if the broker shall assign one.
    pub(crate) client: ByteString,
    /// Whether a session that was kept is to be forgotten.
    pub(crate) clean_start: bool,
    /// In seconds; zero means never.
    pub(crate) keep_alive: u16,
    pub(crate) user: Option<ByteString>,
    pub(crate) password: Option<Bytes>,
    pub(crate) will: Option<Will>,
    pub(crate) asked: Asked,
}

impl Connect {
    /// Returns for how many seconds the session is to outlive its connection; `u32::MAX` means for ever.
    pub(crate) fn session_expiry(&self) -> u32 {
        match (self.version, self.clean_start) {
            (Version::V5, _) => self.asked.session_expiry.unwrap_or_default(),
            (Version::V311, true) => 0,
            (Version::V311, false) => u32::MAX,
        }
    }
}

/// What the properties of a CONNECT ask for; 3.1.1 has the defaults.
///
/// Source: MQTT 5.0, 3.1.2.11.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// How long the session is to be kept, in seconds; `u32::MAX` means for ever.
    pub(crate) session_expiry: Option<u32>,
    /// How many messages of `QoS` 1 and 2 it takes unacknowledged.
    pub(crate) receive_maximum: Option<u16>,
    /// The largest packet that it takes, in bytes.
    pub(crate) packet_limit: Option<u32>,
    /// How many topic aliases it understands.
    pub(crate) alias_maximum: Option<u16>,
    /// Whether it asks where its answers may go.
    pub(crate) response_information: Option<bool>,
    /// Whether reason strings are welcome; they are if it does not say.
    pub(crate) problem_information: Option<bool>,
    /// How it authenticates beyond a password.
    pub(crate) method: Option<ByteString>,
    /// What belongs to that method.
    pub(crate) data: Option<Bytes>,
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
    #[error("{0}")]
    Malformed(&'static str),
    /// A 3.1.1 client without an id wants its session kept.
    #[error("a client without an id must ask for a clean session")]
    NoClientId,
    /// It is refused with a reason code of MQTT 5.
    #[error("{1}")]
    Refused(Code, &'static str),
}

/// The flags of a CONNECT.
///
/// Source: MQTT 3.1.1 and 5.0, 3.1.2.3.
#[derive(Debug, Clone, Copy)]
struct Flags {
    clean_start: bool,
    will: Option<(Qos, bool)>,
    user: bool,
    password: bool,
}

/// Reads a CONNECT.
///
/// # Errors
/// [`ConnectFault`] with the answer that the client is owed.
///
/// Source: MQTT 3.1.1 and 5.0, 3.1.
pub(crate) fn read_connect(frame: Frame) -> Result<Connect, ConnectFault> {
    let version = match protocol(&frame) {
        Some((name, 4 | BRIDGE)) if name == "MQTT" => Version::V311,
        Some((name, 5)) if name == "MQTT" => Version::V5,
        Some((name, 6..)) if name == "MQTT" => {
            return Err(ConnectFault::Refused(Code::UnsupportedProtocolVersion, "protocol version is too new"));
        }
        Some((name, _)) if name == "MQTT" || name == "MQIsdp" => return Err(ConnectFault::TooOld),
        _ => return Err(ConnectFault::Foreign),
    };
    let connect = read(frame, version).map_err(|violation| fault(violation, version))?;
    if version == Version::V311 && connect.client.is_empty() && !connect.clean_start {
        return Err(ConnectFault::NoClientId);
    }
    Ok(connect)
}

fn protocol(frame: &Frame) -> Option<(ByteString, u8)> {
    let mut reader = Reader::new(Bytes::copy_from_slice(frame.peek().get(..12).unwrap_or(frame.peek())));
    if frame.first != 0x10 {
        return None;
    }
    Some((reader.text().ok()?, reader.byte().ok()?))
}

fn fault(violation: Violation, version: Version) -> ConnectFault {
    let code = match (version, violation.code) {
        (Version::V311, _) => return ConnectFault::Malformed(violation.text),
        (Version::V5, DisconnectReasonCode::ProtocolError) => Code::ProtocolError,
        (Version::V5, DisconnectReasonCode::TopicNameInvalid) => Code::TopicNameInvalid,
        (Version::V5, _) => Code::MalformedPacket,
    };
    ConnectFault::Refused(code, violation.text)
}

fn read(frame: Frame, version: Version) -> Result<Connect, Violation> {
    let mut reader = Reader::new(frame.body());
    let (_name, level) = (reader.text()?, reader.byte()?);
    let flags = read_flags(reader.byte()?, version)?;
    let keep_alive = reader.short()?;
    let asked = match version {
        Version::V311 => Asked::default(),
        Version::V5 => read_asked(reader.section()?)?,
    };
    let client = reader.text()?;
    let will = flags.will.map(|(qos, retain)| read_will(&mut reader, version, qos, retain)).transpose()?;
    let user = flags.user.then(|| reader.text()).transpose()?;
    let password = flags.password.then(|| reader.binary()).transpose()?;
    if !reader.is_empty() {
        return Err(Violation::malformed("CONNECT has more fields than its flags announce"));
    }
    let (is_bridge, clean_start) = (level == BRIDGE, flags.clean_start);
    Ok(Connect { version, is_bridge, client, clean_start, keep_alive, user, password, will, asked })
}

fn read_flags(flags: u8, version: Version) -> Result<Flags, Violation> {
    let has = |bit: u8| flags & bit != 0;
    let will = match (has(0x04), flags >> 3 & 3, has(0x20)) {
        (true, 0, retain) => Some((Qos::AtMostOnce, retain)),
        (true, 1, retain) => Some((Qos::AtLeastOnce, retain)),
        (true, 2, retain) => Some((Qos::ExactlyOnce, retain)),
        (true, ..) => return Err(Violation::malformed("QoS 3 does not exist")),
        (false, 0, false) => None,
        (false, ..) => return Err(Violation::malformed("options of a will are set, and there is none")),
    };
    if has(0x01) {
        return Err(Violation::malformed("reserved flag of CONNECT is set"));
    }
    if version == Version::V311 && has(0x40) && !has(0x80) {
        return Err(Violation::malformed("password comes without a user name"));
    }
    Ok(Flags { clean_start: has(0x02), will, user: has(0x80), password: has(0x40) })
}

fn read_asked(mut section: Reader) -> Result<Asked, Violation> {
    let mut asked = Asked::default();
    while !section.is_empty() {
        match section.variable()? {
            0x11 => set(&mut asked.session_expiry, section.long()?)?,
            0x15 => set(&mut asked.method, section.text()?)?,
            0x16 => set(&mut asked.data, section.binary()?)?,
            0x17 => set(&mut asked.problem_information, section.flag()?)?,
            0x19 => set(&mut asked.response_information, section.flag()?)?,
            0x21 => set(&mut asked.receive_maximum, section.short()?)?,
            0x22 => set(&mut asked.alias_maximum, section.short()?)?,
            0x26 => section.pair()?,
            0x27 => set(&mut asked.packet_limit, section.long()?)?,
            _ => return Err(Violation::malformed("CONNECT has an unknown property")),
        }
    }
    if asked.receive_maximum == Some(0) || asked.packet_limit == Some(0) {
        return Err(Violation::protocol("receive maximum or maximum packet size is zero"));
    }
    if asked.data.is_some() && asked.method.is_none() {
        return Err(Violation::protocol("authentication data comes without a method"));
    }
    Ok(asked)
}

fn read_will(reader: &mut Reader, version: Version, qos: Qos, retain: bool) -> Result<Will, Violation> {
    let (mut delay, mut properties) = (None, Properties::default());
    if version == Version::V5 {
        let mut section = reader.section()?;
        while !section.is_empty() {
            match section.variable()? {
                0x18 => set(&mut delay, section.long()?)?,
                kind => take_property(kind, &mut section, &mut properties)?,
            }
        }
    }
    let topic = reader.text()?;
    let topic = Topic::new(&topic).ok().ok_or(Violation::WILL_TOPIC)?;
    let payload = Bytes::copy_from_slice(&reader.binary()?);
    Ok(Will { publish: Publish { topic, payload, qos, retain, properties }, delay: delay.unwrap_or_default() })
}

impl Violation {
    const WILL_TOPIC: Self = Self::new(DisconnectReasonCode::TopicNameInvalid, "will topic is not a topic");
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::wire::{Cut, cut};

    fn read(bytes: &[u8]) -> Result<Connect, ConnectFault> {
        let mut buffer = BytesMut::from(&[&[0x10, u8::try_from(bytes.len()).unwrap()], bytes].concat()[..]);
        match cut(&mut buffer, 1000) {
            Ok(Cut::Whole(frame)) => read_connect(frame),
            other => panic!("{other:?}"),
        }
    }

    fn reason(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn reads_all_that_a_client_asks_for() {
        let bytes = [
            &b"\0\x04MQTT\x05\xf4\0\x3c"[..],
            &[28, 0x11, 0, 0, 0, 9, 0x15, 0, 1, b'm', 0x16, 0, 1, b'd', 0x17, 0, 0x19, 1, 0x21, 0, 5, 0x22, 0, 6],
            &[0x27, 0, 0, 1, 0],
            b"\0\x02me",
            &[10, 0x18, 0, 0, 0, 7, 0x02, 0, 0, 0, 0],
            b"\0\x01w\0\x01!\0\x01u\0\x01p",
        ];
        let connect = read(&bytes.concat()).unwrap();
        assert_eq!((&*connect.client, connect.clean_start, connect.keep_alive), ("me", false, 60));
        assert_eq!((connect.user.as_deref(), connect.password.as_deref()), (Some("u"), Some(&b"p"[..])));
        let will = connect.will.unwrap();
        assert_eq!((will.delay, will.publish.topic.as_str(), will.publish.qos), (7, "w", Qos::ExactlyOnce));
        assert_eq!((will.publish.retain, will.publish.properties.expiry), (true, Some(0)));
        let asked = connect.asked;
        assert_eq!((asked.session_expiry, asked.receive_maximum, asked.alias_maximum), (Some(9), Some(5), Some(6)));
        assert_eq!((asked.problem_information, asked.response_information), (Some(false), Some(true)));
        assert_eq!(
            (asked.packet_limit, asked.method.as_deref(), asked.data.as_deref()),
            (Some(256), Some("m"), Some(&b"d"[..]))
        );
    }

    #[test]
    fn tells_a_bridge_by_its_protocol_level() {
        for (level, is_bridge) in [(4, false), (0x84, true)] {
            let connect = read(&[&b"\0\x04MQTT"[..], &[level], b"\x02\0\0\0\x01a"].concat()).unwrap();
            assert_eq!((connect.version, connect.is_bridge), (Version::V311, is_bridge));
        }
        assert!(read(b"\0\x04MQTT\x85\x02\0\0\0\0\x01a").is_err());
    }

    #[test]
    fn says_what_is_wrong() {
        let with = |flags: u8, properties: &[u8]| {
            [&b"\0\x04MQTT\x05"[..], &[flags, 0, 0, u8::try_from(properties.len()).unwrap()], properties, b"\0\x01a"]
                .concat()
        };
        assert!(read(&with(2, &[])).is_ok());
        assert_eq!(reason(&with(3, &[])), "reserved flag of CONNECT is set");
        assert_eq!(reason(&with(0x0a, &[])), "options of a will are set, and there is none");
        assert_eq!(reason(&with(0x1e, &[])), "QoS 3 does not exist");
        assert_eq!(reason(&with(2, &[0x21, 0, 0])), "receive maximum or maximum packet size is zero");
        assert_eq!(reason(&with(2, &[0x16, 0, 0])), "authentication data comes without a method");
        assert_eq!(reason(&with(2, &[0x17, 2])), "a flag is neither 0 nor 1");
        assert_eq!(reason(&with(2, &[0x22, 0, 1, 0x22, 0, 1])), "a property comes twice");
        assert_eq!(reason(&with(2, &[0x18, 0, 0, 0, 1])), "CONNECT has an unknown property");
        assert_eq!(reason(&with(0x42, &[])), "packet ends early");
        assert_eq!(reason(b"\0\x04MQTT\x04\x42\0\0\0\x01a\0\x01p"), "password comes without a user name");
        assert_eq!(reason(b"\0\x04MQTT\x04\x00\0\0\0\0"), "a client without an id must ask for a clean session");
        assert_eq!(reason(b"\0\x04MQTT\x04\x02\0\0\0\x01a!"), "CONNECT has more fields than its flags announce");
    }
}
