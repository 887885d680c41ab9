//! Cuts packets out of a stream of bytes.

use bytes::{Bytes, BytesMut};

use super::Violation;
use rmqtt_codec::v5::DisconnectReasonCode as Code;

/// A frame up to this size is copied, so that it does not hold the whole read buffer in memory.
const SMALL: usize = 16 * 1024;

/// One whole packet.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The packet's type and flags.
    pub(crate) first: u8,
    header: usize,
    packet: BytesMut,
}

/// What is at the front of a buffer.
#[derive(Debug)]
pub(crate) enum Cut {
    /// A whole packet, taken out.
    Whole(Frame),
    /// The beginning of one; so many bytes are missing at least.
    Part(usize),
}

/// Takes the first packet out of a buffer.
///
/// # Errors
/// [`Violation`] if its length has more than four bytes, or is over the limit.
pub(crate) fn cut(buffer: &mut BytesMut, limit: usize) -> Result<Cut, Violation> {
    let Some(&first) = buffer.first() else { return Ok(Cut::Part(2)) };
    let Some((body, header)) = remaining_length(buffer)? else { return Ok(Cut::Part(1)) };
    let total = header + body;
    if total > limit {
        return Err(Violation::new(Code::PacketTooLarge, "packet is larger than the broker takes"));
    }
    if buffer.len() < total {
        return Ok(Cut::Part(total - buffer.len()));
    }
    Ok(Cut::Whole(Frame { first, header, packet: buffer.split_to(total) }))
}

/// Reads the length behind the first byte, and says where the body begins.
fn remaining_length(buffer: &BytesMut) -> Result<Option<(usize, usize)>, Violation> {
    let mut value = 0;
    for (at, shift) in [(1, 0), (2, 7), (3, 14), (4, 21)] {
        let Some(&byte) = buffer.get(at) else { return Ok(None) };
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    Err(Violation::malformed("remaining length has more than four bytes"))
}

impl Frame {
    /// Returns the type of the packet, 1 (CONNECT) to 15 (AUTH).
    pub(crate) const fn kind(&self) -> u8 {
        self.first >> 4
    }

    /// Returns what follows the header, in memory of its own if it is small.
    pub(crate) fn body(mut self) -> Bytes {
        let body = self.packet.split_off(self.header.min(self.packet.len()));
        if body.len() <= SMALL { Bytes::copy_from_slice(&body) } else { body.freeze() }
    }

    /// Returns what follows the header, to look at.
    pub(crate) fn peek(&self) -> &[u8] {
        self.packet.get(self.header..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: &str) {
        let mut buffer = BytesMut::from(bytes);
        let seen = match cut(&mut buffer, 100) {
            Ok(Cut::Whole(frame)) => format!("{:x} {:?}", frame.first, frame.peek()),
            Ok(Cut::Part(missing)) => format!("{missing} missing"),
            Err(violation) => violation.to_string(),
        };
        assert_eq!(seen, expect, "{bytes:?}");
    }

    #[test]
    fn cuts_packets_at_their_length() {
        check(&[], "2 missing");
        check(&[0x30], "1 missing");
        check(&[0x30, 0x80], "1 missing");
        check(&[0x30, 3, 0], "2 missing");
        check(&[0x30, 2, 7, 8, 9], "30 [7, 8]");
        check(&[0x30, 0x82, 0, 7, 8], "30 [7, 8]");
        check(&[0x30, 99], "packet is larger than the broker takes");
        check(&[0x30, 0xff, 0xff, 0xff, 0xff, 0], "remaining length has more than four bytes");
    }
}
