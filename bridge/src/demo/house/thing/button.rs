//! A button beside the door.

use hes_schemas::{Millis, Timestamp};

use super::Thing;
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object},
    product::{Product, Supply},
};

const FIRST: Millis = Millis::from_secs(15);
const ACTIONS: [&str; 3] = ["single", "double", "long"];

/// A button that somebody presses now and then.
#[derive(Debug)]
pub(crate) struct Button {
    next: Timestamp,
}

impl Button {
    /// Makes one that nobody has pressed yet.
    pub(crate) fn idle(now: Timestamp) -> Self {
        Self { next: now + FIRST }
    }
}

impl Thing for Button {
    fn product(&self) -> Product {
        Product {
            vendor: "SONOFF",
            model: "SNZB-01",
            description: "Wireless button",
            model_id: "WB01",
            supply: Supply::Battery,
            exposes: vec![
                Expose::battery(),
                Expose::choice("action", Access::Told, &ACTIONS).diagnostic(),
                Expose::link_quality(),
            ],
        }
    }

    fn state(&self) -> Object {
        object([("battery", 93.into())])
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.next)
    }

    fn pass(&mut self, now: Timestamp, chance: &mut Chance) -> Option<Object> {
        self.next = now + chance.seconds(15, 45);
        let action = chance.one_of(&ACTIONS)?;
        Some(object([("action", action.into())]))
    }
}
