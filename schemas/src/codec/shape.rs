//! From the data model to a message: both encodings meet here, so that a message cannot mean two things.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, Error as _, IntoDeserializer, Unexpected, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::DecodeError;
use crate::Datum;

/// Reads a message from what the payload says.
///
/// Stricter than `serde_json` by itself, which takes a list where a message is a map, and a map where a word is meant.
pub(super) fn read<T: DeserializeOwned>(datum: Datum) -> Result<T, DecodeError> {
    T::deserialize(Shape(datum)).map_err(|error| DecodeError::Shape { reason: error.to_string() })
}

struct Shape(Datum);

impl Shape {
    fn unexpected(&self) -> Unexpected<'_> {
        match &self.0 {
            Datum::Null => Unexpected::Unit,
            Datum::Bool(value) => Unexpected::Bool(*value),
            Datum::Integer(value) => Unexpected::Signed(*value),
            Datum::Number(value) => Unexpected::Float(*value),
            Datum::Text(text) => Unexpected::Str(text),
            Datum::List(_) => Unexpected::Seq,
            Datum::Map(_) => Unexpected::Map,
        }
    }
}

impl<'de> Deserializer<'de> for Shape {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Datum::Null => visitor.visit_unit(),
            Datum::Bool(value) => visitor.visit_bool(value),
            Datum::Integer(value) => visitor.visit_i64(value),
            Datum::Number(value) => visitor.visit_f64(value),
            Datum::Text(text) => visitor.visit_string(text.into()),
            Datum::List(elements) => visitor.visit_seq(SeqDeserializer::new(elements.into_iter().map(Self))),
            Datum::Map(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (String::from(key), Self(value)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Datum::Map(_) => self.deserialize_any(visitor),
            Datum::Null | Datum::Bool(_) | Datum::Integer(_) | Datum::Number(_) | Datum::Text(_) | Datum::List(_) => {
                Err(Error::invalid_type(self.unexpected(), &visitor))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.as_text() {
            Some(word) => visitor.visit_enum(StrDeserializer::new(word)),
            None => Err(Error::invalid_type(self.unexpected(), &"a word")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Shape {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
