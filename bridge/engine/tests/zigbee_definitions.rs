//! Every Zigbee definition that is known maps onto the common vocabulary and back without loss.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "panicking is how a test fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::Path,
    sync::Arc,
};

use hes_engine::{
    cluster::{Change, Cluster, Command, Description, Report},
    clusters::zigbee2mqtt::Zigbee2Mqtt,
};
use hes_schemas::{
    DataType, Datum, NativeName, PropertyDocument, PropertyName, Safety, Symbol, Timestamp, Topic, Uid,
    vocabulary::vocabulary,
};
use serde_json::{Value, json};

const UID: &str = "0x00158d0000000001";

/// One expose with a value, and the family of features it stands in.
#[derive(Clone, Copy)]
struct Leaf<'d> {
    family: &'d str,
    expose: &'d Value,
}

#[derive(Debug, Default)]
struct Count {
    definitions: usize,
    leaves: usize,
    events: usize,
    properties: usize,
    termed: usize,
    settable: usize,
    values: usize,
}

#[test]
fn every_definition_maps_without_loss() {
    let mut count = Count::default();
    let mut seen = BTreeSet::new();
    for definition in definitions() {
        check_definition(&definition, &mut seen, &mut count);
    }
    println!("{count:?}");
    assert_eq!(count.definitions, 2_967);
    assert!(count.settable > 16_000 && count.termed > 10_000, "{count:?}");
}

#[test]
fn devices_of_one_definition_share_one_shape() {
    let definition = &definitions()[2];
    let device = |number| json!({"ieee_address": format!("0x{number}"), "friendly_name": format!("lamp {number}"), "definition": definition});
    let devices: Vec<Value> = (0..3).map(device).collect();
    let mut adapter = adapter();
    say(&mut adapter, "bridge/groups", &json!([]));
    let shape = |description: &Description| Arc::as_ptr(&description.shape);
    let first = inventory(say(&mut adapter, "bridge/devices", &json!(devices)));
    assert_eq!(first.iter().map(shape).collect::<BTreeSet<_>>().len(), 1);
    let again = inventory(say(&mut adapter, "bridge/devices", &json!(devices)));
    assert_eq!(shape(&first[0]), shape(&again[0]));
}

fn check_definition(definition: &Value, seen: &mut BTreeSet<String>, count: &mut Count) {
    let title = format!("{} {}", definition["vendor"], definition["model"]);
    let (mut adapter, description) = device(definition);
    let shape = &description.shape;
    count.definitions += 1;
    count.properties += shape.properties.len();
    count.termed += shape.properties.values().filter(|document| document.term.is_some()).count();
    for (name, document) in shape.properties.iter() {
        check_document(&format!("{title} {name}"), document);
    }
    for leaf in leaves(definition) {
        count.leaves += 1;
        let native = leaf.expose["property"].as_str().unwrap();
        let at = format!("{title} {native}");
        if shape.events.values().any(|event| event.native.as_deref() == Some(native)) {
            check_event(&mut adapter, &at, leaf);
            count.events += 1;
            continue;
        }
        check_access(&adapter, &description, &at, leaf, count);
        let is_new = seen.insert(kind(leaf));
        for value in allowed(leaf.expose, is_new) {
            check_value(&mut adapter, &description, &format!("{at} {value}"), leaf, &value);
            count.values += 1;
        }
    }
}

/// What decides how values are translated: all but where they stand.
fn kind(leaf: Leaf<'_>) -> String {
    let mut expose = leaf.expose.clone();
    if let Some(fields) = expose.as_object_mut() {
        fields.retain(|key, _| !matches!(key.as_str(), "property" | "endpoint" | "category" | "access"));
    }
    format!("{} {} {expose}", leaf.family, access(leaf.expose) & 2)
}

/// What the leaf announces can be done with the properties that it became.
fn check_access(adapter: &Zigbee2Mqtt, description: &Description, at: &str, leaf: Leaf<'_>, count: &mut Count) {
    let native = NativeName::new(leaf.expose["property"].as_str().unwrap()).unwrap();
    let names = adapter.properties_of(&uid(), &native);
    assert!(!names.is_empty(), "{at} is dropped");
    assert!(adapter.natives(&uid()).contains(&native), "{at}");
    let documents: Vec<&PropertyDocument> = names.iter().map(|name| &description.shape.properties[name]).collect();
    assert!(documents.iter().all(|document| document.native.as_deref() == Some(native.as_str())), "{at}");
    let access = access(leaf.expose);
    assert!(access & 1 == 0 || documents.iter().any(|document| document.observable), "{at}");
    assert!(access & 4 == 0 || documents.iter().any(|document| document.gettable), "{at}");
    assert!(access & 4 == 0 || adapter.read(&uid(), &names).len() == 1, "{at}");
    if access & 2 == 0 {
        return;
    }
    count.settable += 1;
    assert!(documents.iter().any(|document| !document.read_only), "{at}");
    if let Some(toggle) = leaf.expose.get("value_toggle") {
        let changes = [Change::Native(native, datum(toggle))];
        assert!(adapter.write(&uid(), &changes).is_ok(), "{at} {toggle}");
    }
}

/// A value survives native -> common -> native as a report and as a command, and its property admits it.
fn check_value(adapter: &mut Zigbee2Mqtt, description: &Description, at: &str, leaf: Leaf<'_>, value: &Value) {
    let property = leaf.expose["property"].as_str().unwrap();
    let native = NativeName::new(property).unwrap();
    let common = values(say(adapter, "device", &json!({ property: value })));
    assert!(!common.is_empty(), "{at} is not reported");
    let back = adapter.native_value(&uid(), &native, &|name| common.get(name).cloned());
    assert_eq!(back, Some(datum(value)), "{at} by way of {common:?}");
    let expect = json!({ property: value });
    // the bolt of a lock tells of another property too
    let own = adapter.properties_of(&uid(), &native);
    for (name, common) in common.iter().filter(|(name, _)| own.contains(name)) {
        let document = &description.shape.properties[name];
        let written = adapter.write(&uid(), &[Change::Common(name.clone(), common.clone())]);
        if document.read_only {
            assert_eq!(written.unwrap_err().symbol, Symbol::ReadOnly, "{at}");
            continue;
        }
        assert_eq!(datum(&payload(written.unwrap())), datum(&expect), "{at} as {name}={common}");
        assert!(adapter.fulfils(&uid(), name, common, common), "{at}");
        if access(leaf.expose) & 2 != 0 {
            assert!(admits(document, common), "{at} as {name}={common}: {document:?}");
            let written = adapter.write(&uid(), &[Change::Native(native.clone(), datum(value))]);
            assert_eq!(datum(&payload(written.unwrap())), datum(&expect), "{at}");
        }
    }
}

fn check_event(adapter: &mut Zigbee2Mqtt, at: &str, leaf: Leaf<'_>) {
    let property = leaf.expose["property"].as_str().unwrap();
    assert_eq!(access(leaf.expose) & 2, 0, "{at}");
    for value in allowed(leaf.expose, true) {
        let reports = say(adapter, "device", &json!({ property: value }));
        let is_told = matches!(&reports[..], [Report::Event(_, _, told)] if *told == datum(&value));
        assert!(is_told, "{at} {value}: {reports:?}");
    }
}

fn check_document(at: &str, document: &PropertyDocument) {
    let (least, most) = (document.minimum.unwrap_or(f64::MIN), document.maximum.unwrap_or(f64::MAX));
    assert!(least <= most && least.is_finite() && most.is_finite(), "{at} {least}..{most}");
    let distinct: BTreeSet<String> = document.choices.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), document.choices.len(), "{at} repeats a choice");
    assert!(document.native.is_some(), "{at}");
    assert!(document.read_only || document.safety > Safety::S0, "{at} is writable without a class");
    assert!(!(document.read_only && document.write_only), "{at}");
    if let Some(term) = document.term.as_deref().and_then(|term| vocabulary().term(term)) {
        assert!(term.admits(document.data_type), "{at} is {:?}, {} is not", document.data_type, term.name);
        assert_eq!(document.unit, term.unit, "{at}");
    }
}

/// The least that any check of values must admit.
fn admits(document: &PropertyDocument, value: &Datum) -> bool {
    if document.presets.values().any(|preset| preset == value) {
        return true;
    }
    let is_choice = document.choices.is_empty() || document.choices.contains(value);
    let is_fit = match (document.data_type, value) {
        (DataType::Boolean, Datum::Bool(_))
        | (DataType::Integer, Datum::Integer(_))
        | (DataType::String, Datum::Text(_))
        | (DataType::Null, _) => true,
        (DataType::Number, Datum::Integer(_) | Datum::Number(_)) => admits_number(document, value.as_number().unwrap()),
        (DataType::Object, Datum::Map(entries)) => {
            entries.iter().all(|(key, value)| document.properties.get(key).is_some_and(|field| admits(field, value)))
        }
        (DataType::Array, Datum::List(elements)) => {
            let count = u32::try_from(elements.len()).unwrap();
            document.min_items.is_none_or(|least| least <= count)
                && document.max_items.is_none_or(|most| count <= most)
                && elements.iter().all(|element| document.items.as_ref().is_none_or(|item| admits(item, element)))
        }
        _ => false,
    };
    is_choice && is_fit
}

fn admits_number(document: &PropertyDocument, number: f64) -> bool {
    let steps = document.multiple_of.map_or(0.0, |step| number / step);
    document.minimum.is_none_or(|least| least <= number)
        && document.maximum.is_none_or(|most| number <= most)
        && (steps - steps.round()).abs() < 1e-6 * steps.abs().max(1.0)
}

/// All values that an expose allows, or some with both ends: where they are many, or known from another device.
fn allowed(expose: &Value, all: bool) -> Vec<Value> {
    let mut values = match expose["type"].as_str().unwrap() {
        "binary" => vec![expose["value_on"].clone(), expose["value_off"].clone()],
        "numeric" => numbers(expose, all),
        "enum" => expose["values"].as_array().unwrap().clone(),
        "text" => vec![json!("21.5"), json!("ON"), json!("Größe / 9#")],
        "composite" => maps(expose),
        "list" => vec![list(expose)],
        other => panic!("{other}"),
    };
    if !all && values.len() > 2 {
        values.drain(1..values.len() - 1);
    }
    values
}

fn numbers(expose: &Value, all: bool) -> Vec<Value> {
    let number = |key: &str| expose.get(key).and_then(Value::as_f64);
    let presets = expose.get("presets").and_then(Value::as_array).into_iter().flatten();
    let mut values: Vec<Value> = presets.map(|preset| preset["value"].clone()).collect();
    let (least, most) = (number("value_min"), number("value_max"));
    let (Some(first), Some(last)) = (least, most) else {
        let free = [Some(0.0), Some(1.0), Some(0.5), Some(21.7), Some(100.0), Some(1013.2), least, most];
        let is_free = |free: &f64| least.is_none_or(|least| least <= *free) && most.is_none_or(|most| *free <= most);
        values.extend(free.into_iter().flatten().filter(is_free).map(written));
        return values;
    };
    let step = number("value_step").unwrap_or(1.0);
    let count = ((last - first) / step + 1e-9).floor();
    let stride = if !all {
        count.max(1.0)
    } else if count <= 360.0 {
        1.0
    } else {
        (count / 24.0).floor()
    };
    let mut index = 0.0;
    while index <= count {
        values.push(written(first + index * step));
        index += stride;
    }
    values.push(written(last));
    values
}

/// Writes a number as a device would: whole ones without a fraction, no noise in the last digits.
fn written(number: f64) -> Value {
    let rounded = (number * 1e6).round() / 1e6;
    serde_json::from_str(&Datum::number(rounded).to_string()).unwrap()
}

/// Two maps: with the first value of each field, and with the last.
fn maps(expose: &Value) -> Vec<Value> {
    let is_color = expose["name"].as_str().is_some_and(|name| matches!(name, "color_xy" | "color_hs"));
    let features = expose["features"].as_array().map(Vec::as_slice).unwrap_or_default();
    let field = |feature: &Value, choose: fn(&[Value]) -> Option<&Value>| {
        let key = if is_color { &feature["name"] } else { feature.get("property").unwrap_or(&feature["name"]) };
        let value = if is_color { json!(0.25) } else { choose(&allowed(feature, false))?.clone() };
        Some((key.as_str().unwrap().to_owned(), value))
    };
    let map = |choose| Value::Object(features.iter().filter_map(|feature| field(feature, choose)).collect());
    let maps = [map(<[Value]>::first), map(<[Value]>::last)];
    maps.into()
}

fn list(expose: &Value) -> Value {
    let least = expose.get("length_min").and_then(Value::as_u64).unwrap_or(1).max(1);
    let item = allowed(&expose["item_type"], false).pop();
    (0..least).filter_map(|_| item.clone()).collect()
}

fn leaves(definition: &Value) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    for expose in definition["exposes"].as_array().unwrap() {
        match expose["type"].as_str().unwrap() {
            family @ ("light" | "switch" | "cover" | "climate" | "fan" | "lock") => {
                let features = expose["features"].as_array().unwrap();
                leaves.extend(features.iter().map(|expose| Leaf { family, expose }));
            }
            _ => leaves.push(Leaf { family: "", expose }),
        }
    }
    leaves
}

fn access(expose: &Value) -> u64 {
    let own = expose["access"].as_u64().unwrap();
    let of_features = || expose["features"].as_array().into_iter().flatten().map(access).fold(0, |all, one| all | one);
    if own == 0 { of_features() } else { own }
}

fn device(definition: &Value) -> (Zigbee2Mqtt, Description) {
    let mut adapter = adapter();
    say(&mut adapter, "bridge/groups", &json!([]));
    let list = json!([{"ieee_address": UID, "friendly_name": "device", "type": "Router", "definition": definition}]);
    let mut devices = inventory(say(&mut adapter, "bridge/devices", &list));
    assert_eq!(devices.len(), 1, "{}", definition["model"]);
    (adapter, devices.remove(0))
}

fn adapter() -> Zigbee2Mqtt {
    Zigbee2Mqtt::new(Topic::new("zigbee2mqtt").unwrap())
}

fn say(adapter: &mut Zigbee2Mqtt, topic: &str, payload: &Value) -> Vec<Report> {
    adapter.receive(Timestamp::default(), &format!("zigbee2mqtt/{topic}"), payload.to_string().as_bytes())
}

fn inventory(reports: Vec<Report>) -> Vec<Description> {
    match <[Report; 1]>::try_from(reports) {
        Ok([Report::Inventory(descriptions)]) => descriptions,
        other => panic!("{other:?}"),
    }
}

fn values(reports: Vec<Report>) -> BTreeMap<PropertyName, Datum> {
    match <[Report; 1]>::try_from(reports) {
        Ok([Report::Values(_, values)]) => values.into_iter().collect(),
        other => panic!("{other:?}"),
    }
}

fn payload(commands: Vec<Command>) -> Value {
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0].topic.as_str(), "zigbee2mqtt/device/set");
    serde_json::from_slice(&commands[0].payload).unwrap()
}

fn datum(value: &Value) -> Datum {
    serde_json::from_value(value.clone()).unwrap()
}

fn uid() -> Uid {
    Uid::new(UID).unwrap()
}

fn definitions() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/zigbee-exposes.json.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}
