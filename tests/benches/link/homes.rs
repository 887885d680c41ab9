//! Two homes of which one tells and one listens, and two bridged brokers that do the same.

use hes_tests::{
    cable::Cable,
    gateway::Gateway,
    mosquitto::Mosquitto,
    neighbours::{federate, pair_at},
    patience::until,
    wire::{self, Account, Message, Packet, Qos, Version, Wire},
    zigbee::Network,
};
use serde_json::Value;

use crate::GATEWAY;

/// Who is shown what the other home tells.
pub(crate) const PERSON: &str = "anna";

/// Where the topics begin that one mosquitto hands to the other.
pub(crate) const TOLD: &str = "told";

/// Who listens to 10,000 values is shown them twice when an outage ends: as they were, and as they are.
const ROOM: &str = "max_queued_messages = 100000\n";

/// At whose broker the homes meet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Host {
    /// At that of the home that tells.
    Teller,
    /// At that of the home that listens.
    Listener,
}

/// `elm`, which has devices and tells of them, and `oak`, which listens.
pub(crate) struct Homes {
    pub(crate) oak: Gateway,
    pub(crate) elm: Gateway,
    /// What lies between the host's broker and its guest.
    pub(crate) cable: Cable,
}

/// Two brokers, of which one hands to the other what is told, and questions, and takes answers back.
pub(crate) struct Bridged {
    pub(crate) near: Mosquitto,
    pub(crate) far: Mosquitto,
}

impl Host {
    pub(crate) const ALL: [Self; 2] = [Self::Teller, Self::Listener];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Teller => "met at the teller's broker",
            Self::Listener => "met at the listener's broker",
        }
    }
}

impl Homes {
    /// Starts both and has them meet directly.
    pub(crate) fn start(host: Host, network: &Network) -> Self {
        let mut homes = Self::prepare(host, network);
        homes.meet(host, |host, _| host.address());
        homes
    }

    /// Starts both and has them meet over a cable.
    pub(crate) fn start_on_cable(host: Host, network: &Network) -> Self {
        let mut homes = Self::prepare(host, network);
        homes.meet(host, |_, cable| cable.address());
        homes
    }

    fn prepare(host: Host, network: &Network) -> Self {
        let oak = Gateway::prepare(GATEWAY).named("oak").with_broker(ROOM).with_metrics().start();
        let elm = Gateway::prepare(GATEWAY).named("elm").with_metrics().with_cluster("zigbee", &network.base).start();
        for home in [&oak, &elm] {
            home.add_user(PERSON, "resident");
        }
        populate(&elm, network);
        let broker = match host {
            Host::Teller => elm.address(),
            Host::Listener => oak.address(),
        };
        Self { cable: Cable::new(broker, 1), oak, elm }
    }

    fn meet(&mut self, host: Host, way: impl Fn(&Gateway, &Cable) -> std::net::SocketAddr) {
        let (host, guest) = match host {
            Host::Teller => (&self.elm, &self.oak),
            Host::Listener => (&self.oak, &self.elm),
        };
        pair_at(&format!("mqtt://{}", way(host, &self.cable)), host, guest);
        federate(PERSON, &self.oak, &self.elm, "read,notify:zigbee/+");
    }
}

impl Bridged {
    pub(crate) fn start() -> Self {
        let far = Mosquitto::start();
        let topics = [format!("{TOLD}/# out 1"), "question/# out 1".to_owned(), "answer/# in 1".to_owned()];
        let near = Mosquitto::bridged_to(&far, &topics.each_ref().map(String::as_str));
        let bridged = Self { near, far };
        bridged.await_bridge();
        bridged
    }

    fn await_bridge(&self) {
        let mut listener = self.far.client("until-bridged");
        listener.subscribe(&["told/ready"]).expect("mosquitto lets everybody subscribe");
        let mut teller = self.near.client("until-bridged");
        until("the bridge carries", || {
            teller.publish(Message::new("told/ready", "")).expect("mosquitto takes a message");
            listener.fence();
            (!listener.heard().is_empty()).then_some(())
        });
    }
}

/// Publishes the list of devices, and what each of them tells of itself.
fn populate(home: &Gateway, network: &Network) {
    let mut bridge = home.named_client("cluster", Version::V5, "populate").expect("a bridge is let in");
    let inventory = network.inventory();
    for (rest, payload) in
        [("bridge/state", r#"{"state":"online"}"#), ("bridge/devices", &inventory), ("bridge/groups", "[]")]
    {
        bridge.publish(Message::new(network.topic(rest), payload).retained()).expect("the broker takes a list");
    }
    for (number, device) in network.devices.iter().enumerate() {
        let state = Value::Object(device.state(number)).to_string();
        bridge.publish(Message::new(network.topic(&device.name), state)).expect("the broker takes a state");
    }
}

/// Connects, and subscribes if there is a filter.
pub(crate) fn connected(
    address: std::net::SocketAddr,
    account: Option<&Account>,
    name: &str,
    filter: Option<&str>,
) -> Wire {
    let mut wire = Wire::open(address, Version::V5).expect("the broker listens");
    wire.send(&wire::connect(Version::V5, name, account)).expect("the broker takes CONNECT");
    assert_eq!(wire.receive().expect("the broker answers"), Packet::ConnAck(0));
    if let Some(filter) = filter {
        wire.send(&wire::subscribe(Version::V5, 1, &[filter], Qos::One)).expect("the broker takes SUBSCRIBE");
        assert_eq!(wire.receive().expect("the broker answers"), Packet::SubAck(1, vec![1]));
    }
    wire
}
