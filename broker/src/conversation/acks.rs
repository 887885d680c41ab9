//! PUBACKs in the order of their messages, although some have to wait for the store.
//!
//! Source: MQTT 5.0, 4.6.

use std::collections::VecDeque;

use rmqtt_codec::v5::PublishAckReason;

/// PUBACKs that wait for one before them.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    next: u64,
    queue: VecDeque<Ack>,
}

#[derive(Debug)]
struct Ack {
    ticket: u64,
    packet_id: u16,
    /// Nothing while the store is at it.
    reason: Option<PublishAckReason>,
}

impl Acks {
    /// Begins to wait, and returns the ticket by which [`Acks::settle`] knows it.
    pub(crate) fn wait(&mut self, packet_id: u16) -> u64 {
        self.next += 1;
        self.queue.push_back(Ack { ticket: self.next, packet_id, reason: None });
        self.next
    }

    /// Notes what the store, or whoever else was asked, has said.
    pub(crate) fn settle(&mut self, ticket: u64, reason: PublishAckReason) {
        if let Some(ack) = self.queue.iter_mut().find(|ack| ack.ticket == ticket) {
            ack.reason = Some(reason);
        }
    }

    /// Takes the next PUBACK that waits for nothing.
    pub(crate) fn next(&mut self) -> Option<(u16, PublishAckReason)> {
        let first = self.queue.front()?;
        let ready = (first.packet_id, first.reason?);
        self.queue.pop_front();
        Some(ready)
    }

    /// Says whether as many wait as may.
    pub(crate) fn is_full(&self, limit: u16) -> bool {
        self.queue.len() >= usize::from(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledges_in_the_order_of_publishing() {
        let mut acks = Acks::default();
        let (ticket, other) = (acks.wait(7), acks.wait(8));
        acks.settle(other, PublishAckReason::Success);
        assert_eq!(acks.next(), None);
        acks.settle(ticket, PublishAckReason::QuotaExceeded);
        assert_eq!(acks.next(), Some((7, PublishAckReason::QuotaExceeded)));
        assert_eq!(acks.next(), Some((8, PublishAckReason::Success)));
        assert_eq!(acks.next(), None);
    }
}
