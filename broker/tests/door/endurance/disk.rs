//! The disk is slow, or fails.

use std::sync::atomic::Ordering;

use hes_broker::{Limits, RouterKind};

use super::{keeper, lose, post, read_message, reads, say};
use crate::stage::{House, VERSIONS, message};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivers_in_the_order_of_publishing_whatever_the_store_is_done_with_first() {
    for router in [RouterKind::Direct, RouterKind::Rumqttd] {
        let house = House::open_routed(router).await;
        let mut reader = house.enter(keeper(5, "r")).await;
        reader.subscribe("t", 1).await;
        house.client(5, "other").await.subscribe("other/#", 0).await;
        let mut writer = house.client(5, "w").await;
        house.gateway.is_slow.store(true, Ordering::SeqCst);
        post(&mut writer, 3, 1, "t", "1").await;
        post(&mut writer, 2, 2, "t", "2").await;
        // first the retained message and the second, then what waits for the first
        house.owes(2).await;
        house.gateway.settle(true);
        house.owes(1).await;
        house.gateway.settle(true);
        for id in ["1", "2"] {
            read_message(&mut reader, id).await;
        }
        for id in [1, 2] {
            reads(&mut writer, 0x40, id, 0).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_no_room_for_what_could_not_be_stored() {
    for qos in [1, 2] {
        let house = House::open_limited(Limits { queue_messages: 3, ..Limits::default() }).await;
        let mut reader = house.enter(keeper(5, "r")).await;
        reader.subscribe("t", qos).await;
        let mut writer = house.client(5, "w").await;
        house.gateway.is_slow.store(true, Ordering::SeqCst);
        for id in 1..=3 {
            post(&mut writer, 2, id, "t", "lost").await;
        }
        house.owes(3).await;
        house.gateway.settle(false);
        for id in 1..=3 {
            reads(&mut writer, 0x40, id, 0x97).await;
        }
        house.gateway.is_slow.store(false, Ordering::SeqCst);
        for payload in ["1", "2", "3"] {
            assert_eq!(writer.publish(2, "t", payload).await, 0);
            reader.hears(&format!("t {payload} qos1")).await;
        }
        assert_eq!(house.broker.figures().too_slow, 0);
    }
}

/// It can refuse nothing to itself, and whoever waits for an answer waits for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivers_what_the_gateway_says_although_it_could_not_be_stored() {
    let house = House::open().await;
    let mut reader = house.enter(keeper(5, "r")).await;
    reader.subscribe("t", 1).await;
    house.gateway.is_slow.store(true, Ordering::SeqCst);
    house.broker.publish(message("t", "said").at_least_once());
    house.owes(1).await;
    house.gateway.settle(false);
    reader.hears("t said qos1").await;
}

/// The packet id of a message that was not taken must be good for another one, also after a power cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_another_message_under_the_packet_id_of_one_that_was_lost() {
    let house = House::open().await;
    let mut writer = house.enter(keeper(5, "w")).await;
    house.gateway.is_slow.store(true, Ordering::SeqCst);
    post(&mut writer, 4, 7, "t", "lost").await;
    house.owes(1).await;
    house.gateway.settle(false);
    reads(&mut writer, 0x50, 7, 0x97).await;
    let house = house.reopen().await;
    let mut reader = house.client(5, "r").await;
    reader.subscribe("t", 0).await;
    let mut writer = house.enter(keeper(5, "w")).await;
    assert_eq!(writer.connack[0], 1);
    post(&mut writer, 4, 7, "t", "new").await;
    reads(&mut writer, 0x50, 7, 0).await;
    reader.hears("t new").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_no_packet_id_of_what_there_is_no_room_for() {
    let house = House::open_limited(Limits { retained: 0, ..Limits::default() }).await;
    let mut writer = house.enter(keeper(5, "w")).await;
    post(&mut writer, 5, 7, "t", "too much").await;
    reads(&mut writer, 0x50, 7, 0x97).await;
    let house = house.reopen().await;
    let mut reader = house.client(5, "r").await;
    reader.subscribe("t", 0).await;
    let mut writer = house.enter(keeper(5, "w")).await;
    post(&mut writer, 4, 7, "t", "new").await;
    reads(&mut writer, 0x50, 7, 0).await;
    reader.hears("t new").await;
}

/// A client that comes back sends its message again, and is told once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn says_once_on_a_new_connection_that_a_message_has_arrived() {
    for version in VERSIONS {
        for is_settled_while_away in [true, false] {
            let house = House::open().await;
            let mut reader = house.client(version, "r").await;
            reader.subscribe("t", 0).await;
            let mut writer = house.enter(keeper(version, "w")).await;
            house.gateway.is_slow.store(true, Ordering::SeqCst);
            post(&mut writer, 4, 7, "t", "x").await;
            house.owes(1).await;
            reader.hears("t x").await;
            lose(&house, writer).await;
            house.gateway.is_slow.store(false, Ordering::SeqCst);
            if is_settled_while_away {
                house.gateway.settle(true);
            }
            let mut writer = house.enter(keeper(version, "w")).await;
            writer.ping().await;
            post(&mut writer, 0xc, 7, "t", "x").await;
            if !is_settled_while_away {
                writer.ping().await;
                house.gateway.settle(true);
            }
            reads(&mut writer, 0x50, 7, 0).await;
            say(&mut writer, 0x62, 7).await;
            reads(&mut writer, 0x70, 7, 0).await;
            writer.ping().await;
            reader.ping().await;
        }
    }
}

/// Until the store has forgotten the packet id, a power cut would make the next message with it a repetition.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completes_no_exchange_before_the_store_has() {
    let house = House::open().await;
    let mut writer = house.enter(keeper(4, "w")).await;
    post(&mut writer, 4, 7, "t", "x").await;
    reads(&mut writer, 0x50, 7, 0).await;
    house.gateway.is_slow.store(true, Ordering::SeqCst);
    say(&mut writer, 0x62, 7).await;
    house.owes(1).await;
    lose(&house, writer).await;
    house.gateway.is_slow.store(false, Ordering::SeqCst);
    let mut writer = house.enter(keeper(4, "w")).await;
    house.gateway.is_slow.store(true, Ordering::SeqCst);
    say(&mut writer, 0x62, 7).await;
    writer.ping().await;
    house.owes(2).await;
    house.gateway.settle(true);
    reads(&mut writer, 0x70, 7, 0).await;
}
