//! Flow control, packet sizes, topic aliases, message expiry.
//!
//! Source: MQTT 5.0, 4.9, 3.1.2.11, 3.3.2.3.

use crate::{
    script::{new, with},
    stage::House,
};

/// MQTT-3.3.4-9, 4.9.0-1 to 4.9.0-3: no more than it takes at once, of both qualities together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_two_messages_at_a_time() {
    new("
        r -> connect receive=2
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2
        s -> publish t 2 qos1
        s -> publish t 3 qos2
        s -> publish t 4 qos1
        r <- publish t 1 qos2 id=$a
        r <- publish t 2 qos1 id=$b
        r <- nothing
        r -> pubrec $a
        r <- pubrel $a
        r <- nothing
        r -> pubcomp $a
        r <- publish t 3 qos2 id=$c
        r <- nothing
        r -> puback $b
        r <- publish t 4 qos1 id=$d
        r -> puback $d
        r -> pubrec $c 0x80
        r <- nothing
    ")
    .await;
}

/// Messages of `QoS` 0 pass by those that wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_one_message_at_a_time_and_others_pass() {
    new("
        r -> connect receive=1
        r -> subscribe t qos1
        s -> connect
        s -> publish t 1 qos1
        s -> publish t 2 qos1
        s -> publish t 3
        r <- publish t 1 qos1 id=$a
        r <- publish t 3
        r <- nothing
        r -> puback $a
        r <- publish t 2 qos1
        r <- nothing
    ")
    .await;
}

/// The window belongs to the connection: it is whole again after a reconnect, less what is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_with_a_smaller_window() {
    new("
        r -> connect keep receive=3
        r -> subscribe t qos1
        s -> connect
        s -> publish t 1 qos1
        s -> publish t 2 qos1
        s -> publish t 3 qos1
        s -> publish t 4 qos1
        r <- publish t 1 qos1 id=$a
        r <- publish t 2 qos1 id=$b
        r <- publish t 3 qos1 id=$c
        r -> drop
        r -> connect keep receive=1
        r <- connack resumed ...
        r <- publish t 1 qos1 id=$a dup
        r <- nothing
        r -> puback $a
        r <- publish t 2 qos1 id=$b dup
        r <- nothing
        r -> puback $b
        r <- publish t 3 qos1 id=$c dup
        r -> puback $c
        r <- publish t 4 qos1
        r <- nothing
    ")
    .await;
}

/// MQTT-3.3.4-7, 3.3.4-8: more unfinished messages than the broker takes. Messages of `QoS` 0 do not count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_more_than_the_broker_takes() {
    with(
        5,
        |config| config.limits.receive_maximum = 2,
        "
        s -> connect
        s -> publish t 1 qos2 id=1
        s <- pubrec 1
        s -> publish t 2 qos2 id=2
        s <- pubrec 2
        s -> publish t 0
        s -> publish t 2 qos2 id=2 dup
        s <- pubrec 2
        s -> pubrel 1
        s <- pubcomp 1
        s -> publish t 3 qos2 id=3
        s <- pubrec 3
        s -> publish t 4 qos2 id=4
        s <- gone 0x93
    ",
    )
    .await;
}

/// MQTT-3.1.2-24, 3.1.2-25: what is too large is as if it had been delivered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_no_large_packets() {
    new("
        r -> connect packet=50
        r -> subscribe t qos2
        q -> connect
        q -> subscribe t qos2
        s -> connect
        s -> publish t [100] qos2
        s -> publish t [100] qos1
        s -> publish t [100]
        s -> publish t short qos2
        r <- publish t short qos2
        r <- nothing
        q <- publish t xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx qos2
    ")
    .await;
}

/// The exact edge: a packet of as many bytes as it takes, and one more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_packets_of_just_the_right_size() {
    new("
        r -> connect packet=20
        r -> subscribe t
        s -> connect
        s -> publish t 12345678901234
        s -> publish t 123456789012345
        r <- publish t 12345678901234
        r <- nothing
    ")
    .await;
}

/// MQTT-3.2.2-15: packets that are larger than the broker takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_a_packet_that_is_too_large() {
    with(
        5,
        |config| config.limits.packet = 1000,
        "
        s -> connect
        s <- connack new packet=1000 ...
        s -> publish t [900] qos1
        s -> publish t [1100] qos1
        s <- gone 0x95
    ",
    )
    .await;
}

/// MQTT-3.3.2-8 to 3.3.2-12: aliases of a client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_topic_aliases() {
    if std::env::var("MQTT_BROKER").is_err() {
        new("
            r -> connect
            r -> subscribe # qos2
            s -> connect
            s <- connack new aliases=64 ...
            s -> publish a 1 alias=1
            s -> publish '' 2 alias=1 qos1
            s -> publish b 3 alias=64 qos2
            s -> publish '' 4 alias=64
            s -> publish c 5 alias=1
            s -> publish '' 6 alias=1
            r <- publish a 1
            r <- publish a 2 qos1
            r <- publish b 3 qos2
            r <- publish b 4
            r <- publish c 5
            r <- publish c 6
            r <- nothing
            s -> drop
            s -> connect
            s -> publish '' 7 alias=1
            s <- gone 0x82
        ")
        .await;
    }
}

/// Aliases of two clients are not the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_the_alias_of_another_client() {
    new("
        a -> connect
        b -> connect
        r -> connect
        r -> subscribe #
        a -> publish a 1 alias=1
        b -> publish b 2 alias=1
        a -> publish '' 3 alias=1
        b -> publish '' 4 alias=1
        r <- publish a 1
        r <- publish b 2
        r <- publish a 3
        r <- publish b 4
    ")
    .await;
}

/// An alias without a topic, unknown, zero, or too large; and no topic without an alias.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_topic_aliases_that_are_not_allowed() {
    for words in ["'' x alias=9", "t x alias=0", "t x alias=65535", "'' x", "'' x alias=0"] {
        new(&format!(
            "
            s -> connect
            s -> publish {words}
            s <- gone 0x82|0x94|0x90
        "
        ))
        .await;
    }
}

/// MQTT-3.1.2-26, 3.1.2-27: the broker uses no more aliases than the client takes, and none unasked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_no_topic_aliases() {
    new("
        r -> connect aliases=0
        r -> subscribe a/# qos1
        q -> connect
        q -> subscribe a/# qos1
        s -> connect
        s -> publish a/b 1
        s -> publish a/b 2
        s -> publish a/b 3 qos1
        r <- publish a/b 1
        r <- publish a/b 2
        r <- publish a/b 3 qos1
        q <- publish a/b 1
        q <- publish a/b 2
        q <- publish a/b 3 qos1
    ")
    .await;
}

/// The alias that a publisher used is not passed on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_what_was_sent_with_an_alias() {
    new("
        r -> connect
        r -> subscribe t qos1
        s -> connect
        s -> publish t 1 alias=5
        r <- publish t 1
    ")
    .await;
}

/// MQTT-3.3.2-5, 3.3.2-6: messages that wait expire, and say what is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_after_messages_have_expired() {
    new("
        r -> connect keep
        r -> subscribe t qos2
        r -> disconnect
        s -> connect
        s -> publish t short1 qos1 expiry=1
        s -> publish t short2 qos2 expiry=1
        s -> publish t long qos1 expiry=100
        s -> publish t ever qos2
        passes 1.3
        r -> connect keep
        r <- connack resumed ...
        r <- publish t long qos1 expiry=~99
        r <- publish t ever qos2
        r <- nothing
    ")
    .await;
}

/// A message that is delivered at once keeps its expiry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gives_a_message_an_expiry() {
    new("
        r -> connect
        r -> subscribe t qos1
        s -> connect
        s -> publish t x qos1 expiry=7
        r <- publish t x qos1 expiry=~7
        s -> publish t y expiry=4294967295
        r <- publish t y expiry=*
    ")
    .await;
}

/// The first message names the topic and sets the alias, in every quality; the next ones need only that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_one_topic_alias() {
    if std::env::var("MQTT_BROKER").is_err() {
        new("
            r -> connect aliases=1
            r -> subscribe t qos2
            s -> connect
            s -> publish t 1
            s -> publish t 2 qos1
            s -> publish t 3 qos2
            r <- publish t 1 alias=1
            r <- publish '' 2 qos1 alias=1
            r <- publish '' 3 qos2 alias=1
            r <- nothing
        ")
        .await;
    }
}

/// Topic aliases of the broker: the topic is named once for each connection, and every message arrives under its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_topic_aliases() {
    let house = House::open().await;
    let mut client = house.enter(crate::stage::Guest::new(5, "r").properties(&[0x22, 0, 2])).await;
    client.subscribe("a/#", 0).await;
    let mut sender = house.client(5, "s").await;
    let topics = ["a/1", "a/2", "a/1", "a/3", "a/2", "a/1", "a/3", "a/4"];
    for topic in topics {
        sender.publish(0, topic, topic).await;
    }
    let mut known = std::collections::HashMap::new();
    for topic in topics {
        let packet = client.next().await;
        let length = usize::from(u16::from_be_bytes([packet.body[0], packet.body[1]]));
        let (named, rest) = packet.body[2..].split_at(length);
        let (properties, payload) = rest[1..].split_at(usize::from(rest[0]));
        assert_eq!(payload, topic.as_bytes());
        match (properties, named) {
            ([0x23, high, low], []) => {
                assert_eq!(known.get(&[*high, *low]).map(String::as_str), Some(topic));
            }
            ([0x23, high, low], named) => {
                let alias = u16::from_be_bytes([*high, *low]);
                assert!((1..=2).contains(&alias), "{alias}");
                assert_eq!(named, topic.as_bytes());
                known.insert([*high, *low], topic.to_owned());
            }
            (_, named) => assert_eq!((properties, named), (&[][..], topic.as_bytes())),
        }
    }
}
