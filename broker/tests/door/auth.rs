//! Enhanced authentication: tokens at the door, and anew while the session lasts.

use std::sync::Arc;

use crate::stage::{Client, Guest, House, body, packet, prop, text};

const METHOD: &str = "OAUTHBEARER";

/// Writes what carries a token.
fn bearer(token: &str) -> String {
    format!("n,,\x01auth=Bearer {token}\x01\x01")
}

fn properties(method: &str, data: Option<&str>) -> Vec<u8> {
    let data = data.map(|data| body(&[&[0x16], &text(data)])).unwrap_or_default();
    body(&[&[0x15], &text(method), &data])
}

fn guest(method: &str, data: Option<&str>) -> Guest {
    Guest::new(5, "me").properties(&properties(method, data))
}

fn auth(code: u8, method: &str, data: Option<&str>) -> Vec<u8> {
    packet(0xf0, &body(&[&[code], &prop(5, &properties(method, data))]))
}

/// Reads an AUTH with nothing but a reason and the method.
async fn reads_auth(client: &mut Client, code: u8) {
    let packet = client.next().await;
    assert_eq!((packet.first, packet.body), (0xf0, body(&[&[code], &prop(5, &properties(METHOD, None))])));
}

async fn bearer_of(house: &House, token: &str) -> Client {
    let client = house.enter(guest(METHOD, Some(&bearer(token)))).await;
    let method = properties(METHOD, None);
    assert!(client.connack.windows(method.len()).any(|window| window == method), "CONNACK names the method");
    client
}

#[tokio::test]
async fn lets_in_who_bears_a_token() {
    let house = House::open().await;
    let mut client = bearer_of(&house, "token of guest").await;
    assert_eq!(client.publish(2, "closed/x", "y").await, 0x87, "with the rights of the token's account");
}

#[tokio::test]
async fn asks_for_the_token_when_it_does_not_come_at_once() {
    let house = House::open().await;
    let mut client = house.knock().await;
    client.version = 5;
    client.say(&guest(METHOD, None).bytes()).await;
    reads_auth(&mut client, 0x18).await;
    client.say(&auth(0x18, METHOD, Some(&bearer("token of anna")))).await;
    let connack = client.next().await;
    assert_eq!((connack.first, connack.body[1]), (0x20, 0));
    client.ping().await;
}

#[tokio::test]
async fn refuses_other_methods_and_what_is_no_token() {
    let house = House::open().await;
    for (method, data, code) in [
        ("SCRAM-SHA-256", Some("n,,n=anna,r=x".to_owned()), 0x8c),
        ("", None, 0x8c),
        (METHOD, Some(bearer("nonsense")), 0x87),
        (METHOD, Some("nonsense".to_owned()), 0x87),
        (METHOD, Some("n,a=guest,\x01auth=Bearer token of anna\x01\x01".to_owned()), 0x87),
    ] {
        let mut client = house.knock().await;
        assert_eq!(client.connect(&guest(method, data.as_deref())).await, code, "{method} {data:?}");
        client.is_closed().await;
    }
    for answer in [auth(0x19, METHOD, Some(&bearer("token of anna"))), auth(0x18, "OTHER", None), vec![0xc0, 0]] {
        let mut client = house.knock().await;
        client.say(&guest(METHOD, None).bytes()).await;
        reads_auth(&mut client, 0x18).await;
        client.say(&answer).await;
        let connack = client.next().await;
        assert!(connack.first == 0x20 && connack.body[1] >= 0x80, "{connack:?}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn takes_another_token_of_the_same_account_while_the_session_lasts() {
    let house = House::open().await;
    let mut client = bearer_of(&house, "short token of anna").await;
    client.subscribe("a", 0).await;
    client.say(&auth(0x19, METHOD, Some(&bearer("token of anna")))).await;
    reads_auth(&mut client, 0).await;
    client.say(&auth(0x19, METHOD, None)).await;
    reads_auth(&mut client, 0x18).await;
    client.publish(0, "a", "in the midst").await;
    client.hears("a in the midst").await;
    client.say(&auth(0x18, METHOD, Some(&bearer("token of anna")))).await;
    reads_auth(&mut client, 0).await;
    client.ping().await;
}

#[tokio::test]
async fn ends_who_proves_to_be_another_or_nobody() {
    let house = House::open().await;
    for (bytes, reason) in [
        (auth(0x19, METHOD, Some(&bearer("token of guest"))), 0x87),
        (auth(0x19, METHOD, Some("nonsense")), 0x87),
        (auth(0x19, "OTHER", Some(&bearer("token of anna"))), 0x82),
        (auth(0x18, METHOD, Some(&bearer("token of anna"))), 0x82),
        (auth(0, METHOD, None), 0x82),
        (vec![0xf0, 1, 0x19], 0x82),
        (vec![0xf0, 0], 0x82),
        (auth(7, METHOD, None), 0x81),
        (vec![0xf1, 0], 0x81),
        (packet(0xf0, &[0x19, 3, 0x7e, 0, 0]), 0x81),
    ] {
        let mut client = bearer_of(&house, "token of anna").await;
        client.say(&bytes).await;
        client.is_told_to_go(reason).await;
    }
}

#[tokio::test]
async fn takes_no_auth_where_no_method_was_agreed_on() {
    let house = House::open().await;
    for (version, reason) in [(4, 0), (5, 0x82)] {
        let mut client = house.client(version, "me").await;
        client.say(&auth(0x19, METHOD, Some(&bearer("token of anna")))).await;
        client.is_told_to_go(reason).await;
    }
    let mut client = house.knock().await;
    let data = Guest::new(5, "me").properties(&body(&[&[0x16], &text("n,,")]));
    assert_eq!(client.connect(&data).await, 0x82);
}

#[tokio::test]
async fn ends_the_session_of_a_token_that_has_expired() {
    let house = House::open().await;
    let mut client = bearer_of(&house, "short token of anna").await;
    house.gateway.expire("anna");
    client.is_told_to_go(0xa0).await;
}

/// Introduces who bears a token, and whose session is kept.
fn kept(token: &str) -> Guest {
    let expiry = body(&[&[0x11, 0, 0, 1, 0], &properties(METHOD, Some(&bearer(token)))]);
    Guest::new(5, "me").flags(0).properties(&expiry)
}

#[tokio::test]
async fn keeps_the_session_of_a_token_that_has_expired_for_who_proves_again() {
    let house = House::open().await;
    let mut client = house.enter(kept("short token of anna")).await;
    client.subscribe("a", 1).await;
    house.gateway.expire("anna");
    client.is_told_to_go(0xa0).await;
    house.client(5, "sender").await.publish(2, "a", "meanwhile").await;
    let mut client = house.enter(kept("token of anna")).await;
    assert_eq!(client.connack[0], 1, "the session is present");
    client.hears("a meanwhile qos1").await;
}

#[tokio::test]
async fn keeps_a_session_within_the_bounds_of_its_token() {
    let house = House::open().await;
    let resumed = |house: &House| house.gateway.resumed.lock().unwrap().clone();
    let within = [("anna".to_owned(), Some(Arc::default()))];
    let mut client = house.enter(kept("short token of anna")).await;
    assert_eq!(resumed(&house.reopen().await), within, "after a restart");
    client.ping().await;
    house.gateway.expire("anna");
    client.is_told_to_go(0xa0).await;
    while resumed(&house).is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(resumed(&house), within, "when the token has expired");
}
