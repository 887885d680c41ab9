//! JSON objects and numbers as the house writes them.

use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// Makes an object of some entries.
pub(crate) fn object<const N: usize>(entries: [(&str, Value); N]) -> Object {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Writes a number with at most so many decimals, and without a point if none is left.
pub(crate) fn rounded(number: f64, decimals: u8) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let scale = 10_f64.powi(i32::from(decimals));
    let number = (number * scale).round() / scale;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Value::from(number as i64);
    }
    Value::from(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_short_as_they_are() {
        let written = [(21.0, 2), (21.456, 2), (21.5, 0), (-0.04, 1), (f64::NAN, 1)]
            .map(|(number, decimals)| rounded(number, decimals).to_string());
        assert_eq!(written, ["21", "21.46", "22", "0", "null"]);
    }
}
