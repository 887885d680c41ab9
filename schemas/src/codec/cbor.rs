//! CBOR: a scan over the headers, then what they say; headers are read and messages written by ciborium.

use ciborium_ll::{Decoder, Header, simple};
use serde::Serialize;

use super::{DecodeError, Limits};
use crate::{Datum, datum::repeated};

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

/// Reads what has been scanned.
pub(super) fn read(payload: &[u8]) -> Result<Datum, DecodeError> {
    Reader { rest: payload, size: payload.len() }.next()?.ok_or(DecodeError::Syntax { offset: payload.len() })
}

struct Reader<'p> {
    rest: &'p [u8],
    size: usize,
}

impl Reader<'_> {
    /// Reads what comes next; nothing if that is the end of a list or map.
    fn next(&mut self) -> Result<Option<Datum>, DecodeError> {
        Ok(Some(match self.header()? {
            Header::Positive(bits) => Datum::Integer(self.integer(bits)?),
            Header::Negative(bits) => Datum::Integer(!self.integer(bits)?),
            Header::Float(number) => Datum::number(number),
            Header::Simple(simple) => match simple {
                simple::FALSE => Datum::Bool(false),
                simple::TRUE => Datum::Bool(true),
                _ => Datum::Null,
            },
            Header::Text(length) => Datum::Text(self.text(length)?),
            Header::Array(length) => Datum::List(self.all(length, Self::next)?),
            Header::Map(length) => {
                let entries = self.all(length, Self::entry)?;
                if let Some(key) = repeated(&entries) {
                    return Err(DecodeError::Shape { reason: format!("the field {key:?} comes twice") });
                }
                Datum::Map(entries)
            }
            Header::Break => return Ok(None),
            Header::Tag(_) | Header::Bytes(_) => return Err(self.syntax()),
        }))
    }

    fn entry(&mut self) -> Result<Option<(Box<str>, Datum)>, DecodeError> {
        let Some(key) = self.next()? else { return Ok(None) };
        let Datum::Text(key) = key else { return Err(self.syntax()) };
        Ok(self.next()?.map(|value| (key, value)))
    }

    /// Reads so many, or those before the end.
    fn all<T>(
        &mut self,
        length: Option<usize>,
        one: fn(&mut Self) -> Result<Option<T>, DecodeError>,
    ) -> Result<Box<[T]>, DecodeError> {
        let mut all = Vec::with_capacity(length.unwrap_or_default());
        while length.is_none_or(|length| all.len() < length) {
            let Some(each) = one(self)? else { break };
            all.push(each);
        }
        Ok(all.into())
    }

    fn text(&mut self, length: Option<usize>) -> Result<Box<str>, DecodeError> {
        let text = length.and_then(|length| self.rest.get(..length)).ok_or_else(|| self.syntax())?;
        let read = std::str::from_utf8(text).map_err(|_malformed| self.syntax())?.into();
        self.rest = self.rest.get(text.len()..).unwrap_or_default();
        Ok(read)
    }

    fn integer(&self, bits: u64) -> Result<i64, DecodeError> {
        i64::try_from(bits).map_err(|_too_large| self.syntax())
    }

    fn header(&mut self) -> Result<Header, DecodeError> {
        let mut decoder = Decoder::from(self.rest);
        let header = decoder.pull().map_err(|_malformed| self.syntax())?;
        self.rest = self.rest.get(decoder.offset()..).unwrap_or_default();
        Ok(header)
    }

    const fn syntax(&self) -> DecodeError {
        DecodeError::Syntax { offset: self.size - self.rest.len() }
    }
}

pub(super) fn write<T: Serialize + ?Sized>(message: &T, payload: &mut Vec<u8>) {
    // a Vec takes every byte and our own messages have no value that CBOR lacks, so this cannot fail
    if ciborium::into_writer(message, &mut *payload).is_err() {
        payload.clear();
    }
}
