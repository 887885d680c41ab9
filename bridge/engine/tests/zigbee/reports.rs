//! What devices and the bridge tell.

use hes_engine::cluster::{Cluster, Report, Verb};
use hes_schemas::{
    Datum, Filter, NativeName, Timestamp,
    message::{Availability, Presence},
};
use serde_json::{Value, json};

use crate::house::*;

#[test]
fn subscribes_to_the_whole_tree_because_names_hold_slashes() {
    assert_eq!(house().filters(), [Filter::new("zigbee2mqtt/#").unwrap()]);
}

#[test]
fn a_state_is_told_in_common_words() {
    let state = json!({"state": "ON", "brightness": 127, "color_temp": 250, "color_mode": "color_temp", "linkquality": 120,
        "color": {"x": 0.5, "y": 0.4, "hue": 20, "saturation": 90}, "last_seen": "2026-11-22T14:33:25.150Z", "update": {"state": null}});
    let expect = values(
        "0x1",
        &[
            ("brightness", Datum::Integer(50)),
            ("color_xy", datum(&json!({"x": 0.5, "y": 0.4}))),
            ("color_hs", datum(&json!({"hue": 20, "saturation": 90}))),
            ("color_mode", "color_temp".into()),
            ("color_temperature", Datum::Integer(4000)),
            ("link_quality", Datum::Integer(120)),
            ("on", Datum::Bool(true)),
        ],
    );
    assert_eq!(say(&mut house(), "kitchen/bulb", &state), [expect]);
}

#[test]
fn what_does_not_fit_the_definition_passes_as_it_is() {
    let check = |state: Value, expect: &[(&str, Datum)]| {
        assert_eq!(say(&mut house(), "kitchen/bulb", &state), [values("0x1", expect)], "{state}");
    };
    check(json!({"state": null, "effect": null}), &[("on", Datum::Null)]);
    check(json!({"state": "BROKEN"}), &[("on", "BROKEN".into())]);
    check(json!({"state": [1]}), &[("on", datum(&json!([1])))]);
    check(json!({"brightness": 1000}), &[("brightness", Datum::Number(393.7))]);
    check(json!({"brightness": "high"}), &[("brightness", "high".into())]);
    check(json!({"color_temp": 0}), &[("color_temperature", Datum::Integer(0))]);
    check(json!({"color": {"x": 0.1}}), &[("color_xy", datum(&json!({"x": 0.1})))]);
}

#[test]
fn payloads_that_are_no_state_are_unreadable() {
    let deep = "[".repeat(100) + &"]".repeat(100);
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    for payload in
        [b"[1]".as_slice(), b"\xff\xfe", b"null", b"{", br#"{"a":1,"a":2}"#, b"{}{}", deep.as_bytes(), &large]
    {
        let reports = hear(&mut house(), "kitchen/bulb", payload);
        assert!(is_unreadable(&reports), "{reports:?}");
    }
    assert_eq!(hear(&mut house(), "kitchen/bulb", b""), []);
    assert_eq!(hear(&mut house(), "kitchen/bulb", b"{}"), []);
}

#[test]
fn actions_are_events_and_empty_ones_are_nothing() {
    let mut adapter = house();
    let told = |action: &str| Report::Event(uid("0x2"), "action".parse().unwrap(), action.into());
    let reports = say(&mut adapter, "button", &json!({"action": "single", "action_group": 7, "voltage": 3005}));
    let companions = values("0x2", &[("action_group", Datum::Integer(7)), ("voltage", Datum::Number(3.005))]);
    assert_eq!(reports, [companions, told("single")]);
    assert_eq!(say(&mut adapter, "button", &json!({"action": "recall_5"})), [told("recall_5")]);
    assert_eq!(say(&mut adapter, "button", &json!({"action": ""})), []);
    assert_eq!(say(&mut adapter, "button", &json!({"action": null})), []);
    // the bridge repeats each action on its own topic
    assert_eq!(hear(&mut adapter, "button/action", b"single"), []);
}

#[test]
fn single_values_on_their_own_topics_are_understood() {
    let mut adapter = house();
    assert_eq!(hear(&mut adapter, "kitchen/bulb/state", b"ON"), [values("0x1", &[("on", Datum::Bool(true))])]);
    assert_eq!(
        hear(&mut adapter, "kitchen/bulb/brightness", b"254"),
        [values("0x1", &[("brightness", Datum::Integer(100))])]
    );
    assert_eq!(hear(&mut adapter, "kitchen/bulb/brightness", b"\xff"), []);
}

#[test]
fn own_commands_and_talk_of_the_bridge_are_ignored() {
    let mut adapter = house();
    for topic in [
        "kitchen/bulb/set",
        "kitchen/bulb/get",
        "kitchen/bulb/set/state",
        "unknown/set",
        "bridge/event",
        "bridge/info",
        "bridge/response/device/rename",
        "bridge/request/restart",
        "bridge/definitions",
        "bridge/health",
    ] {
        assert_eq!(say(&mut adapter, topic, &json!({"state": "ON"})), [], "{topic}");
    }
    assert!(is_unreadable(&adapter.receive(Timestamp::default(), "elsewhere/x", b"{}")));
}

#[test]
fn availability_comes_as_json_or_text() {
    let mut adapter = house();
    let mut check = |payload: &str, expect| {
        let reports = hear(&mut adapter, "kitchen/bulb/availability", payload.as_bytes());
        assert_eq!(reports, [Report::Availability(uid("0x1"), expect)], "{payload}");
    };
    check(r#"{"state":"online"}"#, Availability::Online);
    check(r#"{"state":"offline"}"#, Availability::Offline);
    check("offline", Availability::Offline);
    assert!(is_unreadable(&hear(&mut adapter, "kitchen/bulb/availability", b"maybe")));
    assert_eq!(hear(&mut adapter, "kitchen/bulb/availability", b""), []);
}

#[test]
fn the_bridge_says_whether_it_is_there() {
    let mut adapter = house();
    assert_eq!(hear(&mut adapter, "bridge/state", br#"{"state":"online"}"#), [Report::Presence(Presence::Online)]);
    assert_eq!(hear(&mut adapter, "bridge/state", b"offline"), [Report::Presence(Presence::Offline)]);
    assert!(is_unreadable(&hear(&mut adapter, "bridge/state", b"{}")));
}

#[test]
fn errors_in_the_log_are_failures_of_the_device_they_name() {
    let mut adapter = house();
    let mut check = |message: &str, expect: Report| {
        let line = json!({"level": "error", "message": message, "namespace": "z2m"});
        assert_eq!(say(&mut adapter, "bridge/logging", &line), [expect], "{message}");
    };
    let failure = |device: &str, verb: Option<Verb>, native: Option<&str>, text: &str| Report::Failure {
        uid: uid(device),
        native: native.map(|name| NativeName::new(name).unwrap()),
        verb,
        text: text.to_owned(),
    };
    check(
        "z2m: Publish 'set' 'state' to 'kitchen/bulb' failed: 'Error: ZCL command 0x1/1 genOnOff.on({}, {}) failed (Delivery failed)'",
        failure(
            "0x1",
            Some(Verb::Set),
            Some("state"),
            "ZCL command 0x1/1 genOnOff.on({}, {}) failed (Delivery failed)",
        ),
    );
    check(
        "z2m: No converter available for 'nosuch' on 'kitchen/bulb': (1)",
        failure("0x1", None, None, "No converter available for 'nosuch' on 'kitchen/bulb': (1)"),
    );
    // the line leaves out the endpoint, and there are two
    check("z2m: Publish 'set' 'state' to 'gangs' failed: 'no'", failure("0x3", Some(Verb::Set), None, "no"));
    for message in
        ["z2m: Entity 'nosuch' is unknown", "z2m: Invalid message 'undefined', skipping...", "zh: adapter lost"]
    {
        check(message, Report::Complaint(message.to_owned()));
    }
}

#[test]
fn other_lines_of_the_log_are_nothing() {
    let mut adapter = house();
    let nested = json!({"message": "MQTT publish: '{\"level\":\"error\"}'", "level": "info"});
    for line in
        [nested, json!({"level": "warning", "message": "x"}), json!({"level": "error", "message": {"a": 1}}), json!([])]
    {
        assert_eq!(say(&mut adapter, "bridge/logging", &line), [], "{line}");
    }
}

#[test]
fn keys_that_nothing_announces_are_complained_of_once() {
    let mut adapter = house();
    let state = json!({"state": "ON", "surprise": 1, "last_seen": 5});
    assert_eq!(say(&mut adapter, "kitchen/bulb", &state).len(), 2);
    assert_eq!(say(&mut adapter, "kitchen/bulb", &state).len(), 1);
}
