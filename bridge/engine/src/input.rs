//! What the engine is told.

use std::sync::Arc;

use hes_schemas::{
    ClientId, ClusterId, Datum, Fault, HomeId, Millis, Sid, TraceParent, UserName, link::LinkMessage, message::KeySet,
    rights::Grants,
};

use crate::homes::ErrandKey;

/// One thing that happened outside.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// The link to a cluster's broker is up and subscribed.
    Linked(ClusterId),
    /// The link to a cluster's broker is down.
    Unlinked(ClusterId, String),
    /// A cluster said something on one of its topics.
    Heard {
        /// Which cluster.
        cluster: &'a ClusterId,
        /// On which topic.
        topic: &'a str,
        /// What.
        payload: &'a [u8],
    },
    /// A cluster's broker gave back what it retains: values still hold, events happened long ago.
    Retained {
        /// Which cluster.
        cluster: &'a ClusterId,
        /// On which topic.
        topic: &'a str,
        /// What.
        payload: &'a [u8],
    },
    /// A client asked for something on a topic of the interface.
    Asked(Asked<'a>),
    /// These are all accounts and their rights; whoever is missing has none.
    Rights(Vec<(UserName, Arc<Grants>)>),
    /// A subscription could not be kept and was refused.
    NotKept(Sid),
    /// These are the keys that verify what this home signs; the engine publishes them.
    Keys(KeySet),
    /// These are all homes that there is trust with; links to others are no more.
    Peers(Vec<PeerTerms>),
    /// The way to a peer is open and proves who speaks.
    PeerUp(HomeId),
    /// The way to a peer is closed.
    PeerDown(HomeId, String),
    /// A peer said something, and its seal proves it.
    PeerSaid(&'a HomeId, LinkMessage),
    /// An entry of the log to a peer is on disk.
    Logged(HomeId, u64),
    /// What the log of a peer said up to a number is on disk, with all that followed from it: it may be acknowledged.
    Noted(HomeId, u64),
    /// What the log of a peer said could not be put on disk, nor is anything that it said after it, or will be: what has not
    /// been noted has to be heard again.
    NotNoted(HomeId),
    /// What the shell was sent to do is done.
    Errand(ErrandKey, Result<Datum, Fault>),
}

/// What was agreed on with the owner of another home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerTerms {
    /// Which home.
    pub home: HomeId,
    /// What other homes tell is passed on to it.
    pub transit: bool,
}

/// A request as it came off the wire.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Who asks.
    pub asker: Asker,
    /// What the asker's rights are narrowed to, if they are.
    pub bounds: Option<Arc<Grants>>,
    /// On which topic.
    pub topic: &'a str,
    /// What.
    pub payload: &'a [u8],
    /// It was retained, or asked to be.
    pub retained: bool,
    /// MQTT 5: Content Type.
    pub content_type: Option<&'a str>,
    /// MQTT 5: Response Topic.
    pub response_topic: Option<&'a str>,
    /// MQTT 5: Correlation Data.
    pub correlation: Option<&'a [u8]>,
    /// MQTT 5: Message Expiry Interval.
    pub expiry: Option<Millis>,
    /// MQTT 5: the user property `traceparent`.
    pub trace: Option<TraceParent>,
    /// How surely it is to be answered.
    pub delivery: Delivery,
}

/// How surely an answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// It may be lost: nobody waits for an acknowledgement (MQTT: `QoS` 0).
    AtMostOnce,
    /// It is acknowledged (MQTT: `QoS` 1).
    AtLeastOnce,
}

/// Who asks, and where the answers may go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asker {
    /// Whose rights apply.
    pub user: UserName,
    /// Which door the request came through.
    pub door: Door,
}

/// The way by which requests come and answers go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Door {
    /// The built-in broker, which knows its clients; nothing if the client's id cannot spell an answer space.
    Own(Option<ClientId>),
    /// Another broker, which does not tell who published.
    Alongside,
    /// The link to another home: which, and the number of the request there.
    Link(HomeId, u64),
}
