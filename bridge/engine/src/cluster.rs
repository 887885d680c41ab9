//! What a cluster adapter is to the engine: native words in, common words out, and back.

use std::{collections::BTreeMap, sync::Arc};

use hes_schemas::{
    Datum, DeviceId, EventDocument, EventName, Fault, Filter, NativeName, PropertyDocument, PropertyName, Timestamp,
    Topic, Uid,
    message::{Availability, Presence},
};
use serde::{Deserialize, Serialize};

/// One kind of home cluster system; the engine owns one for each cluster.
///
/// Architecture invariant: an adapter keeps no values and answers no requests; it only translates.
pub trait Cluster: Send + std::fmt::Debug {
    /// Returns what is to be subscribed to on the cluster's broker.
    fn filters(&self) -> Vec<Filter>;

    /// Returns what is to be said once the link to the cluster's broker is up.
    fn greet(&self) -> Vec<Command>;

    /// Translates one message of the cluster.
    ///
    /// What cannot be understood becomes [`Report::Unreadable`], never silence.
    fn receive(&mut self, now: Timestamp, topic: &str, payload: &[u8]) -> Vec<Report>;

    /// Says whether a topic carries the list of devices, without which nothing else can be understood.
    ///
    /// What was said there last is remembered over restarts, because not every broker does that, and not every cluster
    /// says it again.
    fn is_inventory(&self, _topic: &str) -> bool {
        false
    }

    /// Translates an update of one device into commands.
    ///
    /// The values of common properties have been checked against the device document; native ones are checked here.
    ///
    /// # Errors
    /// [`Fault`] if the device is not known, or a native name or value does not exist.
    fn write(&self, uid: &Uid, changes: &[Change]) -> Result<Vec<Command>, Fault>;

    /// Translates a question to one device into commands; empty if it cannot be asked for any of them.
    fn read(&self, uid: &Uid, properties: &[PropertyName]) -> Vec<Command>;

    /// Says whether a report fulfils what was asked for, within the precision of the device.
    fn fulfils(&self, uid: &Uid, property: &PropertyName, asked: &Datum, reported: &Datum) -> bool;

    /// Says whether a property takes longer to become what was asked for than anybody waits, as a blind does.
    ///
    /// An update of it is done when the cluster has taken it and not objected, unless the device has confirmed it before;
    /// so a command to stop need not wait until the blind is down.
    fn is_slow(&self, _uid: &Uid, _property: &PropertyName) -> bool {
        false
    }

    /// Returns the common properties that a native one carries; empty if there is none of that name.
    fn properties_of(&self, uid: &Uid, native: &NativeName) -> Vec<PropertyName>;

    /// Returns what a native value says in the common vocabulary, asked for or reported.
    fn common_values(&self, uid: &Uid, native: &NativeName, value: &Datum) -> Vec<(PropertyName, Datum)> {
        self.properties_of(uid, native).into_iter().map(|property| (property, value.clone())).collect()
    }

    /// Returns the native value that the common values of a device stand for.
    fn native_value(
        &self,
        uid: &Uid,
        native: &NativeName,
        read: &dyn Fn(&PropertyName) -> Option<Datum>,
    ) -> Option<Datum>;

    /// Returns the native names of a device.
    fn natives(&self, uid: &Uid) -> Vec<NativeName>;
}

/// One property to be changed, and its new value.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// In the common vocabulary.
    Common(PropertyName, Datum),
    /// Under its native name, with a native value.
    Native(NativeName, Datum),
}

/// A message to the cluster; never retained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Where it is published.
    pub topic: Topic,
    /// What is said.
    pub payload: Vec<u8>,
}

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Asks for a value.
    Get,
    /// Changes one.
    Set,
}

/// What a message of the cluster means.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// These are all devices that there are; others are gone.
    Inventory(Vec<Description>),
    /// A device has joined, or is described anew.
    Joined(Description),
    /// A device has gone.
    Left(Uid),
    /// A device reported values, in the common vocabulary.
    Values(Uid, Vec<(PropertyName, Datum)>),
    /// A device tells of something.
    Event(Uid, EventName, Datum),
    /// A device can be reached, or not.
    Availability(Uid, Availability),
    /// The cluster itself is there, or not.
    Presence(Presence),
    /// A command to a device failed, in the cluster's own words.
    Failure {
        /// Which device.
        uid: Uid,
        /// Which property, if the cluster names it.
        native: Option<NativeName>,
        /// What the command was for, if the cluster says so.
        verb: Option<Verb>,
        /// Why.
        text: String,
    },
    /// The cluster complains of something that concerns no command.
    Complaint(String),
    /// The message could not be understood.
    Unreadable {
        /// Why not.
        reason: String,
    },
}

impl Report {
    /// Says whether it counts however long ago it was said: an event and a failure were then, a state is.
    pub(crate) const fn is_state(&self) -> bool {
        !matches!(self, Self::Event(..) | Self::Failure { .. } | Self::Complaint(_))
    }
}

/// A device as its cluster describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The id that its name in the cluster stands for.
    pub id: DeviceId,
    /// Its id for good.
    pub uid: Uid,
    /// Its name for people.
    pub name: Box<str>,
    /// Where it is.
    pub room: Option<Box<str>>,
    /// Who made it.
    pub maker: Option<Box<str>>,
    /// Which product it is.
    pub model: Option<Box<str>>,
    /// The version of its software.
    pub firmware: Option<Box<str>>,
    /// Its name in the cluster's own topics.
    pub native: Box<str>,
    /// What it can do; devices of one model share it.
    pub shape: Arc<Shape>,
}

/// What all devices of one model can do.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Shape {
    /// What the device is.
    pub kind: Arc<[Box<str>]>,
    /// What can be read and written.
    pub properties: Arc<BTreeMap<PropertyName, PropertyDocument>>,
    /// What it may tell of.
    pub events: Arc<BTreeMap<EventName, EventDocument>>,
}
