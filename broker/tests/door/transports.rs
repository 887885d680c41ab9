//! The same conversations through TLS, WebSocket and both, and what may go wrong before a conversation begins.

mod authority;
mod limits;
mod passage;
mod tls;
mod websocket;

use self::passage::{Gate, WAYS};
use crate::stage::{VERSIONS, publish};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn talks_in_both_versions_on_every_transport() {
    for way in WAYS {
        let gate = Gate::open(way, |_| {}).await;
        for version in VERSIONS {
            let mut client = gate.client(version, "a").await;
            assert_eq!(client.subscribe("a/+", 1).await, 1);
            assert_eq!(client.publish(2, "b", "unheard").await, 0);
            client.say(&publish(version, 2, [0, 7], "a/b", b"heard", &[])).await;
            let mut came = [client.next().await.first, client.next().await.first];
            came.sort_unstable();
            assert_eq!(came, [0x32, 0x40], "{way:?}");
            client.leave().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brings_large_messages_whole_to_who_reads_late() {
    for way in WAYS {
        let gate = Gate::open(way, |_| {}).await;
        let (mut late, mut sender) = (gate.client(5, "late").await, gate.client(4, "sender").await);
        late.subscribe("a", 0).await;
        let payload = vec![b'x'; 300_000];
        for _ in 0..30 {
            sender.say(&publish(4, 0, [0, 0], "a", &payload, &[])).await;
        }
        sender.ping().await;
        for _ in 0..30 {
            late.hears("a (300000 bytes)").await;
        }
        late.ping().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_nobody_waiting_for_three_hundred_who_say_nothing() {
    for way in WAYS {
        let gate = Gate::open(way, |_| {}).await;
        let mut mute = Vec::new();
        for _ in 0..300 {
            mute.push(gate.socket().await);
        }
        gate.client(5, "a").await.ping().await;
        drop(mute);
        gate.client(4, "a").await.ping().await;
    }
}
