//! What a device is, found by what it exposes and by how its maker describes it.

use hes_schemas::PropertyName;

use super::{expose::Access, leaf::Leaf, meaning::Meaning};

/// Terms that tell what a device is, if it is nothing that acts.
const SENSORS: [(&str, &[&str]); 9] = [
    ("climate_sensor", &["temperature", "humidity", "pressure"]),
    ("motion_sensor", &["occupancy", "presence"]),
    ("contact_sensor", &["contact"]),
    ("leak_sensor", &["water_leak"]),
    ("smoke_alarm", &["smoke", "carbon_monoxide", "gas"]),
    ("vibration_sensor", &["vibration"]),
    ("air_quality_sensor", &["co2", "voc", "voc_index", "pm25", "formaldehyde", "air_quality"]),
    ("light_sensor", &["illuminance"]),
    ("meter", &["power", "energy"]),
];

/// Words of a description that tell what hangs on a switch; each only makes writes more careful.
const DESCRIPTIONS: [(&str, &str); 12] = [
    ("gas valve", "gas_valve"),
    ("garage", "garage_door"),
    ("siren", "siren"),
    ("water heater", "water_heater"),
    ("heater", "heater"),
    ("pump", "pump"),
    ("doorbell", "doorbell"),
    ("humidifier", "humidifier"),
    ("purifier", "air_purifier"),
    ("plug", "plug"),
    ("outlet", "plug"),
    ("socket", "plug"),
];

/// Returns the kinds of a device, what acts before what only measures.
pub(super) fn kinds(leaves: &[(Leaf, Meaning)], has_action: bool, description: &str) -> Vec<Box<str>> {
    let mut kinds: Vec<Box<str>> = Vec::new();
    let mut add = |kind: &str| {
        if !kinds.iter().any(|known| **known == *kind) {
            kinds.push(kind.into());
        }
    };
    leaves.iter().filter_map(family).for_each(&mut add);
    let has_climate = leaves.iter().any(|leaf| family(leaf) == Some("climate"));
    let description = description.to_lowercase();
    if !has_climate && (description.contains("valve") || has(leaves, &["valve_open"], Access::is_settable)) {
        add("valve");
    }
    if has(leaves, &["alarm", "warning"], Access::is_settable) {
        add("siren");
    }
    DESCRIPTIONS.iter().filter(|(word, _)| description.contains(word)).for_each(|(_, kind)| add(kind));
    let is_more = |kind: &str| !has_climate || kind != "climate_sensor";
    let sensors = SENSORS.iter().filter(|(_, terms)| has(leaves, terms, Access::is_reading)).map(|(kind, _)| *kind);
    sensors.filter(|kind| is_more(kind)).for_each(&mut add);
    if has_action {
        add("button");
    }
    kinds
}

/// A switch makes a device a switch only if it switches it on; settings of thermostats come as switches too.
fn family((leaf, meaning): &(Leaf, Meaning)) -> Option<&str> {
    let is_on = || meaning.term.is_some_and(|term| term.name.as_str() == "on");
    leaf.family.as_deref().filter(|family| *family != "switch" || is_on())
}

fn has(leaves: &[(Leaf, Meaning)], terms: &[&str], is_meant: fn(Access) -> bool) -> bool {
    let name = |meaning: &Meaning| meaning.term.map(|term| &term.name).map(PropertyName::as_str);
    leaves
        .iter()
        .any(|(leaf, meaning)| is_meant(leaf.expose.access) && name(meaning).is_some_and(|name| terms.contains(&name)))
}
