//! Devices come, change and go, and leave no ghosts.

use hes_engine::{Limits, Notice};
use serde_json::json;

use crate::support::{House, Thing};

fn house() -> House {
    let mut house = House::with(&[("lamp", "lamp"), ("plug", "gauge")]);
    house.reports("lamp", json!({"state": "ON", "color": {"x": 0.1, "y": 0.2}}));
    house.reports("plug", json!({"flag": true, "label": "x"}));
    house.forget_outputs();
    house
}

fn topics_of(house: &House, id: &str) -> Vec<String> {
    let prefix = format!("hes/1/oak/zigbee/{id}/");
    house.published.topics().filter_map(|topic| topic.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
fn a_new_device_is_there_at_once() {
    let mut house = house();
    house.joins(Thing::new("new", "sensor"));
    assert_eq!(topics_of(&house, "new"), ["$doc", "$status"]);
    house.reports("new", json!({"temperature": 21}));
    assert_eq!(topics_of(&house, "new"), ["$doc", "$status", "native/temperature", "property/temperature"]);
}

#[test]
fn a_device_that_has_gone_leaves_nothing_behind() {
    let mut house = house();
    house.leaves("lamp");
    assert!(topics_of(&house, "lamp").is_empty());
    let get = house.ask("zigbee/lamp/property/on/get", "");
    assert_eq!(house.error(&get), (404, "unknown"));
}

#[test]
fn a_device_that_is_missing_from_the_inventory_has_gone() {
    let mut house = house();
    let plug = house.things().remove(1);
    house.inventory(vec![plug]);
    assert!(topics_of(&house, "lamp").is_empty());
    assert!(!topics_of(&house, "plug").is_empty());
}

#[test]
fn a_rename_moves_all_that_is_known() {
    let mut house = house();
    let before = topics_of(&house, "lamp");
    assert!(before.contains(&"native/color".to_owned()) && before.len() == 7, "{before:?}");
    house.renames("lamp", "sun");
    assert!(topics_of(&house, "lamp").is_empty());
    assert_eq!(topics_of(&house, "sun"), before);
    let get = house.ask("zigbee/sun/property/on/get", "");
    assert_eq!(house.answer(&get).version, Some(1), "the same value, the same version");
    assert_eq!(house.retained("zigbee/sun/$doc").unwrap()["rev"], 2);
}

#[test]
fn two_devices_may_swap_their_names() {
    let mut house = house();
    let (lamp, plug) = (topics_of(&house, "lamp"), topics_of(&house, "plug"));
    let mut things = house.things();
    (things[0].id, things[1].id) = ("plug".to_owned(), "lamp".to_owned());
    house.inventory(things);
    assert_eq!((topics_of(&house, "plug"), topics_of(&house, "lamp")), (lamp, plug));
    assert_eq!(house.retained("zigbee/plug/$doc").unwrap()["uid"], "u-lamp");
    assert_eq!(house.published.topics().filter(|topic| topic.ends_with("$doc")).count(), 2);
}

#[test]
fn three_devices_may_pass_their_names_round() {
    for order in [[1, 2, 0], [2, 0, 1]] {
        let mut house = House::with(&[("a", "lamp"), ("b", "lamp"), ("c", "lamp")]);
        let mut things = house.things();
        for (thing, place) in things.iter_mut().zip(order) {
            thing.id = ["a", "b", "c"][place].to_owned();
        }
        house.inventory(things.clone());
        for thing in things {
            let path = format!("zigbee/{}/$doc", thing.id);
            assert_eq!(house.retained(&path).unwrap()["uid"], thing.uid.as_str());
        }
    }
}

#[test]
fn two_devices_that_want_one_id_both_get_one() {
    let mut house = house();
    house.joins(Thing { uid: "u-other".to_owned(), ..Thing::new("lamp", "lamp") });
    assert_eq!(house.retained("zigbee/lamp/$doc").unwrap()["uid"], "u-lamp");
    assert_eq!(house.retained("zigbee/lamp_u-other/$doc").unwrap()["uid"], "u-other");
    let things = house.things();
    house.forget_outputs();
    house.inventory(things);
    assert!(house.posts.is_empty(), "and keep it: {:?}", house.posts);
}

#[test]
fn the_same_inventory_again_says_nothing() {
    let mut house = house();
    let things = house.things();
    house.inventory(things);
    assert!(house.posts.is_empty() && house.notices.is_empty());
}

#[test]
fn a_property_that_is_lost_leaves_its_topics_too() {
    let mut house = house();
    house.changes("lamp", |thing| thing.lacks = vec!["on".to_owned(), "color_y".to_owned()]);
    let topics = ["$doc", "$status", "native/color", "property/color_x"];
    assert_eq!(topics_of(&house, "lamp"), topics);
    let get = house.ask("zigbee/lamp/property/on/get", "");
    assert_eq!(house.error(&get), (404, "unknown"));
}

#[test]
fn a_property_may_be_lost_with_the_name() {
    let mut house = house();
    house.changes("lamp", |thing| {
        thing.id = "sun".to_owned();
        thing.lacks = vec!["on".to_owned()];
    });
    assert!(topics_of(&house, "lamp").is_empty());
    let topics = ["$doc", "$status", "native/color", "property/color_x", "property/color_y"];
    assert_eq!(topics_of(&house, "sun"), topics);
}

#[test]
fn a_property_that_comes_back_goes_on_counting() {
    let mut house = house();
    for state in ["OFF", "ON", "OFF"] {
        house.reports("lamp", json!({ "state": state }));
    }
    let version = house.retained("zigbee/lamp/property/on").unwrap()["version"].as_u64();
    house.changes("lamp", |thing| thing.lacks = vec!["on".to_owned()]);
    house.changes("lamp", |thing| thing.lacks.clear());
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.retained("zigbee/lamp/property/on").unwrap()["version"].as_u64() > version);
}

#[test]
fn a_device_that_comes_back_goes_on_counting() {
    let mut house = house();
    for state in ["OFF", "ON", "OFF"] {
        house.reports("lamp", json!({ "state": state }));
    }
    let version = house.retained("zigbee/lamp/property/on").unwrap()["version"].as_u64();
    let things = house.things();
    house.leaves("lamp");
    house.inventory(things);
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.retained("zigbee/lamp/property/on").unwrap()["version"].as_u64() > version);
}

#[test]
fn another_shape_shows_in_the_values_too() {
    let mut house = house();
    house.changes("lamp", |thing| thing.shape = "heater".to_owned());
    assert_eq!(topics_of(&house, "lamp"), ["$doc", "$status"]);
    house.changes("lamp", |thing| thing.shape = "lamp".to_owned());
    house.reports("lamp", json!({"state": "ON"}));
    assert!(topics_of(&house, "lamp").contains(&"property/on".to_owned()));
}

#[test]
fn more_devices_than_there_is_room_for_are_left_out_and_that_is_said() {
    let mut house = House::limited(Limits { devices: 2, ..Limits::default() }, &[("a", "lamp"), ("b", "lamp")]);
    house.joins(Thing::new("c", "lamp"));
    assert_eq!(house.engine.device_count(), 2);
    assert!(matches!(house.notices[0], Notice::ClusterComplaint(..)));
    house.leaves("a");
    house.joins(Thing::new("d", "lamp"));
    assert_eq!(house.engine.device_count(), 2);
    assert!(house.retained("zigbee/d/$doc").is_some());
}
