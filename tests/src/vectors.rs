//! The bad vectors of the messages: bytes that every reader of the interface has to refuse.

use std::{fs, path::Path};

use serde_json::Value;

use crate::client::{CBOR, JSON};

/// Bytes that are no message.
#[derive(Debug, Clone)]
pub struct BadVector {
    /// Which message they are not.
    pub message: String,
    /// What they are called.
    pub name: String,
    /// Their content type.
    pub content_type: &'static str,
    /// The bytes.
    pub payload: Vec<u8>,
    /// They are refused for their size, depth or number.
    pub is_too_large: bool,
}

impl BadVector {
    /// Reads all bad vectors of the schemas.
    ///
    /// # Panics
    /// If a file cannot be read.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/vectors"));
        let files = fs::read_dir(folder).expect("the schemas have vectors");
        let mut paths: Vec<_> = files.map(|file| file.expect("a directory can be listed").path()).collect();
        paths.sort();
        paths.iter().flat_map(|path| Self::of_file(path)).collect()
    }

    fn of_file(path: &Path) -> Vec<Self> {
        let file: Value = serde_json::from_slice(&fs::read(path).expect("a file can be read")).expect("it is JSON");
        let bad = file["bad"].as_array().expect("each file has bad vectors");
        bad.iter().map(|vector| Self::read(text(&file["message"]), vector)).collect()
    }

    fn read(message: &str, vector: &Value) -> Self {
        let content_type = if vector["encoding"] == "cbor" { CBOR } else { JSON };
        Self {
            message: message.to_owned(),
            name: text(&vector["name"]).to_owned(),
            content_type,
            payload: payload(vector, content_type),
            is_too_large: text(&vector["error"]).starts_with("too_"),
        }
    }
}

/// Returns the bytes of a vector: a text, hexadecimal digits, or pieces of either that are repeated.
fn payload(vector: &Value, content_type: &str) -> Vec<u8> {
    let piece = |text: &str| if content_type == CBOR { bytes(text) } else { text.as_bytes().to_vec() };
    match (vector["text"].as_str(), vector["hex"].as_str(), vector["repeat"].as_array()) {
        (Some(text), _, _) => text.as_bytes().to_vec(),
        (_, Some(digits), _) => bytes(digits),
        (_, _, Some(pieces)) => pieces.iter().flat_map(|pair| piece(text(&pair[0])).repeat(count(&pair[1]))).collect(),
        (None, None, None) => panic!("{vector} has no bytes"),
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).expect("digits are ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits are hexadecimal")).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("it is a text")
}

fn count(value: &Value) -> usize {
    value.as_u64().and_then(|count| count.try_into().ok()).expect("it is a count")
}
