//! What the broker tells of its limits, and what is refused.
//!
//! Source: MQTT 5.0, 3.1.2.11.4, 3.2.2.3, 4.9, 4.13.

use crate::script::{both, new, old, with};

/// MQTT-3.2.2-21, 3.1.2-21: a keep-alive that is longer than the broker allows is told, and holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wants_to_be_silent_for_longer_than_may_be() {
    with(
        5,
        |config| config.limits.keep_alive = 1,
        "
        a -> connect alive=600
        a <- connack new keeping=1 ...
        b -> connect alive=0
        b <- connack new keeping=1 ...
        a <- gone 0x8d
        b <- gone 0x8d
    ",
    )
    .await;
    with(
        5,
        |config| config.limits.keep_alive = 30,
        "
        a -> connect alive=20
        a <- connack new receive=* packet=* aliases=*
    ",
    )
    .await;
}

/// A session expiry that is longer than the broker allows is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wants_its_session_for_longer_than_may_be() {
    with(
        5,
        |config| config.limits.session_expiry = 60,
        "
        a -> connect keep session=3600
        a <- connack new session=60 ...
        b -> connect keep session=4294967295
        b <- connack new session=60 ...
        c -> connect keep session=30
        c <- connack new receive=* packet=* aliases=*
    ",
    )
    .await;
}

/// What is not said means that all of it is there: `QoS` 2, retained messages, wildcards, identifiers, shared ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asks_what_there_is() {
    if std::env::var("MQTT_BROKER").is_err() {
        new("
            a -> connect
            a <- connack new receive=* packet=* aliases=*
        ")
        .await;
    }
}

/// MQTT-3.9.2-1, 3.4.2-2: a reason string is left out where the packet would be too large for the client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_packets_too_small_for_reasons() {
    new("
        a -> connect packet=20
        a -> subscribe a/#/b
        a <- suback 0x8f unexplained
        a -> pubrel 9
        a <- pubcomp 9 0x92 unexplained
        a -> ping
    ")
    .await;
}

/// What an account may not publish is refused in MQTT 5, and taken and thrown away in 3.1.1. MQTT-3.3.5-2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_where_it_may_not() {
    if std::env::var("MQTT_BROKER").is_ok() {
        return;
    }
    new("
        w -> connect
        w -> subscribe #
        g -> connect user=guest password=secret
        g -> publish closed/x 1
        g -> publish closed/x 2 qos1 id=5
        g <- puback 5 0x87
        g -> publish closed/x 3 qos2 id=7
        g <- pubrec 7 0x87
        g -> publish closed/x 4 qos2 id=7
        g <- pubrec 7 0x87
        g -> publish open/x 5 qos2 id=7
        g <- pubrec 7
        g -> pubrel 7
        g <- pubcomp 7
        w <- publish open/x 5
        w <- nothing
    ")
    .await;
    old("
        w -> connect
        w -> subscribe #
        g -> connect user=guest password=secret
        g -> publish closed/x 1
        g -> publish closed/x 2 qos1 id=5
        g <- puback 5
        g -> publish closed/x 3 qos2 id=7
        g <- pubrec 7
        g -> pubrel 7
        g <- pubcomp 7
        w <- nothing
    ")
    .await;
}

/// What was refused does not count among what is unfinished.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_refused_more_often_than_it_may_send() {
    with(
        5,
        |config| config.limits.receive_maximum = 1,
        "
        g -> connect user=guest password=secret
        g -> publish closed/x 3 qos2 id=7
        g <- pubrec 7 0x87
        g -> publish closed/x 3 qos2 id=8
        g <- pubrec 8 0x87
        g -> publish open/x 3 qos2 id=9
        g <- pubrec 9
        g -> publish open/x 3 qos2 id=10
        g <- gone 0x93
    ",
    )
    .await;
}

/// MQTT-3.8.4-7: a filter that an account may not have is refused, the others are granted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_where_it_may_not() {
    if std::env::var("MQTT_BROKER").is_err() {
        both(
            "
            g -> connect user=guest password=secret
            g -> subscribe open/x qos1 , closed/x qos2 , $share/g/closed/# qos1 , open/# qos2
            g <- suback 0x01,0x87,0x87,0x02|0x01,0x80,0x80,0x02
        ",
        )
        .await;
    }
}
