//! What is retained is read off the directory, whatever the filter; the house itself holds it against what was published.

use hes_engine::{Input, Limits};
use hes_schemas::{Filter, Timestamp, message::KeySet};
use serde_json::json;

use crate::support::{House, Published, Thing};

fn house() -> House {
    let mut house = House::empty(Limits::default(), &["zigbee", "hue"]);
    house.go_online();
    house.inventory(vec![Thing::new("lamp", "lamp"), Thing::new("sensor", "sensor")]);
    house.hears_from("hue", "inventory", &json!([Thing::new("lamp", "lamp")]));
    house.reports("lamp", json!({"state": "ON", "color": {"x": 0.1, "y": 0.2}}));
    house.reports("sensor", json!({"temperature": 21, "battery": null}));
    house.handle(Input::Keys(keys("one")));
    house
}

fn keys(kid: &str) -> KeySet {
    let key = json!({"kid": kid, "kty": "EC", "crv": "P-256", "x": "", "y": "", "alg": "ES256", "use": "sig"});
    serde_json::from_value(json!({ "keys": [key] })).unwrap()
}

#[test]
fn every_filter_is_given_exactly_what_it_matches() {
    let house = house();
    let all = Published::read_off(&house.engine);
    assert_eq!(all.topics().count(), 19, "{:?}", all.topics().collect::<Vec<_>>());
    for filter in [
        "#",
        "hes/#",
        "hes/1/#",
        "+/1/#",
        "hes/+/oak/#",
        "hes/1/oak/#",
        "hes/1/+/#",
        "hes/1/elm/#",
        "hes/1/oak/$status",
        "hes/1/oak/$jwks",
        "hes/1/oak/+",
        "hes/1/+/$jwks",
        "hes/1/elm/$jwks",
        "hes/1/oak/+/$status",
        "hes/1/+/+/$status",
        "hes/1/oak/zigbee/#",
        "hes/1/oak/zigbee/$status",
        "hes/1/oak/zigbee/+",
        "hes/1/oak/zigbee/+/$doc",
        "hes/1/oak/+/+/$status",
        "hes/1/oak/+/lamp/#",
        "hes/1/oak/zigbee/lamp/#",
        "hes/1/oak/zigbee/lamp/+",
        "hes/1/oak/zigbee/lamp/+/+",
        "hes/1/oak/zigbee/lamp/property/+",
        "hes/1/oak/zigbee/+/property/on",
        "hes/1/oak/zigbee/lamp/native/#",
        "hes/1/oak/zigbee/lamp/native/state",
        "hes/1/oak/zigbee/lamp/property/on",
        "hes/1/oak/zigbee/lamp/property/on/#",
        "hes/1/oak/zigbee/lamp/property/on/set",
        "hes/1/oak/zigbee/lamp/$doc/#",
        "hes/1/oak/zigbee/nosuch/#",
        "hes/1/oak/zigbee/lamp/property/nosuch",
        "hes/1/oak/+/+/event/#",
        "hes/1/oak/$res/#",
        "hes/2/#",
        "$SYS/#",
        "+/+/+/+/+/+/+",
        "zigbee2mqtt/#",
    ] {
        let filter = Filter::new(filter).unwrap();
        let expect: Vec<&str> = all.topics().filter(|topic| filter.matches_text(topic)).collect();
        let mut given = Vec::new();
        house.engine.retained(&filter, &mut |post| given.push(post.topic.as_str().to_owned()));
        given.sort_unstable();
        assert_eq!(given, expect, "{filter}");
    }
}

#[test]
fn the_parts_together_are_the_whole() {
    let house = house();
    let mut parts = Published::default();
    for filter in house.engine.retained_parts() {
        house.engine.retained(&filter, &mut |post| parts.hear(&post));
    }
    assert_eq!(parts, Published::read_off(&house.engine));
}

#[test]
fn what_is_said_in_passing_is_not_retained() {
    let mut house = house();
    house.tells("sensor", "action", json!("single"));
    let event = house.posts.last().unwrap();
    assert_eq!((event.topic.as_str(), event.retain), ("hes/1/oak/zigbee/sensor/event/action", false));
    assert!(!house.engine.retains(&event.topic));
}

#[test]
fn nothing_is_published_that_has_not_changed() {
    let mut house = house();
    house.forget_outputs();
    house.later(1_000);
    house.reports("lamp", json!({"state": "ON", "color": {"x": 0.1, "y": 0.2}}));
    house.becomes("lamp", "unknown");
    assert!(house.posts.is_empty(), "{:?}", house.posts);
}

#[test]
fn the_public_keys_are_told_when_they_are_others() {
    let mut house = house();
    house.forget_outputs();
    house.handle(Input::Keys(keys("one")));
    assert!(house.posts.is_empty());
    house.handle(Input::Keys(keys("two")));
    let told: Vec<_> = house.posts.iter().map(|post| (post.topic.as_str(), post.retain)).collect();
    assert_eq!(told, [("hes/1/oak/$jwks", true)]);
    assert_eq!(house.retained("$jwks").unwrap()["keys"][0]["kid"], "two");
}

#[test]
fn the_last_words_say_that_neither_the_home_nor_a_cluster_is_there() {
    let house = house();
    let now = Timestamp::from_millis(1_795_359_600_000);
    let said: Vec<String> = house
        .engine
        .farewell(now)
        .iter()
        .map(|post| {
            let state: serde_json::Value = serde_json::from_slice(&post.payload).unwrap();
            assert!(post.retain, "{}", post.topic);
            format!("{} {}", post.topic.as_str(), state["state"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        said,
        ["hes/1/oak/$status offline", "hes/1/oak/hue/$status offline", "hes/1/oak/zigbee/$status offline"]
    );
}
