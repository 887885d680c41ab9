//! JSON: a scan that counts, then `serde_json`.

use serde::{Serialize, de::DeserializeOwned};

use super::{DecodeError, Limits};

/// Checks depth and count in one pass over the bytes, without understanding more than brackets, commas and strings.
pub(super) fn scan(payload: &[u8], limits: Limits) -> Result<(), DecodeError> {
    let (mut depth, mut count) = (0_usize, 1_usize);
    let mut bytes = payload.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
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
    }
    Ok(())
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

pub(super) fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let message = T::deserialize(&mut deserializer).map_err(|error| fault(&error, payload))?;
    deserializer.end().map_err(|error| DecodeError::Trailing { offset: offset(&error, payload) })?;
    Ok(message)
}

fn fault(error: &serde_json::Error, payload: &[u8]) -> DecodeError {
    match error.classify() {
        serde_json::error::Category::Data => DecodeError::Shape { reason: error.to_string() },
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof | serde_json::error::Category::Io => {
            DecodeError::Syntax { offset: offset(error, payload) }
        }
    }
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
