//! The same request again: acts once, and gets the same answer.

use hes_engine::{Delivery, Limits, Notice};
use serde_json::json;

use crate::support::{Ask, GUS, House};

const SET_ON: &str = "zigbee/lamp/property/on/set";

fn lamp() -> House {
    let mut house = House::with(&[("lamp", "lamp")]);
    house.reports("lamp", json!({"state": "OFF"}));
    house
}

fn set_on(id: &str) -> Ask {
    Ask::new(SET_ON, &json!({"value": true, "id": id}).to_string())
}

#[test]
fn the_same_id_again_gets_the_stored_answer_and_acts_once() {
    let mut house = lamp();
    let first = house.send(set_on("7"));
    house.reports("lamp", json!({"state": "ON"}));
    house.reports("lamp", json!({"state": "OFF"}));
    let again = house.send(set_on("7"));
    assert_eq!(house.answer(&again), house.answer(&first));
    assert_eq!(house.commands().len(), 1);
    assert!(house.notices.contains(&Notice::Repeated));
}

#[test]
fn the_same_id_while_the_first_is_under_way_acts_once_and_is_answered_once() {
    let mut house = lamp();
    let first = house.send(set_on("7"));
    house.send(set_on("7").again(&first));
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.status(&first), 200);
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn a_request_that_comes_again_under_way_is_answered_where_its_asker_waits_now() {
    let mut house = lamp();
    let first = house.send(set_on("7"));
    let second = house.send(set_on("7"));
    house.reports("lamp", json!({"state": "ON"}));
    assert!(house.is_waiting(&first));
    assert_eq!(house.status(&second), 200);
}

#[test]
fn a_script_that_counts_from_one_again_acts_again() {
    let mut house = lamp();
    for (body, state) in [("true", "ON"), ("false", "OFF"), ("true", "ON")] {
        let ticket = house.send(Ask::new(SET_ON, body).correlated(b"1"));
        house.reports("lamp", json!({"state": state}));
        assert_eq!(house.answers(&ticket).last().map(|answer| answer.status.code()), Some(200));
    }
    assert_eq!(house.commands().len(), 3);
}

#[test]
fn the_same_correlation_data_is_the_same_request() {
    let mut house = lamp();
    let first = house.send(Ask::new(SET_ON, "true"));
    house.reports("lamp", json!({"state": "ON"}));
    house.send(Ask::new(SET_ON, "true").again(&first));
    assert_eq!(house.answers(&first).len(), 2);
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn correlation_data_that_begins_alike_is_not_the_same() {
    let mut house = lamp();
    for end in [1, 2] {
        let mut long = vec![0xff; 300];
        long.push(end);
        house.send(Ask::new(SET_ON, "true").correlated(&long));
    }
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.commands().len(), 2);
}

#[test]
fn an_id_used_for_another_request_is_refused() {
    let mut house = lamp();
    house.send(set_on("7"));
    for other in [
        Ask::new(SET_ON, r#"{"value":false,"id":"7"}"#),
        Ask::new("zigbee/lamp/property/brightness/set", r#"{"value":true,"id":"7"}"#),
    ] {
        let ticket = house.send(other);
        assert_eq!(house.error(&ticket), (409, "request_id_reused"));
    }
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn ids_of_different_clients_do_not_meet() {
    let mut house = lamp();
    house.send(set_on("7"));
    house.send(set_on("7").by(GUS));
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.commands().len(), 2);
}

#[test]
fn another_user_with_the_same_client_id_is_not_given_the_stored_answer() {
    let mut house = lamp();
    house.send(set_on("7"));
    house.reports("lamp", json!({"state": "ON"}));
    let other = house.send(set_on("7").by("eve").at_client("anna-1"));
    assert_eq!(house.error(&other), (404, "unknown"));
}

#[test]
fn requests_without_an_id_are_all_different() {
    let mut house = lamp();
    for _ in 0..2 {
        house.send_plain(&Ask::new(SET_ON, "true"));
        house.reports("lamp", json!({"state": "ON"}));
    }
    assert_eq!(house.commands().len(), 2);
}

#[test]
fn a_question_is_asked_again() {
    let mut house = lamp();
    let get = Ask::new("zigbee/lamp/property/on/get", r#"{"max_age":0}"#);
    let first = house.send(get.clone());
    house.reports("lamp", json!({"state": "ON"}));
    house.send(get.again(&first));
    assert_eq!(house.commands().len(), 2);
}

#[test]
fn a_refused_update_may_be_tried_again_and_says_the_same() {
    let mut house = lamp();
    house.unlink();
    let first = house.send(set_on("7"));
    let again = house.send(set_on("7"));
    assert_eq!(house.error(&first), (503, "cluster_offline"));
    assert_eq!(house.error(&again), (503, "cluster_offline"));
}

#[test]
fn an_answer_is_delivered_as_surely_as_its_asker_wanted_when_it_wanted_most() {
    let (once, surely) = (|| set_on("7").unacknowledged(), || set_on("7"));
    for (asks, before, after) in [
        (vec![once()], Delivery::AtMostOnce, Delivery::AtLeastOnce),
        (vec![once(), surely()], Delivery::AtLeastOnce, Delivery::AtLeastOnce),
        (vec![surely(), once()], Delivery::AtLeastOnce, Delivery::AtLeastOnce),
    ] {
        let mut house = lamp();
        for ask in asks {
            house.send(ask);
        }
        house.reports("lamp", json!({"state": "ON"}));
        house.send(surely());
        let delivered: Vec<Delivery> = house.letters.iter().map(|letter| letter.delivery).collect();
        assert_eq!(delivered, [before, after]);
    }
}

#[test]
fn the_same_subscription_again_is_one_subscription() {
    let mut house = lamp();
    let ask = Ask::new("$req/subscribe", r##"{"scope":"#","id":"7","initial":false}"##);
    let (first, second) = (house.send(ask.clone()), house.send(ask));
    assert_eq!(house.answer(&first).sid, house.answer(&second).sid);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.told().len(), 1);
}

#[test]
fn the_same_end_of_a_subscription_again_says_the_same() {
    let mut house = lamp();
    let ticket = house.ask("$req/subscribe", r##"{"scope":"#"}"##);
    let sid = house.answer(&ticket).sid.unwrap();
    let end = Ask::new("$req/unsubscribe", &json!({"sid": sid, "id": "8"}).to_string());
    let (first, second) = (house.send(end.clone()), house.send(end));
    assert_eq!((house.status(&first), house.status(&second)), (204, 204));
}

#[test]
fn an_answer_is_remembered_for_two_minutes() {
    let mut house = lamp();
    house.send(set_on("7"));
    house.reports("lamp", json!({"state": "ON"}));
    house.later(119_999);
    house.send(set_on("7"));
    assert_eq!(house.commands().len(), 1);
    house.later(1);
    house.send(set_on("7"));
    assert_eq!(house.commands().len(), 1);
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.engine.load().answers, 1);
    house.later(240_000);
    assert_eq!((house.engine.load().answers, house.engine.load().timers), (0, 0));
}

#[test]
fn answers_are_forgotten_in_their_order_for_want_of_room_and_that_is_counted() {
    let limits = Limits { answers: 2, ..Limits::default() };
    let mut house = House::limited(limits, &[("lamp", "lamp")]);
    for id in ["1", "2", "3"] {
        house.send(set_on(id));
        house.reports("lamp", json!({"state": "ON"}));
    }
    assert_eq!((house.engine.counters().answers_forgotten, house.engine.load().answers), (1, 2));
    house.commands();
    house.send(set_on("3"));
    assert!(house.commands().is_empty());
    house.send(set_on("1"));
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn requests_that_come_to_nothing_leave_nothing_behind() {
    let mut house = lamp();
    for id in 0..1_000 {
        house.send(Ask::new("zigbee/nosuch/set", &json!({"values": {}, "id": id.to_string()}).to_string()));
        house.later(1);
    }
    assert_eq!(house.engine.load().answers, 0);
    assert!(house.engine.load().timers <= 2, "one for the inventory and one to forget");
}

#[test]
fn a_request_under_way_is_not_forgotten_for_want_of_room() {
    let limits = Limits { answers: 2, ..Limits::default() };
    let mut house = House::limited(limits, &[("lamp", "lamp")]);
    house.send(set_on("1"));
    for id in ["2", "3", "4"] {
        house.send(Ask::new(SET_ON, &json!({"value": "nonsense", "id": id}).to_string()));
    }
    house.send(set_on("1"));
    house.reports("lamp", json!({"state": "ON"}));
    house.reports("lamp", json!({"state": "ON"}));
    assert_eq!(house.commands().len(), 1);
}

#[test]
fn large_answers_are_forgotten_sooner() {
    let limits = Limits { answer_bytes: 1_000, ..Limits::default() };
    let mut house = House::limited(limits, &[("lamp", "lamp")]);
    for id in ["1", "2", "3"] {
        let target = "x".repeat(500);
        let body = json!({"updates": [{"target": target, "value": 1}], "id": id});
        house.send(Ask::new("$req/update", &body.to_string()));
    }
    assert_eq!((house.engine.counters().answers_forgotten, house.engine.load().answers), (2, 1));
}

#[test]
fn an_answer_carries_the_trace_with_which_it_was_asked_for_last() {
    let traces = [1, 2, 3].map(|it| format!("00-0af7651916cd43dd8448eb211c80319c-000000000000000{it}-01"));
    let mut house = lamp();
    let first = house.send(set_on("7").traced(&traces[0]));
    house.send(set_on("7").again(&first).traced(&traces[1]));
    house.reports("lamp", json!({"state": "ON"}));
    house.send(set_on("7").again(&first).traced(&traces[2]));
    let carried: Vec<_> = house.letters.iter().filter_map(|letter| letter.trace).map(|it| it.to_string()).collect();
    assert_eq!(carried, traces[1..]);
}
