//! How soon ten thousand values are right again at the other home after an outage.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use hes_tests::{
    cable::Mood,
    figures::{Figure, Goal, heading},
    gateway::Gateway,
    neighbours::state,
    patience::until,
    wire::{self, Message, Packet, Wire},
    zigbee::{Model, Network},
};
use serde_json::{Map, Value};

use crate::{
    Effort,
    flow::tell,
    homes::{Homes, Host, PERSON, connected},
};

const DEVICES: usize = 1_000;
const VALUES: usize = 10_000;
const SHOWN: &str = "hes/1/elm/zigbee/+/property/#";

/// How long something took: from the end of the outage, and from the first value that came after it.
type Taken = (Duration, Duration);

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("10,000 values of 1,000 devices after an outage during which each of them changed");
    for host in Host::ALL {
        let mut homes = Homes::start_on_cable(host, &Network::only("zigbee2mqtt", Model::Sensor, 0, DEVICES));
        let mut turn = 100;
        homes.change(turn);
        await_all(&mut listener(&homes), turn, Instant::now());
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
        self.change(turn);
        let mut listener = listener(self);
        let began = Instant::now();
        self.cable.turn(Mood::Whole);
        await_all(&mut listener, turn, began)
    }

    /// The gateway of the listener has no power while all changes.
    fn listener_dies(&mut self, turn: usize) -> Taken {
        self.oak.kill();
        self.change(turn);
        let began = Instant::now();
        self.oak.restart();
        await_all(&mut listener(self), turn, began)
    }

    /// Has every value of every device change.
    fn change(&self, turn: usize) {
        let network = Network::only("zigbee2mqtt", Model::Sensor, 0, DEVICES);
        let state = Value::Object(values(turn)).to_string();
        let messages: Vec<Message> =
            network.devices.iter().map(|it| Message::new(network.topic(&it.name), state.as_str())).collect();
        let mut cluster = connected(self.elm.address(), Some(&Gateway::account("cluster")), "change", None);
        tell(&mut cluster, &messages);
    }
}

/// Returns the values of a turn: each is the turn's number.
fn values(turn: usize) -> Map<String, Value> {
    Model::Sensor.state(0).into_iter().map(|(name, _)| (name, turn.into())).collect()
}

fn listener(homes: &Homes) -> Wire {
    let account = Gateway::account(PERSON);
    until("the gateway serves", || homes.oak.named_client(PERSON, wire::Version::V5, "look").ok());
    connected(homes.oak.address(), Some(&account), "listener", Some(SHOWN))
}

/// Waits until each value is the turn's.
fn await_all(listener: &mut Wire, turn: usize, began: Instant) -> Taken {
    let mut right: HashSet<String> = HashSet::new();
    let mut first = None;
    while right.len() < VALUES {
        let packet = listener.receive().expect("the broker goes on");
        let Packet::Publish(message) = packet else { continue };
        listener.send(&wire::puback(message.packet_id)).expect("the broker takes an acknowledgement");
        if is_right(&message, turn) {
            first.get_or_insert_with(Instant::now);
            right.insert(message.topic);
        }
    }
    (began.elapsed(), first.map_or(Duration::ZERO, |first| first.elapsed()))
}

fn is_right(message: &Message, turn: usize) -> bool {
    let shown: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
    let is_good = shown.get("quality").and_then(Value::as_str) == Some("good");
    is_good && shown.get("value").and_then(Value::as_u64) == u64::try_from(turn).ok()
}
