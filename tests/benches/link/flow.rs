//! Messages that flow from one who tells to one who listens, as fast as they are taken.

use std::{
    thread,
    time::{Duration, Instant},
};

use hes_tests::wire::{self, Message, Packet, Version, Wire};

/// How many messages of the teller wait for their acknowledgement at most.
const IN_FLIGHT: usize = 100;

/// How many acknowledgements of the listener are written at once at most.
const ACKNOWLEDGED: usize = 32;

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flowed {
    pub(crate) heard: usize,
    pub(crate) took: Duration,
}

/// Tells all messages, and listens until `is_last` says so of one.
pub(crate) fn flow(
    teller: &mut Wire,
    listener: &mut Wire,
    messages: &[Message],
    is_last: impl FnMut(&Message) -> bool,
) -> Flowed {
    let began = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| tell(teller, messages));
        let heard = hear(listener, is_last);
        Flowed { heard, took: began.elapsed() }
    })
}

/// Listens until `is_last` says so of a message, and returns how many came.
pub(crate) fn hear(listener: &mut Wire, mut is_last: impl FnMut(&Message) -> bool) -> usize {
    let mut acknowledged = Vec::new();
    let mut heard = 0;
    loop {
        let packet = listener.receive().expect("the broker goes on");
        let Packet::Publish(message) = packet else { continue };
        heard += 1;
        acknowledged.extend(wire::puback(message.packet_id));
        let is_over = is_last(&message);
        if is_over || !listener.has_more() || acknowledged.len() >= 4 * ACKNOWLEDGED {
            listener.send(&acknowledged).expect("the broker takes acknowledgements");
            acknowledged.clear();
        }
        if is_over {
            return heard;
        }
    }
}

/// Tells all messages and waits until the last is acknowledged.
pub(crate) fn tell(teller: &mut Wire, messages: &[Message]) {
    let (mut sent, mut acknowledged) = (0, 0);
    let mut packets = Vec::new();
    while acknowledged < messages.len() {
        packets.clear();
        while let Some(message) = messages.get(sent).filter(|_| sent - acknowledged < IN_FLIGHT) {
            sent += 1;
            let packet_id = u16::try_from(sent % 1_000 + 1).unwrap_or(1);
            packets.extend(wire::publish(Version::V5, &Message { packet_id, ..message.clone() }));
        }
        teller.send(&packets).expect("the broker takes messages");
        while acknowledged < sent {
            let packet = teller.receive().expect("the broker acknowledges");
            assert!(matches!(packet, Packet::PubAck(_, code) if code < 0x80), "{packet:?}");
            acknowledged += 1;
            if !teller.has_more() {
                break;
            }
        }
    }
}
