//! How a client's mail becomes packets.

use std::{collections::VecDeque, sync::Arc};

use rmqtt_codec::v5::PublishAckReason;
use rustc_hash::FxHashSet;

use super::Conversation;
use crate::{
    Qos, Version,
    figures::count,
    mailbox::Mail,
    outbox::Outbox,
    parcel::{Left, Parcel},
    subscription::Subscription,
    wire::{Copy, Violation},
};

/// No more mail is turned into packets while so many bytes are to be written.
const HIGH_WATER: usize = 64 * 1024;
/// A queue that was longer is given back when it is empty.
const IDLE: usize = 32;

/// The packet ids of what the client has not acknowledged.
#[derive(Debug)]
pub(crate) struct Window {
    size: usize,
    last: u16,
    open: FxHashSet<u16>,
}

impl Conversation {
    /// Turns mail into packets, until there is none or enough is to be written.
    ///
    /// # Errors
    /// [`Violation`] if the broker has decided to end the conversation.
    pub(crate) fn deliver(&mut self, out: &mut Outbox) -> Result<(), Violation> {
        let ending = self.session.mailbox.take(&mut self.mails);
        if let Some(ending) = ending
            && !ending.is_friendly()
        {
            return Err(ending);
        }
        let (mut messages, mut bytes) = (0, 0);
        while out.len() < HIGH_WATER
            && let Some(mail) = self.next_mail()
        {
            let weight = mail.weight();
            match mail {
                Mail::Settled { ticket, is_stored } => self.settle(ticket, is_stored, out),
                Mail::Message { parcel, subscription, is_snapshot } => {
                    self.write(&parcel, &subscription, is_snapshot, out);
                    messages += 1;
                    bytes += weight;
                }
            }
        }
        if messages > 0 {
            self.session.mailbox.written(messages, bytes);
        }
        shrink(&mut self.mails);
        shrink(&mut self.waiting);
        ending.map_or(Ok(()), Err)
    }

    /// Takes the next mail that can be sent; what needs an acknowledgement waits aside while the window is closed.
    fn next_mail(&mut self) -> Option<Mail> {
        if self.window.is_open()
            && let Some(mail) = self.waiting.pop_front()
        {
            return Some(mail);
        }
        loop {
            let mail = self.mails.pop_front()?;
            if self.window.is_open() || mail.qos() == Qos::AtMostOnce {
                return Some(mail);
            }
            self.waiting.push_back(mail);
        }
    }

    fn settle(&mut self, ticket: u64, is_stored: bool, out: &mut Outbox) {
        let reason = if is_stored { PublishAckReason::Success } else { PublishAckReason::QuotaExceeded };
        self.acks.settle(ticket, reason);
        self.acknowledge(out);
    }

    fn write(&mut self, parcel: &Arc<Parcel>, subscription: &Subscription, is_snapshot: bool, out: &mut Outbox) {
        let counters = &self.hub.counters;
        if !is_snapshot && subscription.has_seen(parcel) {
            return;
        }
        let Left::Some(expiry) = parcel.left() else { return count(&counters.dropped_expired) };
        let publish = &parcel.publish;
        let packet_id = match publish.qos.min(subscription.qos) {
            Qos::AtMostOnce => None,
            Qos::AtLeastOnce | Qos::ExactlyOnce => self.window.open(),
        };
        let copy = Copy {
            version: self.version,
            retain: is_snapshot || (subscription.as_published && publish.retain),
            packet_id,
            subscription_id: subscription.id,
            expiry,
        };
        let properties = if self.version == Version::V5 { parcel.properties() } else { &[] };
        let (topic, length) = (publish.topic.as_str(), publish.payload.len());
        if out.add(|out| copy.write(out, topic, properties, length, self.packet_limit)) {
            out.add_payload(&publish.payload);
            count(&counters.messages_out);
        } else {
            packet_id.into_iter().for_each(|id| self.window.close(id));
            count(&counters.dropped_too_large);
        }
    }

    pub(super) fn take_acknowledgement(&mut self, packet_id: u16) {
        self.window.close(packet_id);
    }
}

impl Window {
    pub(crate) fn new(size: u16) -> Self {
        Self { size: size.into(), last: 0, open: FxHashSet::default() }
    }

    fn is_open(&self) -> bool {
        self.open.len() < self.size
    }

    /// Takes a packet id that is not in use; there is one while the window is open.
    fn open(&mut self) -> Option<u16> {
        for _ in 0..=u16::MAX {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if self.open.insert(self.last) {
                return Some(self.last);
            }
        }
        None
    }

    fn close(&mut self, packet_id: u16) {
        self.open.remove(&packet_id);
    }
}

impl Mail {
    fn qos(&self) -> Qos {
        match self {
            Self::Message { parcel, subscription, .. } => parcel.publish.qos.min(subscription.qos),
            Self::Settled { .. } => Qos::AtMostOnce,
        }
    }
}

fn shrink(mails: &mut VecDeque<Mail>) {
    if mails.is_empty() && mails.capacity() > IDLE {
        *mails = VecDeque::new();
    }
}
