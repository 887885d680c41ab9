//! The bridge itself: it tells of its devices and does what they are told.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use serde_json::{Map, Value, json};

use super::{Device, Model, Network};
use crate::{
    client::{Client, Refused},
    wire::{Hangup, Message, Qos},
};

/// A running bridge; it leaves without a word when it is dropped.
#[derive(Debug)]
pub struct Bridge {
    network: Network,
    reporter: Client,
    house: Arc<Mutex<House>>,
    hangup: Hangup,
    thread: Option<JoinHandle<()>>,
}

/// Sees each command at the moment when it is obeyed: where it came, as `lamp/set`, and what it says.
pub type Watcher = Box<dyn Fn(&str, &Value) + Send>;

/// What the bridge and its devices know.
#[derive(Default)]
struct House {
    states: BTreeMap<String, Map<String, Value>>,
    unreachable: BTreeSet<String>,
    commands: Vec<(String, Value)>,
    watcher: Option<Watcher>,
}

impl Bridge {
    /// Joins a broker with two clients of the same account, and tells of the bridge and of every device.
    ///
    /// # Panics
    /// If the broker does not take it.
    pub fn join(network: Network, connect: impl Fn(&str) -> Client) -> Self {
        let (mut servant, hangup) = connect(&network.topic("servant").replace('/', "-")).endless();
        let reporter = connect(&network.topic("reporter").replace('/', "-"));
        let states = network.devices.iter().map(|device| (device.name.clone(), device.state(0))).collect();
        let house = Arc::new(Mutex::new(House { states, ..House::default() }));
        let filters = [network.topic("+/set"), network.topic("+/get")];
        servant.subscribe(&filters.each_ref().map(String::as_str)).expect("the bridge may hear commands");
        let (base, shared) = (network.base.clone(), Arc::clone(&house));
        let thread = Some(thread::spawn(move || serve(&mut servant, &base, &shared)));
        let mut bridge = Self { network, reporter, house, hangup, thread };
        bridge.announce();
        bridge
    }

    fn announce(&mut self) {
        let inventory = self.network.inventory();
        for (rest, payload) in
            [("bridge/state", r#"{"state":"online"}"#), ("bridge/devices", &inventory), ("bridge/groups", "[]")]
        {
            let message = Message::new(self.network.topic(rest), payload).retained();
            self.reporter.publish(message).expect("the broker keeps what the bridge retains");
        }
        for device in self.network.devices.clone() {
            self.report(&device.name, &json!({}));
        }
    }

    /// Lets a device report new values, beside those that it has.
    ///
    /// # Panics
    /// If the broker does not take the report.
    pub fn report(&mut self, device: &str, values: &Value) {
        self.try_report(device, values).expect("the broker takes a report");
    }

    /// Lets a device report to a broker that may be gone.
    ///
    /// # Errors
    /// [`Refused`] if it is.
    pub fn try_report(&mut self, device: &str, values: &Value) -> Result<(), Refused> {
        let state = locked(&self.house).merge(device, values);
        self.reporter.publish(Message::new(self.network.topic(device), state))
    }

    /// Lets a device tell of something that is over at once: a button that was pressed.
    ///
    /// # Panics
    /// If the broker does not take it.
    pub fn tell(&mut self, device: &str, what: &Value) {
        self.try_tell(device, what).expect("the broker takes a report");
    }

    /// Does the same at a broker that may be gone.
    ///
    /// # Errors
    /// [`Refused`] if it is, or does not take it.
    pub fn try_tell(&mut self, device: &str, what: &Value) -> Result<(), Refused> {
        let mut told = locked(&self.house).states.get(device).cloned().unwrap_or_default();
        told.extend(what.as_object().cloned().unwrap_or_default());
        self.babble(device, Value::Object(told).to_string())
    }

    /// Publishes anything as a device.
    ///
    /// # Errors
    /// [`Refused`] if the broker is gone, or does not take it.
    pub fn babble(&mut self, device: &str, payload: impl Into<Vec<u8>>) -> Result<(), Refused> {
        self.reporter.publish(Message::new(self.network.topic(device), payload))
    }

    /// Has each command seen by somebody from now on, and not remembered.
    pub fn watch(&self, watcher: Watcher) {
        locked(&self.house).watcher = Some(watcher);
    }

    /// Says whether a device can be reached, as `availability` retains it.
    ///
    /// # Panics
    /// If the broker does not take it.
    pub fn say_state(&mut self, device: &str, state: &str) {
        let topic = self.network.topic(&format!("{device}/availability"));
        let message = Message::new(topic, json!({ "state": state }).to_string()).retained();
        self.reporter.publish(message).expect("the broker keeps what the bridge retains");
    }

    /// Takes a new device in.
    pub fn add(&mut self, device: &str, model: Model) {
        let added = Device::new(100 + self.network.devices.len(), device, model);
        locked(&self.house).states.insert(device.to_owned(), added.state(0));
        self.network.devices.push(added);
        self.announce();
    }

    /// Lets a device go.
    pub fn remove(&mut self, device: &str) {
        self.network.devices.retain(|known| known.name != device);
        locked(&self.house).states.remove(device);
        self.announce();
    }

    /// Gives a device another name.
    pub fn rename(&mut self, device: &str, name: &str) {
        for known in self.network.devices.iter_mut().filter(|known| known.name == device) {
            name.clone_into(&mut known.name);
        }
        {
            let mut house = locked(&self.house);
            let state = house.states.remove(device).unwrap_or_default();
            house.states.insert(name.to_owned(), state);
        }
        self.announce();
    }

    /// Takes a device out of the reach of the radio.
    pub fn cut_off(&self, device: &str) {
        locked(&self.house).unreachable.insert(device.to_owned());
    }

    /// Returns the commands that came, as `(lamp/set, {"state":"ON"})`, and forgets them.
    #[must_use]
    pub fn commands(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut locked(&self.house).commands)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.hangup.now();
        if let Some(thread) = self.thread.take() {
            // a bridge that failed has said so where it failed
            drop(thread.join());
        }
    }
}

/// Does what comes until the connection ends.
fn serve(servant: &mut Client, base: &str, house: &Mutex<House>) {
    while servant.step().is_ok() {
        let orders: Vec<Message> = servant.heard().to_vec();
        servant.forget();
        for order in orders {
            let Some(rest) = order.topic.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')) else { continue };
            if let Some((rest, payload)) = locked(house).obey(rest, &order) {
                let report = Message::new(format!("{base}/{rest}"), payload).with_qos(Qos::Zero);
                // the loop ends by itself when the connection has
                drop(servant.put(report));
            }
        }
    }
}

fn locked(house: &Mutex<House>) -> MutexGuard<'_, House> {
    house.lock().unwrap_or_else(PoisonError::into_inner)
}

impl House {
    /// Does what a command says; returns where something is said about it, and what.
    fn obey(&mut self, rest: &str, order: &Message) -> Option<(String, String)> {
        let wanted: Value = serde_json::from_slice(&order.payload).ok()?;
        match &self.watcher {
            Some(watcher) => watcher(rest, &wanted),
            None => self.commands.push((rest.to_owned(), wanted.clone())),
        }
        let (device, verb) = rest.rsplit_once('/')?;
        if self.unreachable.contains(device) {
            let key = wanted.as_object()?.keys().next()?;
            return Some(("bridge/logging".to_owned(), undelivered(verb, key, device)));
        }
        let news = if verb == "set" { wanted } else { json!({}) };
        Some((device.to_owned(), self.merge(device, &news)))
    }

    fn merge(&mut self, device: &str, values: &Value) -> String {
        let state = self.states.entry(device.to_owned()).or_default();
        state.extend(values.as_object().cloned().unwrap_or_default());
        Value::Object(state.clone()).to_string()
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House").field("states", &self.states).finish_non_exhaustive()
    }
}

fn undelivered(verb: &str, key: &str, device: &str) -> String {
    let text = format!("z2m: Publish '{verb}' '{key}' to '{device}' failed: 'Error: Delivery failed'");
    json!({ "level": "error", "message": text }).to_string()
}
