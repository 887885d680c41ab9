//! PUBACKs and PUBRECs in the order of their messages, although some have to wait for the store.
//!
//! Source: MQTT 5.0, 4.6.

use std::collections::VecDeque;

use rmqtt_codec::v5::PublishAckReason;

use crate::Qos;

/// Acknowledgements that wait for the store, or for one before them.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    last: u64,
    queue: VecDeque<Ack>,
    /// How many of them are PUBACKs.
    ones: usize,
}

/// An acknowledgement of a client's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ack {
    ticket: u64,
    pub(crate) packet_id: u16,
    pub(crate) qos: Qos,
    /// The store could not keep what is acknowledged.
    pub(crate) is_lost: bool,
    /// Nothing while the store is at it.
    reason: Option<PublishAckReason>,
    /// Whether the client has sent the message on this connection, and so is to hear of it.
    pub(crate) is_wanted: bool,
}

impl Acks {
    /// Returns a ticket that no other has, by which an answer of the store is known.
    pub(crate) const fn ticket(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Begins to wait, and returns the ticket by which [`Acks::settle`] knows it.
    pub(crate) fn wait(&mut self, packet_id: u16, qos: Qos) -> u64 {
        let ticket = self.ticket();
        self.ones += usize::from(qos == Qos::AtLeastOnce);
        self.queue.push_back(Ack { ticket, packet_id, qos, is_lost: false, reason: None, is_wanted: true });
        ticket
    }

    /// Notes what the acknowledgement has to say.
    pub(crate) fn settle(&mut self, ticket: u64, reason: PublishAckReason) {
        if let Some(ack) = self.queue.iter_mut().find(|ack| ack.ticket == ticket) {
            ack.reason = Some(reason);
        }
    }

    /// Notes what the store has said.
    pub(crate) fn hear(&mut self, ticket: u64, is_stored: bool) {
        let reason = if is_stored { PublishAckReason::Success } else { PublishAckReason::QuotaExceeded };
        if let Some(ack) = self.queue.iter_mut().find(|ack| ack.ticket == ticket) {
            (ack.is_lost, ack.reason) = (!is_stored, Some(reason));
        }
    }

    /// Takes the next acknowledgement that waits for nothing.
    pub(crate) fn next(&mut self) -> Option<(Ack, PublishAckReason)> {
        let first = *self.queue.front()?;
        let reason = first.reason?;
        self.queue.pop_front();
        self.ones -= usize::from(first.qos == Qos::AtLeastOnce);
        Some((first, reason))
    }

    /// Has the PUBREC with a packet id sent when its turn comes; returns whether one is still to come.
    pub(crate) fn want(&mut self, packet_id: u16) -> bool {
        let is_it = |ack: &&mut Ack| ack.packet_id == packet_id && ack.qos == Qos::ExactlyOnce;
        self.queue.iter_mut().find(is_it).map(|ack| ack.is_wanted = true).is_some()
    }

    /// Returns how many wait.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Returns how many PUBACKs wait.
    pub(crate) const fn ones(&self) -> usize {
        self.ones
    }

    /// Forgets the PUBACKs, and sends no PUBREC: on a new connection the client sends again what it still wants
    /// acknowledged.
    pub(crate) fn resume(&mut self) {
        self.queue.retain(|ack| ack.qos == Qos::ExactlyOnce);
        self.queue.iter_mut().for_each(|ack| ack.is_wanted = false);
        self.ones = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(acks: &mut Acks) -> Option<(u16, PublishAckReason)> {
        acks.next().map(|(ack, reason)| (ack.packet_id, reason))
    }

    #[test]
    fn acknowledges_in_the_order_of_publishing() {
        let mut acks = Acks::default();
        let (ticket, other) = (acks.wait(7, Qos::AtLeastOnce), acks.wait(8, Qos::ExactlyOnce));
        acks.settle(other, PublishAckReason::Success);
        assert_eq!(next(&mut acks), None);
        acks.settle(ticket, PublishAckReason::QuotaExceeded);
        assert_eq!(next(&mut acks), Some((7, PublishAckReason::QuotaExceeded)));
        assert_eq!(next(&mut acks), Some((8, PublishAckReason::Success)));
        assert_eq!(next(&mut acks), None);
    }

    #[test]
    fn owes_only_what_the_client_does_not_send_again() {
        let mut acks = Acks::default();
        acks.wait(7, Qos::AtLeastOnce);
        acks.wait(8, Qos::ExactlyOnce);
        acks.resume();
        assert_eq!((acks.len(), acks.ones()), (1, 0));
        acks.settle(2, PublishAckReason::Success);
        assert!(!acks.next().unwrap().0.is_wanted);
        acks.wait(9, Qos::ExactlyOnce);
        acks.resume();
        assert!(acks.want(9) && !acks.want(8));
        acks.settle(3, PublishAckReason::Success);
        assert!(acks.next().unwrap().0.is_wanted);
    }
}
