//! PUBLISH: qualities, payloads, properties, and the order of messages.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.3, 4.3.1, 4.3.2, 4.6.

use crate::{
    script::{ROUTERS, both, new, new_each, old},
    stage::{Guest, House, publish},
};

/// MQTT-4.3.1-1, 4.3.2-?: each quality to each, at the lower of both. MQTT-3.8.4-8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_in_every_quality_to_every_quality() {
    both(
        "
        r0 -> connect
        r1 -> connect
        r2 -> connect
        r0 -> subscribe t qos0
        r1 -> subscribe t qos1
        r2 -> subscribe t qos2
        s -> connect
        s -> publish t none
        s -> publish t one qos1
        s -> publish t two qos2
        r0 <- publish t none
        r0 <- publish t one
        r0 <- publish t two
        r0 <- nothing
        r1 <- publish t none
        r1 <- publish t one qos1
        r1 <- publish t two qos1
        r1 <- nothing
        r2 <- publish t none
        r2 <- publish t one qos1
        r2 <- publish t two qos2
        r2 <- nothing
    ",
    )
    .await;
}

/// The same through wildcards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_in_every_quality_through_wildcards() {
    both(
        "
        r0 -> connect
        r1 -> connect
        r2 -> connect
        r0 -> subscribe a/# qos0
        r1 -> subscribe a/+ qos1
        r2 -> subscribe +/t qos2
        s -> connect
        s -> publish a/t none
        s -> publish a/t one qos1
        s -> publish a/t two qos2
        r0 <- publish a/t none
        r0 <- publish a/t one
        r0 <- publish a/t two
        r0 <- nothing
        r1 <- publish a/t none
        r1 <- publish a/t one qos1
        r1 <- publish a/t two qos1
        r1 <- nothing
        r2 <- publish a/t none
        r2 <- publish a/t one qos1
        r2 <- publish a/t two qos2
        r2 <- nothing
    ",
    )
    .await;
}

/// MQTT-3.3.1-4, 3.3.1-2: `QoS` 3, and DUP with `QoS` 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_flags_of_publish_that_mean_nothing() {
    old("
        a -> connect
        a -> packet 36 't' 00 01 78
        a <- closed
        b -> connect
        b -> packet 38 't' 78
        b <- closed
    ")
    .await;
    new("
        a -> connect
        a -> packet 36 't' 00 01 00 78
        a <- gone 0x81|0x82
        b -> connect
        b -> packet 38 't' 00 78
        b <- gone 0x81|0x82
    ")
    .await;
}

/// MQTT-3.3.1-?: an empty payload is a message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_nothing_at_all() {
    both(
        "
        a -> connect
        a -> subscribe t qos2
        a -> publish t ''
        a <- publish t ''
        a -> publish t '' qos1 id=1
        a <- puback 1
        a <- publish t '' qos1
        a <- nothing
    ",
    )
    .await;
}

/// MQTT-3.3.2-3: what has been published arrives under the same topic with the same payload, however long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_payloads_around_the_edges_of_the_length() {
    for length in [1, 100, 120, 121, 122, 123, 124, 125, 127, 128, 16_370, 16_378, 16_383, 16_384, 70_000, 2_097_152] {
        let shown = if length <= 200 { "x".repeat(length) } else { format!("[{length}]") };
        both(&format!(
            "
            r -> connect
            r -> subscribe t qos1
            s -> connect
            s -> publish t [{length}] qos1
            r <- publish t {shown} qos1
        "
        ))
        .await;
    }
}

/// MQTT-3.3.2-4, 3.3.2-15, 3.3.2-16, 3.3.2-17, 3.3.2-20: what is passed on as it came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_with_properties() {
    new("
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t x qos1 format=1 type=text/plain response=a/b correlation=c1 user:b=2 user:a=1 user:b=3
        r <- publish t x qos1 format=1 type=text/plain response=a/b correlation=c1 user:b=2 user:a=1 user:b=3
        s -> publish t x qos2 format=0 type='' correlation='' user:''=''
        r <- publish t x qos2 format=0 type='' correlation='' user:''=''
        old -> connect v=4
        old -> subscribe t
        s -> publish t y format=1 type=text/plain user:b=2
        old <- publish t y
        old -> publish t z
        r <- publish t y format=1 type=text/plain user:b=2
        r <- publish t z
    ")
    .await;
}

/// MQTT-3.3.2-18: user properties stay in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_user_properties_in_an_order() {
    new("
        r -> connect
        r -> subscribe t
        s -> connect
        s -> publish t x user:k=1 user:a=9 user:k=2
        r <- publish t x user:k=1 user:a=9 user:k=2
    ")
    .await;
}

/// Properties of PUBLISH that are not allowed. MQTT-3.3.4-6, 3.3.2-8, 3.3.2-14, 2.2.2-2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_with_properties_that_are_not_allowed() {
    let cases = [
        ("a subscription identifier", "02 0b 01"),
        ("format 2", "02 01 02"),
        ("format twice", "04 01 01 01 01"),
        ("expiry twice", "0a 02 00 00 00 01 02 00 00 00 01"),
        ("content type twice", "08 03 00 01 61 03 00 01 61"),
        ("response topic twice", "08 08 00 01 61 08 00 01 61"),
        ("correlation twice", "08 09 00 01 61 09 00 01 61"),
        ("topic alias twice", "06 23 00 01 23 00 01"),
        ("topic alias 0", "03 23 00 00"),
        ("topic alias over the maximum", "03 23 ff ff"),
        ("a response topic with +", "04 08 00 01 2b"),
        ("a response topic with #", "06 08 00 03 61 2f 23"),
        ("session expiry", "05 11 00 00 00 01"),
        ("a reason string", "04 1f 00 01 61"),
        ("receive maximum", "03 21 00 01"),
        ("an unknown property", "02 7e 01"),
        ("a content type that is not UTF-8", "04 03 00 01 ff"),
        ("a user property with NUL", "07 26 00 01 00 00 01 61"),
        ("a user property without a value", "04 26 00 01 61"),
        ("a length beyond the packet", "7f 01 01"),
        ("a length of five bytes", "80 80 80 80 00"),
        ("a length of more bytes than it needs", "80 00"),
        ("a property of more bytes than it needs", "06 82 00 00 00 00 09"),
    ];
    new_each(
        &cases,
        "
        a -> connect
        a -> packet 30 't' CASE
        a <- gone 0x81|0x82|0x90|0x94
    ",
    )
    .await;
}

/// MQTT-4.6.0-5: one topic's messages of one quality arrive in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_one_after_the_other() {
    both(
        "
        r -> connect
        r -> subscribe a/# qos1
        r -> subscribe b qos2
        s -> connect
        s -> publish a/1 1 qos1
        s -> publish a/1 2 qos1
        s -> publish a/1 3 qos1
        s -> publish a/2 4 qos1
        s -> publish a/1 5 qos1
        r <- publish a/1 1 qos1
        r <- publish a/1 2 qos1
        r <- publish a/1 3 qos1
        r <- publish a/2 4 qos1
        r <- publish a/1 5 qos1
        s -> publish b 1 qos2
        s -> publish b 2 qos2
        s -> publish b 3 qos2
        r <- publish b 1 qos2
        r <- publish b 2 qos2
        r <- publish b 3 qos2
    ",
    )
    .await;
}

/// MQTT-4.6.0-5, 4.6.0-6: the order holds for every subscriber, whoever comes and goes meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_a_thousand_without_waiting() {
    const LAST: u16 = 1000;
    for router in ROUTERS {
        let house = House::open_routed(router).await;
        let mut audience = Vec::new();
        for (name, filter, flags) in [("a", "t", 0), ("b", "t", 2), ("c", "+", 0), ("d", "+", 2), ("e", "t/#", 0)] {
            let mut client = house.enter(Guest::new(4, name).flags(flags)).await;
            client.subscribe(filter, 1).await;
            audience.push(client);
        }
        let mut restless = house.client(4, "restless").await;
        let moving = tokio::spawn(async move {
            for _ in 0..200 {
                restless.subscribe("x/+", 0).await;
                restless.unsubscribe("x/+").await;
            }
        });
        let mut sender = house.client(4, "s").await;
        for number in 1..=LAST {
            sender.say(&publish(4, 2, number.to_be_bytes(), "t", number.to_string().as_bytes(), &[])).await;
        }
        for mut client in audience {
            for number in 1..=LAST {
                client.hears(&format!("t {number} qos1")).await;
            }
        }
        for number in 1..=LAST {
            assert_eq!(sender.next().await.body, number.to_be_bytes());
        }
        moving.await.unwrap();
    }
}
