//! The JSON Schemas of all messages.

/// Makes the JSON Schemas of all messages.
#[must_use]
pub fn json_schemas() -> serde_json::Value {
    serde_json::Value::Null
}
