//! Retained messages: the clients' own, and the gateway's projection.

use std::sync::atomic::Ordering;

use hes_broker::{Publish, RouterKind};
use hes_schemas::Topic;

use crate::stage::{Client, House, VERSIONS, body, message, packet, prop, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_last_message_of_a_topic() {
    for version in VERSIONS {
        let house = House::open().await;
        let mut sender = house.client(version, "s").await;
        for payload in ["1", "2"] {
            sender.publish(3, "a/b", payload).await;
        }
        sender.publish(0, "a/b", "not kept").await;
        sender.publish(0, "a/b", "").await;
        for filter in ["a/b", "a/+", "#"] {
            let mut client = house.client(version, "c").await;
            client.subscribe(filter, 1).await;
            client.hears("a/b 2 qos1 retained").await;
            client.subscribe(filter, 0).await;
            client.hears("a/b 2 retained").await;
        }
        assert_eq!(house.gateway.stored.lock().unwrap()[..], ["a/b 1", "a/b 2"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clears_a_topic_with_an_empty_message() {
    let house = House::open().await;
    let mut client = house.client(4, "c").await;
    client.publish(3, "a", "1").await;
    client.publish(3, "a", "").await;
    client.subscribe("#", 0).await;
    client.publish(0, "end", "").await;
    client.hears("end ").await;
    assert_eq!(house.gateway.stored.lock().unwrap()[..], ["a 1", "a cleared"]);
    assert_eq!(house.broker.figures().retained, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn has_what_was_stored_before() {
    let stored = vec![message("a/1", "x").retained().at_least_once(), message("a/2", "y").retained()];
    let house = House::open_with(|config| config.retained = stored).await;
    let mut client = house.client(4, "c").await;
    client.subscribe("a/2", 1).await;
    client.hears("a/2 y retained").await;
    client.subscribe("a/1", 1).await;
    client.hears("a/1 x qos1 retained").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_all_of_a_thousand() {
    let stored = (0..1000).map(|n| message(&format!("a/{n}"), "x").retained().at_least_once()).collect();
    let house = House::open_with(|config| config.retained = stored).await;
    for qos in [0, 1] {
        let mut client = house.client(5, "c").await;
        client.subscribe("a/#", qos).await;
        for _ in 0..1000 {
            assert!(client.hear().await.ends_with("retained"));
        }
        client.ping().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn follows_retain_handling_and_retain_as_published() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let mut client = house.client(5, "c").await;
        client.publish(3, "a", "old").await;
        for filter in ["a", "+"] {
            client.subscribe(filter, 0x20).await;
            client.ping().await;
            client.subscribe(filter, 0x10).await;
            client.ping().await;
            client.unsubscribe(filter).await;
            client.subscribe(filter, 0x10).await;
            client.hears("a old retained").await;
            client.subscribe(filter, 0x28).await;
            client.publish(1, "a", "new").await;
            client.hears("a new retained").await;
            client.subscribe(filter, 0x20).await;
            client.publish(1, "a", "old").await;
            client.hears("a old").await;
            client.unsubscribe(filter).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_the_expiry_down_and_forgets_what_has_expired() {
    let house = House::open().await;
    let mut client = house.client(5, "c").await;
    client.publish_as(3, "a", "x", &[0x02, 0, 0, 0, 0]).await;
    client.publish_as(3, "b", "y", &[0x02, 0, 0, 1, 0]).await;
    client.subscribe("#", 0).await;
    let heard = client.hear().await;
    assert!(heard.starts_with("b y retained expiry=25"), "{heard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledges_when_the_store_has_it_and_in_order() {
    for (version, is_stored, code) in [(4, true, 0), (5, true, 0), (5, false, 0x97)] {
        let house = House::open().await;
        let mut client = house.client(version, "c").await;
        house.gateway.is_slow.store(true, Ordering::SeqCst);
        client.say(&crate::stage::publish(version, 3, [0, 1], "a", b"kept", &[])).await;
        client.say(&crate::stage::publish(version, 2, [0, 2], "b", b"not kept", &[])).await;
        client.ping().await;
        house.gateway.settle(is_stored);
        let (one, two) = (client.next().await, client.next().await);
        assert_eq!((&one.body[..2], &two.body[..2]), (&[0, 1][..], &[0, 2][..]));
        assert_eq!(one.body.get(2).copied().unwrap_or(0), code);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledges_nothing_to_an_old_client_that_the_store_has_lost() {
    for flags in [3, 5] {
        let house = House::open().await;
        let mut client = house.client(4, "c").await;
        house.gateway.is_slow.store(true, Ordering::SeqCst);
        client.say(&crate::stage::publish(4, flags, [0, 1], "a", b"lost", &[])).await;
        client.ping().await;
        house.gateway.settle(false);
        client.is_closed().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shows_the_gateways_projection_to_who_subscribes() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let topic = "hes/1/oak/z/lamp/property/on";
        house.gateway.projection.lock().unwrap().push(message(topic, "true").retained().at_least_once());
        let mut client = house.client(5, "c").await;
        for filter in [topic, "hes/1/#"] {
            client.subscribe(filter, 1).await;
            client.hears(&format!("{topic} true qos1 retained")).await;
            house.broker.publish(message(topic, "false").retained());
            client.hears(&format!("{topic} false")).await;
            client.unsubscribe(filter).await;
        }
        assert_eq!(house.broker.figures().retained, 0, "the broker stores none of it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_what_the_gateway_retains_elsewhere() {
    let house = House::open().await;
    house.broker.publish(message("homeassistant/x", "1").retained());
    let mut client = house.client(4, "c").await;
    client.subscribe("homeassistant/#", 0).await;
    client.hears("homeassistant/x 1 retained").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tells_listeners_inside_what_is_stored_and_then_what_comes() {
    let stored = vec![message("a/1", "x").retained(), message("b/1", "y").retained()];
    let house = House::open_with(|config| config.retained = stored).await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let filters = vec![hes_schemas::Filter::new("a/#").unwrap(), hes_schemas::Filter::new("a/+").unwrap()];
    let attachment = house.broker.attach(
        filters,
        std::sync::Arc::new(move |publish, _| {
            tell.send(format!("{} {:?}", publish.topic, publish.payload)).unwrap();
        }),
    );
    let mut client = house.client(4, "c").await;
    house.broker.publish(message("a/2", "the gateway's own"));
    client.publish(1, "a/1", "z").await;
    client.publish(0, "b/1", "z").await;
    client.publish(0, "a/2", "w").await;
    for expect in ["a/1 b\"x\"", "a/1 b\"z\"", "a/2 b\"w\""] {
        assert_eq!(told.recv().await.unwrap(), expect);
    }
    drop(attachment);
    client.publish(2, "a/2", "unheard").await;
    assert_eq!(told.recv().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tells_a_publisher_that_a_message_was_taken_once_listeners_inside_have_done_their_part() {
    let house = House::open().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let tap = move |_: &Publish, part: Option<hes_broker::Part<'_>>| {
        tell.send(part.map(|part| part())).unwrap();
    };
    let _attachment = house.broker.attach(vec![hes_schemas::Filter::new("a/#").unwrap()], std::sync::Arc::new(tap));
    let mut client = house.client(5, "c").await;
    for (is_kept, code) in [(true, 0), (false, 0x97)] {
        client.say(&crate::stage::publish(5, 2, [0, 7], "a/1", b"x", &[])).await;
        let done = told.recv().await.unwrap().unwrap();
        client.ping().await;
        done(is_kept);
        let acknowledgement = client.next().await;
        assert_eq!((acknowledgement.first, acknowledgement.body.get(2).copied().unwrap_or(0)), (0x40, code));
    }
    client.publish(0, "a/1", "nobody waits").await;
    assert!(told.recv().await.unwrap().is_none());
}

const LAST: u32 = 3000;

/// Subscribes over and over, and sees that no value is older than one before it, until the last has come.
async fn never_sees_it_go_back(mut client: Client, filter: &'static str) {
    let subscribe = packet(0x82, &body(&[&[0, 9], &prop(5, &[]), &text(filter), &[0]]));
    client.say(&subscribe).await;
    let (mut seen, mut heard) = (0, 0);
    while seen < LAST {
        let packet = client.next().await;
        if packet.first == 0x90 {
            continue;
        }
        let words = packet.words(5);
        let value: u32 = words.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(value >= seen, "{value} came after {seen} through {filter}");
        seen = value;
        heard += 1;
        if heard % 20 == 0 {
            client.say(&subscribe).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_shows_an_older_value_after_a_newer_one() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        for topic in ["a/b", "hes/1/oak/z/lamp/property/on"] {
            let house = House::open_routed(router).await;
            let mut watchers = tokio::task::JoinSet::new();
            for (number, filter) in [topic, "#", "+/+", "hes/1/#", "a/#"].into_iter().enumerate() {
                if hes_schemas::Filter::new(filter).unwrap().matches_text(topic) {
                    watchers.spawn(never_sees_it_go_back(house.client(5, &number.to_string()).await, filter));
                }
            }
            for value in 1..=LAST {
                let publish = Publish::new(Topic::new(topic).unwrap(), value.to_string()).retained();
                house.gateway.change(publish);
                tokio::task::yield_now().await;
            }
            while let Some(watched) = watchers.join_next().await {
                watched.unwrap();
            }
        }
    }
}
