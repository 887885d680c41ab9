//! What waits for the other broker; bounded, and never in the way of the engine.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hes_engine::{Letter, Post};
use rumqttc::v5::mqttbytes::v5::Publish;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::gateway::report;

/// How many messages may wait.
const ROOM: usize = 4_096;

/// One message for the other broker.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// A value, an event or a notification.
    Post(Post),
    /// An answer.
    Letter(Letter),
    /// The acknowledgement of a request, which comes after its answer if that is known at once.
    Acknowledgement(Box<Publish>),
}

/// The way to the other broker.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    sender: Sender<Outgoing>,
    is_behind: Arc<AtomicBool>,
}

impl Outbox {
    pub(crate) fn new() -> (Self, Receiver<Outgoing>) {
        let (sender, receiver) = mpsc::channel(ROOM);
        (Self { sender, is_behind: Arc::default() }, receiver)
    }

    /// Puts a message in; if there is no room, all state is sent again when there is.
    pub(crate) fn publish(&self, post: &Post) {
        if self.sender.try_send(Outgoing::Post(post.clone())).is_err() && !self.is_behind.swap(true, Ordering::Relaxed)
        {
            report::outbox_full();
        }
    }

    /// Puts an answer in; if there is no room the asker will see its deadline pass.
    pub(crate) fn answer(&self, letter: Letter) {
        if self.sender.try_send(Outgoing::Letter(letter)).is_err() {
            report::answer_dropped();
        }
    }

    /// Puts the acknowledgement of a message in; false if there is no room.
    pub(crate) fn acknowledge(&self, publish: &Publish) -> bool {
        let bare = Publish { qos: publish.qos, pkid: publish.pkid, ..Publish::default() };
        self.sender.try_send(Outgoing::Acknowledgement(Box::new(bare))).is_ok()
    }

    /// Says whether something was left out since this was asked last.
    pub(crate) fn was_behind(&self) -> bool {
        self.is_behind.swap(false, Ordering::Relaxed)
    }
}
