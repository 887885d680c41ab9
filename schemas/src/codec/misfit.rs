//! Why what a payload says is not the message that was expected, in words for whoever sent it.

use std::fmt;

use serde::{
    de::{Error, Expected, StdError, Unexpected},
    ser,
};

/// How much of a word is repeated to who sent it, in characters.
const SHOWN: usize = 40;

/// What does not fit, and in which field.
///
/// Shape: `events[1]: "someday" is none of property_changed, device_event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// From the outermost field to the innermost, as it is printed.
    path: String,
    reason: String,
}

impl Misfit {
    /// Returns the same, found in a field of a map.
    pub(super) fn in_field(self, name: &str) -> Self {
        self.in_step(&shortened(name))
    }

    /// Returns the same, found in an element of a list.
    pub(super) fn in_element(self, index: usize) -> Self {
        self.in_step(&format!("[{index}]"))
    }

    fn in_step(self, step: &str) -> Self {
        let is_joined = self.path.is_empty() || self.path.starts_with('[');
        let path = format!("{step}{}{}", if is_joined { "" } else { "." }, self.path);
        Self { path, ..self }
    }

    fn new(reason: String) -> Self {
        Self { path: String::new(), reason }
    }
}

impl Error for Misfit {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(reason.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("{} is expected, not {}", kind(expected), shown(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::new(format!("{:?} is none of {}", shortened(word), known.join(", ")))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(format!("there is no field {:?}; there are {}", shortened(name), known.join(", ")))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(format!("the field {name:?} is missing"))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(format!("the field {name:?} comes twice"))
    }
}

impl ser::Error for Misfit {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(reason.to_string())
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.reason)
    }
}

impl StdError for Misfit {}

/// Says what is expected in the words of the data model, which knows fewer kinds than the language of the program.
fn kind(expected: &dyn Expected) -> String {
    let name = expected.to_string();
    match name.as_str() {
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "u8" | "u16" | "u32" | "u64" => "a whole number from 0 up".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "a borrowed string" | "string" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "unit" => "null".to_owned(),
        _ if name.starts_with("struct ") => "a map".to_owned(),
        _ => name,
    }
}

fn shown(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Float(value) if value.abs() >= 1e15 => format!("{value:e}"),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Char(value) => format!("{value:?}"),
        Unexpected::Str(text) => format!("{:?}", shortened(text)),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map | Unexpected::StructVariant => "a map".to_owned(),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Enum | Unexpected::UnitVariant | Unexpected::NewtypeVariant | Unexpected::TupleVariant => {
            "a word".to_owned()
        }
        Unexpected::Bytes(_) | Unexpected::NewtypeStruct | Unexpected::Other(_) => "this".to_owned(),
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
