//! What the devices of the tests can do.

use std::{collections::BTreeMap, sync::Arc};

use hes_engine::cluster::Shape;
use hes_schemas::{DataType, Datum, EventDocument, EventName, PropertyDocument, PropertyName, Safety};

/// Returns one of the shapes, without some of its properties.
pub(crate) fn shape(kind: &str, lacks: &[String]) -> Arc<Shape> {
    let mut properties: BTreeMap<PropertyName, PropertyDocument> =
        properties(kind).into_iter().map(|(name, document)| (PropertyName::new(name).unwrap(), document)).collect();
    properties.retain(|name, _| !lacks.iter().any(|lack| lack == name.as_str()));
    let events: BTreeMap<EventName, EventDocument> = match kind {
        "sensor" => [event("action", Safety::S0), event("alarm", Safety::S2)].into(),
        _ => BTreeMap::new(),
    };
    Arc::new(Shape { kind: [kind.into()].into(), properties: Arc::new(properties), events: Arc::new(events) })
}

fn properties(kind: &str) -> Vec<(&'static str, PropertyDocument)> {
    match kind {
        "lamp" => lamp(),
        "sensor" => sensor(),
        "heater" => heater(),
        "door" => door(),
        "gauge" => gauge(),
        "blind" => blind(),
        "box" => everything_box(),
        other => panic!("there is no shape {other}"),
    }
}

/// Switched, dimmed and coloured; its colour is one native value, and `identify` can only be written.
fn lamp() -> Vec<(&'static str, PropertyDocument)> {
    let colour = || gettable(PropertyDocument { native: Some("color".into()), ..within(DataType::Number, 0.0, 1.0) });
    vec![
        (
            "on",
            gettable(PropertyDocument { safety: Safety::S1, native: Some("state".into()), ..of(DataType::Boolean) }),
        ),
        (
            "brightness",
            gettable(PropertyDocument {
                safety: Safety::S1,
                unit: Some("%".into()),
                native: Some("level".into()),
                ..within(DataType::Number, 0.0, 100.0)
            }),
        ),
        ("color_x", colour()),
        ("color_y", colour()),
        ("identify", PropertyDocument { write_only: true, ..named("identify", of(DataType::Boolean)) }),
    ]
}

/// Only tells; some of it is private.
fn sensor() -> Vec<(&'static str, PropertyDocument)> {
    let tells = |name, data_type| PropertyDocument { read_only: true, ..named(name, of(data_type)) };
    vec![
        ("temperature", PropertyDocument { unit: Some("°C".into()), ..tells("temperature", DataType::Number) }),
        ("battery", gettable(tells("battery", DataType::Number))),
        ("presence", PropertyDocument { privacy: Safety::S1, ..tells("presence", DataType::Boolean) }),
        ("diary", PropertyDocument { privacy: Safety::S2, ..tells("diary", DataType::String) }),
    ]
}

/// Dangerous when on.
fn heater() -> Vec<(&'static str, PropertyDocument)> {
    let power = PropertyDocument { safety: Safety::S2, safe: Some(Datum::Bool(false)), ..of(DataType::Boolean) };
    vec![
        ("power", gettable(named("power", power))),
        ("target", named("target", PropertyDocument { safety: Safety::S1, ..within(DataType::Number, 5.0, 30.0) })),
    ]
}

/// A lock with a code that is secret and cannot be read back.
fn door() -> Vec<(&'static str, PropertyDocument)> {
    let locked = PropertyDocument { safety: Safety::S3, safe: Some(Datum::Bool(true)), ..of(DataType::Boolean) };
    let hint = PropertyDocument { privacy: Safety::S3, ..of(DataType::String) };
    let pin = PropertyDocument { safety: Safety::S3, write_only: true, ..of(DataType::String) };
    vec![("locked", gettable(named("locked", locked))), ("hint", named("hint", hint)), ("pin", named("pin", pin))]
}

/// Takes its time.
fn blind() -> Vec<(&'static str, PropertyDocument)> {
    vec![("position", gettable(named("position", within(DataType::Number, 0.0, 100.0))))]
}

/// One property of each type of value.
fn gauge() -> Vec<(&'static str, PropertyDocument)> {
    let choices = ["eco", "comfort"].map(Datum::text).into();
    let field = |data_type| Box::new(of(data_type));
    let fields = [("red".into(), *field(DataType::Integer)), ("green".into(), *field(DataType::Integer))];
    vec![
        ("flag", named("flag", of(DataType::Boolean))),
        ("count", named("count", within(DataType::Integer, 0.0, 10.0))),
        ("ratio", named("ratio", of(DataType::Number))),
        ("label", named("label", of(DataType::String))),
        ("mode", named("mode", PropertyDocument { choices, ..of(DataType::String) })),
        ("paint", named("paint", PropertyDocument { properties: fields.into(), ..of(DataType::Object) })),
        (
            "steps",
            named(
                "steps",
                PropertyDocument { items: Some(field(DataType::Integer)), max_items: Some(3), ..of(DataType::Array) },
            ),
        ),
        ("anything", named("anything", of(DataType::Null))),
    ]
}

/// What the generated tests drive: a text to be written and read, one that is only told, one that is only written, one
/// that is dangerous, one that is private.
fn everything_box() -> Vec<(&'static str, PropertyDocument)> {
    let danger = PropertyDocument { safety: Safety::S2, safe: Some(Datum::Bool(false)), ..of(DataType::Boolean) };
    let tells = |data_type| PropertyDocument { read_only: true, ..of(data_type) };
    vec![
        ("label", gettable(named("label", PropertyDocument { safety: Safety::S1, ..of(DataType::String) }))),
        ("meter", named("meter", tells(DataType::Number))),
        ("sound", named("sound", PropertyDocument { write_only: true, ..of(DataType::String) })),
        ("danger", gettable(named("danger", danger))),
        ("secret", named("secret", PropertyDocument { privacy: Safety::S2, ..tells(DataType::String) })),
    ]
}

fn of(data_type: DataType) -> PropertyDocument {
    PropertyDocument { data_type, observable: true, ..PropertyDocument::default() }
}

fn within(data_type: DataType, minimum: f64, maximum: f64) -> PropertyDocument {
    PropertyDocument { minimum: Some(minimum), maximum: Some(maximum), ..of(data_type) }
}

fn named(native: &str, document: PropertyDocument) -> PropertyDocument {
    PropertyDocument { native: Some(native.into()), ..document }
}

fn gettable(document: PropertyDocument) -> PropertyDocument {
    PropertyDocument { gettable: true, ..document }
}

fn event(name: &str, privacy: Safety) -> (EventName, EventDocument) {
    (EventName::new(name).unwrap(), EventDocument { privacy, ..EventDocument::default() })
}
