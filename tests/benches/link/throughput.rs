//! How many messages a second come from one home to the other.

use std::collections::HashMap;

use hes_tests::{
    figures::{Figure, Goal, heading},
    gateway::Gateway,
    wire::{Message, Wire},
    zigbee::{Model, Network},
};

use crate::{
    Effort,
    flow::{Flowed, flow},
    homes::{Bridged, Homes, Host, PERSON, TOLD, connected},
    oneway::{EVENT, PROPERTY},
};

/// How many devices tell something in turn.
const DEVICES: usize = 200;

/// One who tells and one who listens to all.
struct Lane {
    teller: Wire,
    listener: Wire,
}

/// What was heard in a second, in each round, and which part of what was told.
#[derive(Default)]
struct Rates {
    rates: Vec<f64>,
    parts: Vec<f64>,
}

impl Rates {
    fn add(&mut self, flowed: Flowed, told: usize) {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        self.rates.push(count(flowed.heard) / flowed.took.as_secs_f64());
        self.parts.push(count(flowed.heard) / count(told));
    }
}

/// Measures and prints.
pub(crate) fn measure(effort: Effort) {
    heading("Throughput between homes, QoS 1, 100 in flight, TCP_NODELAY everywhere");
    let brokers = Bridged::start();
    for host in Host::ALL {
        compare(effort, &brokers, host);
    }
}

fn compare(effort: Effort, brokers: &Bridged, host: Host) {
    let mut network = Network::only("zigbee2mqtt", Model::Sensor, 0, DEVICES);
    network.devices.extend(Network::only("zigbee2mqtt", Model::Button, DEVICES, DEVICES).devices);
    let homes = Homes::start(host, &network);
    let mut plain = bridged(brokers, host.name());
    let mut told = between(&homes, "hes/1/elm/zigbee/+/property/illuminance", "property");
    let mut happened = between(&homes, "hes/1/elm/zigbee/+/event/action", "event");
    let [mut carried, mut shown, mut heard]: [Rates; 3] = Default::default();
    let mut last = 0;
    for round in 0..=effort.rounds {
        let flows = [plain.carry(effort.flow), told.show(effort.flow, &mut last), happened.happen(effort.flow)];
        // the first round only warms up
        if round > 0 {
            for (rates, flowed) in [&mut carried, &mut shown, &mut heard].into_iter().zip(flows) {
                rates.add(flowed, effort.flow);
            }
        }
    }
    print([&carried, &shown, &heard], host.name());
}

fn print([carried, shown, heard]: [&Rates; 3], name: &str) {
    for (rates, what) in [(carried, "mosquitto to mosquitto"), (shown, "properties"), (heard, "events")] {
        Figure::of(rates.rates.clone()).alone("/s", &format!("{what}, {name}"));
    }
    Figure::of(shown.parts.clone()).alone("", &format!("part of the values that was shown, not overtaken, {name}"));
    let ratio = Figure::ratio;
    ratio(&shown.rates, &carried.rates).against(Goal::AtLeast(2.0), "", &format!("properties : mosquitto, {name}"));
    ratio(&heard.rates, &carried.rates).against(Goal::AtLeast(1.0), "", &format!("events : mosquitto, {name}"));
}

impl Lane {
    /// Has mosquitto carry messages.
    fn carry(&mut self, count: usize) -> Flowed {
        let topic = |number: usize| format!("{TOLD}/flow/d{}", number % DEVICES);
        let messages = messages(count, |number| Message::new(topic(number), (PROPERTY.told)(number_of(number))));
        self.all(&messages)
    }

    /// Has devices press buttons.
    fn happen(&mut self, count: usize) -> Flowed {
        let topic = |number: usize| format!("zigbee2mqtt/d{}", DEVICES + number % DEVICES);
        let messages = messages(count, |number| Message::new(topic(number), (EVENT.told)(0)));
        self.all(&messages)
    }

    fn all(&mut self, messages: &[Message]) -> Flowed {
        let mut left = messages.len();
        flow(&mut self.teller, &mut self.listener, messages, |_| {
            left -= 1;
            left == 0
        })
    }

    /// Has values change; what is overtaken by a newer one on its way is not shown, the last of each device is.
    fn show(&mut self, count: usize, last: &mut u64) -> Flowed {
        let first = *last;
        *last += number_of(count);
        let topic = |number: usize| format!("zigbee2mqtt/d{}", number % DEVICES);
        let value = |number: usize| first + number_of(number);
        let messages = messages(count, |number| Message::new(topic(number), (PROPERTY.told)(value(number))));
        let mut missing: HashMap<String, u64> = HashMap::new();
        for number in 1..=count {
            missing.insert(format!("hes/1/elm/zigbee/d{}/property/illuminance", number % DEVICES), value(number));
        }
        flow(&mut self.teller, &mut self.listener, &messages, |message| {
            let is_last = |number: &u64| (PROPERTY.is_heard)(&message.payload, *number);
            if missing.get(&message.topic).is_some_and(is_last) {
                missing.remove(&message.topic);
            }
            missing.is_empty()
        })
    }
}

fn messages(count: usize, message: impl Fn(usize) -> Message) -> Vec<Message> {
    (1..=count).map(message).collect()
}

fn number_of(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn bridged(brokers: &Bridged, name: &str) -> Lane {
    let teller = connected(brokers.near.address(), None, &format!("{name}-flow-teller"), None);
    let filter = format!("{TOLD}/flow/+");
    let listener = connected(brokers.far.address(), None, &format!("{name}-flow-listener"), Some(&filter));
    Lane { teller, listener }
}

fn between(homes: &Homes, filter: &str, name: &str) -> Lane {
    let (cluster, person) = (Gateway::account("cluster"), Gateway::account(PERSON));
    let teller = connected(homes.elm.address(), Some(&cluster), &format!("{name}-flow-teller"), None);
    let listener = connected(homes.oak.address(), Some(&person), &format!("{name}-flow-listener"), Some(filter));
    Lane { teller, listener }
}
