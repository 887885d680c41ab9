//! A sensor of movement.

use hes_schemas::{Millis, Timestamp};

use super::Thing;
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object, rounded},
    product::{Product, Supply},
};

const SEEN: Millis = Millis::from_secs(10);

/// Sees somebody now and then, for some seconds.
#[derive(Debug)]
pub(crate) struct Motion {
    occupied: bool,
    illuminance: f64,
    next: Timestamp,
}

impl Motion {
    /// Makes a sensor that sees nobody yet.
    pub(crate) fn still(now: Timestamp) -> Self {
        Self { occupied: false, illuminance: 85.0, next: now + SEEN }
    }
}

impl Thing for Motion {
    fn product(&self) -> Product {
        Product {
            vendor: "Aqara",
            model: "RTCGQ11LM",
            description: "Motion sensor",
            model_id: "lumi.sensor_motion.aq2",
            supply: Supply::Battery,
            exposes: vec![
                Expose::battery(),
                Expose::binary("occupancy", Access::Told, true, false),
                Expose::numeric("illuminance", Access::Told).unit("lx"),
                Expose::link_quality(),
            ],
        }
    }

    fn state(&self) -> Object {
        object([
            ("battery", 88.into()),
            ("occupancy", self.occupied.into()),
            ("illuminance", rounded(self.illuminance, 0)),
        ])
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.next)
    }

    fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Object> {
        self.occupied = !self.occupied;
        self.illuminance = chance.between(60.0, 110.0);
        self.next = now + if self.occupied { SEEN } else { chance.seconds(12, 40) };
        Some(Object::new())
    }
}
