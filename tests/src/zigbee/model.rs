//! Three products with ten properties each, a button, and a counter.

use serde_json::{Map, Value, json};

/// A product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// A dimmable lamp.
    Lamp,
    /// A sensor of the air; it can only be listened to.
    Sensor,
    /// A plug that measures, with a child lock, which is dangerous to open.
    Plug,
    /// A button, which tells that it was pressed.
    Button,
    /// A counter with a label, which can tell of something else each time: `recall_1`.
    Counter,
}

/// Published, or published and to be asked for, or all of it and to be set.
const TOLD: u8 = 1;
const ASKED: u8 = 5;
const ALL: u8 = 7;

impl Model {
    /// All products with ten properties.
    pub const ALL: [Self; 3] = [Self::Lamp, Self::Sensor, Self::Plug];

    /// All products.
    pub(super) const KNOWN: [Self; 5] = [Self::Lamp, Self::Sensor, Self::Plug, Self::Button, Self::Counter];

    /// Writes `definition` of `bridge/devices`.
    #[must_use]
    pub fn definition(self) -> Value {
        let (model, description, exposes) = match self {
            Self::Lamp => ("L-10", "Lamp for the stories", lamp()),
            Self::Sensor => ("S-10", "Sensor for the stories", sensor()),
            Self::Plug => ("P-10", "Smart plug for the stories", plug()),
            Self::Button => ("B-1", "Button for the stories", button()),
            Self::Counter => ("C-2", "Counter for the stories", counter()),
        };
        json!({
            "vendor": "Storyteller", "model": model, "description": description, "options": [], "exposes": exposes,
        })
    }

    /// Returns all values; each number gives others.
    #[must_use]
    pub fn state(self, number: usize) -> Map<String, Value> {
        let (small, word) = (number % 100, if number.is_multiple_of(2) { "ON" } else { "OFF" });
        let state = match self {
            Self::Lamp => json!({
                "state": word, "brightness": 100 + small, "color_temp": 200 + small, "color_temp_startup": 250,
                "power_on_behavior": "previous", "power": small, "energy": 1000 + small, "voltage": 230,
                "device_temperature": 20 + small, "linkquality": 120,
            }),
            Self::Sensor => json!({
                "temperature": number % 100, "humidity": small, "pressure": 1000 + small, "illuminance": 10 * small,
                "co2": 400 + small, "voc": 10 + small, "pm25": small, "battery": 100 - small, "voltage": 3000,
                "linkquality": 90,
            }),
            Self::Plug => json!({
                "state": word, "power": small, "voltage": 230, "current": small, "energy": 500 + small,
                "device_temperature": 30, "ac_frequency": 50, "power_outage_memory": "restore",
                "child_lock": "LOCK", "linkquality": 150,
            }),
            Self::Button => json!({ "battery": 100 - small, "linkquality": 80 }),
            Self::Counter => json!({ "count": number, "label": "" }),
        };
        state.as_object().cloned().unwrap_or_default()
    }
}

fn lamp() -> Value {
    json!([
        { "type": "light", "features": [
            switch("state"),
            numeric("brightness", ALL, "", 0, 254),
            numeric("color_temp", ALL, "mired", 153, 500),
            numeric("color_temp_startup", ALL, "mired", 153, 500),
        ] },
        choice("power_on_behavior", &["off", "on", "toggle", "previous"]),
        numeric("power", ASKED, "W", 0, 100),
        numeric("energy", TOLD, "kWh", 0, 100_000),
        numeric("voltage", TOLD, "V", 0, 300),
        numeric("device_temperature", TOLD, "°C", -50, 150),
        numeric("linkquality", TOLD, "lqi", 0, 255),
    ])
}

fn sensor() -> Value {
    json!([
        numeric("temperature", TOLD, "°C", -50, 150),
        numeric("humidity", TOLD, "%", 0, 100),
        numeric("pressure", TOLD, "hPa", 300, 1200),
        numeric("illuminance", TOLD, "lx", 0, 100_000),
        numeric("co2", TOLD, "ppm", 0, 10_000),
        numeric("voc", TOLD, "ppb", 0, 10_000),
        numeric("pm25", TOLD, "µg/m³", 0, 1000),
        numeric("battery", TOLD, "%", 0, 100),
        numeric("voltage", TOLD, "mV", 0, 5000),
        numeric("linkquality", TOLD, "lqi", 0, 255),
    ])
}

fn plug() -> Value {
    json!([
        { "type": "switch", "features": [switch("state")] },
        numeric("power", ASKED, "W", 0, 4000),
        numeric("voltage", ASKED, "V", 0, 300),
        numeric("current", ASKED, "A", 0, 100),
        numeric("energy", TOLD, "kWh", 0, 100_000),
        numeric("device_temperature", TOLD, "°C", -50, 150),
        numeric("ac_frequency", TOLD, "Hz", 0, 100),
        choice("power_outage_memory", &["on", "off", "restore"]),
        binary("child_lock", "LOCK", "UNLOCK"),
        numeric("linkquality", TOLD, "lqi", 0, 255),
    ])
}

fn button() -> Value {
    let presses = json!({
        "type": "enum", "name": "action", "label": "Action", "property": "action", "access": TOLD,
        "values": ["single", "double"],
    });
    json!([presses, numeric("battery", TOLD, "%", 0, 100), numeric("linkquality", TOLD, "lqi", 0, 255)])
}

fn counter() -> Value {
    json!([
        { "type": "enum", "name": "action", "property": "action", "access": TOLD, "values": ["recall_*"] },
        { "type": "numeric", "name": "count", "property": "count", "access": TOLD },
        { "type": "text", "name": "label", "property": "label", "access": ALL },
    ])
}

fn switch(name: &str) -> Value {
    let mut switch = binary(name, "ON", "OFF");
    switch["value_toggle"] = "TOGGLE".into();
    switch
}

fn binary(name: &str, on: &str, off: &str) -> Value {
    json!({
        "type": "binary", "name": name, "label": name, "property": name, "access": ALL,
        "value_on": on, "value_off": off,
    })
}

fn choice(name: &str, values: &[&str]) -> Value {
    json!({ "type": "enum", "name": name, "label": name, "property": name, "access": ALL, "values": values })
}

fn numeric(name: &str, access: u8, unit: &str, least: i32, most: i32) -> Value {
    let mut numeric = json!({
        "type": "numeric", "name": name, "label": name, "property": name, "access": access,
        "value_min": least, "value_max": most,
    });
    if !unit.is_empty() {
        numeric["unit"] = unit.into();
    }
    numeric
}
