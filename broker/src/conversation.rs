//! One client's conversation: what its packets mean, in what order it is answered, and what it is sent.
//!
//! Nothing here waits or knows of sockets: frames come in, and packets go into an [`Outbox`].

mod acks;
mod deliver;
mod publish;
mod subscribe;

use std::{collections::VecDeque, sync::Arc};

use hes_schemas::{Filter, Topic};
use rustc_hash::FxHashMap;

use self::{acks::Acks, deliver::Window};
use crate::{
    Limits, Publish, Version,
    hub::Hub,
    mailbox::Mail,
    outbox::Outbox,
    session::Session,
    subscription::Subscription,
    wire::{self, Connect, Frame, Request, Violation},
};

/// Why a conversation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client has said so; its will is void.
    Farewell,
    /// The client has said so, and wants its will published.
    FarewellWithWill,
    /// The stream ended without a word.
    Lost,
    /// The broker ends it, and says why.
    Sent(Violation),
}

/// The state of a conversation that only the client's own task sees.
#[derive(Debug)]
pub(crate) struct Conversation {
    hub: Arc<Hub>,
    session: Arc<Session>,
    version: Version,
    /// The largest packet that the client takes.
    packet_limit: usize,
    /// Whether reason strings are welcome, beside those that end the conversation.
    wants_reasons: bool,
    /// The session expiry that the client asked for when it connected.
    session_expiry: u32,
    /// How many filters the client may hold.
    most_subscriptions: usize,
    /// How many messages the client may have unacknowledged.
    most_inflight: u16,
    subscriptions: FxHashMap<Filter, Arc<Subscription>>,
    aliases: FxHashMap<u16, Topic>,
    acks: Acks,
    window: Window,
    /// What was taken from the mailbox and is not written yet.
    mails: VecDeque<Mail>,
    /// Messages of `QoS` 1 that wait for the client to acknowledge others.
    waiting: VecDeque<Mail>,
    will: Option<Publish>,
}

impl Conversation {
    pub(crate) fn new(hub: Arc<Hub>, session: Arc<Session>, connect: Connect, limits: &Limits) -> Self {
        let limit = connect.packet_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let window = connect.receive_maximum.min(limits.receive_maximum);
        Self {
            version: connect.version,
            packet_limit: limit.min(hub.limits.packet),
            wants_reasons: connect.wants_reasons,
            session_expiry: connect.session_expiry,
            most_subscriptions: limits.subscriptions,
            most_inflight: limits.receive_maximum,
            hub,
            session,
            subscriptions: FxHashMap::default(),
            aliases: FxHashMap::default(),
            acks: Acks::default(),
            window: Window::new(window),
            mails: VecDeque::new(),
            waiting: VecDeque::new(),
            will: connect.will,
        }
    }

    /// Does what a packet asks for.
    ///
    /// # Errors
    /// [`End`] if it was the last one.
    pub(crate) fn take(&mut self, frame: Frame, out: &mut Outbox) -> Result<(), End> {
        if frame.kind() == 3 {
            let first = frame.first;
            return self.take_publish(wire::read_publish(first, frame.body(), self.version)?, out);
        }
        match wire::read_request(frame, self.version)? {
            Request::Acknowledge(id) => self.take_acknowledgement(id),
            Request::Release(id) => out.reply(|out| wire::pubcomp(out, self.version, id)),
            Request::Subscribe { packet_id, subscription_id, wanted } => {
                self.take_subscribe(packet_id, subscription_id, wanted, out);
            }
            Request::Unsubscribe { packet_id, filters } => self.take_unsubscribe(packet_id, &filters, out),
            Request::Ping => out.reply(|out| out.extend_from_slice(&[0xd0, 0])),
            Request::Disconnect { session_expiry: 1.., .. } if self.session_expiry == 0 => {
                return Err(Violation::protocol("session expiry was zero when the client connected").into());
            }
            Request::Disconnect { without_will: true, .. } => return Err(End::Farewell),
            Request::Disconnect { without_will: false, .. } => return Err(End::FarewellWithWill),
        }
        Ok(())
    }

    /// Says whether the client may go on sending: not while it has left too many answers unread, or, if it was told no
    /// maximum, while too much of what it sent is not acknowledged.
    pub(crate) fn is_reading(&self, out: &Outbox) -> bool {
        let is_waiting = self.version == Version::V311 && self.acks.is_full(self.most_inflight);
        !out.is_clogged() && !is_waiting
    }

    /// Leaves the hub as if the client had never been there, and publishes its will if that is due.
    pub(crate) fn finish(mut self, end: End, out: &mut Outbox) {
        if let End::Sent(violation) = end {
            let before = out.len();
            let limit = self.packet_limit;
            out.add(|out| {
                wire::disconnect(out, self.version, violation);
                if out.len() - before.min(out.len()) > limit {
                    out.truncate(before);
                }
            });
        }
        for subscription in self.subscriptions.values() {
            self.hub.unsubscribe(&self.session, subscription);
        }
        self.hub.forget(&self.session);
        if end != End::Farewell
            && let Some(will) = self.will.take()
        {
            self.publish_will(will);
        }
        self.hub.backend.client_gone(&self.session.client);
    }

    fn publish_will(&self, will: Publish) {
        let rights = self.session.client.rights();
        if rights.is_live() && rights.may_publish(&will.topic) {
            // a full store keeps the will from being kept, not from being heard about in the figures
            let _full = self.hub.publish_open(will, self.session.key, Box::new(|_| {}));
        }
    }
}

impl End {
    /// Words the end for the log.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Farewell => "said goodbye",
            Self::FarewellWithWill => "said goodbye and wants its will published",
            Self::Lost => "connection lost",
            Self::Sent(violation) => violation.text,
        }
    }
}

impl From<Violation> for End {
    fn from(violation: Violation) -> Self {
        Self::Sent(violation)
    }
}
