//! Quality: good is what was heard from a living source and since its last silence.

use serde_json::json;

use crate::support::House;

fn lamp() -> House {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "ON", "color": {"x": 0.1, "y": 0.2}}));
    house
}

fn quality(house: &House, topic: &str) -> String {
    let reading = house.retained(&format!("zigbee/lamp/{topic}")).unwrap();
    reading["quality"].as_str().unwrap().to_owned()
}

#[test]
fn values_go_stale_with_their_cluster_and_good_again_when_heard() {
    let mut house = lamp();
    assert_eq!(quality(&house, "property/on"), "good");
    house.unlink();
    assert_eq!(quality(&house, "property/on"), "stale");
    assert_eq!(quality(&house, "native/state"), "stale");
    house.go_online();
    assert_eq!(quality(&house, "property/on"), "stale", "nobody has said so since");
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(quality(&house, "property/on"), "good");
    assert_eq!(quality(&house, "native/state"), "good");
    assert_eq!(quality(&house, "property/color_x"), "stale");
}

#[test]
fn a_cluster_that_says_goodbye_is_silent_too() {
    let mut house = lamp();
    house.hears("presence", &json!("offline"));
    assert_eq!(quality(&house, "property/on"), "stale");
    let status = house.retained("zigbee/$status").unwrap();
    assert_eq!(status["state"], "offline");
}

#[test]
fn what_a_dead_cluster_left_behind_is_not_good() {
    let mut house = lamp();
    house.hears("presence", &json!("offline"));
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(quality(&house, "property/on"), "stale", "it was retained, or came late");
    house.hears("presence", &json!("online"));
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(quality(&house, "property/on"), "good");
}

#[test]
fn values_go_stale_with_their_device_and_good_again_when_heard() {
    let mut house = lamp();
    house.becomes("lamp", "online");
    house.becomes("lamp", "offline");
    assert_eq!(quality(&house, "property/on"), "stale");
    assert_eq!(quality(&house, "native/color"), "stale");
    house.becomes("lamp", "online");
    assert_eq!(quality(&house, "property/on"), "stale", "it may have changed while it was away");
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(quality(&house, "property/on"), "good");
}

#[test]
fn a_device_of_which_nothing_is_known_is_not_offline() {
    let mut house = lamp();
    house.becomes("lamp", "online");
    house.becomes("lamp", "unknown");
    assert_eq!(quality(&house, "property/on"), "good");
}

#[test]
fn nobody_knows_of_a_device_whose_cluster_is_away() {
    let mut house = lamp();
    let state = |house: &House| house.retained("zigbee/lamp/$status").unwrap()["state"].clone();
    house.becomes("lamp", "online");
    assert_eq!(state(&house), "online");
    house.hears("presence", &json!("offline"));
    assert_eq!(state(&house), "unknown");
    house.becomes("lamp", "offline");
    assert_eq!(state(&house), "unknown", "it was retained, or came late");
    house.hears("presence", &json!("online"));
    assert_eq!(state(&house), "offline", "the cluster is there to say so");
    house.becomes("lamp", "online");
    house.unlink();
    let ticket = house.ask("$req/devices", "");
    assert_eq!(json!(house.answer(&ticket).devices)[0]["state"], "unknown");
    house.go_online();
    assert_eq!(state(&house), "online");
    house.handle(hes_engine::Input::Linked(crate::support::cluster("zigbee")));
    assert_eq!(state(&house), "unknown", "it has to say again that it is there");
}

#[test]
fn a_value_that_is_null_is_unknown() {
    let mut house = lamp();
    house.reports("lamp", json!({"level": null}));
    assert_eq!(quality(&house, "property/brightness"), "unknown");
}

#[test]
fn a_native_value_is_no_better_than_its_parts() {
    let mut house = lamp();
    house.unlink();
    house.go_online();
    house.reports("lamp", json!({"color": {"x": 0.3}}));
    assert_eq!(quality(&house, "native/color"), "stale", "y was not heard");
    house.reports("lamp", json!({"color": {"y": 0.3}}));
    assert_eq!(quality(&house, "native/color"), "good");
}

#[test]
fn the_version_of_a_native_value_grows_with_each_change_of_its_parts() {
    let mut house = lamp();
    let mut last = 0;
    for axis in ["x", "y", "x", "y", "x", "x"] {
        house.later(10);
        house.reports("lamp", json!({"color": {axis: last}}));
        let version = house.retained("zigbee/lamp/native/color").unwrap()["version"].as_u64().unwrap();
        assert!(version > last, "{axis}: {version} after {last}");
        last = version;
    }
}

#[test]
fn a_cluster_is_online_only_if_its_link_is_up_and_it_says_so() {
    let mut house = House::empty(hes_engine::Limits::default(), &["zigbee"]);
    let state = |house: &House| house.retained("zigbee/$status").unwrap()["state"].clone();
    assert_eq!(state(&house), "offline");
    house.handle(hes_engine::Input::Linked(crate::support::cluster("zigbee")));
    assert_eq!(state(&house), "offline", "it has not said so");
    house.hears("presence", &json!("online"));
    assert_eq!(state(&house), "online");
    house.unlink();
    assert_eq!(state(&house), "offline");
}

#[test]
fn a_link_that_fails_again_and_again_is_down_since_the_first_time() {
    let mut house = lamp();
    house.unlink();
    let since = house.retained("zigbee/$status").unwrap()["since"].clone();
    house.forget_outputs();
    house.later(5_000);
    house.unlink();
    assert_eq!(house.retained("zigbee/$status").unwrap()["since"], since);
    assert!(house.posts.is_empty() && house.notices.is_empty(), "there is nothing new");
}

#[test]
fn a_complaint_is_shown_until_the_cluster_comes_back() {
    let mut house = lamp();
    house.hears("complaint", &json!("the stick is unplugged"));
    house.hears("complaint", &json!("the stick is unplugged"));
    assert_eq!(house.retained("zigbee/$status").unwrap()["error"], "the stick is unplugged");
    house.unlink();
    house.go_online();
    assert_eq!(house.retained("zigbee/$status").unwrap()["error"], json!(null));
}

#[test]
fn a_thousand_devices_go_stale_in_turns() {
    let ids: Vec<String> = (0..1_000).map(|n| format!("lamp{n:04}")).collect();
    let things: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "lamp")).collect();
    let mut house = House::with(&things);
    for id in &ids {
        house.reports(id, json!({"state": "ON"}));
    }
    let unlinked = hes_engine::Input::Unlinked(crate::support::cluster("zigbee"), "gone".to_owned());
    house.engine.handle(house.now, unlinked);
    house.engine.handle_timeout(house.now);
    let mut first = 0;
    while let Some(output) = house.engine.poll_output() {
        if let hes_engine::Output::Publish(post) = output {
            house.published.hear(&post);
            first += 1;
        }
    }
    assert!((1..1_000).contains(&first), "{first} at one go");
    // one that had its turn goes, and none of the others loses its own
    house.hears("left", &json!("u-lamp0000"));
    house.later(0);
    house.check();
}

#[test]
fn what_cannot_be_understood_is_counted() {
    let mut house = lamp();
    house.hears("nonsense", &json!(1));
    house.hears("u-nobody/state", &json!({"state": "ON"}));
    house.hears("u-lamp/state", &json!({"nosuch": 1}));
    let counters = house.engine.counters();
    assert_eq!((counters.unreadable, counters.unknown_reports), (1, 2));
}
