//! Reads the fields that packets are made of.

use bytes::{Buf, Bytes};
use bytestring::ByteString;

use super::Violation;

/// The rest of a packet; each read takes from its front and shares its memory.
#[derive(Debug)]
pub(crate) struct Reader(Bytes);

impl Reader {
    pub(crate) const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what has not been read.
    pub(crate) fn rest(self) -> Bytes {
        self.0
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Violation> {
        self.0.try_get_u8().ok().ok_or(Violation::SHORT)
    }

    /// Reads a byte that says yes or no.
    pub(crate) fn flag(&mut self) -> Result<bool, Violation> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Violation::protocol("a flag is neither 0 nor 1")),
        }
    }

    pub(crate) fn short(&mut self) -> Result<u16, Violation> {
        self.0.try_get_u16().ok().ok_or(Violation::SHORT)
    }

    pub(crate) fn long(&mut self) -> Result<u32, Violation> {
        self.0.try_get_u32().ok().ok_or(Violation::SHORT)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<Bytes, Violation> {
        if length > self.0.len() {
            return Err(Violation::SHORT);
        }
        Ok(self.0.split_to(length))
    }

    /// Reads bytes that their length in two bytes precedes.
    pub(crate) fn binary(&mut self) -> Result<Bytes, Violation> {
        let length = self.short()?;
        self.take(length.into())
    }

    /// Reads text; NUL is none.
    ///
    /// Source: MQTT 5.0, 1.5.4.
    pub(crate) fn text(&mut self) -> Result<ByteString, Violation> {
        let text = ByteString::try_from(self.binary()?).ok().ok_or(Violation::malformed("text is not UTF-8"))?;
        if text.contains('\0') {
            return Err(Violation::malformed("text holds NUL"));
        }
        Ok(text)
    }

    /// Reads a name and value pair of the user's, and forgets it.
    pub(crate) fn pair(&mut self) -> Result<(), Violation> {
        self.text()?;
        self.text()?;
        Ok(())
    }

    /// Reads a number of one to four bytes, and no more of them than it needs.
    ///
    /// Source: MQTT 5.0, 1.5.5.
    pub(crate) fn variable(&mut self) -> Result<usize, Violation> {
        let mut value = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte == 0 && shift > 0 {
                return Err(Violation::malformed("variable integer has more bytes than it needs"));
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Violation::malformed("variable integer has more than four bytes"))
    }

    /// Reads what its length as a variable number precedes.
    pub(crate) fn section(&mut self) -> Result<Self, Violation> {
        let length = self.variable()?;
        self.take(length).map(Self)
    }
}
