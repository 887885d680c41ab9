//! How many bytes a value takes as CBOR, without writing it.

use super::Datum;

impl Datum {
    /// Returns how many bytes it takes as CBOR at most; only numbers with a fraction may take fewer.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 1,
            Self::Integer(integer) => head(if *integer < 0 { !*integer } else { *integer }.unsigned_abs()),
            Self::Number(_) => 9,
            Self::Text(text) => weight_of(text),
            Self::List(elements) => length(elements.len()) + elements.iter().map(Self::weight).sum::<usize>(),
            Self::Map(entries) => {
                let entry = |(key, value): &(Box<str>, Self)| weight_of(key) + value.weight();
                length(entries.len()) + entries.iter().map(entry).sum::<usize>()
            }
        }
    }
}

/// Returns how many bytes a text takes as CBOR.
pub(crate) fn weight_of(text: &str) -> usize {
    length(text.len()) + text.len()
}

fn length(length: usize) -> usize {
    head(u64::try_from(length).unwrap_or(u64::MAX))
}

const fn head(number: u64) -> usize {
    match number {
        0..=0x17 => 1,
        0x18..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}
