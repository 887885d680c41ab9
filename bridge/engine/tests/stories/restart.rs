//! Another life: what was kept comes back, stale, and versions go on.

use serde_json::json;

use crate::support::{Ask, House, Thing};

fn house() -> House {
    let mut house = House::with(&[("lamp", "lamp")]);
    for state in ["ON", "OFF", "ON"] {
        house.reports("lamp", json!({ "state": state }));
    }
    house
}

fn reading(house: &House, property: &str) -> (serde_json::Value, String, u64) {
    let reading = house.retained(&format!("zigbee/lamp/property/{property}")).unwrap();
    (reading["value"].clone(), reading["quality"].as_str().unwrap().to_owned(), reading["version"].as_u64().unwrap())
}

#[test]
fn values_come_back_stale_with_their_versions() {
    let mut house = house();
    house.restart();
    assert_eq!(reading(&house, "on"), (json!(true), "stale".to_owned(), 3));
    house.go_online();
    house.inventory(house.things());
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(reading(&house, "on"), (json!(true), "good".to_owned(), 3));
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(reading(&house, "on").2, 4);
}

#[test]
fn versions_leap_over_what_a_crash_may_have_lost() {
    let mut house = house();
    house.shelf.commit();
    for state in ["OFF", "ON", "OFF"] {
        house.reports("lamp", json!({ "state": state }));
    }
    house.reports("lamp", json!({"level": 254}));
    let told = (reading(&house, "on").2, reading(&house, "brightness").2);
    house.crash();
    assert!(reading(&house, "on").2 > told.0);
    house.go_online();
    house.reports("lamp", json!({"state": "OFF", "level": 0}));
    assert!(reading(&house, "on").2 > told.0 && reading(&house, "brightness").2 > told.1);
}

#[test]
fn versions_grow_over_any_number_of_lives() {
    let mut house = house();
    let mut last = reading(&house, "on").2;
    for round in 0..6 {
        if round % 2 == 0 {
            house.restart()
        } else {
            house.crash()
        }
        house.go_online();
        for state in ["OFF", "ON"] {
            house.reports("lamp", json!({ "state": state }));
            let version = reading(&house, "on").2;
            assert!(version > last, "{version} after {last}");
            last = version;
        }
    }
}

#[test]
fn versions_that_leapt_are_kept_over_a_restart_in_good_order() {
    let mut house = house();
    house.shelf.commit();
    house.crash();
    let leapt = reading(&house, "on").2;
    house.restart();
    assert_eq!(reading(&house, "on").2, leapt);
}

#[test]
fn a_lost_property_does_not_come_back() {
    let mut house = house();
    house.changes("lamp", |thing| thing.lacks = vec!["on".to_owned()]);
    house.restart();
    assert_eq!(house.retained("zigbee/lamp/property/on"), None);
}

#[test]
fn a_device_that_has_gone_does_not_come_back() {
    let mut house = house();
    house.leaves("lamp");
    house.restart();
    assert_eq!(house.engine.device_count(), 0);
}

#[test]
fn a_renamed_device_comes_back_with_its_new_name() {
    let mut house = house();
    house.renames("lamp", "sun");
    house.restart();
    assert!(house.retained("zigbee/sun/property/on").is_some());
    assert!(house.retained("zigbee/lamp/$doc").is_none());
}

#[test]
fn a_device_that_went_while_the_gateway_was_down_goes_with_the_first_inventory() {
    let mut house = house();
    house.restart();
    house.go_online();
    house.inventory(vec![Thing::new("other", "lamp")]);
    assert!(house.retained("zigbee/lamp/$doc").is_none());
}

#[test]
fn a_subscription_goes_on_with_numbers_that_were_never_used() {
    let mut house = house();
    house.ask("$req/subscribe", r#"{"scope":"zigbee/lamp","initial":false}"#);
    let mut last = 0;
    for round in 0..4 {
        if round % 2 == 0 {
            house.shelf.commit()
        }
        for level in [0, 254] {
            house.reports("lamp", json!({ "level": level }));
        }
        for notification in house.told() {
            assert!(notification.seq > last, "{} after {last}", notification.seq);
            last = notification.seq;
        }
        if round % 2 == 0 {
            house.restart()
        } else {
            house.crash()
        }
        house.go_online();
    }
    assert!(last > 0);
}

#[test]
fn a_subscriber_that_was_told_what_a_crash_lost_is_told_again() {
    let mut house = house();
    house.ask("$req/subscribe", r#"{"scope":"zigbee/lamp/on","initial":false,"min_interval":3600}"#);
    house.shelf.commit();
    house.reports("lamp", json!({"state": "OFF"}));
    assert_eq!(house.news(), ["property_changed zigbee/lamp on false"]);
    house.crash();
    let restored = reading(&house, "on");
    assert_eq!((restored.0, restored.1.as_str()), (json!(true), "stale"), "the store was behind");
    house.go_online();
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.news(), ["property_changed zigbee/lamp on true"], "its last word was false");
    assert!(reading(&house, "on").2 > restored.2);
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.news().is_empty());
}

#[test]
fn an_update_after_a_crash_is_told_even_if_it_asks_for_what_was_put_back() {
    let mut house = house();
    let things = house.things();
    house.ask("$req/subscribe", r#"{"scope":"zigbee/lamp/on","initial":false}"#);
    house.shelf.commit();
    house.reports("lamp", json!({"state": "OFF"}));
    house.crash();
    house.go_online();
    house.inventory(things);
    house.told();
    let ticket = house.ask("zigbee/lamp/property/on/set", "true");
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.answer(&ticket).value, Some(true.into()));
    assert_eq!(house.news(), ["property_changed zigbee/lamp on true"]);
}

#[test]
fn the_first_report_after_a_crash_is_told_however_small_the_change() {
    let mut house = house();
    house.reports("lamp", json!({"level": 0}));
    house.ask("$req/subscribe", r#"{"scope":"zigbee/lamp/brightness","initial":false,"delta":50}"#);
    house.shelf.commit();
    house.reports("lamp", json!({"level": 254}));
    house.crash();
    house.go_online();
    house.told();
    house.reports("lamp", json!({"level": 0}));
    assert_eq!(house.news(), ["property_changed zigbee/lamp brightness 0"]);
}

#[test]
fn a_clean_stop_loses_nothing_so_that_nothing_is_told_again() {
    let mut house = house();
    house.ask("$req/subscribe", r#"{"scope":"zigbee/lamp/on","initial":false}"#);
    house.restart();
    house.go_online();
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.news().is_empty());
}

#[test]
fn numbers_are_reserved_before_they_are_used_up() {
    let mut house = house();
    house.ask("$req/subscribe", r#"{"scope":"zigbee/lamp","initial":false}"#);
    house.shelf.commit();
    let mut last = 0;
    for round in 0..1_010 {
        house.reports("lamp", json!({ "level": round % 2 * 254 }));
        last = house.told().last().unwrap().seq;
        // the store is up to a hundred notifications behind
        if round % 100 == 0 {
            house.shelf.commit();
        }
    }
    house.crash();
    house.go_online();
    house.reports("lamp", json!({"level": 100}));
    assert!(house.told()[0].seq > last);
}

#[test]
fn a_lease_goes_on_over_a_restart_and_then_ends() {
    let mut house = house();
    house.ask("$req/subscribe", r##"{"scope":"#","initial":false,"lease":10}"##);
    house.later(5_000);
    house.restart();
    house.go_online();
    house.told();
    house.later(4_999);
    house.reports("lamp", json!({"level": 0}));
    assert_eq!(house.told().len(), 1);
    house.later(1);
    house.reports("lamp", json!({"level": 254}));
    assert!(house.told().is_empty());
    house.restart();
    assert_eq!(house.engine.load().subscriptions, 0);
}

#[test]
fn an_ended_subscription_does_not_come_back() {
    let mut house = house();
    let ticket = house.ask("$req/subscribe", r##"{"scope":"#"}"##);
    let sid = house.answer(&ticket).sid.unwrap();
    house.ask("$req/unsubscribe", &json!({ "sid": sid }).to_string());
    house.crash();
    assert_eq!(house.engine.load().subscriptions, 0);
}

#[test]
fn subscriptions_of_different_lives_have_different_ids() {
    let mut house = house();
    let mut sids = Vec::new();
    for _ in 0..3 {
        let ticket = house.send(Ask::new("$req/subscribe", r##"{"scope":"#"}"##));
        sids.push(house.answer(&ticket).sid);
        house.crash();
    }
    sids.dedup();
    assert_eq!(sids.len(), 3);
    assert_eq!(house.engine.load().subscriptions, 3);
}

#[test]
fn two_devices_kept_under_one_id_are_told_apart() {
    let mut house = House::with(&[("a", "lamp"), ("b", "lamp")]);
    house.shelf.commit();
    // the new name of one is on disk, the new name of the other is not
    house.renames("a", "c");
    house.shelf.commit();
    house.renames("b", "a");
    house.shelf.commit();
    house.shelf.tear("u-a", "a");
    house.restart();
    assert_eq!(house.engine.device_count(), 2);
    assert_eq!(house.published.topics().filter(|topic| topic.ends_with("$doc")).count(), 2);
}

#[test]
fn the_first_inventory_of_a_life_says_only_what_is_new() {
    let mut house = house();
    let things = house.things();
    house.restart();
    house.go_online();
    house.forget_outputs();
    house.inventory(things);
    let topics: Vec<&str> = house.posts.iter().map(|post| post.topic.as_str()).collect();
    assert_eq!(topics, ["hes/1/oak/zigbee/lamp/native/state"], "native values are known with the first inventory");
    assert_eq!(house.engine.device_count(), 1);
}

#[test]
fn native_values_of_a_device_that_was_silent_before_are_published_too() {
    let mut house = House::with(&[("lamp", "lamp")]);
    let things = house.things();
    house.restart();
    house.go_online();
    house.reports("lamp", json!({"state": "ON"}));
    house.inventory(things);
    assert!(house.retained("zigbee/lamp/native/state").is_some());
}
