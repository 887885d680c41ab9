//! The thermostat of a radiator.

use hes_schemas::{Millis, Timestamp};

use super::{Effect, Thing, wish};
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object, rounded},
    product::{Product, Supply},
};

const REPORTED: Millis = Millis::from_secs(8);
const MODES: [&str; 2] = ["off", "heat"];
const OUTSIDE: f64 = 14.0;

/// A thermostat in a room that warms up when it heats, and cools down when it does not.
#[derive(Debug)]
pub(crate) struct Thermostat {
    temperature: f64,
    wanted: f64,
    mode: &'static str,
    child_lock: bool,
    next: Timestamp,
}

impl Thermostat {
    /// Makes one in a room that is a little too cold.
    pub(crate) fn heating(now: Timestamp) -> Self {
        Self { temperature: 20.3, wanted: 21.0, mode: "heat", child_lock: false, next: now + REPORTED }
    }

    /// Returns how far the valve is open, 0..100 %.
    fn demand(&self) -> f64 {
        if self.mode == "off" { 0.0 } else { ((self.wanted - self.temperature) * 60.0).clamp(0.0, 100.0) }
    }
}

impl Thing for Thermostat {
    fn product(&self) -> Product {
        let temperature = |name: &str, access| Expose::numeric(name, access).unit("°C");
        Product {
            vendor: "SONOFF",
            model: "TRVZB",
            description: "Zigbee thermostatic radiator valve",
            model_id: "TRVZB",
            supply: Supply::Battery,
            exposes: vec![
                Expose::kind(
                    "climate",
                    [
                        temperature("occupied_heating_setpoint", Access::All).range(4, 35).step(0.5),
                        temperature("local_temperature", Access::Asked),
                        Expose::choice("system_mode", Access::All, &MODES),
                        Expose::choice("running_state", Access::Asked, &["idle", "heat"]),
                        Expose::numeric("pi_heating_demand", Access::Told).unit("%").range(0, 100),
                    ],
                ),
                Expose::binary("child_lock", Access::All, "LOCK", "UNLOCK"),
                Expose::battery(),
                Expose::link_quality(),
            ],
        }
    }

    fn state(&self) -> Object {
        object([
            ("occupied_heating_setpoint", rounded(self.wanted, 1)),
            ("local_temperature", rounded(self.temperature, 2)),
            ("system_mode", self.mode.into()),
            ("running_state", if self.demand() > 0.0 { "heat" } else { "idle" }.into()),
            ("pi_heating_demand", rounded(self.demand(), 0)),
            ("child_lock", if self.child_lock { "LOCK" } else { "UNLOCK" }.into()),
            ("battery", 82.into()),
        ])
    }

    fn set(&mut self, _: Timestamp, key: &str, wish: &Object) -> Result<Effect, String> {
        match key {
            "occupied_heating_setpoint" => {
                self.wanted = (wish::number_within(key, wish, 4.0, 35.0)? * 2.0).round() / 2.0;
            }
            "system_mode" => self.mode = wish::word(key, wish, &MODES)?,
            "child_lock" => self.child_lock = wish::word(key, wish, &["lock", "unlock"])? == "lock",
            _ => return Err(format!("{key} cannot be set")),
        }
        Ok(Effect::Reported)
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.next)
    }

    fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Object> {
        let loss = (self.temperature - OUTSIDE) * 0.004;
        self.temperature += self.demand() * 0.001 - loss + chance.between(-0.01, 0.01);
        self.next = now + REPORTED;
        Some(Object::new())
    }
}
