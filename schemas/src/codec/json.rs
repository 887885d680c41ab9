//! JSON: a scan that counts, then `serde_json`.

use serde::{Deserialize, Serialize};

use super::{DecodeError, Limits};
use crate::Datum;

/// Checks depth, count and the size of integers in one pass, without understanding more than brackets, commas, strings and
/// numbers.
pub(super) fn scan(payload: &[u8], limits: Limits) -> Result<(), DecodeError> {
    let (mut depth, mut count) = (0_usize, 1_usize);
    let mut rest = payload;
    while let Some((byte, tail)) = rest.split_first() {
        match byte {
            b'[' | b'{' => (depth, count) = (depth + 1, count + 1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b':' => count += 1,
            _ => {}
        }
        if depth > limits.depth {
            return Err(DecodeError::TooDeep { limit: limits.depth });
        }
        if count > limits.count {
            return Err(DecodeError::TooMany { limit: limits.count });
        }
        rest = match byte {
            b'"' => after_string(tail),
            b'-' | b'0'..=b'9' => {
                after_number(rest).ok_or(DecodeError::Syntax { offset: payload.len() - rest.len() })?
            }
            _ => tail,
        };
    }
    Ok(())
}

fn after_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [b'"', tail @ ..] => return tail,
            [b'\\', _, tail @ ..] | [_, tail @ ..] => tail,
            [] => return rest,
        };
    }
}

/// Skips a number; nothing if it is an integer that 64 bits signed cannot hold, which a reader would round in silence.
fn after_number(rest: &[u8]) -> Option<&[u8]> {
    let length = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')).count();
    let (number, tail) = rest.split_at_checked(length)?;
    let is_exact = length < 19
        || number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
        || std::str::from_utf8(number).is_ok_and(|text| text.parse::<i64>().is_ok());
    is_exact.then_some(tail)
}

pub(super) fn read(payload: &[u8]) -> Result<Datum, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let datum = Datum::deserialize(&mut deserializer).map_err(|error| fault(&error, payload))?;
    deserializer.end().map_err(|error| DecodeError::Trailing { offset: offset(&error, payload) })?;
    Ok(datum)
}

fn fault(error: &serde_json::Error, payload: &[u8]) -> DecodeError {
    match error.classify() {
        serde_json::error::Category::Data => DecodeError::Shape { reason: without_place(&error.to_string()) },
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof | serde_json::error::Category::Io => {
            DecodeError::Syntax { offset: offset(error, payload) }
        }
    }
}

/// Takes off where the reader stood, which it adds to what the data model says.
fn without_place(reason: &str) -> String {
    reason.rsplit_once(" at line ").map_or(reason, |(reason, _)| reason).to_owned()
}

fn offset(error: &serde_json::Error, payload: &[u8]) -> usize {
    let before: usize =
        payload.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    before + error.column().saturating_sub(1)
}

pub(super) fn write<T: Serialize + ?Sized>(message: &T, payload: &mut Vec<u8>) {
    // our own messages have text keys only and a Vec takes every byte, so this cannot fail
    if serde_json::to_writer(&mut *payload, message).is_err() {
        payload.clear();
    }
}
