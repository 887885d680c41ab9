//! The documents of properties and events.

use hes_schemas::{
    DataType, Datum, EventDocument, PropertyDocument, Safety,
    vocabulary::{Term, vocabulary},
};

use super::{
    expose::{Expose, List, Numeric, What},
    leaf::Leaf,
    meaning::Meaning,
    unit,
};

/// Describes a property of a device of these kinds in the common vocabulary.
pub(super) fn property(leaf: &Leaf, meaning: &Meaning, kinds: &[Box<str>]) -> PropertyDocument {
    let mut document = native(&leaf.expose);
    document.native = Some(leaf.expose.property.clone());
    translate(&mut document, leaf, meaning);
    document.title = title(&leaf.expose, meaning.term);
    match meaning.term {
        Some(term) => add_term(&mut document, term, kinds),
        None => {
            document.privacy = privacy(&leaf.expose.property);
            document.safety = if document.read_only { Safety::S0 } else { vocabulary().unknown_write() };
        }
    }
    document
}

/// Describes what a device tells of.
pub(super) fn event(leaf: &Leaf) -> EventDocument {
    let term = vocabulary().term("action");
    EventDocument {
        title: term.map(|term| term.title.clone()),
        choices: if let What::Enum(values) = &leaf.expose.what { values.clone() } else { Vec::new() },
        native: Some(leaf.expose.property.clone()),
        privacy: term.map_or(Safety::S1, |term| term.privacy),
    }
}

/// Describes a value as its cluster sees it; the fields of a map are not translated, so this is their document.
fn native(expose: &Expose) -> PropertyDocument {
    let access = expose.access;
    let mut document = PropertyDocument {
        unit: expose.unit.as_deref().and_then(unit::canonical).map(Into::into),
        read_only: !access.is_settable(),
        write_only: access.is_write_only(),
        observable: access.is_published(),
        gettable: access.is_gettable(),
        ..PropertyDocument::default()
    };
    match &expose.what {
        What::Binary(binary) => {
            document.choices =
                [binary.on.clone(), binary.off.clone()].into_iter().chain(binary.toggle.clone()).collect();
            document.data_type = type_of(&document.choices);
        }
        What::Numeric(numeric) => add_numeric(&mut document, numeric),
        What::Enum(values) => {
            document.data_type = type_of(values);
            document.choices.clone_from(values);
        }
        What::Text => document.data_type = DataType::String,
        What::Composite(fields) => {
            document.data_type = DataType::Object;
            document.properties = fields.iter().map(|inner| (inner.property.clone(), field(inner, expose))).collect();
        }
        What::List(list) => add_list(&mut document, list),
        What::Family(..) | What::Any => {}
    }
    document
}

fn add_numeric(document: &mut PropertyDocument, numeric: &Numeric) {
    document.data_type = DataType::Number;
    (document.minimum, document.maximum) = (numeric.minimum, numeric.maximum);
    document.multiple_of = grid(numeric);
    document.presets = numeric.presets.iter().cloned().collect();
}

fn add_list(document: &mut PropertyDocument, list: &List) {
    document.data_type = DataType::Array;
    document.items = list.item.as_deref().map(|item| Box::new(unflagged(native(item))));
    (document.min_items, document.max_items) = (list.least, list.most);
}

/// Describes a field; only that it is write-only inside of what can be read is worth a flag.
fn field(inner: &Expose, outer: &Expose) -> PropertyDocument {
    let document = native(inner);
    let is_secret = document.write_only && outer.access.is_published();
    PropertyDocument { write_only: is_secret, ..unflagged(document) }
}

fn unflagged(document: PropertyDocument) -> PropertyDocument {
    PropertyDocument { read_only: false, write_only: false, observable: false, gettable: false, ..document }
}

/// A step is one of the data model only if both ends of the range lie on it, counted from zero.
fn grid(numeric: &Numeric) -> Option<f64> {
    let step = numeric.step?;
    let is_on_it = |end: Option<f64>| {
        let steps = end.unwrap_or(0.0) / step;
        (steps - steps.round()).abs() < 1e-6
    };
    (is_on_it(numeric.minimum) && is_on_it(numeric.maximum)).then_some(step)
}

fn type_of(choices: &[Datum]) -> DataType {
    let all = |is: fn(&Datum) -> bool| choices.iter().all(is);
    if all(|choice| matches!(choice, Datum::Text(_))) {
        DataType::String
    } else if all(|choice| matches!(choice, Datum::Bool(_))) {
        DataType::Boolean
    } else if all(|choice| matches!(choice, Datum::Integer(_))) {
        DataType::Integer
    } else {
        DataType::Null
    }
}

/// Moves a native document into the common vocabulary.
fn translate(document: &mut PropertyDocument, leaf: &Leaf, meaning: &Meaning) {
    let conversion = &meaning.conversion;
    let common = |native: &Datum| conversion.to_common(native).unwrap_or_else(|| native.clone());
    match &leaf.expose.what {
        What::Binary(_) => {
            document.data_type = DataType::Boolean;
            document.choices.clear();
        }
        What::Numeric(numeric) => {
            (document.minimum, document.maximum) = conversion.range(numeric.minimum, numeric.maximum);
            document.multiple_of = grid(numeric).filter(|_| conversion.keeps_numbers());
            document.presets = numeric.presets.iter().map(|(name, value)| (name.clone(), common(value))).collect();
        }
        What::Enum(values) => document.choices = values.iter().map(common).collect(),
        What::Composite(fields) if leaf.is_color() => {
            document.properties = fields.iter().map(|inner| (inner.name.clone(), color(inner, &leaf.expose))).collect();
        }
        What::Text | What::Composite(_) | What::List(_) | What::Family(..) | What::Any => {}
    }
}

/// The fields of a colour are announced without a range.
fn color(inner: &Expose, outer: &Expose) -> PropertyDocument {
    let most = match &*inner.name {
        "x" | "y" => Some(1.0),
        "hue" => Some(360.0),
        "saturation" => Some(100.0),
        _ => None,
    };
    let document = field(inner, outer);
    PropertyDocument {
        minimum: document.minimum.or(most.and(Some(0.0))),
        maximum: document.maximum.or(most),
        ..document
    }
}

fn add_term(document: &mut PropertyDocument, term: &Term, kinds: &[Box<str>]) {
    let kinds = || kinds.iter().map(AsRef::as_ref);
    document.term = Some(term.name.as_str().into());
    document.unit.clone_from(&term.unit);
    document.privacy = term.privacy;
    if !document.read_only {
        document.safety = vocabulary().write_safety(term, kinds());
        document.safe = vocabulary().safe_value(term, kinds()).filter(|safe| is_choice(document, safe)).cloned();
    }
}

fn is_choice(document: &PropertyDocument, value: &Datum) -> bool {
    document.choices.is_empty() || document.choices.contains(value)
}

fn title(expose: &Expose, term: Option<&Term>) -> Option<Box<str>> {
    match (term, &expose.endpoint) {
        (Some(term), Some(endpoint)) => Some(format!("{} ({endpoint})", term.title).into()),
        (Some(term), None) => Some(term.title.clone()),
        (None, _) => expose.label.clone(),
    }
}

/// What has no term is public unless its name speaks of a secret or of a person.
fn privacy(property: &str) -> Safety {
    let speaks_of = |words: &[&str]| words.iter().any(|word| property.contains(word));
    if speaks_of(&["password", "pin_code", "user_code", "admin_code", "pairing_code", "secret"]) {
        Safety::S3
    } else if speaks_of(&["user", "ssid", "action", "code"]) {
        Safety::S1
    } else {
        Safety::S0
    }
}

/// Returns what to send to be told: nothing, or for a map its fields, each with nothing.
pub(super) fn question(leaf: &Leaf) -> Datum {
    let nothing = || Datum::text("");
    let What::Composite(fields) = &leaf.expose.what else { return nothing() };
    let name = |field: &Expose| if leaf.is_color() { field.name.clone() } else { field.property.clone() };
    fields.iter().map(|field| (name(field), nothing())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_only_if_the_range_lies_on_it() {
        let numeric = |minimum, maximum, step| Numeric {
            minimum: Some(minimum),
            maximum: Some(maximum),
            step: Some(step),
            presets: Vec::new(),
        };
        assert_eq!(grid(&numeric(5.0, 30.0, 0.5)), Some(0.5));
        assert_eq!(grid(&numeric(-2.5, 2.5, 0.1)), Some(0.1));
        assert_eq!(grid(&numeric(1.5, 5.5, 1.0)), None);
        assert_eq!(grid(&numeric(5.0, 25_000.0, 10.0)), None);
    }

    #[test]
    fn secrets_are_private_even_without_a_term() {
        assert_eq!(privacy("wifi_password"), Safety::S3);
        assert_eq!(privacy("last_unlock_user"), Safety::S1);
        assert_eq!(privacy("backlight_mode"), Safety::S0);
    }
}
