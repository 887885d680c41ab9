//! Several targets of one request, found by address or by their names for people.

use hes_schemas::{Datum, Status};
use serde_json::json;

use crate::{
    retrieve::lamp_that_is_on,
    support::{GUS, House, Thing},
};

#[test]
fn several_devices_are_found_by_address_or_by_their_names_for_people() {
    let mut house = House::with(&[("lamp", "lamp"), ("sensor", "sensor")]);
    house.changes("lamp", |thing| thing.name = "Kitchen / Bulb".to_owned());
    house.reports("lamp", json!({"state": "ON", "level": 254}));
    house.reports("sensor", json!({"temperature": 21.5}));
    let targets = [
        "zigbee/lamp/on",
        "oak/zigbee/lamp/brightness",
        "zigbee/lamp/native/state",
        "kitchen / bulb/on",
        "Kitchen / Bulb/native/level",
        "the SENSOR/temperature",
        "zigbee/lamp/nosuch",
        "nobody/on",
        "nobody",
    ];
    let get = house.ask("$req/retrieve", &json!({"targets": targets}).to_string());
    let results = house.answer(&get).results;
    assert!(results.iter().map(|it| it.target.as_str()).eq(targets), "in their order: {results:?}");
    let values: Vec<_> = results.iter().map(|it| it.value.as_ref().map(ToString::to_string)).collect();
    let values: Vec<_> = values.iter().map(Option::as_deref).collect();
    let found = [Some("true"), Some("100"), Some("\"ON\""), Some("true"), Some("254"), Some("21.5")];
    assert_eq!(values[..6], found);
    assert!(results[6..].iter().all(|it| it.status == Status::NotFound));
}

#[test]
fn a_whole_device_among_several_targets_is_all_its_properties() {
    let mut house = House::with(&[("sensor", "sensor")]);
    house.reports("sensor", json!({"temperature": 21.5, "battery": 80, "presence": true, "diary": "x"}));
    let get = house.ask("$req/retrieve", r#"{"targets":["the sensor"]}"#);
    let targets: Vec<_> = house.answer(&get).results.into_iter().map(|it| it.target).collect();
    assert_eq!(targets, ["the sensor/battery", "the sensor/diary", "the sensor/presence", "the sensor/temperature"]);
}

#[test]
fn a_name_that_fits_two_devices_is_ambiguous() {
    let mut house = House::with(&[("one", "lamp"), ("two", "lamp")]);
    for id in ["one", "two"] {
        house.changes(id, |thing| thing.name = "Lamp".to_owned());
    }
    let get = house.ask("$req/retrieve", r#"{"targets":["lamp/identify","zigbee/one/identify"]}"#);
    let statuses: Vec<_> = house.answer(&get).results.iter().map(|it| it.status.code()).collect();
    assert_eq!(statuses, [409, 405]);
}

#[test]
fn a_name_is_ambiguous_only_among_what_the_asker_may_see() {
    let mut house = House::with(&[("one", "lamp"), ("two", "lamp")]);
    for id in ["one", "two"] {
        house.changes(id, |thing| thing.name = "Lamp".to_owned());
    }
    house.grant(GUS, vec![crate::rights::everyday("zigbee/one")]);
    let get = house.ask_as(GUS, "$req/retrieve", r#"{"targets":["Lamp/identify"]}"#);
    assert_eq!(house.answer(&get).results[0].status.code(), 405);
}

#[test]
fn a_device_found_by_its_name_is_found_by_its_new_name_only() {
    let mut house = lamp_that_is_on();
    house.changes("lamp", |thing| thing.name = "Sun".to_owned());
    let get = house.ask("$req/retrieve", r#"{"targets":["Sun/on","The lamp/on","lamp/on"]}"#);
    let statuses: Vec<_> = house.answer(&get).results.iter().map(|it| it.status.code()).collect();
    assert_eq!(statuses, [200, 404, 200]);
    house.leaves("lamp");
    let gone = house.ask("$req/retrieve", r#"{"targets":["Sun/on"]}"#);
    assert_eq!(house.answer(&gone).results[0].status.code(), 404);
}

#[test]
fn a_cluster_may_be_called_like_the_home() {
    let mut house = House::empty(hes_engine::Limits::default(), &["oak"]);
    house.hears_from("oak", "inventory", &json!([Thing::new("lamp", "lamp")]));
    house.hears_from("oak", "u-lamp/state", &json!({"state": "ON"}));
    let get = house.ask("$req/retrieve", r#"{"targets":["oak/lamp/on","oak/oak/lamp/on"]}"#);
    assert!(house.answer(&get).results.iter().all(|it| it.value == Some(Datum::Bool(true))));
}
