//! From the payload of a request to its message.

use serde::de::DeserializeOwned;

use crate::{Datum, DecodeError, Encoding, Fault, Limits, Symbol, decode};

/// How a request was written, and so how its answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The packet had a Content Type.
    Named(Encoding),
    /// The packet had none.
    Guessed,
}

impl Format {
    /// Reads the Content Type of a packet.
    ///
    /// # Errors
    /// [`Symbol::UnsupportedContentType`] if it is neither JSON nor CBOR.
    pub fn new(content_type: Option<&str>) -> Result<Self, Fault> {
        let Some(text) = content_type else { return Ok(Self::Guessed) };
        Encoding::from_content_type(text)
            .map(Self::Named)
            .ok_or_else(|| Fault::new(Symbol::UnsupportedContentType, "use application/json or application/cbor"))
    }

    /// Returns the encoding of a payload; nothing if the payload is plain text.
    #[must_use]
    pub fn encoding(self, payload: &[u8]) -> Option<Encoding> {
        match self {
            Self::Named(encoding) => Some(encoding),
            Self::Guessed => Encoding::guess(payload),
        }
    }
}

/// Reads a request; nothing at all is the request that says nothing.
///
/// Limits: [`Limits::REQUEST`].
///
/// # Errors
/// [`Symbol::Malformed`] or [`Symbol::TooLarge`].
pub fn parse_request<T: DeserializeOwned>(format: Format, payload: &[u8]) -> Result<T, Fault> {
    let payload: &[u8] = match (payload, format) {
        ([], Format::Named(Encoding::Cbor)) => &[0xa0],
        ([], Format::Named(Encoding::Json) | Format::Guessed) => b"{}",
        (payload, _) => payload,
    };
    let encoding = format.encoding(payload).ok_or_else(|| Fault::new(Symbol::Malformed, "neither JSON nor CBOR"))?;
    decode(encoding, payload, Limits::REQUEST).map_err(Fault::from)
}

/// Reads a value that may stand by itself, as in `mosquitto_pub -m ON`.
///
/// What came without a Content Type and is not JSON or CBOR is plain text.
///
/// # Errors
/// [`Symbol::Malformed`] or [`Symbol::TooLarge`].
pub fn parse_bare(format: Format, payload: &[u8]) -> Result<Datum, Fault> {
    let Some(encoding) = format.encoding(payload) else { return plain(payload) };
    match (decode(encoding, payload, Limits::REQUEST), format) {
        (Ok(value), _) => Ok(value),
        (Err(DecodeError::Syntax { .. } | DecodeError::Trailing { .. }), Format::Guessed) if is_word(payload) => {
            plain(payload)
        }
        (Err(error), _) => Err(error.into()),
    }
}

fn plain(payload: &[u8]) -> Result<Datum, Fault> {
    if payload.len() > Limits::REQUEST.bytes {
        return Err(DecodeError::TooLarge { size: payload.len(), limit: Limits::REQUEST.bytes }.into());
    }
    match std::str::from_utf8(payload) {
        Ok(text) if !text.chars().any(char::is_control) => Ok(Datum::text(text)),
        _ => Err(Fault::new(Symbol::Malformed, "neither JSON nor CBOR nor plain text")),
    }
}

/// Says whether a payload reads as words rather than as broken JSON: `toggle`, `fast-forward`.
fn is_word(payload: &[u8]) -> bool {
    payload.first().is_some_and(u8::is_ascii_alphabetic)
        && payload.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' '))
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        let symbol = match error {
            DecodeError::TooLarge { .. } | DecodeError::TooDeep { .. } | DecodeError::TooMany { .. } => {
                Symbol::TooLarge
            }
            DecodeError::Trailing { .. } | DecodeError::Syntax { .. } | DecodeError::Shape { .. } => Symbol::Malformed,
        };
        Self::new(symbol, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_people_type() {
        for (payload, expect) in [
            (&b"ON"[..], Datum::text("ON")),
            (b"true", Datum::Bool(true)),
            (b"21.5", Datum::Number(21.5)),
            (b"toggle", Datum::text("toggle")),
            (b"fast", Datum::text("fast")),
            (b"\"fast\"", Datum::text("fast")),
            (b"\xf5", Datum::Bool(true)),
            ("grün".as_bytes(), Datum::text("grün")),
        ] {
            assert_eq!(parse_bare(Format::Guessed, payload), Ok(expect));
        }
    }

    #[test]
    fn refuses_what_is_neither() {
        for payload in [&b"{\"value\":"[..], b"\x01\x02", b"[1,2", b"1 2", b"-", b"\xff"] {
            let fault = parse_bare(Format::Guessed, payload).unwrap_err();
            assert_eq!(fault.symbol, Symbol::Malformed, "{payload:?}");
        }
        assert_eq!(Format::new(Some("application/xml")).unwrap_err().symbol, Symbol::UnsupportedContentType);
    }
}
