//! Any value survives both encodings, and any bytes are read or refused within the limits.

use hes_schemas::{Datum, DecodeError, Encoding, Limits, datum_of, decode, decode_datum, encode, message};
use proptest::prelude::*;

const BOTH: [Encoding; 2] = [Encoding::Json, Encoding::Cbor];

fn datum() -> impl Strategy<Value = Datum> {
    let scalar = prop_oneof![
        Just(Datum::Null),
        any::<bool>().prop_map(Datum::Bool),
        any::<i64>().prop_map(Datum::Integer),
        any::<f64>().prop_map(Datum::number),
        any::<String>().prop_map(|text| Datum::text(&text)),
    ];
    scalar.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Datum::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Counts what the limits count, in a value that was read.
fn values_in(datum: &Datum) -> usize {
    1 + match datum {
        Datum::List(elements) => elements.iter().map(values_in).sum(),
        Datum::Map(entries) => entries.iter().map(|(_, value)| 1 + values_in(value)).sum::<usize>(),
        Datum::Null | Datum::Bool(_) | Datum::Integer(_) | Datum::Number(_) | Datum::Text(_) => 0,
    }
}

fn depth_of(datum: &Datum) -> usize {
    match datum {
        Datum::List(elements) => 1 + elements.iter().map(depth_of).max().unwrap_or(0),
        Datum::Map(entries) => 1 + entries.iter().map(|(_, value)| depth_of(value)).max().unwrap_or(0),
        Datum::Null | Datum::Bool(_) | Datum::Integer(_) | Datum::Number(_) | Datum::Text(_) => 0,
    }
}

fn text_in(datum: &Datum) -> usize {
    match datum {
        Datum::Text(text) => text.len(),
        Datum::List(elements) => elements.iter().map(text_in).sum(),
        Datum::Map(entries) => entries.iter().map(|(key, value)| key.len() + text_in(value)).sum(),
        Datum::Null | Datum::Bool(_) | Datum::Integer(_) | Datum::Number(_) => 0,
    }
}

/// Bytes that look like CBOR or JSON more often than random ones do.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let heads =
        prop::sample::select(vec![0x9f, 0xbf, 0xff, 0x80, 0x81, 0x82, 0xa1, 0x61, 0x1b, 0x3b, 0x9b, 0xbb, 0x7b, 0xf9]);
    let signs = prop::sample::select(b"{}[]\",:0123456789.eE+-\\utrfalsn ".to_vec());
    prop::collection::vec(prop_oneof![any::<u8>(), heads, signs], 0..300)
}

proptest! {
    #[test]
    fn a_value_says_of_itself_what_its_payload_says(value in datum()) {
        prop_assert_eq!(datum_of(&value), value);
    }

    #[test]
    fn no_value_takes_more_bytes_than_its_weight(value in datum()) {
        prop_assert!(encode(Encoding::Cbor, &value).len() <= value.weight());
    }

    #[test]
    fn any_value_survives_both_encodings(value in datum()) {
        for encoding in BOTH {
            let bytes = encode(encoding, &value);
            prop_assert_eq!(decode_datum(encoding, &bytes, Limits::CLUSTER), Ok(value.clone()));
            prop_assert_eq!(decode::<Datum>(encoding, &bytes, Limits::CLUSTER), Ok(value.clone()));
        }
    }

    #[test]
    fn any_bytes_are_read_within_the_limits_or_refused(bytes in bytes()) {
        let limits = Limits { bytes: 256, depth: 4, count: 40 };
        for encoding in BOTH {
            match decode_datum(encoding, &bytes, limits) {
                Ok(value) => {
                    prop_assert!(bytes.len() <= limits.bytes && values_in(&value) <= limits.count);
                    prop_assert!(depth_of(&value) <= limits.depth && text_in(&value) <= bytes.len());
                }
                Err(DecodeError::Syntax { offset } | DecodeError::Trailing { offset }) => prop_assert!(offset <= bytes.len()),
                Err(DecodeError::TooLarge { size, .. }) => prop_assert_eq!(size, bytes.len()),
                Err(DecodeError::TooDeep { .. } | DecodeError::TooMany { .. } | DecodeError::Shape { .. }) => {}
            }
        }
    }

    #[test]
    fn what_was_read_is_written_so_that_it_is_read_again(bytes in bytes()) {
        for encoding in BOTH {
            let Ok(value) = decode_datum(encoding, &bytes, Limits::REQUEST) else { continue };
            for other in BOTH {
                prop_assert_eq!(decode_datum(other, &encode(other, &value), Limits::CLUSTER), Ok(value.clone()));
            }
        }
    }

    #[test]
    fn a_message_with_one_byte_changed_is_read_or_refused(at in 0_usize..60, byte: u8) {
        let update = message::Update { id: None, reply_to: None, ttl: None, value: Datum::text("heat"), if_version: Some(7), challenge: None };
        for encoding in BOTH {
            let mut bytes = encode(encoding, &update);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _read_or_refused = decode::<message::Update>(encoding, &bytes, Limits::REQUEST);
        }
    }
}

#[test]
fn a_map_of_many_keys_is_read_without_comparing_each_pair() {
    let entries: Datum = (0..200_000).map(|key| (key.to_string(), Datum::Null)).collect();
    for encoding in BOTH {
        let read = decode_datum(encoding, &encode(encoding, &entries), Limits::CLUSTER);
        assert!(read.is_ok_and(|read| read == entries));
    }
}
