//! CBOR: a scan over the headers, then ciborium.

use ciborium_ll::{Decoder, Header, simple};
use serde::Serialize;

use super::{DecodeError, Limits};
use crate::Datum;

/// Walks the headers without allocating; checks depth, count, lengths against the bytes that are really there, and the end.
///
/// Refused, because JSON could not say it or two readers could differ: tags, byte strings, texts in pieces, simple values
/// other than false, true and null, numbers that are not finite, integers beyond 64 bits signed, and keys that are not text.
pub(super) fn scan(payload: &[u8], limits: Limits) -> Result<(), DecodeError> {
    let mut scan = Scan { rest: payload, size: payload.len(), limits, count: 0 };
    let first = scan.header()?;
    scan.item(first, 0)?;
    if scan.rest.is_empty() { Ok(()) } else { Err(DecodeError::Trailing { offset: scan.offset() }) }
}

struct Scan<'p> {
    rest: &'p [u8],
    size: usize,
    limits: Limits,
    count: usize,
}

impl Scan<'_> {
    fn item(&mut self, header: Header, depth: usize) -> Result<(), DecodeError> {
        match header {
            Header::Positive(bits) | Header::Negative(bits) => self.integer(bits),
            Header::Float(number) => self.float(number),
            Header::Simple(simple::FALSE | simple::TRUE | simple::NULL) => Ok(()),
            Header::Text(Some(length)) => self.text(length),
            Header::Array(length) => self.items(length, depth + 1, Self::item),
            Header::Map(length) => self.items(length, depth + 1, Self::entry),
            Header::Simple(_) | Header::Text(None) | Header::Tag(_) | Header::Bytes(_) | Header::Break => {
                Err(self.syntax())
            }
        }
    }

    /// Checks that 64 bits signed hold the integer; a negative one is written as `-1 - bits`.
    fn integer(&self, bits: u64) -> Result<(), DecodeError> {
        i64::try_from(bits).map(drop).map_err(|_too_large| self.syntax())
    }

    const fn float(&self, number: f64) -> Result<(), DecodeError> {
        if number.is_finite() { Ok(()) } else { Err(self.syntax()) }
    }

    fn entry(&mut self, key: Header, depth: usize) -> Result<(), DecodeError> {
        let Header::Text(Some(length)) = key else { return Err(self.syntax()) };
        self.text(length)?;
        let value = self.header()?;
        self.item(value, depth)
    }

    fn items(
        &mut self,
        length: Option<usize>,
        depth: usize,
        one: fn(&mut Self, Header, usize) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        if depth > self.limits.depth {
            return Err(DecodeError::TooDeep { limit: self.limits.depth });
        }
        let mut left = length.unwrap_or(usize::MAX);
        while left > 0 {
            let header = self.header()?;
            if length.is_none() && header == Header::Break {
                return Ok(());
            }
            one(self, header, depth)?;
            left -= 1;
        }
        Ok(())
    }

    fn header(&mut self) -> Result<Header, DecodeError> {
        self.count += 1;
        if self.count > self.limits.count {
            return Err(DecodeError::TooMany { limit: self.limits.count });
        }
        let mut decoder = Decoder::from(self.rest);
        let header = decoder.pull().map_err(|_malformed| self.syntax())?;
        // a simple value that fits one byte may not take two: RFC 8949, 3.3
        if matches!(header, Header::Simple(_)) && decoder.offset() > 1 {
            return Err(self.syntax());
        }
        self.skip(decoder.offset())?;
        Ok(header)
    }

    fn text(&mut self, length: usize) -> Result<(), DecodeError> {
        let text = self.rest.get(..length).ok_or_else(|| self.syntax())?;
        std::str::from_utf8(text).map_err(|_malformed| self.syntax())?;
        self.skip(length)
    }

    fn skip(&mut self, length: usize) -> Result<(), DecodeError> {
        self.rest = self.rest.get(length..).ok_or_else(|| self.syntax())?;
        Ok(())
    }

    const fn offset(&self) -> usize {
        self.size - self.rest.len()
    }

    const fn syntax(&self) -> DecodeError {
        DecodeError::Syntax { offset: self.offset() }
    }
}

pub(super) fn read(payload: &[u8]) -> Result<Datum, DecodeError> {
    ciborium::from_reader(payload).map_err(|error| match error {
        ciborium::de::Error::Semantic(_, reason) => DecodeError::Shape { reason },
        ciborium::de::Error::Syntax(offset) => DecodeError::Syntax { offset },
        ciborium::de::Error::Io(_) | ciborium::de::Error::RecursionLimitExceeded => {
            DecodeError::Syntax { offset: payload.len() }
        }
    })
}

pub(super) fn write<T: Serialize + ?Sized>(message: &T, payload: &mut Vec<u8>) {
    // a Vec takes every byte and our own messages have no value that CBOR lacks, so this cannot fail
    if ciborium::into_writer(message, &mut *payload).is_err() {
        payload.clear();
    }
}
