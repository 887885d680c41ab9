//! From the data model to a message: both encodings meet here, so that a message cannot mean two things.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor, value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{DecodeError, misfit::Misfit};
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
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Datum::Null => visitor.visit_unit(),
            Datum::Bool(value) => visitor.visit_bool(value),
            Datum::Integer(value) => visitor.visit_i64(value),
            Datum::Number(value) => visitor.visit_f64(value),
            Datum::Text(text) => visitor.visit_string(text.into()),
            Datum::List(elements) => visitor.visit_seq(Elements(elements.into_iter().enumerate())),
            Datum::Map(entries) => visitor.visit_map(Entries { rest: entries.into_iter(), next: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Datum::Map(_) => self.deserialize_any(visitor),
            Datum::Null | Datum::Bool(_) | Datum::Integer(_) | Datum::Number(_) | Datum::Text(_) | Datum::List(_) => {
                Err(Misfit::invalid_type(self.unexpected(), &visitor))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Datum::Text(name) => visitor.visit_enum(Choice { name, content: None }),
            Datum::Map(entries) if entries.len() == 1 => {
                let (name, content) = entries.into_iter().next().unwrap_or_default();
                visitor.visit_enum(Choice { name, content: Some(content) })
            }
            Datum::Null | Datum::Bool(_) | Datum::Integer(_) | Datum::Number(_) | Datum::List(_) | Datum::Map(_) => {
                Err(Misfit::invalid_type(self.unexpected(), &"a word"))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, Misfit> for Shape {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// One of several things that are told apart by a word: the word alone, or a map from it to what belongs to it.
struct Choice {
    name: Box<str>,
    content: Option<Datum>,
}

impl Choice {
    /// Returns what belongs to the word, which cannot stand alone.
    fn content(self) -> Result<Shape, Misfit> {
        let missing = || Misfit::custom(format!("{:?} is not enough; what is wanted is {{\"{0}\":{{..}}}}", self.name));
        self.content.map(Shape).ok_or_else(missing)
    }
}

impl<'de> EnumAccess<'de> for Choice {
    type Error = Misfit;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Misfit> {
        Ok((seed.deserialize(StrDeserializer::new(&self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(Misfit::invalid_type(Unexpected::Map, &"a word")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        let name = self.name.clone();
        seed.deserialize(self.content()?).map_err(|misfit| misfit.in_field(&name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        let name = self.name.clone();
        self.content()?.deserialize_seq(visitor).map_err(|misfit| misfit.in_field(&name))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        let name = self.name.clone();
        self.content()?.deserialize_struct("", fields, visitor).map_err(|misfit| misfit.in_field(&name))
    }
}

/// The elements of a list that are still to be read.
struct Elements(std::iter::Enumerate<std::vec::IntoIter<Datum>>);

impl<'de> SeqAccess<'de> for Elements {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some((index, element)) = self.0.next() else { return Ok(None) };
        seed.deserialize(Shape(element)).map(Some).map_err(|misfit| misfit.in_element(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of a map that are still to be read, and the one whose key has been.
struct Entries {
    rest: std::vec::IntoIter<(Box<str>, Datum)>,
    next: Option<(Box<str>, Datum)>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.next = self.rest.next();
        let Some((key, _)) = &self.next else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let (key, value) = self.next.take().unwrap_or_default();
        seed.deserialize(Shape(value)).map_err(|misfit| misfit.in_field(&key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}
