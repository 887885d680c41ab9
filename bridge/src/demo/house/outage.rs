//! A device at the edge of the radio's reach, which drops off now and then.

use hes_schemas::{Millis, Timestamp};
use serde_json::json;

use super::{House, chance::Chance, device::Device, message::Message, request};

/// How long the radio tries before it gives up.
pub(crate) const PATIENCE: Millis = Millis::new(800);

const FIRST: Millis = Millis::from_secs(45);

/// When the device drops off or comes back next.
#[derive(Debug)]
pub(crate) struct Outage {
    ieee: String,
    turn: Timestamp,
}

impl Outage {
    /// Lets a device drop off in a while.
    pub(crate) fn of(ieee: &str, now: Timestamp) -> Self {
        Self { ieee: ieee.to_owned(), turn: now + FIRST }
    }

    /// Says when the next turn is.
    pub(crate) const fn due(&self) -> Timestamp {
        self.turn
    }

    /// Notes when the device will turn from what it is after this turn.
    fn plan(&mut self, now: Timestamp, reachable: bool, chance: &mut Chance) {
        self.turn = now + if reachable { chance.seconds(60, 120) } else { chance.seconds(15, 30) };
    }
}

impl House {
    /// Lets the device drop off or come back, if it is time.
    pub(super) fn turn(&mut self, now: Timestamp) -> Vec<Message> {
        if self.outage.turn > now {
            return Vec::new();
        }
        let device = self.devices.iter_mut().find(|device| device.ieee == self.outage.ieee);
        let reachable = device.as_ref().is_none_or(|device| !device.reachable);
        self.outage.plan(now, reachable, &mut self.chance);
        device.map(|device| cross(now, device, reachable)).unwrap_or_default()
    }
}

fn cross(now: Timestamp, device: &mut Device, reachable: bool) -> Vec<Message> {
    device.reachable = reachable;
    if !reachable {
        return vec![device.availability()];
    }
    let announced = request::event("device_announce", &json!({}), device);
    vec![device.availability(), announced, device.report(now)]
}
