//! One client's conversation: what its packets mean, in what order it is answered, and what it is sent.
//!
//! Nothing here waits or knows of sockets: frames come in, and packets go into an [`Outbox`].

mod deliver;
mod exchange;
mod overdue;
mod publish;
mod subscribe;

use std::{collections::VecDeque, sync::Arc};

use bytestring::ByteString;
use hes_schemas::Topic;
use rustc_hash::{FxHashMap, FxHashSet};

use self::{deliver::Names, exchange::Promised, overdue::Overdue};
use crate::{
    Change, Client, Limits, Version, Will,
    acks::Acks,
    delivery::Delivery,
    hub::Hub,
    luggage::Luggage,
    mailbox::Mail,
    outbox::Outbox,
    session::Session,
    subscription::Subscription,
    window::Window,
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

/// What an acknowledgement has at most around its reason string and reason codes, in bytes.
const AROUND_REASON: usize = 16;

/// The state of a conversation that only the client's own task sees.
#[derive(Debug)]
pub(crate) struct Conversation {
    hub: Arc<Hub>,
    session: Arc<Session>,
    client: Arc<Client>,
    version: Version,
    is_bridge: bool,
    /// The largest packet that the client takes.
    packet_limit: usize,
    /// Whether reason strings are welcome, beside those that end the conversation.
    wants_reasons: bool,
    /// How many messages it may have unacknowledged.
    most_inflight: u16,
    /// By the filter as it was sent.
    subscriptions: FxHashMap<ByteString, Arc<Subscription>>,
    /// The topic aliases that the client has set.
    aliases: FxHashMap<u16, Topic>,
    /// The topic aliases that it was told.
    names: Names,
    acks: Acks,
    /// What it is owed when the store has answered, by ticket.
    promised: FxHashMap<u64, Promised>,
    /// What the store could not take, if there is any.
    overdue: Option<Box<Overdue>>,
    /// The packet ids of what it has published with `QoS` 2 and not released.
    arrived: FxHashSet<u16>,
    /// Those of them that it has not named on this connection, and that count against no maximum.
    earlier: FxHashSet<u16>,
    window: Window,
    /// What was taken from the mailbox and is not written yet.
    mails: VecDeque<Mail>,
    /// Messages of `QoS` 1 and 2 that wait for the client to acknowledge others.
    waiting: VecDeque<Delivery>,
    /// Whether the mailbox may hold what came while no client was there.
    is_returning: bool,
    will: Option<Will>,
}

impl Conversation {
    /// Begins a conversation, or goes on with what an earlier one left.
    pub(crate) fn new(
        hub: Arc<Hub>,
        session: Arc<Session>,
        connect: Connect,
        luggage: Option<Box<Luggage>>,
        limits: &Limits,
    ) -> Self {
        let asked = &connect.asked;
        let limit = asked.packet_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let mut luggage = luggage.map_or_else(Luggage::default, |luggage| *luggage);
        luggage.window.resume(asked.receive_maximum.unwrap_or(u16::MAX).min(limits.receive_maximum));
        luggage.acks.resume();
        let mut conversation = Self {
            version: connect.version,
            is_bridge: connect.is_bridge,
            packet_limit: limit.min(hub.limits.packet),
            wants_reasons: asked.problem_information.unwrap_or(true),
            names: Names::new(asked.alias_maximum.unwrap_or_default().min(hub.limits.topic_aliases)),
            most_inflight: limits.receive_maximum,
            hub,
            client: session.client(),
            session,
            subscriptions: luggage.subscriptions,
            aliases: FxHashMap::default(),
            acks: luggage.acks,
            promised: FxHashMap::default(),
            overdue: None,
            earlier: luggage.arrived.clone(),
            arrived: luggage.arrived,
            window: luggage.window,
            mails: VecDeque::new(),
            waiting: luggage.waiting,
            is_returning: true,
            will: connect.will,
        };
        conversation.drop_forbidden();
        conversation
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
            Request::Exchange(exchange, id) => self.take_exchange(exchange, id, out)?,
            Request::Release(id) => self.take_release(id, out),
            Request::Subscribe { packet_id, subscription_id, wanted } => {
                self.take_subscribe(packet_id, subscription_id, wanted, out)?;
            }
            Request::Unsubscribe { packet_id, filters } => self.take_unsubscribe(packet_id, &filters, out),
            Request::Ping => out.reply(|out| out.extend_from_slice(&[0xd0, 0])),
            Request::Disconnect { without_will, session_expiry } => {
                self.change_expiry(session_expiry)?;
                return Err(if without_will { End::Farewell } else { End::FarewellWithWill });
            }
        }
        Ok(())
    }

    /// Takes the session expiry that a client asks for as it goes.
    ///
    /// Source: MQTT 5.0, 3.14.2.2.2.
    fn change_expiry(&self, asked: Option<u32>) -> Result<(), Violation> {
        let Some(asked) = asked else { return Ok(()) };
        if asked > 0 && !self.session.is_kept() && self.hub.limits.session_expiry > 0 {
            return Err(Violation::protocol("session expiry was zero when the client connected"));
        }
        self.session.set_expiry(self.hub.expiry(asked));
        Ok(())
    }

    /// Returns a reason string if the client wants to have them, and takes packets with room for it beside so many bytes.
    ///
    /// Source: MQTT 5.0, 3.1.2.11.7 and 3.4.2.2.2.
    fn explained(&self, text: &'static str, beside: usize) -> Option<&'static str> {
        let fits = text.len() + beside + AROUND_REASON <= self.packet_limit;
        Some(text).filter(|_| self.wants_reasons && fits)
    }

    /// Says whether the client may go on sending: not while it has left too many answers unread, or, if it was told no
    /// maximum, while too much of what it sent waits for the store.
    pub(crate) fn is_reading(&self, out: &Outbox) -> bool {
        let is_waiting = self.version == Version::V311 && self.acks.len() >= usize::from(self.most_inflight);
        !out.is_clogged() && !is_waiting
    }

    /// Tells the client why the broker ends the conversation, if it does, and lets go of the session.
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
        if end == End::Farewell {
            self.will = None;
        }
        let client = Arc::clone(&self.client);
        let (hub, session) = (Arc::clone(&self.hub), Arc::clone(&self.session));
        hub.leave(&session, self.pack());
        hub.backend.client_gone(&client);
    }

    /// Packs what the next connection of the session goes on with.
    fn pack(mut self) -> Luggage {
        let settled: Vec<_> =
            std::mem::take(&mut self.mails).into_iter().filter_map(|mail| self.unpost(mail)).collect();
        self.waiting.extend(settled);
        Luggage {
            subscriptions: self.subscriptions,
            window: self.window,
            waiting: self.waiting,
            acks: self.acks,
            arrived: self.arrived,
            will: self.will,
        }
    }

    /// Takes note of what the store has said, and returns a message that was not sent.
    fn unpost(&mut self, mail: Mail) -> Option<Delivery> {
        match mail {
            Mail::Message(delivery) => return Some(delivery),
            Mail::Settled { ticket, is_stored } => self.acks.hear(ticket, is_stored),
            Mail::Noted { packet_id, is_stored: true } => drop(self.window.release(packet_id)),
            // is asked for again on the next connection
            Mail::Noted { is_stored: false, .. } | Mail::Again => {}
        }
        None
    }

    /// Keeps changes of the session that nobody waits for.
    fn keep(&self, changes: impl IntoIterator<Item = Change>) {
        let changes: Vec<Change> = changes.into_iter().collect();
        if !changes.is_empty() {
            self.hub.backend.keep(changes, None);
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
