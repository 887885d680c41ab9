//! What a client may take, and what becomes of one who takes more.

use std::time::Duration;

use hes_broker::{Limits, RouterKind};

use crate::stage::{Guest, House, VERSIONS, body, message, packet, prop, publish, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closes_a_connection_that_says_nothing() {
    let limits = Limits { connect_deadline: Duration::from_millis(50), ..Limits::default() };
    let house = House::open_limited(limits).await;
    let mut mute = house.knock().await;
    mute.is_closed().await;
    let mut slow = house.knock().await;
    slow.say(&[0x10, 20]).await;
    slow.is_closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuses_more_clients_than_it_takes() {
    let house = House::open_limited(Limits { connections: 2, ..Limits::default() }).await;
    let (_one, mut two) = (house.client(5, "1").await, house.client(5, "2").await);
    for (version, code) in [(4, 3), (5, 0x89)] {
        let mut three = house.knock().await;
        assert_eq!(three.connect(&Guest::new(version, "3")).await, code);
    }
    let again = house.client(5, "2").await;
    two.is_told_to_go(0x8e).await;
    again.leave().await;
    house.client(5, "3").await.ping().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_no_more_subscriptions_than_it_gives() {
    let house = House::open_limited(Limits { subscriptions: 2, ..Limits::default() }).await;
    for (version, code) in [(4, 0x80), (5, 0x97)] {
        let mut client = house.client(version, "a").await;
        for (filter, expect) in [("a", 0), ("b/+", 0), ("c", code), ("a", 0)] {
            assert_eq!(client.subscribe(filter, 0).await, expect, "{filter}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_no_more_retained_messages_than_it_keeps() {
    let house = House::open_limited(Limits { retained: 1, ..Limits::default() }).await;
    let mut client = house.client(5, "a").await;
    for (topic, payload, code) in [("a", "1", 0), ("b", "2", 0x97), ("a", "3", 0), ("a", "", 0), ("b", "4", 0)] {
        assert_eq!(client.publish(3, topic, payload).await, code, "{topic}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_who_subscribes_to_more_than_may_wait_for_it() {
    for (version, reason) in [(4, 0), (5, 0x97)] {
        let stored = (0..20).map(|n| message(&format!("a/{n}"), "x").retained()).collect();
        let limits = Limits { snapshot: 50, ..Limits::default() };
        let house = House::open_with(|config| {
            config.limits = limits;
            config.retained = stored;
        })
        .await;
        let mut client = house.client(version, "a").await;
        let subscribe = packet(0x82, &body(&[&[0, 1], &prop(version, &[]), &text("#"), &[0]]));
        client.say(&subscribe.repeat(5)).await;
        for _ in 0..5 {
            assert_eq!(client.next().await.first, 0x90);
        }
        client.is_told_to_go(reason).await;
        assert_eq!(house.broker.figures().too_slow, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_who_sends_more_unacknowledged_than_announced() {
    let house = House::open_limited(Limits { receive_maximum: 2, ..Limits::default() }).await;
    house.gateway.is_slow.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut client = house.client(5, "a").await;
    for id in 1..=3 {
        client.say(&publish(5, 3, [0, id], "a", b"x", &[])).await;
    }
    client.is_told_to_go(0x93).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lets_the_older_version_wait_for_its_acknowledgements() {
    let house = House::open_limited(Limits { receive_maximum: 2, ..Limits::default() }).await;
    house.gateway.is_slow.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut client = house.client(4, "a").await;
    let all: Vec<u8> = (1..=5).flat_map(|id| publish(4, 3, [0, id], "a", b"x", &[])).collect();
    client.say(&all).await;
    let gateway = std::sync::Arc::clone(&house.gateway);
    let storing = tokio::spawn(async move {
        loop {
            gateway.settle(true);
            tokio::task::yield_now().await;
        }
    });
    for id in 1..=5 {
        assert_eq!(client.next().await.body, [0, id]);
    }
    storing.abort();
}

/// Subscribes and then reads nothing while another publishes far more than sockets and mailbox hold.
async fn neglect(house: &House, version: u8, qos: u8) -> (crate::stage::Client, crate::stage::Client) {
    let mut lazy = house.client(version, "lazy").await;
    lazy.subscribe("a", qos).await;
    let mut sender = house.client(version, "sender").await;
    let payload = vec![b'x'; 100_000];
    for _ in 0..400 {
        sender.say(&publish(version, qos << 1, [0, 1], "a", &payload, &[])).await;
        if qos == 1 {
            sender.next().await;
        }
    }
    sender.ping().await;
    (lazy, sender)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lets_a_client_send_before_it_reads_what_it_sent() {
    for version in VERSIONS {
        let house = House::open_limited(Limits { queue_bytes: 1_000_000, ..Limits::default() }).await;
        let mut client = house.client(version, "a").await;
        client.subscribe("a", 0).await;
        let payload = vec![b'x'; 100_000];
        for _ in 0..300 {
            client.say(&publish(version, 0, [0, 0], "a", &payload, &[])).await;
        }
        client.hears("a (100000 bytes)").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_and_counts_what_a_lazy_client_does_not_read() {
    for version in VERSIONS {
        let house = House::open_limited(Limits { queue_bytes: 1_000_000, ..Limits::default() }).await;
        let (mut lazy, _sender) = neglect(&house, version, 0).await;
        let figures = house.broker.figures();
        assert!(figures.dropped_queue_full > 0, "{figures:?}");
        for _ in figures.dropped_queue_full..400 {
            lazy.hears("a (100000 bytes)").await;
        }
        lazy.ping().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_a_lazy_client_that_was_promised_every_message() {
    for version in VERSIONS {
        let house = House::open_limited(Limits { queue_bytes: 1_000_000, ..Limits::default() }).await;
        let (mut lazy, mut sender) = neglect(&house, version, 1).await;
        assert_eq!(house.broker.figures().too_slow, 1);
        while lazy.try_next().await.is_some() {}
        sender.ping().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaces_a_router_that_knows_too_many_dead_filters() {
    let limits = Limits { router_filters: 16, ..Limits::default() };
    let house = House::open_with(|config| {
        config.limits = limits;
        config.router = RouterKind::Rumqttd;
    })
    .await;
    let (mut client, mut storm) = (house.client(5, "c").await, house.client(5, "s").await);
    client.subscribe("a/+", 1).await;
    let mut sent = 0;
    while house.broker.figures().router_rebuilds < 3 {
        let filter = format!("storm/{sent}/+");
        storm.subscribe(&filter, 0).await;
        storm.unsubscribe(&filter).await;
        storm.publish(2, "a/x", &sent.to_string()).await;
        sent += 1;
    }
    for payload in 0..sent {
        client.hears(&format!("a/x {payload} qos1")).await;
    }
    client.ping().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaces_a_router_that_knows_too_many_topics() {
    let limits = Limits { router_topics: 100, ..Limits::default() };
    let house = House::open_with(|config| {
        config.limits = limits;
        config.router = RouterKind::Rumqttd;
    })
    .await;
    let (mut client, mut sender) = (house.client(5, "c").await, house.client(5, "s").await);
    client.subscribe("a/#", 0).await;
    for number in 0..1000 {
        sender.say(&body(&[&publish(5, 0, [0, 0], &format!("a/{number}"), b"x", &[])])).await;
    }
    for number in 0..1000 {
        client.hears(&format!("a/{number} x")).await;
    }
    while house.broker.figures().router_rebuilds == 0 {
        sender.publish(2, "a/more", "x").await;
        client.hears("a/more x").await;
    }
}
