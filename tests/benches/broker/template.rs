//! What a publisher sends: one packet, of which only the numbers change.

use hes_tests::wire::{self, Message, Qos, Version};

use crate::flow::PAYLOAD;

/// A packet of one publisher, of which only the numbers change.
pub(crate) struct Template {
    packet: Vec<u8>,
    id_at: Option<usize>,
    number_at: usize,
}

impl Template {
    pub(crate) fn new(topic: &str, qos: Qos, publisher: usize) -> Self {
        let mut payload = vec![b'x'; PAYLOAD];
        let publisher = u64::try_from(publisher).unwrap_or_default().to_be_bytes();
        payload.splice(0..8, publisher);
        let mut message = Message::new(topic, payload).with_qos(qos);
        message.packet_id = 1;
        let packet = wire::publish(Version::V5, &message);
        let number_at = packet.len() - PAYLOAD + 8;
        let id_at = (qos != Qos::Zero).then(|| packet.len() - PAYLOAD - 3);
        Self { packet, id_at, number_at }
    }

    pub(crate) fn write(&self, batch: &mut Vec<u8>, number: u64) {
        let at = batch.len();
        batch.extend_from_slice(&self.packet);
        patch(batch, at + self.number_at, &number.to_be_bytes());
        if let Some(id_at) = self.id_at {
            let id = u16::try_from(number % 60_000 + 1).unwrap_or(1);
            patch(batch, at + id_at, &id.to_be_bytes());
        }
    }
}

fn patch(batch: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = batch.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Says who sent a message, and its number.
pub(crate) fn origin(payload: &[u8]) -> Option<(usize, u64)> {
    let publisher = u64::from_be_bytes(*payload.first_chunk()?);
    let number = u64::from_be_bytes(*payload.get(8..)?.first_chunk()?);
    Some((usize::try_from(publisher).ok()?, number))
}
