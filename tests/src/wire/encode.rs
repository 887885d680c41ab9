//! Packets to bytes.
//!
//! Source: MQTT 3.1.1 and 5.0, chapters 2 and 3.

use super::{Account, Message, Properties, Qos, Version};

/// How long a session outlives its connection, in seconds.
const EXPIRY: u32 = 3600;

/// Writes a CONNECT with a clean start and a keep-alive of a minute.
#[must_use]
pub fn connect(version: Version, client: &str, account: Option<&Account>) -> Vec<u8> {
    const CLEAN: u8 = 0x02;
    greeting(version, client, account, CLEAN, &[])
}

/// Writes a CONNECT that goes on with a session, which outlives its connection: by an hour in MQTT 5.
#[must_use]
pub fn resume(version: Version, client: &str, account: Option<&Account>) -> Vec<u8> {
    let expiry = EXPIRY.to_be_bytes();
    greeting(version, client, account, 0, &[&[0x11], expiry.as_slice()].concat())
}

/// Writes a CONNECT of MQTT 5 by a token and nothing else.
///
/// Source: RFC 7628, 3.1.
#[must_use]
pub fn bear(client: &str, token: &str) -> Vec<u8> {
    let mut listed = vec![0x15];
    text(&mut listed, "OAUTHBEARER");
    listed.push(0x16);
    binary(&mut listed, format!("n,,\u{1}auth=Bearer {token}\u{1}\u{1}").as_bytes());
    greeting(Version::V5, client, None, 0x02, &listed)
}

fn greeting(version: Version, client: &str, account: Option<&Account>, flags: u8, listed: &[u8]) -> Vec<u8> {
    const WITH_PASSWORD: u8 = 0xc0;
    let mut body = Vec::new();
    text(&mut body, "MQTT");
    body.push(if version == Version::V5 { 5 } else { 4 });
    body.push(if account.is_some() { flags | WITH_PASSWORD } else { flags });
    body.extend(60_u16.to_be_bytes());
    if version == Version::V5 {
        variable(&mut body, listed.len());
        body.extend(listed);
    }
    text(&mut body, client);
    if let Some(Account { user, password }) = account {
        text(&mut body, user);
        text(&mut body, password);
    }
    frame(0x10, &body)
}

/// Writes a PUBLISH; its number is written as it is, even where it makes no sense.
#[must_use]
pub fn publish(version: Version, message: &Message) -> Vec<u8> {
    let mut body = Vec::with_capacity(message.topic.len() + message.payload.len() + 64);
    text(&mut body, &message.topic);
    if message.qos != Qos::Zero {
        body.extend(message.packet_id.to_be_bytes());
    }
    if version == Version::V5 {
        let listed = properties(&message.properties);
        variable(&mut body, listed.len());
        body.extend(listed);
    }
    body.extend(&message.payload);
    frame(0x30 | (message.qos.number() << 1) | u8::from(message.retain), &body)
}

/// Writes a PUBLISH that has been sent before.
#[must_use]
pub fn publish_again(version: Version, message: &Message) -> Vec<u8> {
    const DUP: u8 = 0x08;
    let mut packet = publish(version, message);
    packet[0] |= DUP;
    packet
}

/// Writes the acknowledgement of a PUBLISH.
#[must_use]
pub fn puback(packet_id: u16) -> Vec<u8> {
    frame(0x40, &packet_id.to_be_bytes())
}

/// Writes the first answer to a PUBLISH of `QoS` 2.
#[must_use]
pub fn pubrec(packet_id: u16) -> Vec<u8> {
    frame(0x50, &packet_id.to_be_bytes())
}

/// Writes the answer to that.
#[must_use]
pub fn pubrel(packet_id: u16) -> Vec<u8> {
    frame(0x62, &packet_id.to_be_bytes())
}

/// Writes the last word on a PUBLISH of `QoS` 2.
#[must_use]
pub fn pubcomp(packet_id: u16) -> Vec<u8> {
    frame(0x70, &packet_id.to_be_bytes())
}

/// Writes a SUBSCRIBE.
#[must_use]
pub fn subscribe(version: Version, packet_id: u16, filters: &[&str], qos: Qos) -> Vec<u8> {
    let mut body = packet_id.to_be_bytes().to_vec();
    no_properties(version, &mut body);
    for filter in filters {
        text(&mut body, filter);
        body.push(qos.number());
    }
    frame(0x82, &body)
}

/// Writes an UNSUBSCRIBE.
#[must_use]
pub fn unsubscribe(version: Version, packet_id: u16, filters: &[&str]) -> Vec<u8> {
    let mut body = packet_id.to_be_bytes().to_vec();
    no_properties(version, &mut body);
    for filter in filters {
        text(&mut body, filter);
    }
    frame(0xa2, &body)
}

/// Writes a PINGREQ.
#[must_use]
pub fn ping() -> Vec<u8> {
    frame(0xc0, &[])
}

/// Writes a DISCONNECT.
#[must_use]
pub fn disconnect() -> Vec<u8> {
    frame(0xe0, &[])
}

fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(body.len() + 5);
    packet.push(first);
    variable(&mut packet, body.len());
    packet.extend(body);
    packet
}

fn no_properties(version: Version, body: &mut Vec<u8>) {
    if version == Version::V5 {
        body.push(0);
    }
}

fn properties(properties: &Properties) -> Vec<u8> {
    let mut listed = Vec::new();
    if let Some(seconds) = properties.expiry {
        listed.push(0x02);
        listed.extend(seconds.to_be_bytes());
    }
    if let Some(content_type) = &properties.content_type {
        listed.push(0x03);
        text(&mut listed, content_type);
    }
    if let Some(topic) = &properties.response_topic {
        listed.push(0x08);
        text(&mut listed, topic);
    }
    if let Some(correlation) = &properties.correlation {
        listed.push(0x09);
        binary(&mut listed, correlation);
    }
    for (name, value) in &properties.user {
        listed.push(0x26);
        text(&mut listed, name);
        text(&mut listed, value);
    }
    listed
}

fn text(body: &mut Vec<u8>, text: &str) {
    binary(body, text.as_bytes());
}

/// Writes bytes behind their number; what is longer than can be said is cut.
fn binary(body: &mut Vec<u8>, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    body.extend(length.to_be_bytes());
    body.extend(bytes.iter().take(length.into()));
}

/// Writes a variable byte integer.
fn variable(body: &mut Vec<u8>, mut number: usize) {
    loop {
        let seven = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return body.push(seven);
        }
        body.push(seven | 0x80);
    }
}
