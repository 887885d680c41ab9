//! What can be read from a wish, with the words of Zigbee2MQTT when it cannot.

use serde_json::Value;

use crate::demo::house::object::Object;

/// Reads one of some lower-case words, in whatever case it is written.
///
/// # Errors
/// The value is no text, or another one.
pub(super) fn word(key: &str, wish: &Object, allowed: &[&'static str]) -> Result<&'static str, String> {
    let value = wish.get(key).unwrap_or(&Value::Null);
    let Some(text) = value.as_str() else {
        return Err(format!("{key} is not a string, got {} ({value})", kind(value)));
    };
    let found = allowed.iter().find(|word| word.eq_ignore_ascii_case(text));
    found
        .copied()
        .ok_or_else(|| format!("'{}' not allowed, choose between: {}", text.to_lowercase(), allowed.join(",")))
}

/// Reads a number, also one written as text.
///
/// # Errors
/// The value is no number.
pub(super) fn number(key: &str, wish: &Object) -> Result<f64, String> {
    let value = wish.get(key).unwrap_or(&Value::Null);
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number
        .filter(|number| number.is_finite())
        .ok_or_else(|| format!("{key} is not a number, got {} ({value})", kind(value)))
}

/// Reads a number within bounds, both included.
///
/// # Errors
/// The value is no number, or lies outside.
pub(super) fn number_within(key: &str, wish: &Object, least: f64, most: f64) -> Result<f64, String> {
    let number = number(key, wish)?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(format!(
        "{key} value of message: '{}' invalid, must be a number >= {least} and =< {most}",
        Value::from(wish.clone())
    ))
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => "object",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
    }
}
