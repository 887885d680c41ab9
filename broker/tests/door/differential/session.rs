//! A session as the model knows it.

use std::collections::BTreeMap;

use super::player::{Message, Seen};

#[derive(Debug, Clone, Copy)]
pub(super) struct Subscription {
    pub(super) qos: u8,
    pub(super) no_local: bool,
    pub(super) as_published: bool,
}

/// A message that a session has not acknowledged to the end.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) message: Message,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has not been sent, or not been seen.
    Waiting,
    Sent(u16),
    Received(u16),
    /// The broker was killed: it does not know whether it sent it.
    Unsure(Option<u16>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    pub(super) is_kept: bool,
    pub(super) is_online: bool,
    pub(super) has_will: Option<String>,
    pub(super) subscriptions: BTreeMap<&'static str, Subscription>,
    pub(super) pending: Vec<Pending>,
    /// What came of `QoS` 0 as its connection changed hands: it may have it or not.
    pub(super) perhaps: Vec<Message>,
}

impl Session {
    /// Is what is left of it after the broker was killed.
    pub(super) fn survive(&mut self) {
        self.is_online = false;
        self.perhaps.clear();
        if !self.is_kept {
            *self = Self::default();
        }
        for pending in &mut self.pending {
            match (pending.state, pending.message.qos) {
                (State::Sent(_) | State::Waiting, 1) => pending.state = State::Waiting,
                (State::Sent(id), _) => pending.state = State::Unsure(Some(id)),
                (State::Waiting, _) => pending.state = State::Unsure(None),
                (State::Received(_) | State::Unsure(_), _) => {}
            }
        }
    }
}

/// Says what is sent again of a message.
pub(super) fn resent(pending: &Pending) -> Seen {
    match pending.state {
        State::Waiting => Seen::Message(pending.message.clone(), None, false),
        State::Sent(id) => Seen::Message(pending.message.clone(), Some(id), true),
        State::Unsure(id) => Seen::Message(pending.message.clone(), id, true),
        State::Received(id) => Seen::Release(id),
    }
}
