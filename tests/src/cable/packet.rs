//! Packets as they pass, of which only PUBLISH is looked into.

use std::io::{self, Read};

use crate::{chance::Chance, wire::read_any};

/// The bits of a PUBLISH's first byte that say its quality of service and that it is a duplicate.
const DELIVERY: u8 = 0x0e;

/// One packet.
#[derive(Debug)]
pub(super) struct Framed {
    first: u8,
    body: Vec<u8>,
}

impl Framed {
    pub(super) fn read(stream: &mut impl Read) -> io::Result<Self> {
        read_any(stream).map(|(first, body)| Self { first, body })
    }

    pub(super) const fn is_publish(&self) -> bool {
        self.first >> 4 == 3
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.first];
        let mut length = self.body.len();
        loop {
            let low = u8::try_from(length & 0x7f).unwrap_or_default();
            length >>= 7;
            bytes.push(if length == 0 { low } else { low | 0x80 });
            if length == 0 {
                break;
            }
        }
        bytes.extend(&self.body);
        bytes
    }

    /// Changes a bit in the hinder half, where the payload is.
    pub(super) fn spoil(&mut self, chance: &mut Chance) {
        let half = self.body.len() / 2;
        if let Some(byte) = self.body.get_mut(half + chance.below(half.max(1))) {
            *byte ^= 1 << chance.below(8);
        }
    }

    /// Returns the same PUBLISH once more, with `QoS` 0, so that nobody has to acknowledge what was never sent.
    pub(super) fn copy(&self) -> Vec<u8> {
        let mut body = self.body.clone();
        if self.first & DELIVERY & 6 != 0 {
            let topic = body.iter().take(2).fold(0, |length, byte| length << 8 | usize::from(*byte));
            body.drain(2 + topic..4 + topic);
        }
        Self { first: self.first & !DELIVERY, body }.bytes()
    }
}
