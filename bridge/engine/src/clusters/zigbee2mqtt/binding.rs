//! What ties a common property to a native one.

use hes_schemas::{Datum, Fault, PropertyDocument, PropertyName, Symbol};

use super::{
    conversion::{Conversion, Rule},
    document,
    expose::{Access, Numeric, What},
    leaf::Leaf,
    meaning::{self, Meaning},
    name,
};

/// One common property of a device, and how it is said natively.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Binding {
    pub(super) property: PropertyName,
    /// The names that the property has where endpoints do not count: in a group.
    pub(super) bare: PropertyName,
    pub(super) bare_native: Box<str>,
    pub(super) conversion: Conversion,
    pub(super) access: Access,
    /// What the device takes but never reports.
    pub(super) toggle: Option<Datum>,
    /// How far a native number may be from what was asked for.
    pub(super) tolerance: f64,
    /// What to send to be told.
    pub(super) question: Datum,
}

impl Binding {
    pub(super) fn new(property: PropertyName, leaf: &Leaf, meaning: Meaning) -> Self {
        let toggle = if let What::Binary(binary) = &leaf.expose.what { binary.toggle.clone() } else { None };
        Self {
            property,
            bare: name::property_name(&name::bare(leaf, &meaning)),
            bare_native: meaning::bare_property(&leaf.expose).into(),
            access: leaf.expose.access,
            toggle,
            tolerance: tolerance(&leaf.expose.what, &meaning.conversion),
            question: document::question(leaf),
            conversion: meaning.conversion,
        }
    }

    /// Says whether a report is what was asked for, both in the common vocabulary; compared are the native values.
    ///
    /// A toggle and a stop are never reported themselves: any report fulfils them.
    pub(super) fn fulfils(&self, asked: &Datum, reported: &Datum) -> bool {
        let asked = self.conversion.to_native(asked);
        let is_stop = || asked.as_text().is_some_and(|word| word.eq_ignore_ascii_case("stop"));
        let is_command = self.toggle.as_ref() == Some(&asked) || is_stop();
        is_command || is_near(&asked, &self.conversion.to_native(reported), self.tolerance)
    }

    /// Says whether a native value may be sent as it is.
    ///
    /// # Errors
    /// [`Symbol::BadValue`] for a word that does not exist, a number out of range, or another type.
    pub(super) fn permit(&self, document: &PropertyDocument, native: &Datum) -> Result<(), Fault> {
        let common = self.conversion.to_common(native).unwrap_or_else(|| native.clone());
        let is_permitted = self.toggle.as_ref() == Some(native)
            || document.presets.values().any(|preset| *preset == common)
            || is_permitted(document, &common);
        if is_permitted { Ok(()) } else { Err(Fault::new(Symbol::BadValue, "the device takes no such native value")) }
    }
}

fn is_permitted(document: &PropertyDocument, common: &Datum) -> bool {
    use hes_schemas::DataType as Type;
    let is_choice = document.choices.is_empty() || document.choices.contains(common);
    let is_of_type = match document.data_type {
        Type::Boolean => matches!(common, Datum::Bool(_)),
        Type::Integer => matches!(common, Datum::Integer(_)),
        Type::Number => {
            let (least, most) = (document.minimum, document.maximum);
            let holder = Numeric { minimum: least, maximum: most, ..Numeric::default() };
            holder.holds(common)
        }
        Type::String => matches!(common, Datum::Text(_)),
        Type::Object => matches!(common, Datum::Map(_)),
        Type::Array => matches!(common, Datum::List(_)),
        Type::Null => true,
    };
    is_choice && is_of_type
}

/// Half a step where there is one; a lamp is free to be off by one in 254 and by one mired.
fn tolerance(what: &What, conversion: &Conversion) -> f64 {
    const MEASURED: f64 = 0.01;
    let is_whole = |end: Option<f64>| end.is_some_and(|end| end.fract() == 0.0);
    match (what, &conversion.rule) {
        (_, Rule::Mired) => 1.0,
        (What::Numeric(Numeric { step: Some(step), .. }), _) => step / 2.0,
        (What::Numeric(numeric), Rule::Linear(_)) if numeric.maximum.is_some_and(|most| most > 100.0) => 1.0,
        (What::Numeric(numeric), _) if is_whole(numeric.minimum) && is_whole(numeric.maximum) => 0.5,
        _ => MEASURED,
    }
}

/// Compares native values; of a map only the fields count that were both asked for and reported.
fn is_near(asked: &Datum, reported: &Datum, tolerance: f64) -> bool {
    match (asked, reported) {
        (Datum::Map(asked), Datum::Map(_)) => asked.iter().all(|(key, asked)| {
            let tolerance = if matches!(key.as_ref(), "hue" | "saturation") { 2.0 } else { tolerance };
            reported.field(key).is_none_or(|reported| is_near(asked, reported, tolerance))
        }),
        (Datum::List(asked), Datum::List(reported)) => {
            let mut pairs = asked.iter().zip(reported);
            asked.len() == reported.len() && pairs.all(|(asked, reported)| is_near(asked, reported, tolerance))
        }
        _ => match (asked.as_number(), reported.as_number()) {
            (Some(asked), Some(reported)) => (asked - reported).abs() <= tolerance,
            _ => asked == reported,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, f64)]) -> Datum {
        entries.iter().map(|(key, number)| (*key, Datum::number(*number))).collect()
    }

    #[test]
    fn colours_are_near_if_all_reported_fields_are() {
        let asked = map(&[("x", 0.3127), ("y", 0.329)]);
        assert!(is_near(&asked, &map(&[("x", 0.3131), ("y", 0.329), ("hue", 200.0)]), 0.01));
        assert!(!is_near(&asked, &map(&[("x", 0.35), ("y", 0.329)]), 0.01));
        assert!(is_near(&map(&[("hue", 20.0)]), &map(&[("hue", 21.0)]), 0.01));
    }

    #[test]
    fn what_is_not_reported_is_not_demanded() {
        assert!(is_near(&map(&[("pin", 1234.0)]), &map(&[("user", 1.0)]), 0.01));
    }

    #[test]
    fn a_lost_value_is_no_fulfilment() {
        assert!(!is_near(&Datum::text("ON"), &Datum::Null, 0.5));
        assert!(!is_near(&Datum::Integer(3), &Datum::text("3"), 0.5));
    }
}
