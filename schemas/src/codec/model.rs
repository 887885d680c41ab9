//! From a message to the data model, with no payload in between.

use serde::{
    Serialize, Serializer,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::misfit::Misfit;
use crate::{Datum, datum::repeated};

/// Writes a message as what it says, in the way in which CBOR would write it.
///
/// Refuses what a payload could not say either: numbers that are not finite, integers beyond 64 bits signed, byte strings,
/// and keys that are not text or come twice.
pub(super) struct Model;

/// A list, or what a word has with it.
pub(super) struct List {
    elements: Vec<Datum>,
    word: Option<&'static str>,
}

/// A map, or what a word has with it.
pub(super) struct Map {
    entries: Vec<(Box<str>, Datum)>,
    key: Box<str>,
    word: Option<&'static str>,
}

fn under(word: Option<&'static str>, datum: Datum) -> Datum {
    match word {
        Some(word) => Datum::Map([(word.into(), datum)].into()),
        None => datum,
    }
}

fn list(length: Option<usize>, word: Option<&'static str>) -> List {
    List { elements: Vec::with_capacity(length.unwrap_or_default()), word }
}

fn map(length: Option<usize>, word: Option<&'static str>) -> Map {
    Map { entries: Vec::with_capacity(length.unwrap_or_default()), key: Box::default(), word }
}

macro_rules! integers {
    ($($serialize:ident: $integer:ty),*) => {
        $(fn $serialize(self, value: $integer) -> Result<Datum, Misfit> {
            Ok(Datum::Integer(value.into()))
        })*
    };
}

macro_rules! adds_elements {
    ($($of:ident by $add:ident),*) => {
        $(impl $of for List {
            type Ok = Datum;
            type Error = Misfit;

            fn $add<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Misfit> {
                self.elements.push(element.serialize(Model)?);
                Ok(())
            }

            fn end(self) -> Result<Datum, Misfit> {
                Ok(under(self.word, self.elements.into()))
            }
        })*
    };
}

macro_rules! adds_fields {
    ($($of:ident),*) => {
        $(impl $of for Map {
            type Ok = Datum;
            type Error = Misfit;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Misfit> {
                self.add(name.into(), value)
            }

            fn end(self) -> Result<Datum, Misfit> {
                self.into_datum()
            }
        })*
    };
}

impl Serializer for Model {
    type Ok = Datum;
    type Error = Misfit;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Map;
    type SerializeStruct = Map;
    type SerializeStructVariant = Map;

    fn serialize_bool(self, value: bool) -> Result<Datum, Misfit> {
        Ok(Datum::Bool(value))
    }

    integers! { serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32 }

    fn serialize_i64(self, value: i64) -> Result<Datum, Misfit> {
        Ok(Datum::Integer(value))
    }

    fn serialize_u64(self, value: u64) -> Result<Datum, Misfit> {
        i64::try_from(value).map(Datum::Integer).map_err(Misfit::custom)
    }

    fn serialize_f32(self, value: f32) -> Result<Datum, Misfit> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Datum, Misfit> {
        if value.is_finite() { Ok(Datum::number(value)) } else { Err(Misfit::custom("number is not finite")) }
    }

    fn serialize_char(self, value: char) -> Result<Datum, Misfit> {
        Ok(Datum::text(value.encode_utf8(&mut [0; 4])))
    }

    fn serialize_str(self, value: &str) -> Result<Datum, Misfit> {
        Ok(Datum::text(value))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Datum, Misfit> {
        Err(Misfit::custom("byte strings are not in the data model"))
    }

    fn serialize_none(self) -> Result<Datum, Misfit> {
        Ok(Datum::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Datum, Misfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Datum, Misfit> {
        Ok(Datum::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Datum, Misfit> {
        Ok(Datum::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, word: &'static str) -> Result<Datum, Misfit> {
        Ok(Datum::text(word))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Datum, Misfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        word: &'static str,
        value: &T,
    ) -> Result<Datum, Misfit> {
        Ok(under(Some(word), value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List, Misfit> {
        Ok(list(length, None))
    }

    fn serialize_tuple(self, length: usize) -> Result<List, Misfit> {
        Ok(list(Some(length), None))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<List, Misfit> {
        Ok(list(Some(length), None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        word: &'static str,
        length: usize,
    ) -> Result<List, Misfit> {
        Ok(list(Some(length), Some(word)))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Map, Misfit> {
        Ok(map(length, None))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Map, Misfit> {
        Ok(map(Some(length), None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        word: &'static str,
        length: usize,
    ) -> Result<Map, Misfit> {
        Ok(map(Some(length), Some(word)))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl Map {
    fn add<T: Serialize + ?Sized>(&mut self, key: Box<str>, value: &T) -> Result<(), Misfit> {
        self.entries.push((key, value.serialize(Model)?));
        Ok(())
    }

    fn into_datum(self) -> Result<Datum, Misfit> {
        match repeated(&self.entries) {
            Some(key) => Err(Misfit::custom(format_args!("the field {key:?} comes twice"))),
            None => Ok(under(self.word, Datum::Map(self.entries.into()))),
        }
    }
}

adds_elements! {
    SerializeSeq by serialize_element,
    SerializeTuple by serialize_element,
    SerializeTupleStruct by serialize_field,
    SerializeTupleVariant by serialize_field
}

impl SerializeMap for Map {
    type Ok = Datum;
    type Error = Misfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Misfit> {
        let Datum::Text(key) = key.serialize(Model)? else { return Err(Misfit::custom("keys are texts")) };
        self.key = key;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misfit> {
        let key = std::mem::take(&mut self.key);
        self.add(key, value)
    }

    fn end(self) -> Result<Datum, Misfit> {
        self.into_datum()
    }
}

adds_fields! { SerializeStruct, SerializeStructVariant }
