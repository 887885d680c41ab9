//! Exchanges that a lost connection or a power cut interrupts.

use hes_broker::Limits;

use super::{keeper, lose, post, read_message, reads, say};
use crate::stage::{House, VERSIONS};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_from_an_old_client_more_than_a_new_one_might_send() {
    let house = House::open_limited(Limits { receive_maximum: 2, ..Limits::default() }).await;
    let mut writer = house.client(4, "w").await;
    for id in 1..=5 {
        post(&mut writer, 4, id, "t", "x").await;
    }
    for id in 1..=5 {
        reads(&mut writer, 0x50, id, 0).await;
    }
}

/// Receive Maximum counts anew on each connection. Source: MQTT 5.0, 4.9.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_what_is_not_acknowledged_by_connection() {
    let house = House::open_limited(Limits { receive_maximum: 2, ..Limits::default() }).await;
    let mut writer = house.enter(keeper(5, "w")).await;
    for id in [1, 2] {
        post(&mut writer, 4, id, "t", "x").await;
        reads(&mut writer, 0x50, id, 0).await;
    }
    lose(&house, writer).await;
    let mut writer = house.enter(keeper(5, "w")).await;
    for id in [3, 4] {
        post(&mut writer, 4, id, "t", "x").await;
        reads(&mut writer, 0x50, id, 0).await;
    }
    say(&mut writer, 0x62, 1).await;
    reads(&mut writer, 0x70, 1, 0).await;
    post(&mut writer, 4, 5, "t", "x").await;
    writer.is_told_to_go(0x93).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_again_no_more_than_a_client_takes_that_acknowledges_early() {
    let house = House::open().await;
    let mut reader = house.enter(keeper(5, "r")).await;
    reader.subscribe("t", 1).await;
    let mut writer = house.client(5, "w").await;
    let mut ids = Vec::new();
    for payload in ["1", "2", "3", "4"] {
        writer.publish(2, "t", payload).await;
        ids.push(read_message(&mut reader, payload).await.id());
    }
    lose(&house, reader).await;
    let two_at_once = [0x11, 0, 0, 3, 0xe8, 0x21, 0, 2];
    let mut reader = house.enter(keeper(5, "r").properties(&two_at_once)).await;
    for payload in ["1", "2"] {
        read_message(&mut reader, payload).await;
    }
    say(&mut reader, 0x40, ids[2]).await;
    reader.ping().await;
    say(&mut reader, 0x40, ids[0]).await;
    assert_eq!(read_message(&mut reader, "4").await.id(), ids[3]);
}

/// A client that has a message would take the next one with its packet id for the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releases_the_packet_id_of_a_message_that_may_not_be_sent_again() {
    for version in VERSIONS {
        let house = House::open().await;
        let mut reader = house.enter(keeper(version, "r")).await;
        reader.subscribe("t", 2).await;
        let mut writer = house.client(version, "w").await;
        post(&mut writer, 4, 1, "t", "x").await;
        reads(&mut writer, 0x50, 1, 0).await;
        let id = read_message(&mut reader, "x").await.id();
        lose(&house, reader).await;
        house.gateway.hide("t");
        let mut reader = house.enter(keeper(version, "r")).await;
        reads(&mut reader, 0x62, id, 0).await;
        say(&mut reader, 0x70, id).await;
        reader.ping().await;
        let mut reader = house.reopen().await.enter(keeper(version, "r")).await;
        reader.ping().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shows_nobody_what_it_may_not_see_any_more_when_it_comes_back() {
    for version in VERSIONS {
        for qos in [1, 2] {
            let house = House::open().await;
            let mut reader = house.enter(keeper(version, "r")).await;
            reader.subscribe("+", qos).await;
            lose(&house, reader).await;
            let mut writer = house.client(version, "w").await;
            writer.publish(2, "t", "hidden").await;
            writer.publish(2, "u", "open").await;
            house.gateway.hide("t");
            let mut reader = house.enter(keeper(version, "r")).await;
            reader.hears("u open qos1").await;
            reader.ping().await;
            assert_eq!(house.broker.figures().dropped_not_permitted, 1);
        }
    }
}

/// At every moment at which the power may be cut, a message of `QoS` 2 is delivered once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivers_once_over_a_power_cut_at_any_moment() {
    for version in VERSIONS {
        for cut in 0..4 {
            let house = House::open().await;
            let mut reader = house.enter(keeper(version, "r")).await;
            reader.subscribe("t", 2).await;
            let mut writer = house.enter(keeper(version, "w")).await;
            post(&mut writer, 4, 7, "t", "x").await;
            reads(&mut writer, 0x50, 7, 0).await;
            let mut id = None;
            if cut > 0 {
                id = Some(read_message(&mut reader, "x").await.id());
            }
            if let (Some(id), true) = (id, cut > 1) {
                say(&mut reader, 0x50, id).await;
                reads(&mut reader, 0x62, id, 0).await;
            }
            if let (Some(id), true) = (id, cut > 2) {
                say(&mut reader, 0x70, id).await;
                reader.ping().await;
            }
            let house = house.reopen().await;
            let mut reader = house.enter(keeper(version, "r")).await;
            let mut writer = house.enter(keeper(version, "w")).await;
            post(&mut writer, 0xc, 7, "t", "x").await;
            reads(&mut writer, 0x50, 7, 0).await;
            if cut < 2 {
                let again = read_message(&mut reader, "x").await.id();
                assert!(id.is_none_or(|id| id == again));
                say(&mut reader, 0x50, again).await;
                reads(&mut reader, 0x62, again, 0).await;
                say(&mut reader, 0x70, again).await;
            } else if cut == 2 {
                let id = id.unwrap();
                reads(&mut reader, 0x62, id, 0).await;
                say(&mut reader, 0x70, id).await;
            }
            say(&mut writer, 0x62, 7).await;
            reads(&mut writer, 0x70, 7, 0).await;
            post(&mut writer, 4, 7, "t", "y").await;
            read_message(&mut reader, "y").await;
        }
    }
}
