//! The packets that follow a PUBLISH, in both directions, and the answers that wait for the store.
//!
//! Source: MQTT 5.0, 4.3.

use std::sync::Arc;

use rmqtt_codec::v5::{DisconnectReasonCode, PublishAckReason, SubscribeAckReason};

use super::Conversation;
use crate::{
    Change, Done, Qos, Version,
    acks::Ack,
    mailbox::Mail,
    outbox::Outbox,
    subscription::Subscription,
    window::Step,
    wire::{self, Exchange, Granted, Violation},
};

/// What a client is owed when the store has answered.
#[derive(Debug)]
pub(super) enum Promised {
    /// PUBCOMP.
    Completion { packet_id: u16, is_known: bool },
    /// SUBACK, and the retained messages for some of the subscriptions.
    Suback { packet_id: u16, granted: Vec<Granted>, made: Vec<Arc<Subscription>>, owed: Vec<Arc<Subscription>> },
    /// UNSUBACK.
    Unsuback { packet_id: u16, existed: Vec<bool> },
}

impl Conversation {
    /// Takes what the client says of a message that it was sent.
    pub(super) fn take_exchange(&mut self, exchange: Exchange, id: u16, out: &mut Outbox) -> Result<(), Violation> {
        match self.window.take(exchange, id) {
            Step::Ended(delivery, place) => {
                let forgotten = delivery.and_then(|delivery| self.session.forget(&delivery));
                if place.is_some() {
                    self.session.free(id);
                }
                let place = place.map(|place| Change::Settled(self.session.key, place));
                self.keep(forgotten.into_iter().chain(place));
            }
            Step::Release => out.reply(|out| wire::pubrel(out, self.version, id, true)),
            Step::Note(place) => self.note(id, place),
            Step::Unknown if exchange == Exchange::Received => {
                out.reply(|out| wire::pubrel(out, self.version, id, false));
            }
            Step::Unknown | Step::Nothing => {}
            Step::Wrong => return Err(Violation::protocol("acknowledgement does not fit the message's QoS")),
        }
        Ok(())
    }

    /// Has the store note that the client has the message at a place; PUBREL waits for it.
    pub(super) fn note(&self, packet_id: u16, place: u64) {
        let session = Arc::clone(&self.session);
        let done = move |is_stored| session.mailbox.admit(Mail::Noted { packet_id, is_stored });
        self.hub.backend.keep(vec![Change::Released(self.session.key, place)], Some(Box::new(done)));
    }

    /// Does so again, if it still has to be noted.
    pub(super) fn note_again(&self, packet_id: u16) {
        if let Some(place) = self.window.noting(packet_id) {
            self.note(packet_id, place);
        }
    }

    /// Takes PUBREL: the client will not send its message again, so that its packet id is free.
    pub(super) fn take_release(&mut self, id: u16, out: &mut Outbox) {
        let is_known = self.arrived.remove(&id);
        self.earlier.remove(&id);
        // also if an earlier connection has released it: the store may still be at that
        if self.session.is_stored() {
            let done = self.promise(Promised::Completion { packet_id: id, is_known });
            self.hub.backend.keep(vec![Change::Departed(self.session.key, id)], Some(done));
        } else {
            out.reply(|out| wire::pubcomp(out, self.version, id, is_known));
        }
    }

    /// Promises the client something for when the store is done; the store is to call what this returns.
    pub(super) fn promise(&mut self, promised: Promised) -> Done {
        let ticket = self.acks.ticket();
        self.promised.insert(ticket, promised);
        self.done(ticket)
    }

    /// Returns what is to be called when the store is done with what a ticket was given for.
    pub(super) fn done(&self, ticket: u64) -> Done {
        let session = Arc::clone(&self.session);
        Box::new(move |is_stored| session.mailbox.admit(Mail::Settled { ticket, is_stored }))
    }

    /// Gives the client what waited for the store.
    ///
    /// # Errors
    /// As [`Conversation::acknowledge`].
    pub(super) fn settle(&mut self, ticket: u64, is_stored: bool, out: &mut Outbox) -> Result<(), Violation> {
        match self.promised.remove(&ticket) {
            Some(Promised::Completion { packet_id, is_known }) if !is_stored => self.owe_departure(packet_id, is_known),
            Some(Promised::Completion { packet_id, is_known }) => {
                out.reply(|out| wire::pubcomp(out, self.version, packet_id, is_known));
            }
            Some(Promised::Suback { packet_id, granted, made, owed }) if is_stored => {
                drop(made);
                self.grant(packet_id, &granted, &owed, out);
            }
            Some(Promised::Suback { packet_id, granted, made, .. }) => {
                made.iter().for_each(|subscription| self.withdraw(subscription));
                let refused = |granted: Granted| granted.and(Err(SubscribeAckReason::UnspecifiedError));
                let granted: Vec<Granted> = granted.into_iter().map(refused).collect();
                self.grant(packet_id, &granted, &[], out);
            }
            Some(Promised::Unsuback { packet_id, existed }) => {
                out.reply(|out| wire::unsuback(out, self.version, packet_id, &existed));
            }
            None => {
                self.acks.hear(ticket, is_stored);
                return self.acknowledge(out);
            }
        }
        Ok(())
    }

    /// Ends a subscription that could not be stored, unless another has replaced it.
    fn withdraw(&mut self, subscription: &Arc<Subscription>) {
        let text = subscription.text();
        if self.subscriptions.get(&text).is_some_and(|current| Arc::ptr_eq(current, subscription)) {
            self.subscriptions.remove(&text);
            self.hub.unsubscribe(&self.session, subscription);
            self.keep([Change::Unsubscribed(self.session.key, text)]);
        }
    }

    /// Takes note that the store knows that the client has a message.
    pub(super) fn release(&mut self, packet_id: u16, out: &mut Outbox) {
        if self.window.release(packet_id) {
            out.reply(|out| wire::pubrel(out, self.version, packet_id, true));
        }
    }

    /// Writes the PUBACKs and PUBRECs that wait for nothing.
    ///
    /// # Errors
    /// [`Violation`] if a client of MQTT 3.1.1, where they cannot say no, would take what was lost for kept.
    pub(super) fn acknowledge(&mut self, out: &mut Outbox) -> Result<(), Violation> {
        while let Some((ack, reason)) = self.acks.next() {
            if ack.qos == Qos::ExactlyOnce && u8::from(reason) >= 0x80 {
                self.refuse(&ack);
            }
            if !ack.is_wanted {
                continue;
            }
            if ack.is_lost && self.version == Version::V311 {
                return Err(Violation::NOT_STORED);
            }
            let text = self.explained(explain(reason), 0);
            out.reply(|out| wire::acknowledge(out, self.version, ack.qos, ack.packet_id, reason, text));
        }
        Ok(())
    }

    /// Frees the packet id of a message that was not taken.
    fn refuse(&mut self, ack: &Ack) {
        self.arrived.remove(&ack.packet_id);
        self.earlier.remove(&ack.packet_id);
        if ack.is_lost && self.session.is_stored() {
            // the store may have noted it, or try again
            self.keep([Change::Departed(self.session.key, ack.packet_id)]);
        }
    }

    /// Says whether as much of what the client sent on this connection is not acknowledged as may be.
    pub(super) fn owes_too_many(&self) -> bool {
        let arrived = self.arrived.len().saturating_sub(self.earlier.len());
        self.acks.ones() + arrived >= usize::from(self.most_inflight)
    }
}

/// Words the reasons for which this broker does not take a message.
const fn explain(reason: PublishAckReason) -> &'static str {
    match reason {
        PublishAckReason::NotAuthorized => "this account may not publish on that topic",
        PublishAckReason::QuotaExceeded => "the message cannot be stored",
        PublishAckReason::Success
        | PublishAckReason::NoMatchingSubscribers
        | PublishAckReason::UnspecifiedError
        | PublishAckReason::ImplementationSpecificError
        | PublishAckReason::TopicNameInvalid
        | PublishAckReason::PacketIdentifierInUse
        | PublishAckReason::PayloadFormatInvalid => "",
    }
}

impl Violation {
    const NOT_STORED: Self = Self::new(DisconnectReasonCode::UnspecifiedError, "a message cannot be stored");
}
