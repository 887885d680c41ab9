//! CONNECT and what ends a connection.

use crate::stage::{Guest, House, VERSIONS, body, packet, prop, text};

#[tokio::test]
async fn lets_in_who_has_the_password() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut client = house.enter(Guest::new(version, "a").account("anna", "secret")).await;
        client.ping().await;
    }
}

#[tokio::test]
async fn refuses_a_wrong_password_with_a_connack() {
    let house = House::open().await;
    for (version, user, code) in [(4, "anna", 4), (5, "anna", 0x86), (4, "banned", 5), (5, "banned", 0x87)] {
        let mut client = house.knock().await;
        assert_eq!(client.connect(&Guest::new(version, "a").account(user, "wrong")).await, code);
        client.is_closed().await;
    }
    assert_eq!(house.broker.figures().refused, 4);
}

#[tokio::test]
async fn refuses_other_protocol_levels_with_a_connack() {
    let house = House::open().await;
    for (name, level, expect) in [("MQIsdp", 3, &[0, 1][..]), ("MQTT", 3, &[0, 1]), ("MQTT", 9, &[0, 0x84])] {
        let mut client = house.knock().await;
        client.say(&packet(0x10, &body(&[&text(name), &[level, 2, 0, 60], &text("a")]))).await;
        let connack = client.next().await;
        assert_eq!(connack.first, 0x20);
        assert_eq!(&connack.body[..2], expect, "{name} {level}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn closes_on_what_is_not_mqtt() {
    let house = House::open().await;
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 0], &[0x10, 0xff, 0xff, 0xff, 0xff, 1], &[0xc0, 0]] {
        let mut client = house.knock().await;
        client.say(bytes).await;
        client.is_closed().await;
    }
    house.client(5, "a").await.ping().await;
}

#[tokio::test]
async fn says_in_version_5_what_it_offers() {
    let house = House::open().await;
    let client = house.enter(Guest::new(5, "me").properties(&[0x19, 1])).await;
    let connack = &client.connack[..];
    let offers = |part: &[u8]| connack.windows(part.len()).any(|window| window == part);
    assert_eq!(connack[..2], [0, 0], "no session is present");
    assert!(offers(&[0x21, 1, 0]), "receive maximum 256");
    assert!(offers(&[0x22, 0, 64]), "topic aliases");
    assert!(offers(&body(&[&[0x1a], &text("hes/1/oak/$res/me")])), "response information");
}

#[tokio::test]
async fn assigns_an_id_to_who_has_none() {
    let house = House::open().await;
    let five = house.enter(Guest::new(5, "").flags(0)).await;
    assert!(five.connack.windows(8).any(|window| window.starts_with(&[0x12]) && window.ends_with(b"auto-")));
    house.client(4, "").await.ping().await;
    let mut four = house.knock().await;
    assert_eq!(four.connect(&Guest::new(4, "").flags(0)).await, 2);
    four.is_closed().await;
}

#[tokio::test]
async fn takes_a_session_over_and_says_so() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut old = house.client(version, "same").await;
        let mut new = house.client(version, "same").await;
        old.is_told_to_go(0x8e).await;
        new.ping().await;
    }
}

#[tokio::test]
async fn gives_no_client_id_to_another_account() {
    let house = House::open().await;
    let mut owner = house.enter(Guest::new(5, "same").account("anna", "secret")).await;
    for (version, code) in [(4, 2), (5, 0x85)] {
        let mut other = house.knock().await;
        assert_eq!(other.connect(&Guest::new(version, "same").account("guest", "secret")).await, code);
    }
    owner.ping().await;
}

#[tokio::test]
async fn waits_for_ever_with_keep_alive_zero_and_not_otherwise() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut patient = house.client(version, "patient").await;
        let mut silent = house.enter(Guest::new(version, "silent").keep_alive(1)).await;
        silent.is_told_to_go(0x8d).await;
        patient.ping().await;
    }
}

#[tokio::test]
async fn ends_on_broken_rules_with_the_reason() {
    let house = House::open().await;
    let subscribe = |options| packet(0x82, &body(&[&[0, 1], &prop(5, &[]), &text("a"), &[options]]));
    for (name, bytes, reason) in [
        ("a second CONNECT", Guest::new(5, "x").bytes(), 0x82),
        ("CONNACK", vec![0x20, 3, 0, 0, 0], 0x82),
        ("UNSUBACK", vec![0xb0, 4, 0, 1, 0, 0], 0x82),
        ("SUBSCRIBE with wrong flags", vec![0x80, 0], 0x81),
        ("reserved type 0", vec![0, 0], 0x81),
        ("SUBSCRIBE without filters", packet(0x82, &[0, 1, 0]), 0x82),
        ("SUBSCRIBE with reserved bits", subscribe(0xc0), 0x81),
        ("SUBSCRIBE with packet id 0", packet(0x82, &body(&[&[0, 0, 0], &text("a"), &[0]])), 0x82),
        ("SUBSCRIBE with NUL in a filter", packet(0x82, &body(&[&[0, 1, 0], &text("a\0"), &[0]])), 0x81),
        ("SUBSCRIBE with identifier 0", packet(0x82, &body(&[&[0, 1, 2, 0x0b, 0], &text("a"), &[0]])), 0x82),
        ("SUBSCRIBE with retain handling 3", subscribe(0x30), 0x82),
        ("UNSUBSCRIBE without filters", packet(0xa2, &[0, 1, 0]), 0x82),
        ("DISCONNECT with an unknown reason", vec![0xe0, 1, 0x7f], 0x81),
        ("QoS 3", packet(0x36, &body(&[&text("a"), &[0, 1, 0]])), 0x81),
        ("PUBLISH with packet id 0", packet(0x32, &body(&[&text("a"), &[0, 0, 0]])), 0x82),
        ("DUP with QoS 0", packet(0x38, &body(&[&text("a"), &[0]])), 0x81),
        ("a subscription identifier", packet(0x30, &body(&[&text("a"), &[2, 0x0b, 1]])), 0x82),
        ("an unknown property", packet(0x30, &body(&[&text("a"), &[2, 0x7e, 1]])), 0x81),
        ("a property twice", packet(0x30, &body(&[&text("a"), &[4, 1, 1, 1, 1]])), 0x82),
        ("properties beyond the packet", packet(0x30, &body(&[&text("a"), &[99, 1]])), 0x81),
        ("a length of five bytes", vec![0x30, 0xff, 0xff, 0xff, 0xff, 0], 0x81),
        ("a packet that is too large", vec![0x30, 0xff, 0xff, 0xff, 0x7f], 0x95),
        ("an empty topic", packet(0x30, &body(&[&text(""), &[0]])), 0x82),
        ("a wildcard in a topic", packet(0x30, &body(&[&text("a/+/b"), &[0]])), 0x90),
        ("NUL in a topic", packet(0x30, &body(&[&text("a\0"), &[0]])), 0x81),
        ("a topic that is not UTF-8", packet(0x30, &[0, 1, 0xff, 0]), 0x81),
        ("a wildcard in a response topic", packet(0x30, &body(&[&text("a"), &[4, 8, 0, 1, b'#']])), 0x90),
        ("topic alias 0", packet(0x30, &body(&[&text("a"), &[3, 0x23, 0, 0]])), 0x94),
        ("a topic alias over the maximum", packet(0x30, &body(&[&text("a"), &[3, 0x23, 9, 0]])), 0x94),
        ("an unknown topic alias", packet(0x30, &body(&[&text(""), &[3, 0x23, 0, 1]])), 0x82),
        ("DISCONNECT with a new session expiry", vec![0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9], 0x82),
    ] {
        let mut client = house.client(5, "rude").await;
        client.say(&bytes).await;
        let last = client.next().await;
        assert_eq!((last.first, last.body[0]), (0xe0, reason), "{name}");
        client.is_closed().await;
    }
    house.client(4, "polite").await.ping().await;
}

#[tokio::test]
async fn closes_on_broken_rules_of_the_older_version() {
    let house = House::open().await;
    for bytes in [
        packet(0x36, &body(&[&text("a"), &[0, 1]])),
        packet(0x30, &text("a/#")),
        packet(0x82, &[0, 1]),
        vec![0xf0, 0],
        vec![0x30, 0xff, 0xff, 0xff, 0x7f],
    ] {
        let mut client = house.client(4, "rude").await;
        client.say(&bytes).await;
        client.is_closed().await;
    }
    assert_eq!(house.broker.figures().violations, 5);
}

#[tokio::test]
async fn says_goodbye_when_it_shuts_down() {
    let house = House::open().await;
    let mut five = house.client(5, "five").await;
    let mut four = house.client(4, "four").await;
    five.subscribe("a/+", 1).await;
    house.broker.publish(crate::stage::message("a/b", "last words"));
    house.broker.shutdown().await;
    five.hears("a/b last words").await;
    five.is_told_to_go(0x8b).await;
    four.is_closed().await;
    assert!(tokio::net::TcpStream::connect(house.broker.addresses()[0]).await.is_err());
}

#[tokio::test]
async fn ends_the_session_of_an_account_that_no_longer_holds() {
    let house = House::open().await;
    for version in VERSIONS {
        let mut client = house.client(version, "gone").await;
        house.gateway.purge("anna");
        client.is_told_to_go(0x87).await;
    }
}
