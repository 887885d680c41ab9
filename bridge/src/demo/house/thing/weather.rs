//! A sensor of the weather outside.

use hes_schemas::{Millis, Timestamp};

use super::Thing;
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object, rounded},
    product::{Product, Supply},
};

const REPORTED: Millis = Millis::from_secs(5);

/// Temperature, humidity and pressure, each drifting about its usual value.
#[derive(Debug)]
pub(crate) struct Weather {
    temperature: f64,
    humidity: f64,
    pressure: f64,
    next: Timestamp,
}

impl Weather {
    /// Makes a sensor in mild air.
    pub(crate) fn mild(now: Timestamp) -> Self {
        Self { temperature: 14.2, humidity: 58.0, pressure: 1013.4, next: now + REPORTED }
    }
}

impl Thing for Weather {
    fn product(&self) -> Product {
        let sensor = |name: &str, unit: &str| Expose::numeric(name, Access::Told).unit(unit);
        Product {
            vendor: "Aqara",
            model: "WSDCGQ11LM",
            description: "Temperature and humidity sensor",
            model_id: "lumi.weather",
            supply: Supply::Battery,
            exposes: vec![
                Expose::battery(),
                sensor("temperature", "°C"),
                sensor("humidity", "%"),
                sensor("pressure", "hPa"),
                sensor("voltage", "mV").diagnostic(),
                Expose::link_quality(),
            ],
        }
    }

    fn state(&self) -> Object {
        object([
            ("battery", 97.into()),
            ("temperature", rounded(self.temperature, 2)),
            ("humidity", rounded(self.humidity, 2)),
            ("pressure", rounded(self.pressure, 1)),
            ("voltage", 2985.into()),
        ])
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.next)
    }

    fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Object> {
        self.temperature = drift(self.temperature, 14.0, 0.15, chance);
        self.humidity = drift(self.humidity, 58.0, 0.4, chance).clamp(0.0, 100.0);
        self.pressure = drift(self.pressure, 1013.0, 0.1, chance);
        self.next = now + REPORTED;
        Some(Object::new())
    }
}

/// Moves a value by up to a step, and a little back towards its usual value.
fn drift(value: f64, usual: f64, step: f64, chance: &mut Chance) -> f64 {
    value + chance.between(-step, step) + (usual - value) * 0.01
}
