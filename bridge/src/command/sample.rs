//! Devices for the tests of the commands.

use std::{collections::BTreeMap, sync::Arc};

use hes_schemas::{
    DataType, Datum, DeviceDocument, PropertyDocument, PropertyName,
    message::{Availability, Listing},
};

/// Makes a lamp of the cluster `zigbee` with `brightness`, `color`, `effect`, `on` and `linkquality`.
pub(crate) fn listing(id: &str, name: &str) -> Listing {
    let document = DeviceDocument {
        id: id.parse().unwrap(),
        uid: format!("0x{id}").parse().unwrap(),
        name: name.into(),
        room: None,
        maker: Some("IKEA".into()),
        model: Some("LED1545G12".into()),
        firmware: None,
        native: name.into(),
        kind: Arc::from([Box::from("light")]),
        properties: Arc::new(properties()),
        events: Arc::default(),
        rev: 1,
    };
    Listing {
        home: "oak".parse().unwrap(),
        cluster: "zigbee".parse().unwrap(),
        device: id.parse().unwrap(),
        state: Availability::Online,
        rights: Vec::new(),
        document,
    }
}

fn properties() -> BTreeMap<PropertyName, PropertyDocument> {
    let of_type = |data_type| PropertyDocument { data_type, ..PropertyDocument::default() };
    let percent = || PropertyDocument {
        unit: Some("%".into()),
        minimum: Some(0.0),
        maximum: Some(100.0),
        ..of_type(DataType::Number)
    };
    let fields = [("x", of_type(DataType::Number)), ("y", of_type(DataType::Number))];
    let color = PropertyDocument {
        properties: fields.map(|(name, field)| (name.into(), field)).into(),
        ..of_type(DataType::Object)
    };
    let effect =
        PropertyDocument { choices: ["blink", "breathe"].map(Datum::text).into(), ..of_type(DataType::String) };
    let linkquality = PropertyDocument { read_only: true, ..of_type(DataType::Integer) };
    [
        ("brightness", percent()),
        ("color", color),
        ("effect", effect),
        ("linkquality", linkquality),
        ("on", of_type(DataType::Boolean)),
    ]
    .map(|(name, property)| (name.parse().unwrap(), property))
    .into()
}
