//! The golden vectors: what every reader and writer of the messages must make of these bytes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test panics to say what is wrong"
)]

mod book;

use std::fmt::Debug;

use hes_schemas::{
    Datum, DeviceDocument, Encoding, Limits, Reading, datum_of, decode, decode_datum, encode, message, schema,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::book::{Bad, Good, Kind, Loose, Vectors, bytes_of, digits_of};

/// What the test of one message does.
trait Check {
    fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, limits: Limits);
}

/// Reads all vectors and calls a check with the type of each message.
fn each(check: &impl Check) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
    let mut seen = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let vectors: Vectors = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        dispatch(check, &vectors);
        seen += 1;
    }
    assert_eq!(seen, 25, "one file for each message");
}

fn dispatch(check: &impl Check, vectors: &Vectors) {
    let (asked, told) = (Limits::REQUEST, Limits::CLUSTER);
    match vectors.message.as_str() {
        "Datum" => check.check::<Datum>(vectors, asked),
        "Devices" => check.check::<message::Devices>(vectors, asked),
        "Retrieve" => check.check::<message::Retrieve>(vectors, asked),
        "RetrieveMany" => check.check::<message::RetrieveMany>(vectors, asked),
        "Update" => check.check::<message::Update>(vectors, asked),
        "UpdateProperties" => check.check::<message::UpdateProperties>(vectors, asked),
        "UpdateMany" => check.check::<message::UpdateMany>(vectors, asked),
        "Subscribe" => check.check::<message::Subscribe>(vectors, asked),
        "Renew" => check.check::<message::Renew>(vectors, asked),
        "Unsubscribe" => check.check::<message::Unsubscribe>(vectors, asked),
        "Federate" => check.check::<message::Federate>(vectors, asked),
        "Token" => check.check::<message::Token>(vectors, asked),
        "FederationInfo" => check.check::<message::FederationInfo>(vectors, told),
        "TokenInfo" => check.check::<message::TokenInfo>(vectors, told),
        "Verdict" => check.check::<message::Verdict>(vectors, told),
        "Answer" => check.check::<message::Answer>(vectors, told),
        "LinkMessage" => check.check::<hes_schemas::link::LinkMessage>(vectors, told),
        "Notification" => check.check::<message::Notification>(vectors, told),
        "Reading" => check.check::<Reading>(vectors, told),
        "DeviceDocument" => check.check::<DeviceDocument>(vectors, told),
        "HomeState" => check.check::<message::HomeState>(vectors, told),
        "KeySet" => check.check::<message::KeySet>(vectors, told),
        "ClusterState" => check.check::<message::ClusterState>(vectors, told),
        "DeviceState" => check.check::<message::DeviceState>(vectors, told),
        "DeviceEvent" => check.check::<message::DeviceEvent>(vectors, told),
        other => panic!("{other} is no message"),
    }
}

#[test]
fn good_vectors_are_read_and_written_byte_for_byte() {
    struct Exact;
    impl Check for Exact {
        fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, limits: Limits) {
            for Good { name, json, cbor, .. } in &vectors.good {
                let name = format!("{} {name}", vectors.message);
                let one: T = decode(Encoding::Json, json.as_bytes(), limits).unwrap_or_else(|e| panic!("{name}: {e}"));
                let two: T = decode(Encoding::Cbor, &bytes_of(cbor), limits).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(one, two, "{name}");
                assert_eq!(String::from_utf8(encode(Encoding::Json, &one)).unwrap(), *json, "{name}");
                assert_eq!(digits_of(&encode(Encoding::Cbor, &one)), *cbor, "{name}");
                assert_eq!(Ok(datum_of(&one)), decode_datum(Encoding::Cbor, &bytes_of(cbor), limits), "{name}");
            }
        }
    }
    each(&Exact);
}

#[test]
fn loose_vectors_mean_what_they_say() {
    struct Means;
    impl Check for Means {
        fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, limits: Limits) {
            for Loose { name, payload, means } in &vectors.loose {
                let name = format!("{} {name}", vectors.message);
                let read: T =
                    decode(payload.encoding(), &payload.bytes(), limits).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(String::from_utf8(encode(Encoding::Json, &read)).unwrap(), *means, "{name}");
            }
        }
    }
    each(&Means);
}

#[test]
fn bad_vectors_are_refused_for_what_is_wrong_with_them() {
    struct Refused;
    impl Check for Refused {
        fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, limits: Limits) {
            for Bad { name, payload, error, .. } in &vectors.bad {
                let read = decode::<T>(payload.encoding(), &payload.bytes(), limits).map_err(Kind::from);
                assert_eq!(read, Err(*error), "{} {name}", vectors.message);
            }
        }
    }
    each(&Refused);
}

#[test]
fn a_refusal_is_worded_for_who_sent_the_bytes() {
    struct Worded;
    impl Check for Worded {
        fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, limits: Limits) {
            let foreign = [
                "struct",
                "serde",
                "Duration",
                "variant",
                "line 1",
                "invalid type",
                "invalid value",
                "expected",
                "a string",
                "unit",
                "sequence",
                "f64",
                "u64",
                "u32",
                "floating point",
                "`",
            ];
            for Bad { name, payload, .. } in &vectors.bad {
                let said = decode::<T>(payload.encoding(), &payload.bytes(), limits).unwrap_err().to_string();
                let is_foreign = |word: &&&str| said.replace("is expected", "").contains(**word);
                assert_eq!(foreign.iter().find(is_foreign), None, "{} {name}: {said}", vectors.message);
                assert!(!said.is_empty() && said.len() < 600, "{} {name}: {said}", vectors.message);
            }
        }
    }
    each(&Worded);
}

#[test]
fn a_refusal_names_the_field_and_what_belongs_there() {
    let said = |payload: &str| {
        let read = decode::<message::Subscribe>(Encoding::Json, payload.as_bytes(), Limits::REQUEST);
        read.unwrap_err().to_string()
    };
    let federate = |payload: &str| {
        let read = decode::<message::Federate>(Encoding::Json, payload.as_bytes(), Limits::REQUEST);
        read.unwrap_err().to_string()
    };
    for (payload, expect) in [
        (r#"{"do":"leave"}"#, "do: \"leave\" is not enough; what is wanted is {\"leave\":{..}}"),
        (r#"{"do":{"list":{}}}"#, "do: a word is expected, not a map"),
        (r#"{"do":{"leave":{"federation":7}}}"#, "do.leave.federation: a text is expected, not 7"),
        (r#"{"do":{"leave":{}}}"#, "do.leave: the field \"federation\" is missing"),
    ] {
        assert_eq!(federate(payload), expect, "{payload}");
    }
    for (payload, expect) in [
        ("[]", "a map is expected, not a list"),
        ("{}", "the field \"scope\" is missing"),
        (r#"{"scope":7}"#, "scope: a text is expected, not 7"),
        (r##"{"scope":"#","lease":-1}"##, "lease: a number of seconds from 0 up is expected, not -1"),
        (r##"{"scope":"#","lease":"long"}"##, "lease: a number is expected, not \"long\""),
        (r##"{"scope":"#","initial":"yes"}"##, "initial: true or false is expected, not \"yes\""),
        (r##"{"scope":"#","events":"device_event"}"##, "events: a list is expected, not \"device_event\""),
        (
            r##"{"scope":"#","events":["device_event","someday"]}"##,
            "events[1]: \"someday\" is none of property_changed, device_event, device_online, device_offline, \
             device_added, device_removed",
        ),
        (r##"{"scope":"#","scope":"a"}"##, "the field \"scope\" comes twice"),
    ] {
        assert_eq!(said(payload), expect, "{payload}");
    }
    assert!(
        said(r##"{"scope":"#","leese":1}"##).starts_with("there is no field \"leese\"; there are id, reply_to, ttl")
    );
}

#[test]
fn a_good_vector_that_is_cut_anywhere_is_refused() {
    struct Cut;
    impl Check for Cut {
        fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, limits: Limits) {
            for Good { name, json, cbor, .. } in &vectors.good {
                let encoded = [(Encoding::Json, json.clone().into_bytes()), (Encoding::Cbor, bytes_of(cbor))];
                for (encoding, bytes) in encoded {
                    // a number in JSON has no end of its own
                    let is_open = encoding == Encoding::Json && !matches!(bytes[0], b'{' | b'[' | b'"');
                    let cuts = if is_open { 0..1 } else { 0..bytes.len() };
                    for end in cuts {
                        let read = decode::<T>(encoding, &bytes[..end], limits).map_err(Kind::from);
                        assert_eq!(read, Err(Kind::Syntax), "{} {name} {encoding:?} {end}", vectors.message);
                    }
                }
            }
        }
    }
    each(&Cut);
}

#[test]
fn the_json_schemas_accept_and_refuse_the_same_vectors() {
    struct Schema(Value);
    impl Check for Schema {
        fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, _: Limits) {
            let mut schema = self.0.clone();
            schema["$ref"] = format!("#/$defs/{}", vectors.message).into();
            let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
            for Good { name, json, .. } in &vectors.good {
                let message: Value = serde_json::from_str(json).unwrap();
                assert!(validator.is_valid(&message), "{} {name}", vectors.message);
            }
            for Bad { name, payload, error, beyond_schema } in &vectors.bad {
                let Ok(message) = serde_json::from_slice::<Value>(&payload.bytes()) else { continue };
                if *error == Kind::Shape && vectors.message != "Datum" {
                    assert_eq!(validator.is_valid(&message), *beyond_schema, "{} {name}", vectors.message);
                }
            }
        }
    }
    each(&Schema(schema::json_schemas()));
}

#[test]
fn there_are_vectors_for_every_message_and_enough_of_them() {
    struct Counted(std::cell::Cell<(usize, usize)>);
    impl Check for Counted {
        fn check<T: DeserializeOwned + Serialize + PartialEq + Debug>(&self, vectors: &Vectors, _: Limits) {
            let (good, bad) = self.0.get();
            assert!(vectors.good.len() >= 2 && vectors.bad.len() >= 3, "{}", vectors.message);
            self.0.set((good + vectors.good.len(), bad + vectors.bad.len()));
        }
    }
    let counted = Counted(std::cell::Cell::default());
    each(&counted);
    let (good, bad) = counted.0.get();
    assert!(good >= 60 && bad >= 80, "{good} good, {bad} bad");
}
