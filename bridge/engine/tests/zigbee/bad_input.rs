//! Bytes that nobody meant: whatever comes, nothing panics and the devices stay.

use hes_engine::cluster::{Cluster, Report};
use hes_schemas::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::house::{definition, entry, house, say};

/// Topics that exist, that nearly do, and any.
fn topics() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "zigbee2mqtt/kitchen/bulb",
        "zigbee2mqtt/kitchen/bulb/availability",
        "zigbee2mqtt/kitchen/bulb/color",
        "zigbee2mqtt/button",
        "zigbee2mqtt/bridge/state",
        "zigbee2mqtt/bridge/logging",
        "zigbee2mqtt/bridge/event",
        "zigbee2mqtt//",
        "zigbee2mqtt",
        "",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "zigbee2mqtt/\\PC{0,40}", 1 => "\\PC{0,20}"]
}

fn scalars() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "ON",
        "",
        "state",
        "numeric",
        "composite",
        "enum",
        "light",
        "color_xy",
        "°C",
        "%",
        "error",
    ]);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ]
}

/// JSON made of the words that the adapter looks for, in places where they need not be.
fn documents() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "state",
        "brightness",
        "color",
        "x",
        "type",
        "name",
        "property",
        "access",
        "features",
        "exposes",
        "definition",
        "values",
        "value_on",
        "value_off",
        "value_min",
        "value_max",
        "value_step",
        "presets",
        "value",
        "unit",
        "endpoint",
        "item_type",
        "ieee_address",
        "friendly_name",
        "members",
        "id",
        "level",
        "message",
        "action",
        "model",
        "description",
    ]);
    scalars().prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(keys.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => documents().prop_map(|document| document.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn no_message_panics_or_loses_a_device(messages in prop::collection::vec((topics(), payloads()), 1..20)) {
        let mut adapter = house();
        for (topic, payload) in messages {
            let reports = adapter.receive(Timestamp::default(), &topic, &payload);
            let loses = reports.iter().any(|report| matches!(report, Report::Inventory(_) | Report::Left(_)));
            prop_assert!(!loses, "{topic}: {reports:?}");
        }
        let reports = say(&mut adapter, "kitchen/bulb", &json!({"state": "ON"}));
        prop_assert!(matches!(reports[..], [Report::Values(..)]), "{reports:?}");
    }

    #[test]
    fn no_definition_panics_or_harms_the_next_device(exposes in documents(), groups in documents(), state in documents()) {
        let mut adapter = house();
        let strange = entry("0x9", "strange", &json!({"exposes": [exposes], "model": exposes}));
        say(&mut adapter, "bridge/devices", &json!([strange, entry("0x1", "lamp", &definition())]));
        say(&mut adapter, "bridge/groups", &groups);
        say(&mut adapter, "strange", &state);
        let reports = say(&mut adapter, "lamp", &json!({"state": "ON"}));
        prop_assert!(matches!(reports[..], [Report::Values(..)]), "{reports:?}");
    }

    #[test]
    fn what_is_reported_can_be_read_back_as_it_was(brightness in 0_i64..=254, mired in 153_i64..=500, on in any::<bool>()) {
        let mut adapter = house();
        let state = json!({"state": if on { "ON" } else { "OFF" }, "brightness": brightness, "color_temp": mired});
        let reports = say(&mut adapter, "kitchen/bulb", &state);
        let [Report::Values(uid, values)] = &reports[..] else { panic!("{reports:?}") };
        let read = |name: &_| values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        for (key, value) in state.as_object().unwrap() {
            let back = adapter.native_value(uid, &key.parse().unwrap(), &read);
            prop_assert_eq!(back, serde_json::from_value(value.clone()).ok());
        }
    }
}
