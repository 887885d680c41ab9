//! What a request comes to.

use hes_schemas::{Encoding, Limits, decode_datum};
use serde_json::Value;

use super::CBOR;
use crate::wire::Message;

/// An answer, as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The id of the request; empty if it had none.
    pub token: String,
    /// How it ended.
    pub status: u64,
    /// All that it says.
    pub body: Value,
    /// The user property `status`; there is none in MQTT 3.1.1.
    pub label: Option<String>,
    /// The user property `traceparent`; there is none in MQTT 3.1.1.
    pub trace: Option<String>,
}

impl Answer {
    /// Reads a message of the answer space; nothing if it is no answer.
    #[must_use]
    pub fn read(message: &Message) -> Option<Self> {
        let properties = &message.properties;
        let body = match properties.content_type.as_deref() {
            Some(CBOR) => {
                serde_json::to_value(decode_datum(Encoding::Cbor, &message.payload, Limits::CLUSTER).ok()?).ok()?
            }
            _ => serde_json::from_slice(&message.payload).ok()?,
        };
        let named = properties.correlation.clone().and_then(|bytes| String::from_utf8(bytes).ok());
        let mark =
            |wanted: &str| properties.user.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        Some(Self {
            token: named.or_else(|| body.get("id").and_then(Value::as_str).map(str::to_owned)).unwrap_or_default(),
            status: body.get("status")?.as_u64()?,
            label: mark("status"),
            trace: mark("traceparent"),
            body,
        })
    }

    /// Returns a field of the body, or null.
    #[must_use]
    pub fn field(&self, name: &str) -> &Value {
        self.body.get(name).unwrap_or(&Value::Null)
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.field("value")
    }

    /// Returns the status and the word for what went wrong.
    #[must_use]
    pub fn refusal(&self) -> (u64, &str) {
        (self.status, self.field("error").as_str().unwrap_or_default())
    }
}
