//! Flow control, packet sizes, message expiry.
//!
//! Source: MQTT 5.0, 4.9, 3.1.2.11, 3.3.2.3.3.

use crate::script::{new, with};

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
