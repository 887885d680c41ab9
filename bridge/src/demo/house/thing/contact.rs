//! A contact at a window.

use hes_schemas::{Millis, Timestamp};

use super::Thing;
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object},
    product::{Product, Supply},
};

const FIRST: Millis = Millis::from_secs(25);

/// A window that somebody opens now and then; `contact` is true while it is closed.
#[derive(Debug)]
pub(crate) struct Contact {
    closed: bool,
    next: Timestamp,
}

impl Contact {
    /// Makes a closed one.
    pub(crate) fn closed(now: Timestamp) -> Self {
        Self { closed: true, next: now + FIRST }
    }
}

impl Thing for Contact {
    fn product(&self) -> Product {
        Product {
            vendor: "Aqara",
            model: "MCCGQ11LM",
            description: "Door and window sensor",
            model_id: "lumi.sensor_magnet.aq2",
            supply: Supply::Battery,
            exposes: vec![
                Expose::battery(),
                Expose::binary("contact", Access::Told, false, true),
                Expose::link_quality(),
            ],
        }
    }

    fn state(&self) -> Object {
        object([("battery", 100.into()), ("contact", self.closed.into())])
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.next)
    }

    fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Object> {
        self.closed = !self.closed;
        self.next = now + if self.closed { chance.seconds(40, 120) } else { chance.seconds(5, 20) };
        Some(Object::new())
    }
}
