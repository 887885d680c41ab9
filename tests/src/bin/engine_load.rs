//! Drives the engine alone with one kind of work, for counting its instructions.
//!
//! `engine_load DEVICES COUNT none|reads|changes` prints how many answers or notifications came of it. The difference
//! between a run with work and one without is the work: all else, the preparation of what is asked or reported
//! included, is the same in both.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "this is run by a measurement, which wants to know")]

use std::{env, sync::Arc};

use hes_engine::{
    Asked, Asker, Delivery, Door, Engine, Input, Limits, Output, clusters::zigbee2mqtt::Zigbee2Mqtt, record::Restored,
};
use hes_schemas::{
    ClientId, ClusterId, HomeId, Root, Status, Timestamp, Topic, UserName,
    rights::{Grants, Role},
};
use hes_tests::{HOME, zigbee::Network};
use serde_json::json;

/// How many devices one cluster has, so that the list of them is one message.
const CLUSTER: usize = 1_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [devices, count, work] = arguments.as_slice() else { return println!("DEVICES COUNT none|reads|changes") };
    let (devices, count) = (devices.parse().expect("a number of devices"), count.parse().expect("a count"));
    let mut house = House::new(devices);
    let (requests, reports) = (house.requests(count), house.reports(count));
    let done = match work.as_str() {
        "reads" => requests.iter().enumerate().map(|(round, topic)| house.ask(round, topic, "")).sum(),
        "changes" => reports.iter().map(|(cluster, topic, state)| house.hear(cluster, topic, state)).sum(),
        _ => 0,
    };
    println!("{done}");
}

/// An engine with its clusters.
struct House {
    engine: Engine,
    networks: Vec<(ClusterId, Network)>,
    devices: usize,
}

impl House {
    /// Makes a house whose devices have all reported, each watched by a subscription of its own and by one for all.
    fn new(devices: usize) -> Self {
        let home = HomeId::new("home").expect("an id");
        let limits = Limits { subscriptions: 20_000, ..Limits::default() };
        let mut engine = Engine::new(home, Root::default(), limits, Restored::default(), now());
        let owner = UserName::new("owner").expect("a name");
        engine.handle(now(), Input::Rights(vec![(owner, Arc::new(Grants::new(Role::Owner.grants())))]));
        let networks =
            (0..devices).step_by(CLUSTER).map(|first| network(first, CLUSTER.min(devices - first))).collect();
        let mut house = Self { engine, networks, devices };
        house.populate();
        house.watch();
        house
    }

    fn populate(&mut self) {
        for (cluster, network) in self.networks.clone() {
            let base = Topic::new(&network.base).expect("a topic");
            self.engine.add_cluster(cluster.clone(), Box::new(Zigbee2Mqtt::new(base)), now());
            self.engine.handle(now(), Input::Linked(cluster.clone()));
            self.hear(&cluster, &network.topic("bridge/state"), r#"{"state":"online"}"#);
            self.hear(&cluster, &network.topic("bridge/devices"), &network.inventory());
            self.hear(&cluster, &network.topic("bridge/groups"), "[]");
            for device in &network.devices {
                self.hear(&cluster, &network.topic(&device.name), &json!(device.state(0)).to_string());
            }
        }
    }

    fn watch(&mut self) {
        let topic = format!("{HOME}/$req/subscribe");
        let each = (0..self.devices).map(|number| format!("{}/d{number}", cluster_of(number)));
        let scopes: Vec<String> = each.chain(["#".to_owned()]).collect();
        for (round, scope) in scopes.iter().enumerate() {
            let body = json!({ "scope": scope, "events": ["property_changed"], "initial": false });
            self.ask(round, &topic, &body.to_string());
        }
    }

    /// Returns the topics that read one property of devices all over the house.
    fn requests(&self, count: usize) -> Vec<String> {
        let path = |number| format!("{HOME}/{}/d{number}/property/voltage/get", cluster_of(number));
        (0..count).map(|round| path(self.scattered(round))).collect()
    }

    /// Returns reports of devices all over the house, in each of which one property has changed.
    fn reports(&self, count: usize) -> Vec<(ClusterId, String, String)> {
        let report = |round| {
            let number = self.scattered(round);
            let (cluster, network) = self.networks.get(number / CLUSTER).expect("a network");
            let device = network.devices.get(number % CLUSTER).expect("a device");
            let mut state = device.state(0);
            state.insert("voltage".to_owned(), (round % 251).into());
            (cluster.clone(), network.topic(&device.name), json!(state).to_string())
        };
        (0..count).map(report).collect()
    }

    const fn scattered(&self, round: usize) -> usize {
        round * 7919 % self.devices
    }

    /// Asks as one of many clients, because one may hold only so many subscriptions.
    fn ask(&mut self, round: usize, topic: &str, payload: &str) -> usize {
        let client = ClientId::new(&format!("c{}", round / 100)).ok();
        let user = UserName::new("owner").expect("a name");
        let asked = Asked {
            bounds: None,
            asker: Asker { user, door: Door::Own(client) },
            topic,
            payload: payload.as_bytes(),
            retained: false,
            content_type: None,
            response_topic: None,
            correlation: Some(&round.to_be_bytes()),
            expiry: None,
            trace: None,
            delivery: Delivery::AtLeastOnce,
        };
        self.engine.handle(now(), Input::Asked(asked));
        self.drain()
    }

    fn hear(&mut self, cluster: &ClusterId, topic: &str, payload: &str) -> usize {
        self.engine.handle(now(), Input::Heard { cluster, topic, payload: payload.as_bytes() });
        self.drain()
    }

    /// Takes the outputs, and counts the good answers and the notifications among them.
    fn drain(&mut self) -> usize {
        let outputs = std::iter::from_fn(|| self.engine.poll_output());
        outputs.filter(is_wanted).count()
    }
}

fn is_wanted(output: &Output) -> bool {
    matches!(output, Output::Notify { .. }) || matches!(output, Output::Answer(letter) if letter.status == Status::Ok)
}

fn network(first: usize, count: usize) -> (ClusterId, Network) {
    let id = cluster_of(first);
    (ClusterId::new(&id).expect("an id"), Network::of(&id, first, count))
}

fn cluster_of(number: usize) -> String {
    format!("z{}", number / CLUSTER)
}

const fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}
