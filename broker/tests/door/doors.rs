//! What may be taken at one listener, beside what holds for accounts and for all.

use std::num::NonZeroU32;

use hes_broker::{Allowance, Door, Limits, RouterKind};
use tokio::net::TcpListener;

use crate::stage::{Client, Guest, House, VERSIONS, body, publish};

/// Opens a house with a wide door, and beside it a narrow one.
async fn open(narrow: Allowance, limits: Limits, router: RouterKind) -> House {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    House::open_with(|config| {
        (config.limits, config.router) = (limits, router);
        config.doors.push(Door { anonymous: true, allowance: narrow, ..Door::new(socket) });
    })
    .await
}

/// Comes in by the narrow door.
async fn squeeze(house: &House, guest: Guest) -> Client {
    let mut client = Client::reach(house.broker.addresses()[1]).await;
    assert_eq!(client.connect(&guest).await, 0, "{guest:?}");
    client
}

fn is_told(client: &Client, receive_maximum: u8) -> bool {
    client.connack.windows(3).any(|window| window == body(&[&[0x21, 0, receive_maximum]]))
}

#[tokio::test]
async fn tells_the_least_of_the_listener_the_account_and_the_broker() {
    for (door, account, broker, expect) in [(9, 5, 7, 5), (3, 5, 7, 3), (4, 0, 7, 4), (9, 0, 7, 7), (6, 9, 7, 6)] {
        let narrow = Allowance { inflight: Some(door), ..Allowance::default() };
        let limits = Limits { receive_maximum: broker, ..Limits::default() };
        let house = open(narrow, limits, RouterKind::Direct).await;
        let own = Some(account).filter(|own| *own > 0);
        *house.gateway.allowance.lock().unwrap() = Allowance { inflight: own, ..Allowance::default() };
        let client = squeeze(&house, Guest::new(5, "a")).await;
        assert!(is_told(&client, expect), "{door} {account} {broker}: {:?}", client.connack);
    }
}

#[tokio::test]
async fn ends_who_sends_more_unacknowledged_than_its_listener_takes() {
    let narrow = Allowance { inflight: Some(2), ..Allowance::default() };
    let house = open(narrow, Limits::default(), RouterKind::Direct).await;
    house.gateway.is_slow.store(true, std::sync::atomic::Ordering::SeqCst);
    let (mut wide, mut client) = (house.client(5, "wide").await, squeeze(&house, Guest::new(5, "a")).await);
    for id in 1..=3 {
        wide.say(&publish(5, 3, [0, id], "a", b"x", &[])).await;
        client.say(&publish(5, 3, [0, id], "a", b"x", &[])).await;
    }
    client.is_told_to_go(0x93).await;
    wide.ping().await;
}

#[tokio::test]
async fn sends_no_more_unacknowledged_than_the_listener_lets_wait() {
    for router in [RouterKind::Rumqttd, RouterKind::Direct] {
        let narrow = Allowance { inflight: Some(2), ..Allowance::default() };
        let house = open(narrow, Limits::default(), router).await;
        for version in VERSIONS {
            let mut reader = squeeze(&house, Guest::new(version, "r")).await;
            reader.subscribe("a/+", 1).await;
            let mut sender = house.client(version, "s").await;
            for number in ["1", "2", "3"] {
                sender.publish(2, "a/b", number).await;
            }
            let (first, second) = (reader.next().await, reader.next().await);
            reader.ping().await;
            reader.say(&body(&[&[0x40, 2], &first.id().to_be_bytes(), &[0x40, 2], &second.id().to_be_bytes()])).await;
            assert!(reader.next().await.words(version).starts_with("a/b 3"));
        }
    }
}

#[tokio::test]
async fn grants_no_more_subscriptions_at_a_listener_than_it_gives() {
    let narrow = Allowance { subscriptions: Some(1), ..Allowance::default() };
    let house = open(narrow, Limits { subscriptions: 2, ..Limits::default() }, RouterKind::Direct).await;
    for (version, code) in VERSIONS.into_iter().zip([0x80, 0x97]) {
        let (mut wide, mut client) =
            (house.client(version, "w").await, squeeze(&house, Guest::new(version, "n")).await);
        for (filter, here, elsewhere) in [("a", 0, 0), ("b", code, 0), ("c", code, code), ("a", 0, 0)] {
            assert_eq!(client.subscribe(filter, 0).await, here, "{filter}");
            assert_eq!(wide.subscribe(filter, 0).await, elsewhere, "{filter}");
        }
    }
}

#[tokio::test]
async fn reads_no_faster_from_all_clients_of_a_listener_than_they_may_publish() {
    let messages = Allowance { messages: NonZeroU32::new(200), ..Allowance::default() };
    let bytes = Allowance { bytes: NonZeroU32::new(200_000), ..Allowance::default() };
    for (narrow, many) in [(messages, 150), (bytes, 20)] {
        let house = open(narrow, Limits { packet: 20_000, ..Limits::default() }, RouterKind::Direct).await;
        let mut reader = house.client(5, "r").await;
        reader.subscribe("open/a", 0).await;
        let payload = vec![b'x'; 10_000];
        let burst: Vec<u8> = (0..many).flat_map(|_| publish(5, 0, [0, 0], "open/a", &payload, &[])).collect();
        house.client(5, "wide").await.say(&burst.repeat(2)).await;
        for _ in 0..2 * many {
            reader.hears("open/a (10000 bytes)").await;
        }
        assert_eq!(house.broker.figures().slowed, 0);
        let mut one = squeeze(&house, Guest::new(5, "one")).await;
        let mut other = squeeze(&house, Guest::new(5, "other").account("guest", "secret")).await;
        one.say(&burst).await;
        other.say(&burst).await;
        for _ in 0..2 * many {
            reader.hears("open/a (10000 bytes)").await;
        }
        assert!(house.broker.figures().slowed > 0);
    }
}

#[tokio::test]
async fn keeps_no_more_for_a_client_than_the_listener_of_its_last_connection_lets_wait() {
    for router in [RouterKind::Rumqttd, RouterKind::Direct] {
        let narrow = Allowance { queue_bytes: Some(1_000), ..Allowance::default() };
        let house = open(narrow, Limits::default(), router).await;
        let kept = || Guest::new(4, "kept").flags(0);
        let mut reader = squeeze(&house, kept()).await;
        reader.subscribe("a/+", 1).await;
        let mut sender = house.client(4, "s").await;
        let payload = "x".repeat(500);
        reader.leave().await;
        house.holds(1).await;
        for _ in 0..3 {
            sender.publish(2, "a/b", &payload).await;
        }
        let mut reader = house.enter(kept()).await;
        reader.hears("a/b (500 bytes) qos1").await;
        reader.ping().await;
        reader.leave().await;
        house.holds(1).await;
        for _ in 0..3 {
            sender.publish(2, "a/b", &payload).await;
        }
        let mut reader = house.enter(kept()).await;
        for _ in 0..3 {
            reader.hears("a/b (500 bytes) qos1").await;
        }
        assert_eq!(house.broker.figures().dropped_session_full, 2);
        reader.leave().await;
    }
}
