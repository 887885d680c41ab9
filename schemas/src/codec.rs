//! Bytes become words: JSON and CBOR from one data model, with limits checked before anything is allocated.

mod cbor;
mod json;
mod misfit;
mod model;
mod shape;

use serde::{Serialize, de::DeserializeOwned};

use crate::Datum;

/// How a payload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// `application/json`.
    #[default]
    Json,
    /// `application/cbor`.
    Cbor,
}

/// What a payload may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole payload.
    pub bytes: usize,
    /// Lists and maps inside each other.
    pub depth: usize,
    /// Values altogether: each scalar, list, map and key.
    pub count: usize,
}

/// Says why a payload is not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The payload has more bytes than allowed.
    #[error("{size} bytes are more than {limit}")]
    TooLarge {
        /// What came.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Lists and maps are nested too deeply.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// What is allowed.
        limit: usize,
    },
    /// There are too many values.
    #[error("more than {limit} values")]
    TooMany {
        /// What is allowed.
        limit: usize,
    },
    /// Bytes follow the value.
    #[error("bytes follow the end of the message at offset {offset}")]
    Trailing {
        /// Where the first of them is.
        offset: usize,
    },
    /// The bytes are not well-formed, or use what the data model leaves out: numbers that are not finite, integers beyond 64
    /// bits signed, tags, byte strings, keys that are not text.
    #[error("not well-formed at offset {offset}")]
    Syntax {
        /// Where reading stopped.
        offset: usize,
    },
    /// The bytes are well-formed but not this message.
    #[error("{reason}")]
    Shape {
        /// What does not fit.
        reason: String,
    },
}

impl Limits {
    /// For what clients send: 16 KiB, 8 levels, 1,000 values.
    pub const REQUEST: Self = Self { bytes: 16 * 1024, depth: 8, count: 1_000 };

    /// For what clusters report and gateways answer: 4 MiB, 24 levels, a million values.
    pub const CLUSTER: Self = Self { bytes: 4 * 1024 * 1024, depth: 24, count: 1_000_000 };
}

impl Encoding {
    /// Returns the MQTT 5 Content Type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Cbor => "application/cbor",
        }
    }

    /// Reads a Content Type, parameters left aside; nothing if it is neither.
    #[must_use]
    pub fn from_content_type(text: &str) -> Option<Self> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        [Self::Json, Self::Cbor].into_iter().find(|encoding| essence.eq_ignore_ascii_case(encoding.content_type()))
    }

    /// Guesses the encoding of a payload that came without a Content Type; nothing if it is neither.
    ///
    /// JSON begins with one of `{ [ " t f n -`, a digit or white space, CBOR with a byte above 0x7f.
    #[must_use]
    pub fn guess(payload: &[u8]) -> Option<Self> {
        match payload.first()? {
            b'{' | b'[' | b'"' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9' | b' ' | b'\t' | b'\r' | b'\n' => {
                Some(Self::Json)
            }
            0x80..=0xff => Some(Self::Cbor),
            _ => None,
        }
    }
}

/// Reads one message from a payload.
///
/// # Errors
/// [`DecodeError`], the limits first: a payload beyond them is never parsed.
pub fn decode<T: DeserializeOwned>(encoding: Encoding, payload: &[u8], limits: Limits) -> Result<T, DecodeError> {
    shape::read(decode_datum(encoding, payload, limits)?)
}

/// Reads what a payload says, whichever message it may be; [`decode`] without its last step.
///
/// # Errors
/// As [`decode`]; [`DecodeError::Shape`] only for a key that comes twice in one map.
pub fn decode_datum(encoding: Encoding, payload: &[u8], limits: Limits) -> Result<Datum, DecodeError> {
    if payload.len() > limits.bytes {
        return Err(DecodeError::TooLarge { size: payload.len(), limit: limits.bytes });
    }
    match encoding {
        Encoding::Json => {
            json::scan(payload, limits)?;
            json::read(payload)
        }
        Encoding::Cbor => {
            cbor::scan(payload, limits)?;
            cbor::read(payload)
        }
    }
}

/// Reads one message from what a payload said, or from what another message carries.
///
/// # Errors
/// [`DecodeError::Shape`] with the field that does not fit.
pub fn read_datum<T: DeserializeOwned>(datum: Datum) -> Result<T, DecodeError> {
    shape::read(datum)
}

/// Takes the field out of a map that says which message it is; returns what it says, and the rest.
///
/// # Errors
/// [`DecodeError::Shape`] if there is none.
pub(crate) fn tagged(datum: Datum, tag: &str) -> Result<(Box<str>, Datum), DecodeError> {
    let missing = || DecodeError::Shape { reason: format!("the field {tag:?} is missing") };
    let Datum::Map(entries) = datum else { return Err(missing()) };
    let mut entries = entries.into_vec();
    let place = entries.iter().position(|(name, _)| name.as_ref() == tag).ok_or_else(missing)?;
    let (_, Datum::Text(word)) = entries.remove(place) else { return Err(missing()) };
    Ok((word, Datum::Map(entries.into())))
}

/// Writes one message as a payload.
#[must_use]
pub fn encode<T: Serialize + ?Sized>(encoding: Encoding, message: &T) -> Vec<u8> {
    let mut payload = Vec::with_capacity(256);
    match encoding {
        Encoding::Json => json::write(message, &mut payload),
        Encoding::Cbor => cbor::write(message, &mut payload),
    }
    payload
}

/// Returns a message as the data model says it, for a message that carries another.
///
/// What the data model has no words for becomes [`Datum::Null`].
#[must_use]
pub fn datum_of<T: Serialize + ?Sized>(message: &T) -> Datum {
    message.serialize(model::Model).unwrap_or_default()
}
