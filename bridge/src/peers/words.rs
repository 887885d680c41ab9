//! What gateways say within the seal: one message, or several at once.
//!
//! Shape: a byte that says which, 0 or 4; then the message in CBOR, or each of them behind its length in four bytes, the most
//! significant first.

use hes_schemas::{DecodeError, Encoding, Limits, decode_datum, encode, link::LinkMessage};

use super::channel::LARGEST;

/// One message follows.
const ONE: u8 = 0;

/// Several follow.
const SEVERAL: u8 = 4;

/// How many bytes several take together at most.
const TOGETHER: usize = 32 * 1024;

/// What a message may hold.
const LIMITS: Limits = Limits { bytes: LARGEST, depth: 32, count: 250_000 };

/// Writes messages, in their order, in as few pieces as may be.
#[must_use]
pub fn pack(messages: &[LinkMessage]) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut room = 0;
    for message in messages.iter().map(|message| encode(Encoding::Cbor, message)) {
        let size = message.len() + size_of::<u32>();
        match pieces.last_mut().filter(|_| size <= room) {
            Some(piece) => {
                room -= size;
                piece.push(message);
            }
            None => {
                room = TOGETHER.saturating_sub(size);
                pieces.push(vec![message]);
            }
        }
    }
    pieces.iter().map(|piece| written(piece)).collect()
}

fn written(piece: &[Vec<u8>]) -> Vec<u8> {
    if let [message] = piece {
        return [&[ONE], message.as_slice()].concat();
    }
    let mut bytes = vec![SEVERAL];
    for message in piece {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(message);
    }
    bytes
}

/// Reads messages, up to the first that cannot be one; nothing if the bytes are something else.
#[must_use]
pub fn unpack(bytes: &[u8]) -> Option<Unpacked<'_>> {
    match bytes.split_first()? {
        (&ONE, rest) => Some(Unpacked::One(rest)),
        (&SEVERAL, rest) => Some(Unpacked::Several(rest)),
        _ => None,
    }
}

/// Messages that are still to be read.
#[derive(Debug, Clone)]
pub enum Unpacked<'b> {
    /// One.
    One(&'b [u8]),
    /// Those behind their lengths.
    Several(&'b [u8]),
    /// None.
    Done,
}

impl Iterator for Unpacked<'_> {
    type Item = Result<LinkMessage, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (next, message) = match std::mem::replace(self, Self::Done) {
            Self::Done | Self::Several([]) => return None,
            Self::One(message) => (Self::Done, Some(message)),
            Self::Several(rest) => {
                split(rest).map_or((Self::Done, None), |(message, rest)| (Self::Several(rest), Some(message)))
            }
        };
        let read = message.ok_or(DecodeError::Syntax { offset: 0 }).and_then(read);
        if read.is_ok() {
            *self = next;
        }
        Some(read)
    }
}

fn split(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn read(message: &[u8]) -> Result<LinkMessage, DecodeError> {
    decode_datum(Encoding::Cbor, message, LIMITS).and_then(LinkMessage::try_from)
}

#[cfg(test)]
mod tests {
    use hes_schemas::{
        Datum,
        link::{Beat, Heard, Reply},
    };

    use super::*;

    fn beat(log: u64) -> LinkMessage {
        LinkMessage::Beat(Beat { heard: Heard { log, ..Heard::default() }, at: None })
    }

    fn reply(size: usize) -> LinkMessage {
        LinkMessage::Reply(Reply { id: 1, body: Datum::text(&"x".repeat(size)) })
    }

    fn read_all(pieces: &[Vec<u8>]) -> Vec<LinkMessage> {
        pieces.iter().flat_map(|piece| unpack(piece).unwrap()).map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_said_together_arrives_in_its_order() {
        let said: Vec<_> = (0..100).map(beat).chain([reply(40_000), beat(7), reply(30_000), reply(3_000)]).collect();
        let pieces = pack(&said);
        assert_eq!(read_all(&pieces), said);
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|piece| piece.len() <= 40_100));
    }

    #[test]
    fn one_message_is_said_as_it_is() {
        let pieces = pack(&[beat(1)]);
        assert_eq!(pieces, [[&[0], encode(Encoding::Cbor, &beat(1)).as_slice()].concat()]);
    }

    #[test]
    fn nothing_is_read_behind_what_cannot_be() {
        let good = encode(Encoding::Cbor, &beat(1));
        let length = u32::try_from(good.len()).unwrap().to_be_bytes();
        for broken in [&[0; 4][..], &[0, 0, 0, 9, 1], &[255; 4], &[0, 0], &[0, 0, 0, 1, 0xff]] {
            let bytes = [&[SEVERAL], &length[..], &good, broken, &length, &good].concat();
            let read: Vec<_> = unpack(&bytes).unwrap().map(|read| read.is_ok()).collect();
            assert_eq!(read, [true, false], "{broken:?}");
        }
        assert!(unpack(&[]).is_none() && unpack(&[9, 1]).is_none());
        assert_eq!(unpack(&[SEVERAL]).unwrap().count(), 0);
    }
}
