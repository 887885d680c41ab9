//! What MQTT 5 says about a message beside its payload: the user properties of the interface, and where a request belongs.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Datum;

/// The names of user properties.
pub mod property {
    /// On an answer: its status.
    pub const STATUS: &str = "status";
    /// On what another home said: which message of that home it is, `elm-5-812`; the same by whichever way it came.
    pub const ID: &str = "hes-id";
    /// On what another home said and others passed on: which, the first one first, with commas between them.
    pub const VIA: &str = "hes-via";
    /// On what another home said: in which of its lives.
    pub const EPOCH: &str = "hes-epoch";
    /// On what another home said: the number of the change in that life.
    pub const SEQ: &str = "hes-seq";
    /// On a request and its answer: the trace that it is a part of.
    pub const TRACEPARENT: &str = "traceparent";
}

/// The place of a request in somebody's trace, passed on as it came.
///
/// Shape: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
///
/// Source: W3C Trace Context, 3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    parent: u64,
    flags: u8,
}

impl TraceParent {
    /// Reads one if it is well-formed; who cannot be understood begins no trace here.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, '-');
        let mut part = |length: usize| parts.next().filter(|part| part.len() == length && is_lower_hex(part));
        let (version, trace, parent, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let is_longer = parts.next().is_some();
        let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0)?;
        let parent = u64::from_str_radix(parent, 16).ok().filter(|parent| *parent != 0)?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        match version {
            "ff" => None,
            "00" if is_longer => None,
            "00" => Some(Self { trace, parent, flags }),
            // of a later version only the flag that this one knows is passed on
            _ => Some(Self { trace, parent, flags: flags & 1 }),
        }
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.parent, self.flags)
    }
}

impl Serialize for TraceParent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for TraceParent {
    fn schema_name() -> Cow<'static, str> {
        "TraceParent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
            "description": "The place of a request in a trace: W3C Trace Context. What is not well-formed is passed over.",
        })
    }
}

/// Reads a place in a trace; what is none is dropped, because a request is worth more than its trace.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TraceParent>, D::Error> {
    let datum = Datum::deserialize(deserializer)?;
    Ok(datum.as_text().and_then(TraceParent::read))
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_well_formed_is_passed_on_as_it_came() {
        for text in [GOOD, "00-00000000000000000000000000000001-0000000000000001-00"] {
            assert_eq!(TraceParent::read(text).map(|it| it.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn of_a_later_version_is_passed_on_what_this_one_knows() {
        for text in [GOOD.replace("00-0af", "cc-0af"), GOOD.replace("00-0af", "01-0af") + "-what-comes"] {
            assert_eq!(TraceParent::read(&text).map(|it| it.to_string()).as_deref(), Some(GOOD), "{text}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_none() {
        let wrong = [
            String::new(),
            "00".to_owned(),
            GOOD.to_uppercase(),
            GOOD.replace("00-0af", "ff-0af"),
            format!("{GOOD}-00"),
            format!("{GOOD} "),
            GOOD.replace('-', "_"),
            GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            GOOD.replace("b7ad6b7169203331", &"0".repeat(16)),
            GOOD.replace("0af7", "+af7"),
            "00-é".repeat(11),
        ];
        for text in wrong {
            assert_eq!(TraceParent::read(&text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in any::<String>()) {
            let _read = TraceParent::read(&text);
        }
    }
}
