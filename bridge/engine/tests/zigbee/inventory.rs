//! Who is there: the lists of devices and groups, joins and renames.

use hes_engine::{
    cluster::{Cluster, Report},
    clusters::zigbee2mqtt::Zigbee2Mqtt,
};
use hes_schemas::{Datum, PropertyName, Safety, Topic, message::Availability};
use serde_json::{Value, json};

use crate::house::*;

#[test]
fn a_device_is_described_in_common_words() {
    let mut adapter = house();
    let lamp = &inventory(&say(&mut adapter, "bridge/devices", &devices("kitchen/bulb")))[0];
    assert_eq!((lamp.id.as_str(), lamp.uid.as_str(), &*lamp.native), ("kitchen_bulb", "0x1", "kitchen/bulb"));
    assert_eq!((lamp.maker.as_deref(), lamp.model.as_deref()), (Some("IKEA"), Some("LED1")));
    assert_eq!(lamp.firmware.as_deref(), Some("2.3"));
    assert_eq!(*lamp.shape.kind, ["light".into()]);
    let names: Vec<&str> = lamp.shape.properties.keys().map(PropertyName::as_str).collect();
    let expect =
        ["brightness", "color_hs", "color_mode", "color_temperature", "color_xy", "effect", "link_quality", "on"];
    assert_eq!(names, expect);
    let on = &lamp.shape.properties["on"];
    assert_eq!((on.safety, on.safe.clone(), on.gettable), (Safety::S1, Some(Datum::Bool(false)), true));
    let white = &lamp.shape.properties["color_temperature"];
    assert_eq!(
        (white.minimum, white.maximum, &white.presets["warm"]),
        (Some(2000.0), Some(6536.0), &Datum::Integer(2203))
    );
    assert!(lamp.shape.properties["effect"].write_only);
}

#[test]
fn lists_that_are_no_lists_leave_the_devices_as_they_were() {
    let mut adapter = house();
    for payload in ["{}", "null", "7", "[", "\u{7f}", r#"{"devices":[]}"#] {
        for topic in ["bridge/devices", "bridge/groups"] {
            assert!(is_unreadable(&hear(&mut adapter, topic, payload.as_bytes())), "{topic} {payload}");
        }
    }
    assert_eq!(
        say(&mut adapter, "kitchen/bulb", &json!({"state": "OFF"})),
        [values("0x1", &[("on", Datum::Bool(false))])]
    );
}

#[test]
fn broken_entries_of_a_list_do_not_harm_the_others() {
    let mut adapter = house();
    let list = json!([null, 7, {}, {"ieee_address": 5}, {"ieee_address": "not an address!"}, {"ieee_address": "0x9"},
        {"ieee_address": "0x8", "friendly_name": "odd", "definition": {"exposes": [
            null, 1, {"type": "numeric"}, {"type": "binary", "name": "open", "access": 1}, {"type": "new", "name": "future", "access": 3},
            {"type": "enum", "name": "mode", "access": "7", "values": null}, {"type": "light", "features": {"a": 1}}]}},
        entry("0x1", "lamp", &definition()), entry("0x7", "lamp", &definition())]);
    let reports = say(&mut adapter, "bridge/devices", &list);
    let found: Vec<String> = inventory(&reports).iter().map(|found| found.uid.to_string()).collect();
    assert_eq!(found, ["0x9", "0x8", "0x1"]);
    let complaints = reports.iter().filter(|report| matches!(report, Report::Unreadable { .. })).count();
    assert_eq!(complaints, 5 + 1 + 1, "{reports:?}");
    assert_eq!(say(&mut adapter, "odd", &json!({"future": [1]})), [values("0x8", &[("future", datum(&json!([1])))])]);
}

#[test]
fn a_device_without_a_definition_is_there_without_properties() {
    let list = json!([{"ieee_address": "0x9", "friendly_name": "new", "definition": null, "manufacturer": "?", "model_id": "M",
        "supported": false, "disabled": true, "interview_state": "PENDING"}]);
    let found = &inventory(&say(&mut house(), "bridge/devices", &list))[0];
    assert!(found.shape.properties.is_empty());
    assert_eq!((found.maker.as_deref(), found.model.as_deref()), (Some("?"), Some("M")));
}

#[test]
fn a_renamed_device_is_heard_under_its_new_name_even_before_the_list() {
    let mut adapter = house();
    assert_eq!(say(&mut adapter, "hall", &json!({"state": "ON"})), []);
    assert_eq!(say(&mut adapter, "hall/availability", &json!({"state": "online"})), []);
    let reports = say(&mut adapter, "bridge/devices", &devices("hall"));
    assert_eq!(inventory(&reports)[0].id.as_str(), "hall");
    assert_eq!(
        reports[1..],
        [values("0x1", &[("on", Datum::Bool(true))]), Report::Availability(uid("0x1"), Availability::Online)]
    );
    let command = write(&adapter, "0x1", &[common("on", json!(true))]).unwrap();
    assert_eq!(command[0].0, "zigbee2mqtt/hall/set");
    assert_eq!(say(&mut adapter, "kitchen/bulb", &json!({"state": "ON"})), []);
}

#[test]
fn messages_for_names_that_never_come_are_given_up_and_counted() {
    let mut adapter = house();
    say(&mut adapter, "ghost", &json!({"state": "ON"}));
    let complaints = |adapter: &mut Zigbee2Mqtt| say(adapter, "bridge/devices", &devices("hall")).len() - 1;
    let after: Vec<usize> = (0..4).map(|_| complaints(&mut adapter)).collect();
    assert_eq!(after, [0, 0, 1, 0]);
}

#[test]
fn the_first_inventory_waits_for_the_groups_and_devices_do_not() {
    let mut adapter = Zigbee2Mqtt::new(Topic::new("zigbee2mqtt").unwrap());
    let reports = say(&mut adapter, "bridge/devices", &devices("lamp"));
    assert!(reports.iter().all(|report| matches!(report, Report::Joined(_))) && reports.len() == 3, "{reports:?}");
    let group = json!([{"id": 4, "friendly_name": "all", "members": [{"ieee_address": "0x1", "endpoint": 1}]}]);
    assert_eq!(inventory(&say(&mut adapter, "bridge/groups", &group)).len(), 4);
}

#[test]
fn a_group_can_do_what_all_its_members_can() {
    let mut adapter = house();
    let group = |members: &[&str]| {
        let members: Vec<Value> = members.iter().map(|uid| json!({"ieee_address": uid, "endpoint": 1})).collect();
        json!([{"id": 1, "friend": 0, "friendly_name": "all/lights", "members": members, "scenes": []}])
    };
    let mut check = |members: &[&str], expect: &[&str]| {
        let reports = say(&mut adapter, "bridge/groups", &group(members));
        let [Report::Joined(found)] = &reports[..] else { panic!("{reports:?}") };
        let names: Vec<&str> = found.shape.properties.keys().map(PropertyName::as_str).collect();
        assert_eq!((found.uid.as_str(), names), ("group-1", expect.to_vec()), "{members:?}");
        assert!(found.shape.kind.contains(&"group".into()));
    };
    check(&[], &[]);
    check(&["0x2"], &[]);
    check(
        &["0x1", "0x404"],
        &["brightness", "color_hs", "color_mode", "color_temperature", "color_xy", "effect", "on"],
    );
    // the gangs of a switch are one in a group
    check(&["0x3"], &["on"]);
    check(&["0x1", "0x3"], &["on"]);
    assert_eq!(
        say(&mut adapter, "all/lights", &json!({"state": "ON", "color": {"x": 0.3}})),
        [values("group-1", &[("on", Datum::Bool(true))])]
    );
    let command = write(&adapter, "group-1", &[common("on", json!(false))]).unwrap();
    assert_eq!(command, [("zigbee2mqtt/all/lights/set".to_owned(), json!({"state": "OFF"}))]);
    assert_eq!(adapter.read(&uid("group-1"), &[PropertyName::new("on").unwrap()]), []);
    assert_eq!(say(&mut adapter, "bridge/groups", &json!([])), [Report::Left(uid("group-1"))]);
}

#[test]
fn the_description_of_a_device_makes_writes_more_careful() {
    let mut adapter = house();
    let mut safety = |description: &str| {
        let exposes = &gangs()["exposes"];
        let definition = json!({"description": description, "exposes": exposes});
        let list = json!([entry("0x5", "it", &definition)]);
        inventory(&say(&mut adapter, "bridge/devices", &list))[0].shape.properties["on_l1"].safety
    };
    assert_eq!(safety("Wall switch"), Safety::S1);
    assert_eq!(safety("Water valve controller"), Safety::S2);
    assert_eq!(safety("Garage door opener"), Safety::S2);
}

#[test]
fn a_state_of_a_group_waits_for_the_devices_too() {
    let mut adapter = Zigbee2Mqtt::new(Topic::new("zigbee2mqtt").unwrap());
    let group = json!([{"id": 4, "friendly_name": "all", "members": [{"ieee_address": "0x1", "endpoint": 1}]}]);
    assert_eq!(say(&mut adapter, "bridge/groups", &group), []);
    assert_eq!(say(&mut adapter, "all", &json!({"state": "ON"})), []);
    let reports = say(&mut adapter, "bridge/devices", &devices("lamp"));
    assert_eq!(inventory(&reports).len(), 4);
    assert_eq!(reports[1..], [values("group-4", &[("on", Datum::Bool(true))])]);
}

#[test]
fn a_list_may_be_as_long_as_a_packet() {
    let lamps: Vec<Value> =
        (0..3_000).map(|number| entry(&format!("0x{number}"), &format!("room/{number}"), &gangs())).collect();
    let list = json!(lamps);
    assert!(list.to_string().len() > 1_500_000, "{}", list.to_string().len());
    assert_eq!(inventory(&say(&mut house(), "bridge/devices", &list)).len(), 3_000);
}
