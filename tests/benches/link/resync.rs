//! How soon ten thousand values are right again at the other home after an outage.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use hes_tests::{
    cable::Mood,
    figures::{Figure, Goal, heading},
    gateway::Gateway,
    neighbours::state,
    patience::until,
    wire::{self, Message, Wire},
    zigbee::{Model, Network},
};
use serde_json::{Map, Value};

use crate::{
    Effort,
    flow::{hear, tell},
    homes::{Homes, Host, PERSON, connected},
};

const DEVICES: usize = 1_000;
const VALUES: usize = 10_000;
const SHOWN: &str = "hes/1/elm/zigbee/+/property/#";

/// How long something took: from the end of the outage, and from the first value that came after it.
type Taken = (Duration, Duration);

/// What is shown of each property, by its topic.
type Shown = HashMap<String, Value>;

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("10,000 values of 1,000 devices after an outage during which each of them changed");
    for host in Host::ALL {
        let mut homes = Homes::start_on_cable(host, &Network::only("zigbee2mqtt", Model::Sensor, 0, DEVICES));
        let mut turn = 1;
        let right = homes.change(turn);
        await_all(&mut homes.listener(), right, Instant::now());
        let cuts: Vec<Taken> = (0..effort.outages).map(|_| homes.cut(next(&mut turn))).collect();
        print(&cuts, &format!("partition, {}", host.name()), "the way is whole again");
        let starts: Vec<Taken> = (0..effort.outages).map(|_| homes.listener_dies(next(&mut turn))).collect();
        print(&starts, &format!("listener killed, {}", host.name()), "its start");
    }
}

fn print(taken: &[Taken], what: &str, since: &str) {
    let seconds = |time: &Duration| time.as_secs_f64();
    Figure::of(taken.iter().map(|(whole, _)| seconds(whole)).collect()).against(
        Goal::AtMost(2.0),
        " s",
        &format!("{what}: from when {since} to the last value"),
    );
    Figure::of(taken.iter().map(|(_, told)| seconds(told)).collect())
        .alone(" s", &format!("{what}: from the first new value to the last"));
}

fn next(turn: &mut usize) -> usize {
    *turn += 1;
    *turn
}

impl Homes {
    /// Nothing passes between the homes while all changes.
    fn cut(&mut self, turn: usize) -> Taken {
        self.cable.turn(Mood::Cut);
        until("the homes miss each other", || {
            let is_gone = |at, other| state(at, other) == Some("offline".to_owned());
            (is_gone(&self.oak, &self.elm) && is_gone(&self.elm, &self.oak)).then_some(())
        });
        let right = self.change(turn);
        let mut listener = self.listener();
        let began = Instant::now();
        self.cable.turn(Mood::Whole);
        await_all(&mut listener, right, began)
    }

    /// The gateway of the listener has no power while all changes.
    fn listener_dies(&mut self, turn: usize) -> Taken {
        self.oak.kill();
        let right = self.change(turn);
        let began = Instant::now();
        self.oak.restart();
        await_all(&mut self.listener(), right, began)
    }

    /// Has every value of every device change, and returns what is shown of them at their home.
    fn change(&self, turn: usize) -> Shown {
        let network = Network::only("zigbee2mqtt", Model::Sensor, 0, DEVICES);
        let state = Value::Object(values(turn)).to_string();
        let messages: Vec<Message> =
            network.devices.iter().map(|it| Message::new(network.topic(&it.name), state.as_str())).collect();
        let mut cluster = connected(self.elm.address(), Some(&Gateway::account("cluster")), "change", None);
        tell(&mut cluster, &messages);
        shown(&self.elm)
    }

    fn listener(&self) -> Wire {
        until("the gateway serves", || self.oak.named_client(PERSON, wire::Version::V5, "look").ok());
        connected(self.oak.address(), Some(&Gateway::account(PERSON)), "listener", Some(SHOWN))
    }
}

/// Returns the values of a turn, which are all others than those of the turn before.
fn values(turn: usize) -> Map<String, Value> {
    let mut values = Model::Sensor.state(turn);
    values.extend(
        [("voltage", 2_000 + turn), ("linkquality", turn)].map(|(name, value)| (name.to_owned(), value.into())),
    );
    values
}

/// Returns what a home shows of its own values.
fn shown(home: &Gateway) -> Shown {
    let mut shown = Shown::new();
    hear(&mut connected(home.address(), Some(&Gateway::account(PERSON)), "look-at-home", Some(SHOWN)), |message| {
        shown.insert(message.topic.clone(), good(message));
        shown.len() == VALUES
    });
    shown
}

/// Returns the value that a message tells of, if it is good.
fn good(message: &Message) -> Value {
    let mut told: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
    let is_good = told.get("quality").and_then(Value::as_str) == Some("good");
    told.get_mut("value").filter(|_| is_good).map(Value::take).unwrap_or_default()
}

/// Waits until each value is right.
fn await_all(listener: &mut Wire, mut right: Shown, began: Instant) -> Taken {
    let mut first = None;
    hear(listener, |message| {
        if right.get(&message.topic).is_some_and(|value| *value == good(message)) {
            first.get_or_insert_with(Instant::now);
            right.remove(&message.topic);
        }
        right.is_empty()
    });
    (began.elapsed(), first.map_or(Duration::ZERO, |first| first.elapsed()))
}
