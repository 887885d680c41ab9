//! Bytes to packets.
//!
//! Source: MQTT 3.1.1 and 5.0, chapters 2 and 3.

use std::io::{self, ErrorKind};

use super::{Message, Packet, Properties, Qos, Version};

/// Returns how long the frame is that the bytes begin with, once that can be told.
pub(super) fn frame_length(bytes: &[u8]) -> io::Result<Option<usize>> {
    let mut length = 0_usize;
    for (at, byte) in bytes.iter().skip(1).enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some(at + 2 + length));
        }
    }
    if bytes.len() > 4 { Err(ErrorKind::InvalidData.into()) } else { Ok(None) }
}

/// Reads one whole frame.
pub(super) fn packet(version: Version, frame: &[u8]) -> io::Result<Packet> {
    read(version, frame).ok_or_else(|| ErrorKind::InvalidData.into())
}

fn read(version: Version, frame: &[u8]) -> Option<Packet> {
    let mut body = Cursor(frame);
    let first = body.byte()?;
    while body.byte()? & 0x80 != 0 {}
    match first >> 4 {
        2 => {
            let goes_on = body.byte()? & 1 == 1;
            let code = body.byte()?;
            Some(if goes_on && code == 0 { Packet::Resumed } else { Packet::ConnAck(code) })
        }
        3 => publish(version, first, body).map(Packet::Publish),
        4 => Some(Packet::PubAck(body.short()?, body.byte().unwrap_or(0))),
        5 => Some(Packet::PubRec(body.short()?, body.byte().unwrap_or(0))),
        6 => body.short().map(Packet::PubRel),
        7 => body.short().map(Packet::PubComp),
        9 => {
            let packet_id = body.short()?;
            body.skip_properties(version)?;
            Some(Packet::SubAck(packet_id, body.0.to_vec()))
        }
        11 => body.short().map(Packet::UnsubAck),
        13 => Some(Packet::Pong),
        14 => Some(Packet::Disconnect(body.byte().unwrap_or(0))),
        _ => None,
    }
}

fn publish(version: Version, first: u8, mut body: Cursor<'_>) -> Option<Message> {
    let topic = body.text()?;
    let qos = [Qos::Zero, Qos::One, Qos::Two].into_iter().find(|qos| qos.number() == (first >> 1) & 3)?;
    let packet_id = if qos == Qos::Zero { 0 } else { body.short()? };
    let properties = if version == Version::V5 { properties(body.section()?)? } else { Properties::default() };
    Some(Message { topic, payload: body.0.to_vec(), qos, retain: first & 1 == 1, packet_id, properties })
}

fn properties(mut listed: Cursor<'_>) -> Option<Properties> {
    let mut properties = Properties::default();
    while let Some(id) = listed.byte() {
        match id {
            0x01 => drop(listed.byte()?),
            0x02 => properties.expiry = Some((u32::from(listed.short()?) << 16) | u32::from(listed.short()?)),
            0x03 => properties.content_type = Some(listed.text()?),
            0x08 => properties.response_topic = Some(listed.text()?),
            0x09 => properties.correlation = Some(listed.binary()?.to_vec()),
            0x0b => drop(listed.variable()?),
            0x26 => properties.user.push((listed.text()?, listed.text()?)),
            _ => return None,
        }
    }
    Some(properties)
}

/// The bytes that have not been read.
#[derive(Debug, Clone, Copy)]
struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn binary(&mut self) -> Option<&'b [u8]> {
        let length = self.short()?;
        self.take(length.into())
    }

    fn text(&mut self) -> Option<String> {
        self.binary().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok())
    }

    fn variable(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn section(&mut self) -> Option<Self> {
        let length = self.variable()?;
        self.take(length).map(Self)
    }

    fn skip_properties(&mut self, version: Version) -> Option<()> {
        if version == Version::V5 { self.section().map(drop) } else { Some(()) }
    }
}
