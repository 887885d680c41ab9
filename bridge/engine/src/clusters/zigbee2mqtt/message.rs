//! The small messages: whether something is online, a value without a name, a line of the log; and lists, unread.

use std::fmt;

use hes_schemas::{Datum, DecodeError, Encoding, Limits, decode_datum};
use serde::{
    Deserializer as _,
    de::{SeqAccess, Visitor},
};
use serde_json::{Deserializer, error::Category, value::RawValue};

/// Says why a payload is not a list.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListError {
    /// It has more bytes than a cluster may send.
    #[error("has {size} bytes, more than {limit}")]
    TooLarge {
        /// What came.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// It is something else.
    #[error("is no list")]
    NoList,
    /// It is not JSON.
    #[error("is not well-formed: {0}")]
    Syntax(serde_json::Error),
}

/// Hands out the elements of a list one by one, unread, so that a long one takes no memory.
///
/// # Errors
/// [`ListError`]; what was handed out before is then not to be trusted.
pub(super) fn each<'p>(payload: &'p [u8], each: impl FnMut(&'p RawValue)) -> Result<(), ListError> {
    let (size, limit) = (payload.len(), Limits::CLUSTER.bytes);
    if size > limit {
        return Err(ListError::TooLarge { size, limit });
    }
    let mut deserializer = Deserializer::from_slice(payload);
    let read = deserializer.deserialize_seq(Each(each)).and_then(|()| deserializer.end());
    read.map_err(|error| match error.classify() {
        Category::Data => ListError::NoList,
        Category::Syntax | Category::Eof | Category::Io => ListError::Syntax(error),
    })
}

struct Each<F>(F);

impl<'p, F: FnMut(&'p RawValue)> Visitor<'p> for Each<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'p>>(mut self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            (self.0)(element);
        }
        Ok(())
    }
}

/// Reads JSON, with integers beyond 64 bits as the nearest number: one of them must not hide all devices.
pub(super) fn json(payload: &[u8]) -> Result<Datum, DecodeError> {
    let read = |payload: &[u8]| decode_datum(Encoding::Json, payload, Limits::CLUSTER);
    read(payload).or_else(|error| match error {
        DecodeError::Syntax { .. } => read(&widened(payload)).map_err(|_same| error),
        DecodeError::TooLarge { .. }
        | DecodeError::TooDeep { .. }
        | DecodeError::TooMany { .. }
        | DecodeError::Trailing { .. }
        | DecodeError::Shape { .. } => Err(error),
    })
}

/// Gives an exponent to integers of 19 digits and more, which makes them numbers.
fn widened(payload: &[u8]) -> Vec<u8> {
    let mut widened = Vec::with_capacity(payload.len() + 16);
    let (mut digits, mut is_text, mut is_escaped) = (0_usize, false, false);
    for &byte in payload.iter().chain(b" ") {
        let is_number = !is_text && byte.is_ascii_digit();
        if !is_number && digits >= 19 && !matches!(byte, b'.' | b'e' | b'E') {
            widened.extend(b"e0");
        }
        digits = if is_number { digits + 1 } else { 0 };
        is_text ^= byte == b'"' && !is_escaped;
        is_escaped = is_text && byte == b'\\' && !is_escaped;
        widened.push(byte);
    }
    widened
}

/// Reads `{"state":"online"}` or, from older versions, `online`.
pub(super) fn is_online(payload: &[u8]) -> Option<bool> {
    let told = bare(payload)?;
    match told.field("state").unwrap_or(&told).as_text()? {
        "online" => Some(true),
        "offline" => Some(false),
        _ => None,
    }
}

/// Reads a value that may be JSON or just a text.
pub(super) fn bare(payload: &[u8]) -> Option<Datum> {
    json(payload).ok().or_else(|| std::str::from_utf8(payload).ok().map(Datum::text))
}

/// Returns the text of a log line if it tells of an error.
pub(super) fn error(line: &Datum) -> Option<&str> {
    let is_error = line.field("level").and_then(Datum::as_text) == Some("error");
    line.field("message").and_then(Datum::as_text).filter(|_| is_error)
}

/// Shortens a text for people.
pub(super) fn short(text: &str) -> String {
    const LONG: usize = 500;
    match text.char_indices().nth(LONG).and_then(|(index, _)| text.split_at_checked(index)) {
        Some((head, _)) => format!("{head}…"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_beyond_all_bounds_are_the_nearest_number() {
        let told =
            json(br#"{"a\"1":18446744073709552000,"b":"18446744073709552000\\","c":[-9223372036854775809],"d":1}"#)
                .unwrap();
        assert_eq!(told.field("a\"1").and_then(Datum::as_number), Some(18_446_744_073_709_552_000.0));
        assert_eq!(told.field("b").and_then(Datum::as_text), Some("18446744073709552000\\"));
        assert_eq!(told.field("d"), Some(&Datum::Integer(1)));
        assert_eq!(json(b"{\"a\":").unwrap_err(), DecodeError::Syntax { offset: 4 });
    }

    #[test]
    fn online_is_said_in_two_ways() {
        for (payload, expect) in [
            (r#"{"state":"online"}"#, Some(true)),
            ("offline", Some(false)),
            (r#""online""#, Some(true)),
            (r#"{"state":null}"#, None),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(is_online(payload.as_bytes()), expect, "{payload}");
        }
        assert_eq!(is_online(b"\xff\xfe"), None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(short(&"ä".repeat(500)).chars().count(), 500);
        assert_eq!(short(&"ä".repeat(501)).chars().count(), 501);
        assert!(short(&"ä".repeat(501)).ends_with('…'));
    }
}
