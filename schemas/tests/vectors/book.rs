//! A file of vectors, as it is written.

use hes_schemas::{DecodeError, Encoding};
use serde::Deserialize;

/// The vectors of one message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vectors {
    pub(crate) message: String,
    /// Both encodings say the same and are written exactly so.
    pub(crate) good: Vec<Good>,
    /// Other bytes that mean a message, which is written otherwise.
    pub(crate) loose: Vec<Loose>,
    /// Bytes that are refused.
    pub(crate) bad: Vec<Bad>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Good {
    pub(crate) name: String,
    #[serde(rename = "why")]
    _why: String,
    pub(crate) json: String,
    pub(crate) cbor: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Loose {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) payload: Payload,
    pub(crate) means: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Bad {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) payload: Payload,
    pub(crate) error: Kind,
    /// A schema cannot say what is wrong with it.
    #[serde(default)]
    pub(crate) beyond_schema: bool,
}

/// The bytes of a vector: a text, hexadecimal digits, or pieces (of text in JSON, of digits in CBOR) that are repeated.
#[derive(Debug, Deserialize)]
pub(crate) struct Payload {
    encoding: Name,
    text: Option<String>,
    hex: Option<String>,
    repeat: Option<Vec<(String, usize)>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Name {
    Json,
    Cbor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    TooLarge,
    TooDeep,
    TooMany,
    Trailing,
    Syntax,
    Shape,
}

impl Payload {
    pub(crate) fn encoding(&self) -> Encoding {
        match self.encoding {
            Name::Json => Encoding::Json,
            Name::Cbor => Encoding::Cbor,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        if let Some(text) = &self.text {
            return text.clone().into_bytes();
        }
        if let Some(digits) = &self.hex {
            return bytes_of(digits);
        }
        let pieces = self.repeat.as_ref().expect("a vector has text, hex or repeat");
        let piece = |text: &str| match self.encoding {
            Name::Json => text.as_bytes().to_vec(),
            Name::Cbor => bytes_of(text),
        };
        pieces.iter().flat_map(|(text, times)| piece(text).repeat(*times)).collect()
    }
}

impl From<DecodeError> for Kind {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::TooLarge { .. } => Self::TooLarge,
            DecodeError::TooDeep { .. } => Self::TooDeep,
            DecodeError::TooMany { .. } => Self::TooMany,
            DecodeError::Trailing { .. } => Self::Trailing,
            DecodeError::Syntax { .. } => Self::Syntax,
            DecodeError::Shape { .. } => Self::Shape,
        }
    }
}

/// Reads hexadecimal digits.
pub(crate) fn bytes_of(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "{digits}");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// Writes them.
pub(crate) fn digits_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
