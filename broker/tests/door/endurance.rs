//! Sessions while things go wrong: a disk that is slow or fails, connections that are lost half-way, and power cuts.

mod disk;
mod ends;
mod exchanges;
mod groups;
mod notes;
mod retries;

use crate::stage::{Client, Guest, House, Packet, body, publish};

/// A client whose session outlives its connection.
fn keeper(version: u8, id: &str) -> Guest {
    let expiry: &[u8] = if version == 5 { &[0x11, 0, 0, 3, 0xe8] } else { &[] };
    Guest::new(version, id).flags(0).properties(expiry)
}

/// Publishes without waiting for the acknowledgement.
async fn post(client: &mut Client, flags: u8, id: u16, topic: &str, payload: &str) {
    let bytes = publish(client.version, flags, id.to_be_bytes(), topic, payload.as_bytes(), &[]);
    client.say(&bytes).await;
}

/// Says one of the packets that have a packet id and nothing else.
async fn say(client: &mut Client, first: u8, id: u16) {
    client.say(&body(&[&[first, 2], &id.to_be_bytes()])).await;
}

/// Reads one of the packets that have a packet id and a reason.
async fn reads(client: &mut Client, first: u8, id: u16, reason: u8) {
    let packet = client.next().await;
    let [high, low] = id.to_be_bytes();
    assert_eq!((packet.first, &packet.body[..2]), (first, &[high, low][..]), "{packet:x?}");
    assert_eq!(packet.body.get(2).copied().unwrap_or(0), reason, "{packet:x?}");
}

/// Reads a PUBLISH with a payload and returns it.
async fn read_message(client: &mut Client, payload: &str) -> Packet {
    let packet = client.next().await;
    assert_eq!(packet.first >> 4, 3, "{packet:x?}");
    assert!(packet.body.ends_with(payload.as_bytes()), "{packet:x?} is not {payload}");
    packet
}

/// Lets the connection be lost, and waits until the broker knows.
async fn lose(house: &House, client: Client) {
    let before = house.broker.figures().connected;
    client.vanish();
    house.holds(before - 1).await;
}
