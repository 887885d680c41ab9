//! PUBLISH from one client to others.

use crate::stage::{Guest, House, VERSIONS, body, packet, publish, text};

#[tokio::test]
async fn delivers_with_the_lower_quality() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut client = house.client(version, "a").await;
        for (asked, sent, expect) in [(0, 0, ""), (0, 2, ""), (1, 0, ""), (1, 2, " qos1")] {
            client.subscribe("a/b", asked).await;
            let mut other = house.client(version, "b").await;
            other.publish(sent, "a/b", "x").await;
            client.hears(&format!("a/b x{expect}")).await;
        }
    }
}

#[tokio::test]
async fn carries_properties_between_versions_and_hides_them_from_the_older() {
    let house = House::open().await;
    let (mut five, mut four, mut sender) =
        (house.client(5, "5").await, house.client(4, "4").await, house.client(5, "s").await);
    five.subscribe("a", 0).await;
    four.subscribe("a", 0).await;
    let properties = body(&[
        &[0x01, 1],
        &[0x03],
        &text("application/json"),
        &[0x08],
        &text("b"),
        &[0x09],
        &text("c"),
        &[0x26],
        &text("k"),
        &text("v"),
        &[0x26],
        &text("k"),
        &text("w"),
    ]);
    sender.publish_as(0, "a", "x", &properties).await;
    five.hears("a x format=1 type=application/json response=b correlation=c k=v k=w").await;
    four.hears("a x").await;
}

#[tokio::test]
async fn keeps_what_is_zero_apart_from_what_is_missing() {
    let house = House::open().await;
    let (mut five, mut sender) = (house.client(5, "5").await, house.client(5, "s").await);
    five.subscribe("a", 0).await;
    sender.publish_as(0, "a", "never", &[0x02, 0, 0, 0, 0]).await;
    sender.publish_as(0, "a", "x", &[0x01, 0, 0x02, 0, 0, 1, 0]).await;
    five.hears("a x expiry=256 format=0").await;
    assert_eq!(house.broker.figures().dropped_expired, 1);
}

#[tokio::test]
async fn understands_topic_aliases_and_uses_none() {
    let house = House::open().await;
    let (mut client, mut sender) = (house.client(5, "5").await, house.client(5, "s").await);
    client.subscribe("#", 0).await;
    sender.publish_as(0, "a", "1", &[0x23, 0, 7]).await;
    sender.publish_as(0, "", "2", &[0x23, 0, 7]).await;
    sender.publish_as(0, "b", "3", &[0x23, 0, 7]).await;
    sender.publish_as(0, "", "4", &[0x23, 0, 7]).await;
    for expect in ["a 1", "a 2", "b 3", "b 4"] {
        client.hears(expect).await;
    }
    sender.leave().await;
    let mut again = house.client(5, "s").await;
    again.publish_as(0, "", "5", &[0x23, 0, 7]).await;
    again.is_told_to_go(0x82).await;
}

#[tokio::test]
async fn keeps_to_the_clients_receive_maximum() {
    let house = House::open().await;
    let mut client = house.enter(Guest::new(5, "a").properties(&[0x21, 0, 2])).await;
    client.subscribe("a", 1).await;
    let mut sender = house.client(5, "s").await;
    for payload in ["1", "2", "3", "4"] {
        sender.publish(2, "a", payload).await;
    }
    let (one, two) = (client.next().await, client.next().await);
    assert_eq!((one.words(5), two.words(5)), ("a 1 qos1".into(), "a 2 qos1".into()));
    client.ping().await;
    client.say(&body(&[&[0x40, 2], &two.id().to_be_bytes()])).await;
    client.hears("a 3 qos1").await;
    client.hears("a 4 qos1").await;
    client.ping().await;
}

#[tokio::test]
async fn keeps_to_the_clients_packet_size() {
    let house = House::open().await;
    let mut client = house.enter(Guest::new(5, "a").properties(&[0x27, 0, 0, 0, 20])).await;
    client.subscribe("a", 1).await;
    let mut sender = house.client(5, "s").await;
    sender.publish(2, "a", "far too long for this client").await;
    sender.publish(2, "a", "short").await;
    client.hears("a short qos1").await;
    assert_eq!(house.broker.figures().dropped_too_large, 1);
}

#[tokio::test]
async fn passes_four_mebibytes_on() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut client = house.client(version, "a").await;
        client.subscribe("a/#", 1).await;
        let payload = vec![b'x'; 4 * 1024 * 1024];
        let mut sender = house.client(version, "s").await;
        sender.say(&publish(version, 2, [0, 9], "a/b", &payload, &[])).await;
        assert_eq!(sender.next().await.first, 0x40);
        client.hears("a/b (4194304 bytes) qos1").await;
        sender.say(&publish(version, 0, [0, 0], "a/b", &vec![b'x'; 5 * 1024 * 1024], &[])).await;
        sender.is_told_to_go(0x95).await;
        client.ping().await;
    }
}

#[tokio::test]
async fn understands_packets_however_they_are_cut() {
    let house = House::open().await;
    let mut client = house.client(5, "a").await;
    client.subscribe("a", 0).await;
    let bytes = body(&[&publish(5, 0, [0, 0], "a", b"1", &[]), &publish(5, 0, [0, 0], "a", b"2", &[])]);
    for byte in bytes {
        client.say(&[byte]).await;
    }
    client.hears("a 1").await;
    client.hears("a 2").await;
}

#[tokio::test]
async fn answers_a_release_that_nothing_preceded() {
    let house = House::open().await;
    for (version, expect) in [(4, &[0, 7][..]), (5, &[0, 7, 0x92])] {
        let mut client = house.client(version, "a").await;
        client.say(&packet(0x62, &[0, 7])).await;
        let pubcomp = client.next().await;
        assert_eq!((pubcomp.first, &pubcomp.body[..]), (0x70, expect));
        client.say(&packet(0x40, &[0, 99])).await;
        client.ping().await;
    }
}
