//! Reads and writes go to another home, and come back as they are.

use hes_schemas::message::Confirmation;
use serde_json::json;

use crate::{asking::joined, world::World};

const LAMP: &str = "elm/zigbee/lamp/property/on";

#[test]
fn a_property_of_another_home_is_read() {
    let mut world = joined();
    let ticket = world.oak_asks(&format!("{LAMP}/get"), "");
    let answer = world.answer(&ticket);
    assert_eq!((answer.status.code(), answer.value), (200, Some(true.into())));
}

#[test]
fn a_write_is_confirmed_by_the_device_there() {
    let mut world = joined();
    let ticket = world.oak_asks(&format!("{LAMP}/set"), "false");
    assert!(world.answers(&ticket).is_empty(), "nothing is said before the device has");
    assert_eq!(world.commands("elm"), [r#"zigbee/u-lamp/set {"state":"OFF"}"#]);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    let answer = world.answer(&ticket);
    assert_eq!((answer.status.code(), answer.confirmed), (200, Some(Confirmation::Device)));
    assert!(world.commands("oak").is_empty());
}

#[test]
fn errors_come_back_as_they_are() {
    let mut world = joined();
    for (topic, body, expect) in [
        ("elm/zigbee/lamp/property/brightness/set", "500", (422, "bad_value")),
        ("elm/zigbee/lamp/property/identify/get", "", (405, "write_only")),
        ("elm/zigbee/lamp/property/none/get", "", (404, "unknown")),
        ("elm/zigbee/heater/property/power/get", "", (404, "unknown")),
    ] {
        let ticket = world.oak_asks(topic, body);
        assert_eq!(world.error(&ticket), expect, "{topic}");
    }
    world.hears("elm", "presence", &json!("offline"));
    let ticket = world.oak_asks(&format!("{LAMP}/set"), "false");
    assert_eq!(world.error(&ticket), (503, "cluster_offline"));
}

#[test]
fn a_device_that_stays_silent_is_answered_for_by_its_own_home_in_time() {
    let mut world = joined();
    let ticket = world.oak_asks(&format!("{LAMP}/set"), "false");
    world.later(9_900);
    assert_eq!(world.error(&ticket), (504, "not_confirmed"));
    world.later(60_000);
    assert_eq!(world.answers(&ticket).len(), 1);
}

#[test]
fn homes_that_give_nothing_look_like_none() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    world.join("oak", "elm");
    let mut asks = |topic: &str| {
        let ticket = world.oak_asks(topic, "");
        world.answer(&ticket)
    };
    let stranger = asks("fir/zigbee/lamp/property/on/get");
    let nowhere = asks("nowhere/zigbee/lamp/property/on/get");
    assert_eq!(stranger.status.code(), 404);
    assert_eq!((stranger.error, stranger.detail), (nowhere.error, nowhere.detail));
}

#[test]
fn a_link_that_is_down_or_breaks_answers_at_once() {
    let mut world = joined();
    let under_way = world.oak_asks(&format!("{LAMP}/set"), "false");
    world.cut("oak", "elm");
    assert_eq!(world.error(&under_way), (503, "home_offline"));
    let ticket = world.oak_asks(&format!("{LAMP}/get"), "");
    assert_eq!(world.error(&ticket), (503, "home_offline"));
    world.mend("oak", "elm");
    world.later(1_000);
    let ticket = world.oak_asks(&format!("{LAMP}/get"), "");
    assert_eq!(world.answer(&ticket).status.code(), 200);
    assert_eq!(world.answers(&under_way).len(), 1);
}

#[test]
fn the_same_request_again_acts_once_and_gets_the_same_answer() {
    let mut world = joined();
    let topic = format!("{LAMP}/set");
    let ask = |world: &mut World| world.asks_as("oak", "anna-oak", &topic, "false", "again");
    let first = ask(&mut world);
    ask(&mut world);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    ask(&mut world);
    assert_eq!(world.commands("elm").len(), 1);
    assert_eq!(world.answers(&first).len(), 2, "one for each time that was waited for");
}

#[test]
fn one_request_spans_homes_and_is_answered_in_its_order() {
    let mut world = joined();
    let all = json!({"state": "ON", "level": 254, "color": {"x": 0.3, "y": 0.3}});
    world.hears("elm", "u-lamp/state", &all);
    let body = json!({"targets": ["elm/zigbee/lamp/on", "zigbee/lamp/on", "elm/zigbee/none/on", "elm/zigbee/lamp"]});
    let ticket = world.oak_asks("oak/$req/retrieve", &body.to_string());
    let answer = world.answer(&ticket);
    let results: Vec<_> = answer.results.iter().map(|it| (it.target.as_str(), it.status.code())).collect();
    assert_eq!(results[..3], [("elm/zigbee/lamp/on", 200), ("zigbee/lamp/on", 200), ("elm/zigbee/none/on", 404)]);
    assert!(results.len() > 4 && results[3..].iter().all(|(target, _)| target.starts_with("elm/zigbee/lamp/")));
}

#[test]
fn an_update_of_two_homes_tells_how_each_came_out() {
    let mut world = joined();
    world.cut("oak", "elm");
    let body = json!({"updates": [
        {"target": "elm/zigbee/lamp/on", "value": false}, {"target": "zigbee/lamp/on", "value": false},
    ]});
    let ticket = world.oak_asks("oak/$req/update", &body.to_string());
    world.hears("oak", "u-lamp/state", &json!({"state": "OFF"}));
    let answer = world.answer(&ticket);
    let results: Vec<u16> = answer.results.iter().map(|it| it.status.code()).collect();
    assert_eq!(results, [503, 200]);
}

#[test]
fn a_home_that_was_started_anew_is_shown_the_token_and_asked_again() {
    let mut world = joined();
    world.restart("elm");
    world.hears("elm", "u-lamp/state", &json!({"state": "ON"}));
    let ticket = world.oak_asks(&format!("{LAMP}/get"), "");
    assert_eq!(world.answer(&ticket).status.code(), 200);
}

#[test]
fn a_request_that_the_link_broke_under_acts_once_when_it_comes_again() {
    let mut world = joined();
    let topic = format!("{LAMP}/set");
    let ask = |world: &mut World| world.asks_as("oak", "anna-oak", &topic, "false", "again");
    let ticket = ask(&mut world);
    assert_eq!(world.commands("elm").len(), 1);
    world.cut("oak", "elm");
    assert_eq!(world.error(&ticket), (503, "home_offline"));
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.mend("oak", "elm");
    world.later(1_000);
    ask(&mut world);
    let answers = world.answers(&ticket);
    assert_eq!(answers.iter().map(|it| it.status.code()).collect::<Vec<_>>(), [503, 200]);
    assert!(world.commands("elm").is_empty(), "it acted once");
}

#[test]
fn it_is_waited_for_if_it_is_still_under_way_on_the_new_link() {
    let mut world = joined();
    let topic = format!("{LAMP}/set");
    let ask = |world: &mut World| world.asks_as("oak", "anna-oak", &topic, "false", "again");
    let ticket = ask(&mut world);
    world.cut("oak", "elm");
    world.mend("oak", "elm");
    ask(&mut world);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    let answers = world.answers(&ticket);
    assert_eq!(answers.iter().map(|it| it.status.code()).collect::<Vec<_>>(), [503, 200]);
    assert_eq!(world.commands("elm").len(), 1);
}

#[test]
fn a_request_acts_once_over_a_restart_of_the_home_that_asks() {
    let mut world = joined();
    let topic = format!("{LAMP}/set");
    let ask = |world: &mut World| world.asks_as("oak", "anna-oak", &topic, "false", "again");
    ask(&mut world);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.restart("oak");
    let ticket = ask(&mut world);
    assert_eq!(world.answers(&ticket).last().map(|it| it.status.code()), Some(200));
    assert_eq!(world.commands("elm").len(), 1);
}

#[test]
fn what_came_too_late_to_be_known_is_told_when_it_is_asked_again() {
    let mut world = joined();
    let topic = format!("{LAMP}/set");
    let ask = |world: &mut World| world.asks_as("oak", "anna-oak", &topic, "false", "again");
    let ticket = ask(&mut world);
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.air.clear();
    world.later(11_000);
    assert_eq!(world.error(&ticket), (504, "not_confirmed"));
    ask(&mut world);
    assert_eq!(world.answers(&ticket).last().map(|it| it.status.code()), Some(200));
    assert_eq!(world.commands("elm").len(), 1);
}
