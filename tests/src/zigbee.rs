//! A simulated Zigbee2MQTT: what it publishes about its network, and a bridge that takes commands.

mod bridge;
mod model;

use serde_json::{Map, Value};

pub use bridge::{Bridge, Watcher};
pub use model::Model;

/// The devices of one Zigbee2MQTT, and where its topics begin.
#[derive(Debug, Clone)]
pub struct Network {
    /// The first level of its topics.
    pub base: String,
    /// What is in it.
    pub devices: Vec<Device>,
}

/// One device.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its friendly name.
    pub name: String,
    /// Its hardware address.
    pub address: String,
    /// What it is.
    pub model: Model,
}

impl Network {
    /// Makes the small house of the stories: `lamp`, `sensor` and `plug`.
    #[must_use]
    pub fn house() -> Self {
        let device = |(number, model)| Device::new(number, model_name(model), model);
        Self { base: "zigbee2mqtt".to_owned(), devices: (0..).zip(Model::ALL).map(device).collect() }
    }

    /// Makes the small house with a `counter`.
    #[must_use]
    pub fn house_with_counter() -> Self {
        let mut house = Self::house();
        house.devices.push(Device::new(house.devices.len(), model_name(Model::Counter), Model::Counter));
        house
    }

    /// Makes a network of many devices, `d<first>` and following, of all models in turn.
    #[must_use]
    pub fn of(base: &str, first: usize, count: usize) -> Self {
        let devices = (first..first + count).zip(Model::ALL.into_iter().cycle());
        let devices = devices.map(|(number, model)| Device::new(number, &format!("d{number}"), model)).collect();
        Self { base: base.to_owned(), devices }
    }

    /// Makes a network of so many devices of one model, `d<first>` and following.
    #[must_use]
    pub fn only(base: &str, model: Model, first: usize, count: usize) -> Self {
        let devices = (first..first + count).map(|number| Device::new(number, &format!("d{number}"), model)).collect();
        Self { base: base.to_owned(), devices }
    }

    /// Writes a topic of the network.
    #[must_use]
    pub fn topic(&self, rest: &str) -> String {
        format!("{}/{rest}", self.base)
    }

    /// Writes the list of its devices, as `bridge/devices` retains it.
    #[must_use]
    pub fn inventory(&self) -> String {
        let definitions = Model::KNOWN.map(|model| (model, model.definition().to_string()));
        let definition = |wanted| definitions.iter().find(|(model, _)| *model == wanted).map(|(_, text)| text.as_str());
        let entries = self.devices.iter().map(|device| device.entry(definition(device.model).unwrap_or("null")));
        format!("[{}]", entries.collect::<Vec<_>>().join(","))
    }
}

impl Device {
    fn new(number: usize, name: &str, model: Model) -> Self {
        Self { name: name.to_owned(), address: format!("0x00158d{number:010x}"), model }
    }

    fn entry(&self, definition: &str) -> String {
        let (address, name) = (&self.address, &self.name);
        let who = format!(r#""ieee_address":"{address}","friendly_name":"{name}""#);
        let how = r#""type":"Router","supported":true,"disabled":false,"interview_state":"SUCCESSFUL""#;
        format!(r#"{{{who},{how},"definition":{definition}}}"#)
    }

    /// Returns what the device publishes of itself; each number gives other values.
    #[must_use]
    pub fn state(&self, number: usize) -> Map<String, Value> {
        self.model.state(number)
    }
}

const fn model_name(model: Model) -> &'static str {
    match model {
        Model::Lamp => "lamp",
        Model::Sensor => "sensor",
        Model::Plug => "plug",
        Model::Button => "button",
        Model::Counter => "counter",
    }
}
