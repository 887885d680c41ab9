//! How a client's mail becomes packets.

use std::collections::VecDeque;

use hes_schemas::Topic;
use rustc_hash::FxHashMap;

use super::Conversation;
use crate::{
    Qos, Version,
    delivery::Delivery,
    figures::count,
    mailbox::Mail,
    outbox::Outbox,
    parcel::Left,
    window::{Stage, Step},
    wire::{self, Copy, Name, Violation},
};

/// No more mail is turned into packets while so many bytes are to be written.
const HIGH_WATER: usize = 64 * 1024;
/// A queue that was longer is given back when it is empty.
const IDLE: usize = 32;

/// The topic aliases that a client was told.
#[derive(Debug)]
pub(super) struct Names {
    maximum: u16,
    known: FxHashMap<Topic, u16>,
}

/// What a message is sent as.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    packet_id: u16,
    is_again: bool,
}

impl Conversation {
    /// Turns mail into packets, until there is none or enough is to be written.
    ///
    /// # Errors
    /// [`Violation`] if the broker has decided to end the conversation.
    pub(crate) fn deliver(&mut self, out: &mut Outbox) -> Result<(), Violation> {
        // what could not be written at once may be old enough for rights to have changed since
        let is_returning = std::mem::take(&mut self.is_returning);
        let is_behind = is_returning || !self.mails.is_empty() || !self.waiting.is_empty();
        let ending = self.session.mailbox.take(&mut self.mails);
        if let Some(ending) = ending
            && !ending.is_friendly()
        {
            return Err(ending);
        }
        self.send_again(out);
        let (mut messages, mut bytes) = (0, 0);
        while out.len() < HIGH_WATER
            && let Some(mail) = self.next_mail()
        {
            match mail {
                Mail::Settled { ticket, is_stored } => self.settle(ticket, is_stored, out)?,
                Mail::Noted { packet_id, is_stored: true } => self.release(packet_id, out),
                Mail::Noted { packet_id, is_stored: false } => self.owe_note(packet_id),
                Mail::Again => self.try_again(),
                Mail::Message(delivery) => {
                    messages += 1;
                    bytes += delivery.weight();
                    self.send(delivery, is_behind, out);
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

    /// Takes up the exchanges that an earlier connection left open, in the order in which they began.
    ///
    /// Source: MQTT 5.0, 4.4.
    fn send_again(&mut self, out: &mut Outbox) {
        while self.window.has_room()
            && out.len() < HIGH_WATER
            && let Some((packet_id, stage)) = self.window.next_again()
        {
            match stage {
                Stage::Released(_) => out.reply(|out| wire::pubrel(out, self.version, packet_id, true)),
                Stage::Published(_, Some(delivery)) => {
                    let delivery = delivery.as_ref().clone();
                    let attempt = Attempt { packet_id, is_again: true };
                    if !self.may_still_see(&delivery) || !self.write(&delivery, attempt, out) {
                        self.abandon(packet_id, out);
                    }
                }
                Stage::Published(_, None) => self.abandon(packet_id, out),
                Stage::Noting(place) => {
                    let place = *place;
                    self.note(packet_id, place);
                }
            }
        }
    }

    /// Ends an exchange whose message cannot be sent again; one of `QoS` 2 by way of PUBREL, since a client that has the
    /// message would take the next one with its packet id for the same.
    fn abandon(&mut self, packet_id: u16, out: &mut Outbox) {
        match self.window.abandon(packet_id) {
            Step::Release => out.reply(|out| wire::pubrel(out, self.version, packet_id, true)),
            Step::Ended(Some(delivery), _) => self.keep(self.session.forget(&delivery)),
            Step::Ended(None, _) | Step::Note(_) | Step::Nothing | Step::Unknown | Step::Wrong => {}
        }
    }

    /// Takes the next mail that can be sent; what needs an acknowledgement waits aside while the window is closed.
    fn next_mail(&mut self) -> Option<Mail> {
        let has_room = self.window.has_room() && !self.window.is_catching_up();
        if has_room && let Some(delivery) = self.waiting.pop_front() {
            return Some(Mail::Message(delivery));
        }
        loop {
            match self.mails.pop_front()? {
                Mail::Message(delivery) if !has_room && delivery.qos() > Qos::AtMostOnce => {
                    self.waiting.push_back(delivery);
                }
                mail @ (Mail::Message(_) | Mail::Settled { .. } | Mail::Noted { .. } | Mail::Again) => {
                    return Some(mail);
                }
            }
        }
    }

    fn send(&mut self, delivery: Delivery, is_behind: bool, out: &mut Outbox) {
        let is_seen = !delivery.is_snapshot && delivery.subscription.has_seen(&delivery.parcel);
        // what the store had to have first may be old as well
        let is_old = is_behind || delivery.stored.is_some();
        if is_seen || (is_old && !self.may_still_see(&delivery)) {
            return self.keep(self.session.forget(&delivery));
        }
        let qos = delivery.qos();
        let stored_id = delivery.stored.and_then(|stored| stored.packet_id);
        let packet_id = if qos == Qos::AtMostOnce { Some(0) } else { stored_id.or_else(|| self.window.free_id()) };
        let Some(packet_id) = packet_id else { return };
        if !self.write(&delivery, Attempt { packet_id, is_again: false }, out) {
            return self.keep(self.session.forget(&delivery));
        }
        if qos > Qos::AtMostOnce {
            let may_be_sent_again = self.session.is_kept() || delivery.subscription.group.is_some();
            let kept = may_be_sent_again.then(|| Box::new(delivery));
            self.window.begin(packet_id, Stage::Published(qos, kept));
        }
    }

    fn may_still_see(&self, delivery: &Delivery) -> bool {
        let is_own = delivery.parcel.origin == 0 && self.hub.gate.owner(&delivery.parcel.publish.topic).is_some();
        let may = is_own || self.session.may_receive(&delivery.parcel.publish);
        if !may {
            count(&self.hub.counters.dropped_not_permitted);
        }
        may
    }

    /// Writes a PUBLISH; returns whether it was one that the client takes, and in time.
    fn write(&mut self, delivery: &Delivery, attempt: Attempt, out: &mut Outbox) -> bool {
        let (parcel, subscription) = (&delivery.parcel, &delivery.subscription);
        let counters = &self.hub.counters;
        let Left::Some(expiry) = parcel.left() else {
            count(&counters.dropped_expired);
            return false;
        };
        let publish = &parcel.publish;
        let copy = Copy {
            version: self.version,
            qos: delivery.qos(),
            dup: attempt.is_again,
            retain: delivery.is_snapshot || (subscription.as_published && publish.retain),
            packet_id: attempt.packet_id,
            subscription_id: subscription.id,
            expiry,
            name: self.names.of(&publish.topic),
        };
        let properties = if self.version == Version::V5 { parcel.properties() } else { &[] };
        let (topic, length) = (publish.topic.as_str(), publish.payload.len());
        let is_written = out.add(|out| copy.write(out, topic, properties, length, self.packet_limit));
        if is_written {
            out.add_payload(&publish.payload);
            self.names.note(copy.name, &publish.topic);
            count(&counters.messages_out);
        } else {
            count(&counters.dropped_too_large);
        }
        is_written
    }
}

impl Names {
    pub(super) fn new(maximum: u16) -> Self {
        Self { maximum, known: FxHashMap::default() }
    }

    /// Returns how a topic is named in the next packet.
    fn of(&self, topic: &Topic) -> Name {
        if self.maximum == 0 {
            return Name::Full;
        }
        if let Some(alias) = self.known.get(topic) {
            return Name::Alias(*alias);
        }
        let next = u16::try_from(self.known.len() + 1).ok().filter(|next| *next <= self.maximum);
        next.map_or(Name::Full, Name::Introduced)
    }

    /// Notes that a name was sent.
    fn note(&mut self, name: Name, topic: &Topic) {
        if let Name::Introduced(alias) = name {
            self.known.insert(topic.clone(), alias);
        }
    }
}

fn shrink<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() && queue.capacity() > IDLE {
        *queue = VecDeque::new();
    }
}
