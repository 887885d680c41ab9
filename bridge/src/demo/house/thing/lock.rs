//! The lock of the front door.

use hes_schemas::{Millis, Timestamp};

use super::{Effect, Thing, wish};
use crate::demo::house::{
    chance::Chance,
    expose::{Access, Expose},
    object::{Object, object},
    product::{Product, Supply},
};

const TURNING: Millis = Millis::new(500);

/// A lock that needs half a second to turn, and reports when it has.
#[derive(Debug)]
pub(crate) struct Lock {
    locked: bool,
    turning: Option<Turn>,
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    to_locked: bool,
    done: Timestamp,
}

impl Lock {
    /// Makes a lock that is locked.
    pub(crate) const fn locked() -> Self {
        Self { locked: true, turning: None }
    }
}

impl Thing for Lock {
    fn product(&self) -> Product {
        Product {
            vendor: "Yale",
            model: "YRD426NRSC",
            description: "Assure lock",
            model_id: "YRD446 BLE TSDB",
            supply: Supply::Battery,
            exposes: vec![
                Expose::kind(
                    "lock",
                    [
                        Expose::binary("state", Access::All, "LOCK", "UNLOCK"),
                        Expose::choice("lock_state", Access::Told, &["not_fully_locked", "locked", "unlocked"]),
                    ],
                ),
                Expose::battery(),
                Expose::link_quality(),
            ],
        }
    }

    fn state(&self) -> Object {
        object([
            ("state", if self.locked { "LOCK" } else { "UNLOCK" }.into()),
            ("lock_state", if self.locked { "locked" } else { "unlocked" }.into()),
            ("battery", 74.into()),
        ])
    }

    fn set(&mut self, now: Timestamp, key: &str, wish: &Object) -> Result<Effect, String> {
        let to_locked = match wish::word(key, wish, &["lock", "unlock", "toggle"])? {
            "lock" => true,
            "unlock" => false,
            _ => !self.locked,
        };
        self.turning = Some(Turn { to_locked, done: now + TURNING });
        Ok(Effect::Quiet)
    }

    fn due(&self) -> Option<Timestamp> {
        self.turning.map(|turn| turn.done)
    }

    fn pass(&mut self, _: Timestamp, _: &mut Chance) -> Option<Object> {
        self.locked = self.turning.take()?.to_locked;
        Some(Object::new())
    }
}
