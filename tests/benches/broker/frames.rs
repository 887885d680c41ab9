//! Packets in a buffer, found without being copied.

use std::ops::Range;

/// How much is read at once.
const BUFFER: usize = 64 * 1024;

/// What was read of a connection.
#[derive(Debug)]
pub(crate) struct Frames {
    buffer: Vec<u8>,
    unread: Range<usize>,
}

/// A PUBLISH in the buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Published<'b> {
    /// Zero with `QoS` 0.
    pub(crate) packet_id: u16,
    pub(crate) payload: &'b [u8],
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; BUFFER], unread: 0..0 }
    }

    /// Returns where more is to be read into.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        self.buffer.get_mut(self.unread.end..).unwrap_or_default()
    }

    /// Says how much was read.
    pub(crate) const fn filled(&mut self, count: usize) {
        self.unread.end += count;
    }

    /// Returns the first byte and the body of the next whole packet.
    pub(crate) fn next(&mut self) -> Option<(u8, &[u8])> {
        let waiting = self.buffer.get(self.unread.clone())?;
        let first = *waiting.first()?;
        let (length, used) = variable(waiting.get(1..)?)?;
        let body = waiting.get(1 + used..1 + used + length)?;
        self.unread.start += 1 + used + length;
        Some((first, body))
    }
}

/// Reads a PUBLISH of MQTT 5.
pub(crate) fn published(first: u8, body: &[u8]) -> Option<Published<'_>> {
    let topic = usize::from(short(body)?);
    let mut rest = body.get(2 + topic..)?;
    let packet_id = if first & 0x06 == 0 { 0 } else { short(rest)? };
    if first & 0x06 != 0 {
        rest = rest.get(2..)?;
    }
    let (properties, used) = variable(rest)?;
    Some(Published { packet_id, payload: rest.get(used + properties..)? })
}

/// Reads a big-endian number of two bytes.
fn short(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn variable(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(4) {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    None
}
