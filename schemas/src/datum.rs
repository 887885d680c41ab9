//! The data model that JSON and CBOR share.

mod weight;

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

pub(crate) use self::weight::weight_of;

/// Any value that a property, an event or a message may carry.
///
/// Shape: null, boolean, integer, number, text, list, or map with distinct text keys in their order.
/// Limits: integers fit 64 bits signed; numbers are finite; the rest is limited by [`crate::Limits`].
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Datum {
    /// Nothing is known, or nothing is meant.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number with a fraction, or beyond 64 bits.
    Number(f64),
    /// A text.
    Text(Box<str>),
    /// A list.
    List(Box<[Self]>),
    /// A map.
    Map(Box<[(Box<str>, Self)]>),
}

impl Datum {
    /// Makes a text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// Makes a number: an integer if it is whole and exact, so that `21.0` and `21` are one value.
    ///
    /// What is not finite becomes [`Datum::Null`].
    #[must_use]
    pub fn number(number: f64) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if !number.is_finite() {
            Self::Null
        } else if number.fract() == 0.0 && number.abs() <= EXACT {
            #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            Self::Integer(number as i64)
        } else {
            Self::Number(number)
        }
    }

    /// Returns the value as a number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(
                clippy::as_conversions,
                clippy::cast_precision_loss,
                reason = "a reader of numbers wants the nearest one"
            )]
            Self::Integer(integer) => Some(*integer as f64),
            Self::Number(number) => Some(*number),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns the text, if the value is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Number(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns the boolean, if the value is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            Self::Null | Self::Integer(_) | Self::Number(_) | Self::Text(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns the entries, if the value is a map.
    #[must_use]
    pub const fn as_map(&self) -> Option<&[(Box<str>, Self)]> {
        match self {
            Self::Map(entries) => Some(entries),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// Returns the elements, if the value is a list.
    #[must_use]
    pub const fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Number(_) | Self::Text(_) | Self::Map(_) => None,
        }
    }

    /// Returns the entry of a map with the given key.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Self> {
        self.as_map()?.iter().find(|(name, _)| name.as_ref() == key).map(|(_, value)| value)
    }

    /// Says whether nothing is known.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<bool> for Datum {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Datum {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Datum {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<Vec<Self>> for Datum {
    fn from(elements: Vec<Self>) -> Self {
        Self::List(elements.into())
    }
}

impl<K: Into<Box<str>>> FromIterator<(K, Self)> for Datum {
    fn from_iter<I: IntoIterator<Item = (K, Self)>>(entries: I) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

/// Writes the value as JSON, for people and logs of the command line.
impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).unwrap_or_default())
    }
}

impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Datum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DatumVisitor)
    }
}

struct DatumVisitor;

impl<'de> Visitor<'de> for DatumVisitor {
    type Value = Datum;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a boolean, a number, a text, a list or a map")
    }

    fn visit_unit<E: Error>(self) -> Result<Datum, E> {
        Ok(Datum::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Datum, E> {
        Ok(Datum::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Datum, D::Error> {
        Datum::deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Datum, E> {
        Ok(Datum::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Datum, E> {
        Ok(Datum::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Datum, E> {
        i64::try_from(value).map(Datum::Integer).map_err(|_too_large| E::custom("integer beyond 64 bits signed"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Datum, E> {
        if value.is_finite() { Ok(Datum::number(value)) } else { Err(E::custom("number is not finite")) }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Datum, E> {
        Ok(Datum::text(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Datum, E> {
        Ok(Datum::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Datum, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Datum::List(elements.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Datum, A::Error> {
        let mut entries: Vec<(Box<str>, Datum)> = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        if let Some(key) = repeated(&entries) {
            return Err(A::Error::custom(format_args!("the field {key:?} comes twice")));
        }
        Ok(Datum::Map(entries.into()))
    }
}

/// In a map of so many entries each is compared with each.
const FEW: usize = 16;

/// Finds a key that comes twice; in a large map they are sorted, because comparing each pair could take minutes.
pub(crate) fn repeated(entries: &[(Box<str>, Datum)]) -> Option<&str> {
    if entries.len() <= FEW {
        let mut others = entries.iter();
        let is_repeated =
            |(key, _): &&(Box<str>, Datum)| others.next().is_some() && others.clone().any(|it| it.0 == *key);
        return entries.iter().find(is_repeated).map(|(key, _)| key.as_ref());
    }
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    keys.windows(2).find_map(|pair| match pair {
        [one, two] if one == two => Some(*one),
        _ => None,
    })
}

impl JsonSchema for Datum {
    fn schema_name() -> Cow<'static, str> {
        "Datum".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "any JSON or CBOR value",
            "type": ["null", "boolean", "number", "string", "array", "object"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_integers() {
        assert_eq!(serde_json::from_str::<Datum>("21.0").unwrap(), Datum::Integer(21));
        assert_eq!(serde_json::from_str::<Datum>("21").unwrap(), Datum::Integer(21));
        assert_eq!(Datum::number(f64::NAN), Datum::Null);
    }

    #[test]
    fn refuses_what_two_readers_would_read_differently() {
        for text in [r#"{"a":1,"a":2}"#, "1e400", "18446744073709551615", r#""\ud800""#] {
            assert!(serde_json::from_str::<Datum>(text).is_err(), "{text}");
        }
    }
}
