//! Where the engine's outputs go; nothing here waits.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use bytes::Bytes;
use hes_broker::{Broker, Properties, Publish};
use hes_engine::{Door, Letter, Post, cluster::Command, record::Record};
use hes_schemas::{ClientId, ClusterId, HomeId, UserName};

use super::{
    alongside::Outbox,
    marks,
    notebook::{Note, Notebook, Place, Turn},
    peers::Peers,
    register::Register,
    report,
};
use crate::store::Store;

/// Says whether a record was kept for good.
pub(crate) type Done = Box<dyn FnOnce(bool) + Send>;

/// The built-in broker, the other broker, the clusters' links and the store.
#[derive(Debug)]
pub(crate) struct Sinks {
    store: Store,
    notebook: Notebook,
    register: Arc<Register>,
    broker: OnceLock<Broker>,
    outbox: Option<Outbox>,
    peers: Arc<Peers>,
    links: RwLock<BTreeMap<ClusterId, Link>>,
}

/// The way to a cluster.
#[derive(Debug, Clone)]
pub(crate) enum Link {
    /// It is a client of the built-in broker.
    Own,
    /// It is on another broker.
    Remote(rumqttc::AsyncClient),
}

impl Sinks {
    pub(crate) fn new(store: Store, register: Arc<Register>, outbox: Option<Outbox>, peers: Arc<Peers>) -> Self {
        let keeper = store.clone();
        let notebook = Notebook::new(Arc::new(move |records, changes, done| keeper.hear(records, changes, done)));
        Self { store, notebook, register, broker: OnceLock::new(), outbox, peers, links: RwLock::new(BTreeMap::new()) }
    }

    pub(crate) const fn peers(&self) -> &Arc<Peers> {
        &self.peers
    }

    pub(crate) const fn register(&self) -> &Arc<Register> {
        &self.register
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn broker(&self) -> Option<&Broker> {
        self.broker.get()
    }

    /// Gives the built-in broker, once; before that its outputs are dropped, because nobody can be connected.
    pub(crate) fn set_broker(&self, broker: Broker) {
        drop(self.broker.set(broker));
    }

    pub(crate) fn link(&self, cluster: ClusterId, link: Link) {
        self.links.write().unwrap_or_else(PoisonError::into_inner).insert(cluster, link);
    }

    pub(crate) fn unlink(&self, cluster: &ClusterId) {
        self.links.write().unwrap_or_else(PoisonError::into_inner).remove(cluster);
    }

    pub(crate) fn publish(&self, post: Post) {
        if let Some(outbox) = &self.outbox {
            outbox.publish(&post);
        }
        if let Some(broker) = self.broker() {
            broker.publish(from_post(post));
        }
    }

    /// Publishes what happened in another home, and keeps records in the same step, behind all that its peer said before;
    /// `done` hears whether they are kept.
    pub(crate) fn publish_with(&self, post: Post, records: Vec<Record>, done: Done) {
        if let Some(outbox) = &self.outbox {
            outbox.publish(&post);
        }
        let Some(broker) = self.broker() else { return self.keep_all(records, done) };
        let Some(place) = self.place_of(&records) else { return self.keep_all(records, done) };
        let (notebook, at) = (self.notebook.clone(), place.clone());
        let keep = move |changes, done| notebook.fill(&at, Note { records, changes, done });
        let notebook = self.notebook.clone();
        let done = move |is_kept| {
            // the broker may not have come to keeping it
            notebook.leave(&place);
            done(is_kept);
        };
        broker.publish_with(from_post(post).at_least_once(), Box::new(keep), Box::new(done));
    }

    /// Keeps records together, behind all that their peer said before; `done` hears whether they are kept.
    pub(crate) fn keep_all(&self, records: Vec<Record>, done: Done) {
        records.iter().for_each(|record| self.register.note(record));
        match self.place_of(&records) {
            Some(place) => self.notebook.fill(&place, Note { records, changes: Vec::new(), done }),
            None => self.store.write(records, Some(done)),
        }
    }

    /// Takes what a peer says from now on for what it says again, if something was refused of it.
    pub(crate) fn hear_again(&self, peer: &HomeId) -> Turn {
        self.notebook.turn(peer)
    }

    /// Returns the place of what the log of a peer said.
    fn place_of(&self, records: &[Record]) -> Option<Place> {
        records.iter().find_map(heard).map(|(peer, _)| self.notebook.place(peer))
    }

    pub(crate) fn answer(&self, letter: Letter) {
        match &letter.asker.door {
            Door::Own(Some(client)) => {
                if let Some(broker) = self.broker() {
                    let (client, user) = (client.clone(), letter.asker.user.clone());
                    broker.send(client.as_str(), user.as_str(), from_letter(letter));
                }
            }
            Door::Own(None) | Door::Link(..) => {}
            Door::Alongside => {
                if let Some(outbox) = &self.outbox {
                    outbox.answer(letter);
                }
            }
        }
    }

    /// Sends a notification to its subscriber, on whichever broker that is.
    pub(crate) fn notify(&self, user: &UserName, client: &ClientId, post: Post) {
        let copy = self.outbox.as_ref().map(|outbox| (outbox, post.clone()));
        let is_sent = self
            .broker()
            .is_some_and(|broker| broker.send(client.as_str(), user.as_str(), from_post(post).at_least_once()));
        if let Some((outbox, post)) = copy.filter(|_| !is_sent) {
            outbox.publish(&post);
        }
    }

    pub(crate) fn command(&self, cluster: &ClusterId, command: Command) {
        let link = self.links.read().unwrap_or_else(PoisonError::into_inner).get(cluster).cloned();
        match link {
            Some(Link::Own) => {
                if let Some(broker) = self.broker() {
                    broker.publish(Publish::new(command.topic, command.payload).at_least_once());
                }
            }
            Some(Link::Remote(client)) => {
                let qos = rumqttc::QoS::AtLeastOnce;
                if client.try_publish(command.topic.as_str(), qos, false, command.payload).is_err() {
                    report::command_dropped(cluster);
                }
            }
            None => report::command_dropped(cluster),
        }
    }

    /// Has a cluster's devices remembered; the built-in broker retains what its own clusters said.
    pub(crate) fn remember(&self, cluster: ClusterId, topic: Box<str>, payload: Box<[u8]>) {
        let link = self.links.read().unwrap_or_else(PoisonError::into_inner);
        if matches!(link.get(&cluster), Some(Link::Remote(_))) {
            self.store.remember(cluster, topic, payload);
        }
    }

    pub(crate) fn save(&self, record: Record) {
        self.register.note(&record);
        self.store.write(vec![record], None);
    }

    pub(crate) fn keep(&self, record: Record, done: Done) {
        self.store.write(vec![record], Some(done));
    }
}

/// Makes a message of the built-in broker from one of the engine.
pub(crate) fn from_post(post: Post) -> Publish {
    let user = marks::of_post(&post);
    let properties = Properties { content_type: Some("application/json".into()), user, ..Properties::default() };
    let publish = Publish::new(post.topic, post.payload).with(properties);
    if post.retain { publish.retained().at_least_once() } else { publish }
}

fn from_letter(letter: Letter) -> Publish {
    let user = marks::of_letter(&letter);
    let properties = Properties {
        content_type: Some(letter.encoding.content_type().into()),
        correlation_data: letter.correlation.map(|bytes| Bytes::from(bytes.into_vec())),
        user,
        ..Properties::default()
    };
    Publish::new(letter.topic, letter.payload).with(properties).at_least_once()
}

/// Returns how far the log of a peer has been heard, as a record says.
pub(crate) fn heard(record: &Record) -> Option<(&HomeId, u64)> {
    match record {
        Record::Heard(peer, seq) => Some((peer, *seq)),
        Record::Device(_)
        | Record::Values(_)
        | Record::DeviceGone(..)
        | Record::Subscription(_)
        | Record::SubscriptionGone(_)
        | Record::ParcelsGone(..)
        | Record::Mirror(_)
        | Record::MirrorGone(_)
        | Record::Federation(_)
        | Record::FederationGone(_) => None,
    }
}
