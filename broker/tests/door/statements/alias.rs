//! Topic aliases, in both directions.
//!
//! Source: MQTT 5.0, 3.3.2.3.4.

use crate::{script::new, stage::House};

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
