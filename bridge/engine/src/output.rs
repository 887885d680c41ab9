//! What the engine wants done.

use std::sync::Arc;

use hes_schemas::{
    ClientId, ClusterId, DeviceDocument, DevicePath, Encoding, HomeId, Sid, Status, Topic, TraceParent, UserName,
    link::LinkMessage, rights::Grants,
};

use crate::{
    cluster::Command,
    homes::{Errand, ErrandKey},
    input::{Asker, Delivery},
    notice::Notice,
    origin::Origin,
    record::{ParcelRecord, Record},
};

/// One thing to be done outside, in the order in which they are polled.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Publish to whoever has subscribed and may see it.
    Publish(Post),
    /// Send an answer to its asker.
    Answer(Letter),
    /// Keep a record for good, and only then send the answer.
    Keep {
        /// What is kept.
        record: Record,
        /// What sends the answer once it is: [`Output::Answer`], or [`Output::Say`] to whom asked from another home.
        kept: Box<Self>,
        /// What sends the answer if it cannot be.
        refused: Box<Self>,
        /// The subscription that is to be undone with [`crate::Input::NotKept`] if it cannot be.
        undo: Option<Sid>,
    },
    /// Send a notification to its subscriber.
    Notify {
        /// Whose subscription it is; another user's client with the same id must not hear it.
        user: UserName,
        /// Which of the user's clients subscribed.
        client: ClientId,
        /// What it is told.
        post: Post,
    },
    /// Say something to a cluster.
    Command(ClusterId, Command),
    /// Keep a record when there is time; the latest of its kind is enough.
    Save(Record),
    /// Remember what a cluster said of its devices, for [`Output::Recall`].
    Remember {
        /// Which cluster.
        cluster: ClusterId,
        /// On which topic.
        topic: Box<str>,
        /// What.
        payload: Box<[u8]>,
    },
    /// Bring back, as [`crate::Input::Retained`], what the cluster said of its devices in another life.
    Recall(ClusterId),
    /// Say something to a peer; if there is no room for it, the way to it is closed.
    Say(HomeId, LinkMessage),
    /// Keep an entry of the log to a peer, and then say so with [`crate::Input::Logged`].
    Log(ParcelRecord),
    /// Publish what happened in another home, and note in the same step, with [`Record::Heard`] and which event it was, that
    /// it was heard; then say so with [`crate::Input::Noted`]. What the log of a peer said is noted in the order in which it is
    /// put out.
    PublishOnce(Post, Vec<Record>),
    /// Note what the log of a peer said, with [`Record::Heard`], and only then tell it a subscriber, and say so with
    /// [`crate::Input::Noted`].
    NotifyOnce {
        /// Whose subscription it is.
        user: UserName,
        /// Which of the user's clients subscribed.
        client: ClientId,
        /// What it is told.
        post: Post,
        /// What is noted.
        records: Vec<Record>,
    },
    /// Note together what the log of a peer said, with [`Record::Heard`], and then say so with [`crate::Input::Noted`].
    Note(Vec<Record>),
    /// What may be shown of a device of another home: its document; nothing if it has gone.
    Mirrored(DevicePath, Option<Box<DeviceDocument>>),
    /// What a user of this home may do in another; nothing if that has ended.
    Foreign(HomeId, UserName, Option<Arc<Grants>>),
    /// Do something that takes a key, a network or chance, and tell with [`crate::Input::Errand`].
    Errand(ErrandKey, Errand),
    /// Report a fact.
    Notice(Notice),
}

/// A message of the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where.
    pub topic: Topic,
    /// What; empty ends what was retained there.
    pub payload: Vec<u8>,
    /// It stands for a state and is retained.
    pub retain: bool,
    /// Where it comes from, if another home said it.
    pub origin: Option<Box<Origin>>,
}

/// An answer on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom, and by which door; another user with the same client id must not hear it.
    pub asker: Asker,
    /// Where.
    pub topic: Topic,
    /// What.
    pub payload: Vec<u8>,
    /// In which encoding.
    pub encoding: Encoding,
    /// The Correlation Data of the request.
    pub correlation: Option<Box<[u8]>>,
    /// How the request ended, for the user property `status`.
    pub status: Status,
    /// The user property `traceparent` of the request.
    pub trace: Option<TraceParent>,
    /// How surely it is to be delivered.
    pub delivery: Delivery,
}
