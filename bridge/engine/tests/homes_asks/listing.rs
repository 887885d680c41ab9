//! The list of devices spans all homes.

use serde_json::json;

use crate::{
    asking::joined,
    world::{World, anna, home},
};

fn list(world: &mut World, body: &str) -> (Vec<String>, Option<String>, Vec<(String, u16)>) {
    let ticket = world.oak_asks("oak/$req/devices", body);
    let answer = world.answer(&ticket);
    let devices = answer.devices.unwrap_or_default();
    let devices = devices.iter().map(|it| format!("{}/{}/{}", it.home, it.cluster, it.device)).collect();
    let homes = answer.homes.iter().map(|it| (it.home.to_string(), it.status.code())).collect();
    (devices, answer.next, homes)
}

#[test]
fn the_list_holds_the_devices_here_and_those_that_other_homes_give() {
    let mut world = joined();
    let (devices, next, homes) = list(&mut world, "");
    assert_eq!(devices, ["oak/zigbee/door", "oak/zigbee/heater", "oak/zigbee/lamp", "elm/zigbee/lamp"]);
    assert_eq!((next, homes), (None, vec![("elm".to_owned(), 200)]));
    assert_eq!(list(&mut world, r#"{"home":"elm"}"#).0, ["elm/zigbee/lamp"]);
    assert_eq!(list(&mut world, r#"{"home":"oak"}"#).0.len(), 3);
}

#[test]
fn pages_go_on_from_home_to_home() {
    let mut world = joined();
    let (mut seen, mut after) = (Vec::new(), None);
    for _ in 0..9 {
        let (devices, next, _) = list(&mut world, &json!({"limit": 1, "after": after}).to_string());
        assert!(devices.len() <= 1);
        seen.extend(devices);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["oak/zigbee/door", "oak/zigbee/heater", "oak/zigbee/lamp", "elm/zigbee/lamp"]);
}

#[test]
fn a_home_that_fails_is_named_and_the_others_are_listed() {
    let mut world = joined();
    world.cut("oak", "elm");
    let (devices, _, homes) = list(&mut world, "");
    assert_eq!((devices.len(), homes), (3, vec![("elm".to_owned(), 503)]));
}

#[test]
fn each_home_tells_how_it_came_out_and_none_keeps_the_others_back() {
    let mut world = World::of(&["oak", "ash", "elm", "fir", "yew"]);
    let ids = ["ash", "elm", "fir", "yew"].map(|with| world.join("oak", with));
    world.cut("oak", "elm");
    world.mute.insert(home("fir"));
    world.does("yew", &anna("yew"), json!({"withdraw": {"federation": ids[3]}}));
    world.deliver();
    let ticket = world.oak_asks("oak/$req/devices", "");
    assert!(world.answers(&ticket).is_empty(), "fir may still answer");
    world.later(5_000);
    let answer = world.answer(&ticket);
    let devices = answer.devices.unwrap();
    let devices: Vec<String> = devices.iter().map(|it| format!("{}/{}", it.home, it.device)).collect();
    assert_eq!(devices, ["oak/door", "oak/heater", "oak/lamp", "ash/lamp"]);
    let homes: Vec<_> = answer.homes.iter().map(|it| (it.home.as_str(), it.status.code(), it.error)).collect();
    let error = |text: &str| serde_json::from_value(json!(text)).ok();
    assert_eq!(
        homes,
        [
            ("ash", 200, None),
            ("elm", 503, error("home_offline")),
            ("fir", 504, error("not_confirmed")),
            ("yew", 404, error("unknown")),
        ]
    );
}

#[test]
fn a_list_is_there_before_its_own_time_is_over() {
    let mut world = joined();
    world.mute.insert(home("elm"));
    let ticket = world.oak_asks("oak/$req/devices", r#"{"ttl":2}"#);
    world.later(1_900);
    let answer = world.answer(&ticket);
    assert_eq!((answer.status.code(), answer.devices.unwrap().len(), answer.homes[0].status.code()), (200, 3, 504));
}
