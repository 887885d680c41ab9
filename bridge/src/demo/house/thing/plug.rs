//! A plug that measures what it feeds.

use hes_schemas::{Millis, Timestamp};

use super::{Effect, Thing, wish};
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object, rounded},
    product::{Product, Supply},
};

const AFTER_OUTAGE: [&str; 4] = ["off", "on", "toggle", "previous"];
const METERED: Millis = Millis::from_secs(5);
const AFTER_SWITCHING: Millis = Millis::from_secs(1);
const JOULES_A_KILOWATT_HOUR: f64 = 3_600_000.0;

/// A plug with something behind it that draws a load of some watts.
#[derive(Debug)]
pub(crate) struct Plug {
    fed: bool,
    load: f64,
    power: f64,
    volts: f64,
    energy: f64,
    after_outage: &'static str,
    measured: Timestamp,
    next: Timestamp,
}

impl Plug {
    /// Makes a plug that feeds `load` watts.
    pub(crate) fn feeding(load: f64, now: Timestamp) -> Self {
        Self {
            fed: true,
            load,
            power: load,
            volts: 230.0,
            energy: load / 10.0,
            after_outage: "previous",
            measured: now,
            next: now + METERED,
        }
    }
}

impl Thing for Plug {
    fn product(&self) -> Product {
        let meter = |name: &str, unit: &str| Expose::numeric(name, Access::Asked).unit(unit);
        Product {
            vendor: "Innr",
            model: "SP 240",
            description: "Smart plug",
            model_id: "SP 240",
            supply: Supply::Mains,
            exposes: vec![
                Expose::kind("switch", [Expose::switch()]),
                Expose::choice("power_on_behavior", Access::All, &AFTER_OUTAGE).config(),
                meter("power", "W"),
                meter("voltage", "V").diagnostic(),
                meter("current", "A"),
                meter("energy", "kWh"),
                Expose::link_quality(),
            ],
        }
    }

    fn state(&self) -> Object {
        object([
            ("state", if self.fed { "ON" } else { "OFF" }.into()),
            ("power_on_behavior", self.after_outage.into()),
            ("power", rounded(self.power, 1)),
            ("voltage", rounded(self.volts, 0)),
            ("current", rounded(self.power / self.volts, 2)),
            ("energy", rounded(self.energy, 3)),
        ])
    }

    fn set(&mut self, now: Timestamp, key: &str, wish: &Object) -> Result<Effect, String> {
        match key {
            "state" => {
                self.fed = match wish::word(key, wish, &["toggle", "off", "on"])? {
                    "on" => true,
                    "off" => false,
                    _ => !self.fed,
                };
                self.next = now + AFTER_SWITCHING;
            }
            "power_on_behavior" => self.after_outage = wish::word(key, wish, &AFTER_OUTAGE)?,
            _ => return Err(format!("{key} cannot be set")),
        }
        Ok(Effect::Reported)
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.next)
    }

    fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Object> {
        self.energy += self.power * now.since(self.measured).to_duration().as_secs_f64() / JOULES_A_KILOWATT_HOUR;
        self.power = if self.fed { self.load * chance.between(0.97, 1.03) } else { 0.0 };
        self.volts = chance.between(228.0, 233.0);
        self.measured = now;
        self.next = now + METERED;
        Some(Object::new())
    }
}
