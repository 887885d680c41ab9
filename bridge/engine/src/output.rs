//! What the engine wants done.

use hes_schemas::{ClientId, ClusterId, Encoding, Sid, Status, Topic, UserName};

use crate::{
    cluster::Command,
    input::{Asker, Delivery},
    notice::Notice,
    record::Record,
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
        /// What is sent once it is.
        kept: Box<Letter>,
        /// What is sent if it cannot be.
        refused: Box<Letter>,
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
    /// How surely it is to be delivered.
    pub delivery: Delivery,
}
