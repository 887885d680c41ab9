//! What is said to devices, and what counts as done.

use hes_engine::{
    cluster::{Change, Cluster, Report},
    clusters::zigbee2mqtt::Zigbee2Mqtt,
};
use hes_schemas::{Datum, NativeName, PropertyName, Symbol};
use serde_json::{Value, json};

use crate::house::*;

#[test]
fn an_update_becomes_one_command_of_native_words() {
    let adapter = house();
    let changes =
        [common("on", json!(true)), common("brightness", json!(40)), common("color_temperature", json!(4000))];
    let expect = json!({"state": "ON", "brightness": 102, "color_temp": 250});
    assert_eq!(write(&adapter, "0x1", &changes).unwrap(), [("zigbee2mqtt/kitchen/bulb/set".to_owned(), expect)]);
    let changes = [common("on_l1", json!(true)), common("on_l2", json!(false))];
    let expect = json!({"state_l1": "ON", "state_l2": "OFF"});
    assert_eq!(write(&adapter, "0x3", &changes).unwrap()[0].1, expect);
}

#[test]
fn two_colours_at_once_are_two_commands() {
    let (xy, hs) = (json!({"x": 0.1, "y": 0.2}), json!({"hue": 1, "saturation": 2}));
    let changes = [common("color_xy", xy.clone()), common("color_hs", hs.clone())];
    let said = write(&house(), "0x1", &changes).unwrap();
    assert_eq!(
        said.into_iter().map(|(_, payload)| payload).collect::<Vec<_>>(),
        [json!({"color": xy}), json!({"color": hs})]
    );
}

#[test]
fn native_values_pass_unchanged_if_they_exist() {
    let adapter = house();
    for (name, value) in [
        ("state", json!("TOGGLE")),
        ("brightness", json!(254)),
        ("color", json!({"hex": "#ff0000"})),
        ("effect", json!("okay")),
    ] {
        let said = write(&adapter, "0x1", &[native(name, value.clone())]).unwrap();
        assert_eq!(said[0].1, json!({ name: value }));
    }
    let refuse = |device: &str, change: Change, expect: Symbol| {
        assert_eq!(write(&adapter, device, std::slice::from_ref(&change)).unwrap_err().symbol, expect, "{change:?}");
    };
    refuse("0x1", native("nosuch", json!(1)), Symbol::Unknown);
    refuse("0x1", native("linkquality", json!(1)), Symbol::ReadOnly);
    refuse("0x1", native("state", json!("MAYBE")), Symbol::BadValue);
    refuse("0x1", native("brightness", json!(255)), Symbol::BadValue);
    refuse("0x1", native("color", json!("red")), Symbol::BadValue);
    refuse("0x1", common("nosuch", json!(1)), Symbol::Unknown);
    refuse("0x1", common("link_quality", json!(1)), Symbol::ReadOnly);
    refuse("0x2", native("action", json!("single")), Symbol::Unknown);
    refuse("0x404", common("on", json!(true)), Symbol::Unknown);
}

#[test]
fn a_question_names_all_that_can_be_asked_for() {
    let adapter = house();
    let names = |names: &[&str]| names.iter().map(|name| PropertyName::new(name).unwrap()).collect::<Vec<_>>();
    let ask = |device: &str, properties: &[&str]| said(&adapter.read(&uid(device), &names(properties)));
    let expect = json!({"state": "", "color": {"x": "", "y": "", "hue": "", "saturation": ""}});
    let asked = ask("0x1", &["on", "color_xy", "color_hs", "link_quality", "nosuch"]);
    assert_eq!(asked, [("zigbee2mqtt/kitchen/bulb/get".to_owned(), expect)]);
    assert_eq!(ask("0x1", &["link_quality"]), []);
    assert_eq!(ask("0x404", &["on"]), []);
}

#[test]
fn a_report_fulfils_what_the_device_can_tell_apart() {
    let adapter = house();
    let check = |name: &str, asked: Value, reported: Value, expect: bool| {
        let fulfils =
            adapter.fulfils(&uid("0x1"), &PropertyName::new(name).unwrap(), &datum(&asked), &datum(&reported));
        assert_eq!(fulfils, expect, "{name} {asked} {reported}");
    };
    check("brightness", json!(40), json!(40.2), true);
    check("brightness", json!(40), json!(45), false);
    check("on", json!(true), json!(true), true);
    check("on", json!(true), json!(false), false);
    check("on", json!("TOGGLE"), json!(false), true);
    check("color_temperature", json!(4000), json!(4016), true);
    check("color_temperature", json!(4000), json!(4200), false);
    check("color_xy", json!({"x": 0.3, "y": 0.3}), json!({"x": 0.301, "y": 0.3}), true);
    check("color_xy", json!({"x": 0.3, "y": 0.3}), json!({"x": 0.5, "y": 0.3}), false);
    check("on", json!(true), json!(null), false);
    check("nosuch", json!(true), json!(true), false);
}

#[test]
fn native_values_are_put_together_from_common_ones() {
    let adapter = house();
    let known = |name: &PropertyName| match name.as_str() {
        "on" => Some(Datum::Bool(true)),
        "color_xy" => Some(datum(&json!({"x": 0.3, "y": 0.4}))),
        "color_hs" => Some(datum(&json!({"hue": 30, "saturation": 40}))),
        _ => None,
    };
    let value = |name: &str| adapter.native_value(&uid("0x1"), &NativeName::new(name).unwrap(), &known);
    assert_eq!(value("state"), Some("ON".into()));
    let color = r#"{"x":0.3,"y":0.4,"hue":30,"saturation":40}"#;
    assert_eq!(value("color"), serde_json::from_str(color).ok());
    assert_eq!((value("brightness"), value("nosuch")), (None, None));
    let natives: Vec<String> = adapter.natives(&uid("0x1")).iter().map(ToString::to_string).collect();
    assert_eq!(natives, ["brightness", "color", "color_mode", "color_temp", "effect", "linkquality", "state"]);
    let meant = adapter.common_values(&uid("0x1"), &NativeName::new("brightness").unwrap(), &Datum::Integer(254));
    assert_eq!(meant, [(PropertyName::new("brightness").unwrap(), Datum::Integer(100))]);
}

#[test]
fn locks_covers_and_valves_speak_their_own_words() {
    let state = |on: &str, off: &str| json!({"type": "binary", "name": "state", "property": "state", "access": 3, "value_on": on, "value_off": off});
    let cover =
        json!({"type": "enum", "name": "state", "property": "state", "access": 3, "values": ["OPEN", "CLOSE", "STOP"]});
    let check = |exposes: Value, told: &str, name: &str, expect: Value| {
        let mut adapter = house();
        say(&mut adapter, "bridge/devices", &json!([entry("0x5", "it", &json!({"exposes": exposes}))]));
        assert_eq!(say(&mut adapter, "it", &json!({"state": told})), [values("0x5", &[(name, datum(&expect))])]);
        let said = write(&adapter, "0x5", &[common(name, expect)]).unwrap();
        assert_eq!(said[0].1, json!({"state": told}));
    };
    check(json!([{"type": "lock", "features": [state("LOCK", "UNLOCK")]}]), "LOCK", "locked", json!(true));
    check(json!([{"type": "cover", "features": [cover]}]), "STOP", "cover_command", json!("stop"));
    check(json!([state("OPEN", "CLOSE")]), "OPEN", "valve_open", json!(true));
    check(json!([{"type": "switch", "features": [state("ON", "OFF")]}]), "OFF", "on", json!(false));
}

#[test]
fn the_bolt_of_a_lock_says_whether_it_is_locked() {
    let mut adapter = house();
    let bolt = json!({"type": "enum", "name": "lock_state", "property": "lock_state", "access": 1,
                      "values": ["not_fully_locked", "locked", "unlocked"]});
    let state = json!({"type": "binary", "name": "state", "property": "state", "access": 7,
                       "value_on": "LOCK", "value_off": "UNLOCK"});
    let lock = json!({"exposes": [{"type": "lock", "features": [state, bolt]}]});
    say(&mut adapter, "bridge/devices", &json!([entry("0x5", "door", &lock)]));
    let locked = |reports: Vec<Report>| -> Vec<Option<bool>> {
        let [Report::Values(_, values)] = reports.as_slice() else { panic!("{reports:?}") };
        values.iter().filter(|(name, _)| name.as_str() == "locked").map(|(_, value)| value.as_bool()).collect()
    };
    let mut check = |state: Value, expect: bool| {
        assert_eq!(locked(say(&mut adapter, "door", &state)), [Some(expect)], "{state}");
    };
    check(json!({"lock_state": "locked"}), true);
    check(json!({"state": "UNLOCK", "lock_state": "locked"}), true);
    check(json!({"state": "LOCK", "lock_state": "unlocked"}), false);
    check(json!({"state": "LOCK", "lock_state": "not_fully_locked"}), false);
    check(json!({"state": "LOCK", "lock_state": null}), true);
    check(json!({"state": "UNLOCK"}), false);
    assert_eq!(locked(hear(&mut adapter, "door/lock_state", b"locked")), [Some(true)]);
}

#[test]
fn a_cover_is_slow_and_a_lamp_is_not() {
    let mut adapter = house();
    let command =
        json!({"type": "enum", "name": "state", "property": "state", "access": 3, "values": ["OPEN", "CLOSE", "STOP"]});
    let position = json!({"type": "numeric", "name": "position", "property": "position", "access": 7, "unit": "%",
                          "value_min": 0, "value_max": 100});
    let blind = json!({"exposes": [{"type": "cover", "features": [command, position]}]});
    let list = json!([entry("0x1", "lamp", &definition()), entry("0x5", "blind", &blind)]);
    say(&mut adapter, "bridge/devices", &list);
    let slow = |device: &str, name: &str| adapter.is_slow(&uid(device), &PropertyName::new(name).unwrap());
    assert!(slow("0x5", "cover_command") && slow("0x5", "position"));
    assert!(!slow("0x1", "on") && !slow("0x1", "brightness") && !slow("0x5", "nosuch"));
}

#[test]
fn after_an_error_the_log_is_loosened_so_that_the_same_error_is_heard_again() {
    let mut adapter = house();
    let health = ("zigbee2mqtt/bridge/request/health_check", b"".to_vec());
    let first = |adapter: &Zigbee2Mqtt| {
        let command = adapter.write(&uid("0x1"), &[common("on", json!(true))]).unwrap().swap_remove(0);
        (command.topic.as_str().to_owned(), command.payload)
    };
    let line = |level: &str| json!({"level": level, "message": "z2m: Publish 'set' 'state' to 'button' failed: 'no'"});
    say(&mut adapter, "bridge/logging", &line("error"));
    assert_eq!(first(&adapter), (health.0.to_owned(), health.1));
    say(&mut adapter, "bridge/logging", &line("info"));
    assert_eq!(first(&adapter).0, "zigbee2mqtt/kitchen/bulb/set");
}
