//! What one account may take, all its clients together.

use std::num::NonZeroU32;

use hes_broker::{Allowance, Limits};

use crate::stage::{Guest, House, VERSIONS, body, publish};

fn many(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

#[tokio::test]
async fn refuses_more_clients_of_one_account_than_may_be() {
    let house = House::open_limited(Limits { user_connections: Some(2), ..Limits::default() }).await;
    let _one = house.client(5, "one").await;
    let two = house.client(5, "two").await;
    let mut other = house.enter(Guest::new(5, "other").account("guest", "secret")).await;
    for (version, code) in [(4, 3), (5, 0x97)] {
        let mut three = house.knock().await;
        assert_eq!(three.connect(&Guest::new(version, "three")).await, code);
        three.is_closed().await;
    }
    let mut again = house.client(5, "two").await;
    again.ping().await;
    other.ping().await;
    drop(two);
    again.leave().await;
    house.client(5, "three").await.ping().await;
}

#[tokio::test]
async fn refuses_an_account_that_connects_too_often() {
    let house = House::open_limited(Limits { user_connects: many(2), ..Limits::default() }).await;
    for id in ["one", "two"] {
        house.client(5, id).await.leave().await;
    }
    for (version, code) in [(4, 3), (5, 0x9f)] {
        let mut three = house.knock().await;
        assert_eq!(three.connect(&Guest::new(version, "three")).await, code);
    }
    house.enter(Guest::new(5, "other").account("guest", "secret")).await.ping().await;
}

#[tokio::test]
async fn reads_no_faster_from_a_client_than_its_account_may_publish() {
    let limits = Limits { user_messages: many(200), ..Limits::default() };
    let bytes = Limits { user_bytes: many(200_000), packet: 20_000, ..Limits::default() };
    for (limits, messages) in [(limits, 300), (bytes, 40)] {
        let house = House::open_limited(limits).await;
        let (mut sender, mut reader) = (house.client(5, "s").await, house.client(5, "r").await);
        reader.subscribe("a", 0).await;
        let payload = vec![b'x'; 10_000];
        let burst: Vec<u8> = (0..messages).flat_map(|_| publish(5, 0, [0, 0], "a", &payload, &[])).collect();
        sender.say(&burst).await;
        sender.subscribe("b", 0).await;
        reader.publish(0, "b", "while it waits or after").await;
        for _ in 0..messages {
            reader.hears("a (10000 bytes)").await;
        }
        sender.hears("b while it waits or after").await;
        assert!(house.broker.figures().slowed > 0);
    }
}

#[tokio::test]
async fn lets_one_account_take_more_or_less_than_others() {
    let house = House::open_limited(Limits { user_connections: Some(1), ..Limits::default() }).await;
    let allowance =
        Allowance { connections: Some(2), subscriptions: Some(1), inflight: Some(3), ..Allowance::default() };
    *house.gateway.allowance.lock().unwrap() = allowance;
    for (version, code) in VERSIONS.into_iter().zip([0x80, 0x97]) {
        let mut client = house.client(version, &version.to_string()).await;
        assert_eq!(client.subscribe("a", 0).await, 0);
        assert_eq!(client.subscribe("b", 0).await, code);
        if version == 5 {
            assert!(client.connack.windows(3).any(|window| window == body(&[&[0x21, 0, 3]])), "receive maximum 3");
        }
        house.client(version, &format!("second of {version}")).await.ping().await;
    }
}

/// Takes the limit away again too.
#[tokio::test]
async fn takes_other_limits_of_an_account_while_its_clients_are_connected() {
    let house = House::open().await;
    let mut client = house.client(5, "a").await;
    assert_eq!(client.subscribe("0", 0).await, 0);
    let messages = many(1);
    *house.gateway.allowance.lock().unwrap() = Allowance { subscriptions: Some(1), messages, ..Allowance::default() };
    while client.subscribe("1", 0).await == 0 {
        client.unsubscribe("1").await;
    }
    let mut sender = house.client(5, "s").await;
    while house.broker.figures().slowed < 2 {
        sender.publish(0, "x", "x").await;
    }
    *house.gateway.allowance.lock().unwrap() = Allowance::default();
    while client.subscribe("1", 0).await != 0 {}
    for _ in 0..1_000 {
        sender.publish(0, "x", "x").await;
    }
    sender.ping().await;
}

#[tokio::test]
async fn lets_less_wait_for_a_client_as_soon_as_its_account_may_have_less() {
    let house = House::open().await;
    let kept = || Guest::new(4, "kept").flags(0);
    let mut reader = house.enter(kept()).await;
    reader.subscribe("a", 1).await;
    reader.leave().await;
    house.holds(0).await;
    *house.gateway.allowance.lock().unwrap() = Allowance { queue_bytes: Some(1), ..Allowance::default() };
    let mut sender = house.client(4, "s").await;
    while house.broker.figures().dropped_session_full == 0 {
        sender.publish(2, "a", "x").await;
    }
}
