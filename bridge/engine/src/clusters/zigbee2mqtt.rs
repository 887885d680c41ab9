//! Zigbee2MQTT: names and values of its topics to the common vocabulary and back.
//!
//! - `expose`, `leaf`: what a definition says; `meaning`, `words`, `unit`, `conversion`: what that means.
//! - `name`, `kind`, `document`, `binding`: how it is called, described and tied together; `bolt`: what a lock
//!   tells twice; `model`: all of it for one definition.
//! - `listing`, `inventory`, `group`, `peers`, `waiting`: who is there; `message`, `log`, `complaints`: what else is said;
//!   `command`: what is said to devices.
//!
//! Architecture invariant: a definition is read once for all devices that have it, and a state is looked up, never parsed
//! for names.
//!
//! Source: Zigbee2MQTT 2.x as it runs, and the definitions of zigbee-herdsman-converters.

mod binding;
mod bolt;
mod command;
mod complaints;
mod conversion;
mod document;
mod expose;
mod group;
mod inventory;
mod kind;
mod leaf;
mod listing;
mod log;
mod meaning;
mod message;
mod model;
mod name;
mod peers;
mod unit;
mod waiting;
mod words;

use std::sync::Arc;

use hes_schemas::{
    Datum, Fault, Filter, NativeName, PropertyName, Timestamp, Topic, Uid,
    message::{Availability, Presence},
};

use self::{
    complaints::Complaints,
    inventory::{Catalog, Group},
    message::short,
    peers::{Peer, Peers},
    waiting::Waiting,
};
use crate::cluster::{Change, Cluster, Command, Description, Report};

/// A Zigbee2MQTT on its broker.
///
/// States have to be JSON (`output: json`, which is the default); single values on `<name>/<property>` are understood too,
/// but actions are heard in the JSON only, because the bridge repeats them there.
#[derive(Debug)]
pub struct Zigbee2Mqtt {
    base: Topic,
    catalog: Catalog,
    peers: Peers,
    /// The list of devices has come; without it nobody knows what groups can do.
    has_devices: bool,
    /// The list of groups, once it has come.
    groups: Option<Vec<Group>>,
    /// The devices that were listed before the groups: the inventory is complete only with both.
    awaiting_groups: Option<Vec<Description>>,
    waiting: Waiting,
    complaints: Complaints,
    /// The last line of the log was an error. The bridge says no line twice in a row, so the same error again would be silent.
    is_log_stuck: bool,
}

impl Zigbee2Mqtt {
    /// Makes the adapter of the bridge whose topics begin with `base`, usually `zigbee2mqtt`.
    #[must_use]
    pub fn new(base: Topic) -> Self {
        Self {
            base,
            catalog: Catalog::default(),
            peers: Peers::default(),
            has_devices: false,
            groups: None,
            awaiting_groups: None,
            waiting: Waiting::default(),
            complaints: Complaints::default(),
            is_log_stuck: false,
        }
    }

    fn bridge(&mut self, subject: &str, payload: &[u8]) -> Vec<Report> {
        match subject {
            "devices" | "groups" | "logging" if payload.is_empty() => Vec::new(),
            "devices" => self.devices(payload),
            "groups" | "logging" => match message::json(payload) {
                Ok(told) if subject == "groups" => self.list_groups(&told),
                Ok(told) => self.log(&told),
                Err(error) => unreadable(&format!("bridge/{subject}: {error}")),
            },
            "state" => match message::is_online(payload) {
                Some(true) => vec![Report::Presence(Presence::Online)],
                Some(false) => vec![Report::Presence(Presence::Offline)],
                None if payload.is_empty() => Vec::new(),
                None => unreadable("bridge/state is neither online nor offline"),
            },
            // the bridge sends the whole list again after each event; the rest is about the bridge itself
            _ => Vec::new(),
        }
    }

    fn log(&mut self, line: &Datum) -> Vec<Report> {
        let text = message::error(line);
        self.is_log_stuck = text.is_some();
        let Some(text) = text else { return Vec::new() };
        let failure = log::blames(text).into_iter().find_map(|blame| {
            let peer = self.peers.named(blame.name)?;
            let native = blame.native.and_then(|native| NativeName::new(peer.model.blamed(native)?).ok());
            Some(Report::Failure { uid: peer.uid.clone(), native, verb: blame.verb, text: short(blame.reason) })
        });
        vec![failure.unwrap_or_else(|| Report::Complaint(short(text)))]
    }

    /// Hears what is said on a topic outside of `bridge/`.
    fn hear(&mut self, topic: &str, payload: &[u8]) -> Vec<Report> {
        if payload.is_empty() {
            // a retained message was removed
            self.waiting.forget(topic);
            return Vec::new();
        }
        if let Some(addressee) = self.addressee(topic) {
            return self.deliver(addressee, payload);
        }
        if is_command(topic) || self.waiting.keep(topic, payload) {
            return Vec::new();
        }
        unreadable(&format!("nothing is called {topic}, and no more messages can wait for it"))
    }

    /// Finds out what a topic is about; nothing if its name is not known.
    fn addressee<'t>(&self, topic: &'t str) -> Option<Addressee<'t>> {
        if let Some(peer) = self.peers.named(topic) {
            return Some(Addressee::State(peer.clone()));
        }
        let (name, last) = topic.rsplit_once('/')?;
        let peer = self.peers.named(name)?.clone();
        Some(match last {
            "availability" => Addressee::Availability(peer),
            _ => Addressee::Single(peer, last),
        })
    }

    fn deliver(&mut self, addressee: Addressee<'_>, payload: &[u8]) -> Vec<Report> {
        match addressee {
            Addressee::State(peer) => self.state(&peer, payload),
            Addressee::Availability(peer) => availability(&peer, payload),
            Addressee::Single(peer, native) => single(&peer, native, payload),
        }
    }

    fn state(&mut self, peer: &Peer, payload: &[u8]) -> Vec<Report> {
        let told = match message::json(payload) {
            Ok(told) => told,
            Err(error) => return unreadable(&format!("{}: {error}", peer.name)),
        };
        let Some(entries) = told.as_map() else { return unreadable(&format!("{}: the state is no map", peer.name)) };
        let heard = peer.model.hear(entries);
        let mut reports = Vec::with_capacity(1 + heard.events.len());
        if !heard.values.is_empty() {
            reports.push(Report::Values(peer.uid.clone(), heard.values));
        }
        reports.extend(heard.events.into_iter().map(|(name, value)| Report::Event(peer.uid.clone(), name, value)));
        // a group repeats whatever one of its members reports
        for key in heard.unknown.into_iter().filter(|_| !peer.is_group) {
            if self.complaints.is_new(&peer.model.title, key) {
                let reason = format!("{} ({}) reports {key:?}, which nothing announces", peer.name, peer.model.title);
                reports.extend(unreadable(&reason));
            }
        }
        reports
    }
}

impl Cluster for Zigbee2Mqtt {
    /// Returns one filter for all: a name may hold any number of `/`.
    fn filters(&self) -> Vec<Filter> {
        Filter::new(&format!("{}/#", self.base)).into_iter().collect()
    }

    /// Says nothing: all lists are retained.
    fn greet(&self) -> Vec<Command> {
        Vec::new()
    }

    fn receive(&mut self, _now: Timestamp, topic: &str, payload: &[u8]) -> Vec<Report> {
        let rest = topic.strip_prefix(self.base.as_str()).and_then(|rest| rest.strip_prefix('/'));
        match rest.map(|rest| (rest, rest.strip_prefix("bridge/"))) {
            Some((_, Some(subject))) => self.bridge(subject, payload),
            Some((rest, None)) => self.hear(rest, payload),
            None => unreadable(&format!("{topic} is no topic of this cluster")),
        }
    }

    fn is_inventory(&self, topic: &str) -> bool {
        let rest = topic.strip_prefix(self.base.as_str());
        matches!(rest, Some("/bridge/devices" | "/bridge/groups"))
    }

    fn write(&self, uid: &Uid, changes: &[Change]) -> Result<Vec<Command>, Fault> {
        self.order(uid, changes)
    }

    fn read(&self, uid: &Uid, properties: &[PropertyName]) -> Vec<Command> {
        self.question(uid, properties).unwrap_or_default()
    }

    fn fulfils(&self, uid: &Uid, property: &PropertyName, asked: &Datum, reported: &Datum) -> bool {
        let binding = self.peers.with_uid(uid).and_then(|peer| peer.model.binding(property));
        binding.is_some_and(|(_, binding)| binding.fulfils(asked, reported))
    }

    /// A cover moves for half a minute, and the bridge calls it `OPEN` until it is closed.
    fn is_slow(&self, uid: &Uid, property: &PropertyName) -> bool {
        let document = self.peers.with_uid(uid).and_then(|peer| peer.model.shape.properties.get(property));
        let term = document.and_then(|document| document.term.as_deref());
        matches!(term, Some("cover_command" | "position" | "tilt"))
    }

    fn properties_of(&self, uid: &Uid, native: &NativeName) -> Vec<PropertyName> {
        let bindings = self.peers.with_uid(uid).map(|peer| peer.model.bindings(native.as_str())).unwrap_or_default();
        bindings.iter().map(|binding| binding.property.clone()).collect()
    }

    fn common_values(&self, uid: &Uid, native: &NativeName, value: &Datum) -> Vec<(PropertyName, Datum)> {
        let peer = self.peers.with_uid(uid);
        peer.map(|peer| peer.model.common_values(native.as_str(), value)).unwrap_or_default()
    }

    fn native_value(
        &self,
        uid: &Uid,
        native: &NativeName,
        read: &dyn Fn(&PropertyName) -> Option<Datum>,
    ) -> Option<Datum> {
        self.peers.with_uid(uid)?.model.native_value(native.as_str(), read)
    }

    fn natives(&self, uid: &Uid) -> Vec<NativeName> {
        self.peers.with_uid(uid).map(|peer| peer.model.natives()).unwrap_or_default()
    }
}

/// What a topic is about.
enum Addressee<'t> {
    State(Arc<Peer>),
    Availability(Arc<Peer>),
    /// One value, under its native name.
    Single(Arc<Peer>, &'t str),
}

/// Hears one value on its own topic, as the bridge sends it with `output: attribute`.
fn single(peer: &Peer, native: &str, payload: &[u8]) -> Vec<Report> {
    let values = message::bare(payload).map(|value| peer.model.hear_one(native, &value)).unwrap_or_default();
    if values.is_empty() { Vec::new() } else { vec![Report::Values(peer.uid.clone(), values)] }
}

fn availability(peer: &Peer, payload: &[u8]) -> Vec<Report> {
    match message::is_online(payload) {
        Some(true) => vec![Report::Availability(peer.uid.clone(), Availability::Online)],
        Some(false) => vec![Report::Availability(peer.uid.clone(), Availability::Offline)],
        None => unreadable(&format!("{} is neither online nor offline", peer.name)),
    }
}

/// Says whether a topic is one on which commands are given, by us too.
fn is_command(topic: &str) -> bool {
    topic.ends_with("/set") || topic.ends_with("/get") || topic.contains("/set/") || topic.contains("/get/")
}

fn unreadable(reason: &str) -> Vec<Report> {
    vec![Report::Unreadable { reason: short(reason) }]
}
