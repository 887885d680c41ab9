//! Faults that have been published of other brokers, and what comes of them here.

use crate::{
    script::{ROUTERS, both, new, old, with},
    stage::{Guest, House, VERSIONS, publish},
};

/// One packet id, over and over, and never a PUBREL: one message, and no memory that grows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_a_thousand_times_with_one_packet_id() {
    let house = House::open().await;
    let mut reader = house.client(5, "r").await;
    reader.subscribe("t", 0).await;
    let mut sender = house.client(5, "s").await;
    for number in 0..1000_u16 {
        let dup = if number == 0 { 0 } else { 8 };
        sender.say(&publish(5, 4 | dup, [0, 7], "t", b"x", &[])).await;
        assert_eq!(sender.next().await.first, 0x50);
    }
    reader.hears("t x").await;
    reader.publish(0, "t", "end").await;
    reader.hears("t end").await;
}

/// It answers no PUBREC, and no PUBLISH: what it is sent stays within what it takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_acknowledges() {
    with(
        5,
        |config| config.limits.receive_maximum = 3,
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2
        s -> publish t 2 qos2
        s -> publish t 3 qos1
        s -> publish t 4 qos2
        s -> publish t 5 qos1
        r <- publish t 1 qos2 id=$a
        r <- publish t 2 qos2 id=$b
        r <- publish t 3 qos1 id=$c
        r <- nothing
    ",
    )
    .await;
}

/// A will whose properties are not a will's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_a_will_with_properties_that_are_not_allowed() {
    for property in
        ["03 23 00 01", "02 0b 01", "05 11 00 00 00 01", "02 01 02", "0a 18 00 00 00 01 18 00 00 00 01", "7f"]
    {
        new(&format!(
            "
            a -> reach
            a -> packet 10 'MQTT' 05 06 00 3c 00 'a' {property} 'w' 'x'
            a <- connack 0x81|0x82 ...
            a <- closed
        "
        ))
        .await;
    }
}

/// Acknowledgements for what was never sent, and in any order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledges_in_disorder() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos1
        s -> publish t 2 qos2
        s -> publish t 3 qos1
        r <- publish t 1 qos1 id=$a
        r <- publish t 2 qos2 id=$b
        r <- publish t 3 qos1 id=$c
        r -> puback $c
        r -> puback $a
        r -> puback $a
        r -> pubcomp 9
        r -> puback 4711
        r -> pubrec $b
        r <- pubrel $b
        r -> pubcomp $b
        r -> pubcomp $b
        r <- nothing
        s -> publish t 4 qos2
        r <- publish t 4 qos2
        r <- nothing
    ",
    )
    .await;
}

/// A PUBACK for a message of `QoS` 2, and a PUBREC for one of `QoS` 1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledges_with_the_wrong_packet() {
    new("
        r -> connect keep
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2
        r <- publish t 1 qos2 id=$a
        r -> puback $a
        s -> publish t 2 qos1
        r -> drop
        r -> connect keep
        r <- connack resumed ...
        s -> ping
    ")
    .await;
}

/// Names of users and clients that are wildcards, paths or nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_itself_like_a_pattern() {
    let house = House::open().await;
    for version in VERSIONS {
        for name in ["+", "#", "$", "/", "..", "../../etc/passwd", "a/+/b", "%s", "'; --"] {
            let mut client = house.enter(Guest::new(version, name)).await;
            client.subscribe("a/#", 1).await;
            client.publish(2, "a/b", "x").await;
            client.hears("a/b x qos1").await;
            let mut stranger = house.knock().await;
            assert_ne!(stranger.connect(&Guest::new(version, "s").account(name, "secret")).await, 0, "{name}");
        }
    }
}

/// The greatest that fits: ids, topics and filters of 65,535 bytes, and what has too many levels.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_texts_as_long_as_can_be() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        for version in VERSIONS {
            let long = "x".repeat(65_535);
            let mut client = house.enter(Guest::new(version, &long)).await;
            assert_eq!(client.subscribe(&long, 1).await, 1);
            client.publish(2, &long, "x").await;
            assert!(client.hear().await.ends_with("x x qos1"));
            let deep = "a/".repeat(200);
            assert_eq!(client.subscribe(&deep, 1).await & 0x80, 0x80);
            assert_eq!(client.subscribe(&format!("{}#", "a/".repeat(127)), 1).await, 1);
            client.publish(2, &format!("{}b", "a/".repeat(127)), "x").await;
            assert!(client.hear().await.ends_with("/b x qos1"));
            client.leave().await;
        }
    }
}

/// Filters without end, none of them ever given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_to_filters_without_end() {
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        let mut client = house.client(5, "storm").await;
        let mut refused = 0;
        for number in 0..1100 {
            refused += u32::from(client.subscribe(&format!("storm/{number}/+"), 0).await == 0x97);
        }
        assert_eq!(refused, 100);
        client.vanish();
        let mut calm = house.client(5, "calm").await;
        calm.subscribe("calm/+", 1).await;
        calm.publish(2, "calm/x", "x").await;
        calm.hears("calm/x x qos1").await;
    }
}

/// Rights that end while a session is kept, a retained message stands and a will is delayed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loses_its_account_while_a_will_is_delayed() {
    let house = House::open().await;
    let mut heir = house.client(5, "heir").await;
    heir.subscribe("open/#", 0).await;
    let guest = Guest::new(5, "guest").account("guest", "secret").properties(&[0x11, 0, 0, 0, 60]);
    let mut guest = house.enter(guest.will_after(1, "open/will", "gone")).await;
    guest.subscribe("open/x", 1).await;
    guest.hang_up().await;
    guest.is_closed().await;
    house.gateway.purge("guest");
    // a will of the same delay, of an account that holds, comes later than the other would
    let other = Guest::new(5, "other").properties(&[0x11, 0, 0, 0, 60]);
    let mut other = house.enter(other.will_after(2, "open/clock", "x")).await;
    other.hang_up().await;
    heir.hears("open/clock x").await;
}

/// Aliases of zero, over the maximum, unknown, and from before a reconnect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_and_uses_an_old_alias() {
    new("
        a -> connect keep
        a -> publish t x alias=3 qos1
        a -> drop
        a -> connect keep
        a <- connack resumed ...
        a -> publish '' x alias=3
        a <- gone 0x82
    ")
    .await;
}

/// Shared subscriptions that are not ones, in both versions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_nonsense() {
    for filter in ["$share//x", "$share/g/", "$share/g", "$share/+/x", "$share/g#/x"] {
        both(&format!(
            "
            a -> connect
            a -> subscribe {filter}
            a <- suback 0x8f|0x80
            a -> unsubscribe {filter} id=5
            a <- unsuback 0x11|0x8f
        "
        ))
        .await;
    }
}

/// Only member of a shared group, with a kept session and something unacknowledged: disconnects, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_the_last_of_its_group_and_goes() {
    both(
        "
        a -> connect keep
        a -> subscribe $share/g/t qos1
        s -> connect
        s -> publish t 1 qos1
        a <- publish t 1 qos1 id=$a
        a -> drop
        s -> publish t 2 qos1
        a -> connect keep
        a <- connack resumed ...
        a <- publish t 1 qos1 id=$a dup
        a -> puback $a
        a <- publish t 2 qos1
        a <- nothing
    ",
    )
    .await;
}

/// `$SYS` is there to be subscribed to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looks_at_the_figures() {
    old("
        a -> connect
        a -> subscribe $SYS/#
        a <- suback 0
        a -> ping
    ")
    .await;
}
