//! What nobody should send.

use hes_schemas::Millis;
use proptest::prelude::*;
use serde_json::Value;

use super::Scene;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_from_outside_stops_the_house(
        steps in prop::collection::vec((any_topic(), any_payload(), 0_u64..100_000), 1..40),
    ) {
        let mut scene = Scene::open();
        for (topic, payload, pause) in steps {
            let said = scene.house.receive(scene.now, &topic, &payload);
            prop_assert!(said.iter().all(|message| message.payload.is_empty() || serde_json::from_str::<Value>(&message.payload).is_ok()));
            scene.now = scene.now + Millis::new(pause);
            scene.house.tick(scene.now);
            prop_assert!(scene.house.next_tick() > scene.now, "what is due has been done");
        }
    }
}

fn any_topic() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("lamp".to_owned()),
        Just("Kitchen bulb".to_owned()),
        Just("Garage plug".to_owned()),
        Just("Front door".to_owned()),
        Just("blind".to_owned()),
        Just("thermostat".to_owned()),
        Just("all_lights".to_owned()),
        Just("bridge/request/device".to_owned()),
        ".{0,8}",
    ];
    let verb = prop_oneof![
        Just("set"),
        Just("get"),
        Just("set/state"),
        Just("set/color"),
        Just("rename"),
        Just("remove"),
        Just("../permit_join"),
    ];
    (name, verb).prop_map(|(name, verb)| format!("zigbee2mqtt/{name}/{verb}"))
}

fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    let key = prop_oneof![
        Just("state"),
        Just("brightness"),
        Just("color_temp"),
        Just("color"),
        Just("position"),
        Just("transition"),
        Just("occupied_heating_setpoint"),
        Just("system_mode"),
        Just("from"),
        Just("to"),
        Just("id"),
        Just("x"),
        Just("hue"),
    ];
    let leaf = prop_oneof![
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        ".{0,8}".prop_map(Value::from),
        Just("lamp".into()),
        Just("TOGGLE".into()),
        Just("OPEN".into()),
    ];
    let value = leaf.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    });
    prop_oneof![
        9 => value.prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..32),
    ]
}
