//! What is said to devices: one message for many properties where one key does not need two values.

use std::sync::Arc;

use hes_schemas::{Datum, Encoding, Fault, PropertyName, Symbol, Topic, Uid, encode};

use super::{Zigbee2Mqtt, model, peers::Peer};
use crate::cluster::{Change, Command};

/// Keys and their values.
type Payload = Vec<(Box<str>, Datum)>;

impl Zigbee2Mqtt {
    /// Tells a device what is to become of its properties.
    pub(super) fn order(&self, uid: &Uid, changes: &[Change]) -> Result<Vec<Command>, Fault> {
        let peer = self.peer(uid)?;
        let mut payloads: Vec<Payload> = Vec::new();
        for change in changes {
            let (key, value) = peer.model.command(change)?;
            match payloads.last_mut().filter(|payload| payload.iter().all(|(known, _)| *known != key)) {
                Some(payload) => payload.push((key, value)),
                // two colours at once, or one property twice: one after the other
                None => payloads.push(vec![(key, value)]),
            }
        }
        let commands = payloads.into_iter().map(|payload| self.command(peer, "set", payload));
        self.loosen_log().into_iter().map(Ok).chain(commands).collect()
    }

    /// Asks a device for its properties; nothing if it can be asked for none of them.
    pub(super) fn question(&self, uid: &Uid, properties: &[PropertyName]) -> Option<Vec<Command>> {
        let peer = self.peers.with_uid(uid)?;
        let mut questions: Payload = Vec::new();
        let bindings = properties.iter().filter_map(|property| peer.model.binding(property));
        for (key, binding) in bindings.filter(|(_, binding)| binding.access.is_gettable()) {
            match questions.iter_mut().find(|(known, _)| **known == *key) {
                Some((_, question)) => *question = model::merge(std::mem::take(question), binding.question.clone()),
                None => questions.push((key.into(), binding.question.clone())),
            }
        }
        let is_any = !questions.is_empty();
        let question = is_any.then(|| self.command(peer, "get", questions).ok()).flatten()?;
        Some(self.loosen_log().into_iter().chain([question]).collect())
    }

    fn peer(&self, uid: &Uid) -> Result<&Arc<Peer>, Fault> {
        self.peers.with_uid(uid).ok_or_else(|| Fault::new(Symbol::Unknown, "the cluster does not list the device"))
    }

    /// Makes the bridge log something else if its last line was an error: how it feels.
    fn loosen_log(&self) -> Option<Command> {
        let topic = Topic::new(&format!("{}/bridge/request/health_check", self.base)).ok()?;
        self.is_log_stuck.then(|| Command { topic, payload: Vec::new() })
    }

    fn command(&self, peer: &Peer, verb: &str, payload: Vec<(Box<str>, Datum)>) -> Result<Command, Fault> {
        let topic = Topic::new(&format!("{}/{}/{verb}", self.base, peer.name));
        let topic = topic.map_err(|error| Fault::new(Symbol::ClusterError, format!("the device's name: {error}")))?;
        Ok(Command { topic, payload: encode(Encoding::Json, &Datum::Map(payload.into())) })
    }
}
