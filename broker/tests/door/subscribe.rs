//! SUBSCRIBE, its options, and UNSUBSCRIBE.

use hes_broker::RouterKind;

use crate::stage::{Guest, House, VERSIONS, body, packet, text};

#[tokio::test]
async fn grants_the_quality_that_is_asked_for() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut client = house.client(version, "a").await;
        for (qos, granted) in [(0, 0), (1, 1), (2, 2)] {
            assert_eq!(client.subscribe("a/b", qos).await, granted);
        }
    }
}

#[tokio::test]
async fn refuses_what_is_no_filter() {
    let house = House::open().await;
    for (version, refused) in [(4, 0x80), (5, 0x8f)] {
        let mut client = house.client(version, "a").await;
        for filter in ["a/#/b", "a#", "+a", "$share"] {
            let expect = if filter == "$share" { 0 } else { refused };
            assert_eq!(client.subscribe(filter, 0).await, expect, "{filter}");
        }
    }
}

#[tokio::test]
async fn refuses_what_is_no_shared_subscription() {
    let house = House::open().await;
    for (version, refused) in [(4, 0x80), (5, 0x8f)] {
        let mut client = house.client(version, "a").await;
        for filter in ["$share//x", "$share/g/", "$share/g", "$share/+/x", "$share/g#/x", "$share/g/a#"] {
            assert_eq!(client.subscribe(filter, 0).await, refused, "{filter}");
        }
        assert_eq!(client.subscribe("$share/g/a", 1).await, 1);
    }
    let mut client = house.client(5, "b").await;
    client.say(&packet(0x82, &body(&[&[0, 1, 0], &text("$share/g/a"), &[4]]))).await;
    client.is_told_to_go(0x82).await;
}

#[tokio::test]
async fn bridges_to_another_broker_without_an_echo() {
    let house = House::open().await;
    let (mut bridge, mut other) = (house.knock().await, house.client(4, "other").await);
    let mut connect = Guest::new(4, "bridge").bytes();
    connect[8] |= 0x80;
    bridge.say(&connect).await;
    assert_eq!(bridge.next().await.body, [0, 0]);
    bridge.subscribe("#", 1).await;
    other.subscribe("#", 0).await;
    bridge.publish(0, "a", "brought").await;
    other.hears("a brought").await;
    other.publish(1, "a", "kept").await;
    bridge.hears("a kept retained").await;
}

#[tokio::test]
async fn does_not_send_home_what_is_not_wanted_there() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let (mut me, mut other) = (house.client(5, "me").await, house.client(5, "other").await);
        me.subscribe("a/+", 4).await;
        me.subscribe("b", 4).await;
        me.publish(0, "a/x", "mine").await;
        me.publish(0, "b", "mine").await;
        me.ping().await;
        other.publish(0, "a/x", "theirs").await;
        me.hears("a/x theirs").await;
        other.publish(0, "b", "theirs").await;
        me.hears("b theirs").await;
    }
}

#[tokio::test]
async fn sends_a_message_once_for_each_subscription_that_it_matches() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let mut client = house.client(5, "a").await;
        for (id, filter) in [(1, "a/b"), (2, "a/+"), (3, "#"), (4, "a/#"), (5, "b/#"), (6, "+/b")] {
            client.subscribe_as(filter, 1, &[0x0b, id]).await;
        }
        house.broker.publish(crate::stage::message("a/b", "x"));
        let mut heard = Vec::new();
        for _ in 0..5 {
            heard.push(client.hear().await);
        }
        heard.sort();
        assert_eq!(heard, [1, 2, 3, 4, 6].map(|id| format!("a/b x subscription={id}")), "{router:?}");
        client.ping().await;
    }
}

#[tokio::test]
async fn replaces_a_subscription_with_the_same_filter() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let mut client = house.client(5, "a").await;
        for filter in ["a/b", "a/+"] {
            client.subscribe_as(filter, 0, &[0x0b, 1]).await;
            client.subscribe_as(filter, 1, &[0x0b, 9]).await;
        }
        client.publish(2, "a/b", "x").await;
        client.hears("a/b x qos1 subscription=9").await;
        client.hears("a/b x qos1 subscription=9").await;
        client.ping().await;
    }
}

#[tokio::test]
async fn stops_when_unsubscribed() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let mut client = house.client(5, "a").await;
        for filter in ["a/b", "a/+", "#"] {
            client.subscribe(filter, 0).await;
        }
        for filter in ["a/b", "a/+"] {
            assert_eq!(client.unsubscribe(filter).await.body[3], 0);
            assert_eq!(client.unsubscribe(filter).await.body[3], 0x11);
        }
        client.publish(0, "a/b", "x").await;
        client.hears("a/b x").await;
        client.publish(0, "end", "").await;
        client.hears("end ").await;
        assert_eq!(house.broker.figures().filters, 1);
    }
}

#[tokio::test]
async fn keeps_dollar_topics_from_wildcards() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let mut client = house.client(4, "a").await;
        for filter in ["#", "+/x", "$own/#", "$SYS/x"] {
            assert_eq!(client.subscribe(filter, 0).await, 0);
        }
        client.publish(0, "$own/x", "1").await;
        client.hears("$own/x 1").await;
        client.publish(0, "$SYS/x", "1").await;
        client.publish(0, "end", "").await;
        client.hears("end ").await;
    }
}
