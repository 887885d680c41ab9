//! Retrieve: from the cache where it is good, else from the device.

use hes_schemas::{Datum, Encoding, Quality, Status, message::Confirmation};
use serde_json::json;

use crate::support::{Ask, GUS, House};

pub(crate) fn lamp_that_is_on() -> House {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "ON", "level": 127}));
    house
}

#[test]
fn a_good_value_is_answered_from_the_cache() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/property/brightness/get", "");
    let answer = house.answer(&get);
    assert_eq!((answer.status, answer.confirmed), (Status::Ok, Some(Confirmation::Cache)));
    assert_eq!((answer.value, answer.unit.as_deref()), (Some(Datum::Integer(50)), Some("%")));
    assert_eq!((answer.quality, answer.version), (Some(Quality::Good), Some(1)));
    assert!(house.commands().is_empty(), "nobody asked the device");
}

#[test]
fn the_device_is_asked_when_the_value_must_be_fresh() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    assert_eq!(house.commands(), [r#"lamp get ["state"]"#]);
    assert!(house.is_waiting(&get));
    house.reports("lamp", json!({"state": "OFF"}));
    let answer = house.answer(&get);
    assert_eq!((answer.value, answer.confirmed), (Some(Datum::Bool(false)), Some(Confirmation::Device)));
}

#[test]
fn the_device_is_asked_when_the_value_is_older_than_wanted() {
    let mut house = lamp_that_is_on();
    house.later(5_000);
    let young = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":5}"#);
    assert_eq!(house.status(&young), 200);
    let old = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":4.9}"#);
    assert!(house.is_waiting(&old));
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn another_report_than_the_wanted_one_is_no_answer() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    house.reports("lamp", json!({"level": 12}));
    assert!(house.is_waiting(&get));
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.status(&get), 200);
}

#[test]
fn the_device_is_asked_when_nothing_is_known_yet() {
    let mut house = House::with(&[("lamp", "lamp")]);
    let get = house.ask("zigbee/lamp/property/on/get", "");
    assert_eq!(house.commands(), [r#"lamp get ["state"]"#]);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.status(&get), 200);
}

#[test]
fn what_was_never_reported_and_cannot_be_asked_for_is_unknown() {
    let mut house = House::with(&[("sensor", "sensor")]);
    let get = house.ask("zigbee/sensor/property/temperature/get", r#"{"max_age":0}"#);
    let answer = house.answer(&get);
    assert_eq!((answer.value, answer.quality), (None, Some(Quality::Unknown)));
    assert!(String::from_utf8_lossy(&house.letters[0].payload).contains(r#""value":null"#));
    assert_eq!((answer.version, answer.confirmed), (None, Some(Confirmation::Cache)));
}

#[test]
fn a_stale_value_makes_the_device_be_asked() {
    let mut house = lamp_that_is_on();
    house.unlink();
    house.go_online();
    let get = house.ask("zigbee/lamp/property/on/get", "");
    assert!(house.is_waiting(&get));
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.answer(&get).quality, Some(Quality::Good));
}

#[test]
fn while_the_cluster_is_away_the_cache_answers_with_its_quality() {
    let mut house = lamp_that_is_on();
    house.unlink();
    let get = house.ask("zigbee/lamp/property/on/get", "");
    let answer = house.answer(&get);
    assert_eq!((answer.status, answer.quality), (Status::Ok, Some(Quality::Stale)));
    assert_eq!(answer.value, Some(Datum::Bool(true)));
    let fresh = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    assert_eq!(house.error(&fresh), (503, "cluster_offline"));
}

#[test]
fn while_the_device_is_away_the_cache_answers_with_its_quality() {
    let mut house = lamp_that_is_on();
    house.becomes("lamp", "offline");
    let get = house.ask("zigbee/lamp/property/on/get", "");
    assert_eq!(house.answer(&get).quality, Some(Quality::Stale));
}

#[test]
fn a_device_that_is_away_and_silent_ends_the_question_with_503() {
    let mut house = lamp_that_is_on();
    house.becomes("lamp", "offline");
    let get = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    house.later(10_000);
    assert_eq!(house.error(&get), (503, "device_offline"));
}

#[test]
fn a_silent_device_ends_the_question_with_504() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    house.later(9_999);
    assert!(house.is_waiting(&get));
    house.later(1);
    assert_eq!(house.error(&get), (504, "not_confirmed"));
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(house.status(&get), 504, "the answer is final");
}

#[test]
fn what_can_only_be_written_cannot_be_read() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/property/identify/get", "");
    assert_eq!(house.error(&get), (405, "write_only"));
}

#[test]
fn a_private_property_is_unknown_to_a_guest() {
    let mut house = House::with(&[("sensor", "sensor")]);
    house.reports("sensor", json!({"diary": "dear diary", "presence": true}));
    let topic = "zigbee/sensor/property/diary/get";
    let (guest, owner) = (house.ask_as(GUS, topic, ""), house.ask(topic, ""));
    assert_eq!(house.error(&guest), (404, "unknown"));
    assert_eq!(house.answer(&owner).value, Some(Datum::text("dear diary")));
    let presence = house.ask_as(GUS, "zigbee/sensor/property/presence/get", "");
    assert_eq!(house.status(&presence), 200);
}

#[test]
fn several_properties_come_with_a_status_each() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/get", r#"{"properties":["on","nosuch","identify","Not A Name"]}"#);
    let answer = house.answer(&get);
    assert_eq!(answer.status, Status::Ok);
    let statuses: Vec<_> = answer.values.iter().map(|(name, it)| (name.as_str(), it.status.code())).collect();
    assert_eq!(statuses, [("Not A Name", 404), ("identify", 405), ("nosuch", 404), ("on", 200)]);
}

#[test]
fn all_properties_are_those_that_the_asker_may_read() {
    let mut house = House::with(&[("sensor", "sensor")]);
    house.reports("sensor", json!({"temperature": 21.5, "battery": 80, "presence": true, "diary": "x"}));
    let names = |house: &House, ticket| house.answer(ticket).values.into_keys().collect::<Vec<_>>();
    let (owner, guest) = (house.ask("zigbee/sensor/get", ""), house.ask_as(GUS, "zigbee/sensor/get", ""));
    assert_eq!(names(&house, &owner), ["battery", "diary", "presence", "temperature"]);
    assert_eq!(names(&house, &guest), ["battery", "presence", "temperature"]);
}

#[test]
fn one_question_to_several_properties_waits_for_the_last() {
    let mut house = House::with(&[("lamp", "lamp")]);
    let get = house.ask("zigbee/lamp/get", r#"{"properties":["on","brightness"]}"#);
    assert_eq!(house.commands(), [r#"lamp get ["state","level"]"#]);
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.is_waiting(&get));
    house.reports("lamp", json!({"level": 254}));
    assert_eq!(house.answer(&get).values["brightness"].value, Some(Datum::Integer(100)));
}

#[test]
fn the_native_value_comes_under_the_native_name() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/native/level/get", "");
    let answer = house.answer(&get);
    assert_eq!((answer.value, answer.unit), (Some(Datum::Integer(127)), None));
    let unknown = house.ask("zigbee/lamp/native/nosuch/get", "");
    assert_eq!(house.error(&unknown), (404, "unknown"));
}

#[test]
fn a_native_value_made_of_two_is_asked_for_once() {
    let mut house = House::with(&[("lamp", "lamp")]);
    let get = house.ask("zigbee/lamp/native/color/get", r#"{"max_age":0}"#);
    assert_eq!(house.commands(), [r#"lamp get ["color"]"#]);
    house.reports("lamp", json!({"color": {"x": 0.25, "y": 0.5}}));
    assert_eq!(house.answer(&get).value.unwrap().to_string(), r#"{"x":0.25,"y":0.5}"#);
}

#[test]
fn a_cluster_that_complains_of_a_question_answers_with_its_words() {
    let mut house = lamp_that_is_on();
    let get = house.ask("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    house.fails("lamp", Some("state"), "no route to the device");
    let answer = house.answer(&get);
    assert_eq!((answer.status, answer.detail.as_deref()), (Status::ClusterError, Some("no route to the device")));
}

#[test]
fn a_question_in_cbor_is_answered_in_cbor() {
    let mut house = lamp_that_is_on();
    let body: Datum = [("targets", Datum::from(vec![Datum::text("zigbee/lamp/on")]))].into_iter().collect();
    let get = house.send(Ask::new("$req/retrieve", "").cbor(&body));
    assert_eq!(house.letters[0].encoding, Encoding::Cbor);
    assert_eq!(house.answer(&get).results[0].value, Some(Datum::Bool(true)));
    let empty = house.send(Ask::new("zigbee/lamp/property/on/get", "").content_type("application/cbor"));
    assert_eq!((house.letters[1].encoding, house.status(&empty)), (Encoding::Cbor, 200));
}

#[test]
fn the_devices_of_a_user_come_page_by_page_with_the_users_rights() {
    let mut house = House::with(&[("a", "lamp"), ("b", "sensor"), ("c", "door")]);
    let first = house.ask_as(GUS, "$req/devices", r#"{"limit":2}"#);
    let answer = house.answer(&first);
    let listings = answer.devices.unwrap();
    let rights: Vec<_> = listings.iter().map(|it| (it.device.as_str(), it.rights.len())).collect();
    assert_eq!(rights, [("a", 3), ("b", 2)], "nothing of a sensor can be written");
    assert!(!listings[1].document.properties.contains_key("diary"));
    let second = house.ask_as(GUS, "$req/devices", &json!({"after": answer.next}).to_string());
    let answer = house.answer(&second);
    assert_eq!((answer.devices.unwrap()[0].device.as_str(), answer.next), ("c", None));
}
