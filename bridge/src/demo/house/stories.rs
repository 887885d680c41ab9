//! Stories of the house, told through the topics it speaks on.

mod adapter;
mod chaos;
mod life;
mod network;
mod orders;

use hes_schemas::{Millis, Timestamp};
use serde_json::Value;

use super::{House, Message};

/// A house, its clock, and all that it has said.
struct Scene {
    house: House,
    now: Timestamp,
    said: Vec<Message>,
}

impl Scene {
    fn open() -> Self {
        let now = Timestamp::from_millis(1_795_358_400_000);
        let house = House::new(now, 7);
        let said = house.start(now);
        Self { house, now, said }
    }

    fn send(&mut self, path: &str, payload: &str) -> Vec<Message> {
        let said = self.house.receive(self.now, &format!("zigbee2mqtt/{path}"), payload.as_bytes());
        self.said.extend(said.clone());
        said
    }

    /// Lets the house live until something on a topic is to one's liking, or for ten minutes.
    fn until(&mut self, path: &str, is_liked: impl Fn(&Value) -> bool) -> Option<Value> {
        let end = self.now + Millis::from_secs(600);
        while self.now < end {
            self.now = self.house.next_tick().max(self.now);
            let said = self.house.tick(self.now);
            self.said.extend(said.clone());
            let found = on(&said, path).into_iter().find(|body| is_liked(body));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn drop_the_garage_plug(&mut self) {
        let gone = self.until("Garage plug/availability", |body| body["state"] == "offline");
        assert!(gone.is_some(), "the garage plug drops off");
    }

    /// What the broker keeps on a topic.
    fn retained(&self, path: &str) -> Option<Value> {
        let topic = format!("zigbee2mqtt/{path}");
        let last = self.said.iter().rev().find(|message| message.retain && message.topic == topic)?;
        serde_json::from_str(&last.payload).ok()
    }

    fn exposes(&self, name: &str) -> Vec<Value> {
        let devices = self.retained("bridge/devices").unwrap_or_default();
        let device = devices.as_array().and_then(|all| all.iter().find(|device| device["friendly_name"] == name));
        device.and_then(|device| device["definition"]["exposes"].as_array().cloned()).unwrap_or_default()
    }

    fn names(&self) -> Vec<String> {
        let devices = self.retained("bridge/devices").unwrap_or_default();
        let names = devices.as_array().into_iter().flatten().filter_map(|device| device["friendly_name"].as_str());
        names.filter(|name| *name != "Coordinator").map(str::to_owned).collect()
    }
}

fn on(said: &[Message], path: &str) -> Vec<Value> {
    let topic = format!("zigbee2mqtt/{path}");
    let bodies = said.iter().filter(|message| message.topic == topic);
    bodies.map(|message| serde_json::from_str(&message.payload).unwrap_or_default()).collect()
}
