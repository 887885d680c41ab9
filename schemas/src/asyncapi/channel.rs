//! One channel for each address: the table that the document is made from.

use serde_json::{Value, json};

use super::spell;
use crate::{
    Address, ClientId, ClusterId, DeviceId, DevicePath, EventName, HomeId, NativeName, Operation, PropertyName, Sid,
    Target,
};

/// Begins each sample id, so that it is told from the levels that are always the same.
pub(super) const SAMPLE: &str = "sample-";

/// A topic, or many that differ in their parameters.
pub(super) struct Channel {
    /// Its name in the document.
    pub(super) key: String,
    /// How it is spelled.
    pub(super) address: String,
    /// The parameters of its spelling, in their order.
    pub(super) parameters: Vec<Parameter>,
    /// What it is for.
    pub(super) summary: &'static str,
    /// Who says something there.
    pub(super) direction: Direction,
    /// What is said there.
    pub(super) messages: &'static [&'static str],
}

/// Who says something, and whether it is kept.
pub(super) enum Direction {
    /// The gateway, retained.
    Kept,
    /// The gateway, never retained.
    Told,
    /// A client, never retained; the gateway answers.
    Asked,
    /// Gateways to each other, never retained, in sealed frames of CBOR.
    Sealed,
}

/// A parameter of a topic.
pub(super) struct Parameter {
    /// Its name in the topic.
    pub(super) name: &'static str,
    /// Its description among the components.
    pub(super) kind: &'static str,
}

/// Makes the channels of all addresses, in the order of [`Address`].
pub(super) fn all() -> Vec<Channel> {
    samples().iter().map(channel).collect()
}

/// Describes the parameters.
pub(super) fn parameters() -> Value {
    let word = "1 to 64 of a-z 0-9 _ -";
    json!({
        "home": { "description": format!("The home: {word}."), "examples": ["oak"] },
        "cluster": { "description": format!("The cluster of the home: {word}."), "examples": ["zigbee"] },
        "device": { "description": format!("The device of the cluster: {word}."), "examples": ["kitchen_bulb"] },
        "property": {
            "description": format!("The property, in the common vocabulary where it has a term: {word}."),
            "examples": ["brightness"],
        },
        "native": {
            "description": "The property as its cluster calls it: 1 to 128 bytes that fit one topic level.",
            "examples": ["color_temp"],
        },
        "event": { "description": format!("The event: {word}."), "examples": ["action"] },
        "client": { "description": "The client id of the asker: 1 to 256 bytes that fit one topic level.", "examples": ["phone"] },
        "sid": { "description": format!("The subscription: {word}."), "examples": ["s1-42"] },
        "from": { "description": format!("The home that speaks: {word}."), "examples": ["oak"] },
        "to": { "description": format!("The home that is spoken to: {word}."), "examples": ["elm"] },
    })
}

/// Makes one address of each kind. A new kind does not compile before [`channel`] knows it; it belongs here too.
fn samples() -> Vec<Address> {
    let targets = || [Target::Property(sample("name")), Target::Native(sample("name"))];
    let with_device = || [Target::Device].into_iter().chain(targets());
    let mut samples = vec![
        Address::HomeStatus(sample("home")),
        Address::Keys(sample("home")),
        Address::ClusterStatus(sample("home"), sample("cluster")),
        Address::Document(device()),
        Address::DeviceStatus(device()),
    ];
    samples.extend(targets().map(|target| Address::Value(device(), target)));
    samples.extend(with_device().map(|target| Address::Get(device(), target)));
    samples.extend(with_device().map(|target| Address::Set(device(), target)));
    samples.push(Address::Event(device(), sample("name")));
    samples.extend(Operation::ALL.map(|operation| Address::Request(sample("home"), operation)));
    samples.push(Address::Answer(sample("home"), sample("client")));
    samples.push(Address::Notify(sample("home"), sample("client"), sample("sid")));
    samples.push(Address::Link(sample("from"), sample("to")));
    samples
}

fn device() -> DevicePath {
    DevicePath { home: sample("home"), cluster: sample("cluster"), device: sample("device") }
}

/// An id that a parameter's name can stand in for.
trait Sample: std::str::FromStr {}
impl Sample for HomeId {}
impl Sample for ClusterId {}
impl Sample for DeviceId {}
impl Sample for PropertyName {}
impl Sample for NativeName {}
impl Sample for EventName {}
impl Sample for ClientId {}
impl Sample for Sid {}

#[expect(clippy::expect_used, reason = "the prefix and the parameters' names are letters and -")]
fn sample<T: Sample>(name: &str) -> T {
    format!("{SAMPLE}{name}").parse().ok().expect("letters and - are an id")
}

fn channel(address: &Address) -> Channel {
    use Direction::{Asked, Kept, Sealed, Told};
    let (key, summary, direction, messages): (_, _, _, &'static [&'static str]) = match address {
        Address::HomeStatus(_) => {
            ("homeStatus", "Whether the gateway is there; offline is its last will.", Kept, &["HomeState"])
        }
        Address::Keys(_) => ("keys", "Which keys verify what the home signed.", Kept, &["KeySet"]),
        Address::ClusterStatus(..) => ("clusterStatus", "Whether the cluster is there.", Kept, &["ClusterState"]),
        Address::Document(_) => {
            ("document", "What the device is; an empty payload says that it is gone.", Kept, &["DeviceDocument"])
        }
        Address::DeviceStatus(_) => ("deviceStatus", "Whether the device is there.", Kept, &["DeviceState"]),
        Address::Value(_, Target::Property(_) | Target::Device) => {
            ("value", "What the property is worth, in the common vocabulary.", Kept, &["Reading"])
        }
        Address::Value(_, Target::Native(_)) => {
            ("nativeValue", "What the property is worth, in the cluster's own words.", Kept, &["Reading"])
        }
        Address::Get(_, Target::Device) => {
            ("getDevice", "Retrieve several properties of a device.", Asked, &["Retrieve"])
        }
        Address::Get(_, Target::Property(_)) => ("getProperty", "Retrieve a property.", Asked, &["Retrieve"]),
        Address::Get(_, Target::Native(_)) => {
            ("getNative", "Retrieve a property under its native name.", Asked, &["Retrieve"])
        }
        Address::Set(_, Target::Device) => {
            ("setDevice", "Update several properties of a device.", Asked, &["UpdateProperties", "BareValues"])
        }
        Address::Set(_, Target::Property(_)) => ("setProperty", "Update a property.", Asked, &["Update", "BareValue"]),
        Address::Set(_, Target::Native(_)) => (
            "setNative",
            "Update a property under its native name, with a native value.",
            Asked,
            &["Update", "BareValue"],
        ),
        Address::Event(..) => {
            ("event", "Something that the device tells of: a button, an alarm.", Told, &["DeviceEvent"])
        }
        Address::Request(_, operation) => request(*operation),
        Address::Answer(..) => ("answer", "Answers to a client: its answer space.", Told, &["Answer"]),
        Address::Notify(..) => ("notification", "Notifications of one subscription.", Told, &["Notification"]),
        Address::Link(..) => (
            "link",
            "What one gateway says to another, inside the seal that proves who says it.",
            Sealed,
            &["LinkMessage"],
        ),
    };
    Channel {
        key: key.to_owned(),
        address: spell(address),
        parameters: parameters_of(address),
        summary,
        direction,
        messages,
    }
}

type Row = (&'static str, &'static str, Direction, &'static [&'static str]);

const fn request(operation: Operation) -> Row {
    use Direction::Asked;
    match operation {
        Operation::Devices => ("devices", "Retrieve all devices that the asker may see.", Asked, &["Devices"]),
        Operation::Retrieve => ("retrieve", "Retrieve properties of several devices.", Asked, &["RetrieveMany"]),
        Operation::Update => ("update", "Update properties of several devices.", Asked, &["UpdateMany"]),
        Operation::Subscribe => ("subscribe", "Subscribe to events.", Asked, &["Subscribe"]),
        Operation::Renew => ("renew", "Keep a subscription.", Asked, &["Renew"]),
        Operation::Unsubscribe => ("unsubscribe", "End a subscription.", Asked, &["Unsubscribe"]),
        Operation::Federate => ("federate", "Found, change, list and end federations.", Asked, &["Federate"]),
        Operation::Token => ("token", "Issue, verify, revoke and list tokens between homes.", Asked, &["Token"]),
        Operation::Peer => ("peer", "Invite, join, confirm, list and remove peers.", Asked, &["Peer"]),
    }
}

fn parameters_of(address: &Address) -> Vec<Parameter> {
    let same = |names: &[&'static str]| names.iter().map(|name| Parameter { name, kind: name }).collect::<Vec<_>>();
    let device = |kind: Option<&'static str>| {
        let mut parameters = same(&["home", "cluster", "device"]);
        parameters.extend(kind.map(|kind| Parameter { name: "name", kind }));
        parameters
    };
    match address {
        Address::HomeStatus(_) | Address::Keys(_) | Address::Request(..) => same(&["home"]),
        Address::ClusterStatus(..) => same(&["home", "cluster"]),
        Address::Document(_) | Address::DeviceStatus(_) => device(None),
        Address::Value(_, target) | Address::Get(_, target) | Address::Set(_, target) => device(match target {
            Target::Device => None,
            Target::Property(_) => Some("property"),
            Target::Native(_) => Some("native"),
        }),
        Address::Event(..) => device(Some("event")),
        Address::Answer(..) => same(&["home", "client"]),
        Address::Notify(..) => same(&["home", "client", "sid"]),
        Address::Link(..) => same(&["from", "to"]),
    }
}
