//! Does a value fit a property?

use hes_schemas::{DataType, Datum, Fault, PropertyDocument, Symbol};

/// Holds a value against a property and returns it as the property would have it.
///
/// `ON`, `off`, `yes`, `1` and the like are understood for booleans, numbers in text for numbers, the name of a preset for
/// its value, and choices whatever their case.
///
/// # Errors
/// [`Symbol::BadValue`] with what would fit.
pub(crate) fn fit(document: &PropertyDocument, value: &Datum) -> Result<Datum, Fault> {
    if let Some(preset) = preset(document, value) {
        return Ok(preset.clone());
    }
    let value = coerce(document.data_type, value).ok_or_else(|| refuse(document, value))?;
    if !document.choices.is_empty() {
        return choice(document, &value).cloned().ok_or_else(|| refuse(document, &value));
    }
    let is_fit = match &value {
        Datum::Integer(_) | Datum::Number(_) => is_in_range(document, &value),
        Datum::Map(entries) => return fit_fields(document, entries),
        Datum::List(elements) => return fit_items(document, elements),
        Datum::Null | Datum::Bool(_) | Datum::Text(_) => true,
    };
    if is_fit { Ok(value) } else { Err(refuse(document, &value)) }
}

fn preset<'d>(document: &'d PropertyDocument, value: &Datum) -> Option<&'d Datum> {
    let named = value.as_text().and_then(|name| document.presets.get(name));
    named.or_else(|| document.presets.values().find(|preset| *preset == value))
}

fn choice<'d>(document: &'d PropertyDocument, value: &Datum) -> Option<&'d Datum> {
    let exact = document.choices.iter().find(|choice| *choice == value);
    exact.or_else(|| {
        let wanted = value.as_text()?;
        document.choices.iter().find(|choice| choice.as_text().is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
    })
}

fn coerce(data_type: DataType, value: &Datum) -> Option<Datum> {
    match (data_type, value) {
        (DataType::Boolean, Datum::Bool(_))
        | (DataType::String, Datum::Text(_))
        | (DataType::Integer, Datum::Integer(_))
        | (DataType::Number, Datum::Integer(_) | Datum::Number(_))
        | (DataType::Object, Datum::Map(_))
        | (DataType::Array, Datum::List(_))
        | (DataType::Null, _) => Some(value.clone()),
        (DataType::Boolean, Datum::Text(text)) => boolean(text),
        (DataType::Boolean, Datum::Integer(0)) => Some(Datum::Bool(false)),
        (DataType::Boolean, Datum::Integer(1)) => Some(Datum::Bool(true)),
        (DataType::Number | DataType::Integer, Datum::Text(text)) => number(data_type, text),
        (DataType::String, Datum::Integer(_) | Datum::Number(_) | Datum::Bool(_)) => {
            Some(Datum::text(&value.to_string()))
        }
        (
            DataType::Boolean
            | DataType::Integer
            | DataType::Number
            | DataType::String
            | DataType::Object
            | DataType::Array,
            _,
        ) => None,
    }
}

fn boolean(text: &str) -> Option<Datum> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(Datum::Bool(true)),
        "off" | "false" | "no" | "0" => Some(Datum::Bool(false)),
        _ => None,
    }
}

fn number(data_type: DataType, text: &str) -> Option<Datum> {
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(Datum::number)?;
    (data_type == DataType::Number || matches!(number, Datum::Integer(_))).then_some(number)
}

fn is_in_range(document: &PropertyDocument, value: &Datum) -> bool {
    let Some(number) = value.as_number() else { return false };
    document.minimum.is_none_or(|minimum| number >= minimum) && document.maximum.is_none_or(|maximum| number <= maximum)
}

fn fit_fields(document: &PropertyDocument, entries: &[(Box<str>, Datum)]) -> Result<Datum, Fault> {
    entries
        .iter()
        .map(|(name, value)| match document.properties.get(name) {
            Some(field) => fit(field, value).map(|value| (name.clone(), value)),
            None if document.properties.is_empty() => Ok((name.clone(), value.clone())),
            None => Err(Fault::new(Symbol::BadValue, format!("there is no field {name:?}; {}", wanted(document)))),
        })
        .collect()
}

fn fit_items(document: &PropertyDocument, elements: &[Datum]) -> Result<Datum, Fault> {
    let count = u32::try_from(elements.len()).unwrap_or(u32::MAX);
    if document.min_items.is_some_and(|least| count < least) || document.max_items.is_some_and(|most| count > most) {
        return Err(refuse(document, &Datum::List(elements.into())));
    }
    let Some(item) = &document.items else { return Ok(Datum::List(elements.into())) };
    elements.iter().map(|element| fit(item, element)).collect::<Result<Vec<_>, _>>().map(Datum::from)
}

fn refuse(document: &PropertyDocument, value: &Datum) -> Fault {
    let shown: String = value.to_string().chars().take(60).collect();
    Fault::new(Symbol::BadValue, format!("{shown} does not fit; {}", wanted(document)))
}

/// Says in a few words what would fit.
fn wanted(document: &PropertyDocument) -> String {
    let unit = document.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
    if !document.choices.is_empty() {
        let choices: Vec<_> = document.choices.iter().take(20).map(ToString::to_string).collect();
        return format!("wanted is one of {}", choices.join(", "));
    }
    match (document.data_type, document.minimum, document.maximum) {
        (DataType::Integer | DataType::Number, Some(minimum), Some(maximum)) => {
            format!("wanted is a number from {minimum} to {maximum}{unit}")
        }
        (DataType::Integer | DataType::Number, Some(minimum), None) => {
            format!("wanted is a number from {minimum}{unit} on")
        }
        (DataType::Integer | DataType::Number, None, Some(maximum)) => {
            format!("wanted is a number up to {maximum}{unit}")
        }
        (DataType::Integer, None, None) => "wanted is a whole number".to_owned(),
        (DataType::Number, None, None) => format!("wanted is a number{unit}"),
        (DataType::Boolean, ..) => "wanted is true or false".to_owned(),
        (DataType::String, ..) => "wanted is a text".to_owned(),
        (DataType::Object, ..) => {
            let fields: Vec<_> = document.properties.keys().map(AsRef::as_ref).collect();
            format!("wanted is a map with {}", fields.join(", "))
        }
        (DataType::Array, ..) => "wanted is a list".to_owned(),
        (DataType::Null, ..) => "wanted is any value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(data_type: DataType) -> PropertyDocument {
        PropertyDocument { data_type, ..PropertyDocument::default() }
    }

    #[test]
    fn understands_what_people_type() {
        let lamp = document(DataType::Boolean);
        for (value, expect) in [("ON", true), ("off", false), ("True", true), ("0", false)] {
            assert_eq!(fit(&lamp, &Datum::text(value)), Ok(Datum::Bool(expect)), "{value}");
        }
        assert_eq!(fit(&document(DataType::Number), &Datum::text("21.5")), Ok(Datum::Number(21.5)));
    }

    #[test]
    fn refuses_what_the_device_could_not_take() {
        let level = PropertyDocument { minimum: Some(0.0), maximum: Some(100.0), ..document(DataType::Number) };
        for value in [Datum::Integer(101), Datum::Integer(-1), Datum::text("bright"), Datum::Null, Datum::Bool(true)] {
            assert_eq!(fit(&level, &value).unwrap_err().symbol, Symbol::BadValue, "{value}");
        }
        assert!(fit(&level, &Datum::Integer(101)).unwrap_err().detail.contains("from 0 to 100"));
    }

    #[test]
    fn takes_presets_beyond_the_range_by_name() {
        let mut startup = PropertyDocument { maximum: Some(500.0), ..document(DataType::Number) };
        startup.presets.insert("previous".into(), Datum::Integer(65_535));
        assert_eq!(fit(&startup, &Datum::text("previous")), Ok(Datum::Integer(65_535)));
        assert_eq!(fit(&startup, &Datum::Integer(65_535)), Ok(Datum::Integer(65_535)));
    }
}
