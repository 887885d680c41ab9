//! DISCONNECT, keep-alive, PINGREQ, AUTH, and packets that do not exist.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.12 to 3.15, 4.8, 4.13.

use crate::script::{both, new, new_each, old_each};

/// MQTT-3.14.4-1, 3.14.4-2: nothing of what follows a DISCONNECT counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goes_on_after_its_farewell() {
    new("
        w -> connect
        w -> subscribe t
        a -> connect
        a -> bytes e0 00 30 05 't' 00 78
        a <- closed
        w <- nothing
    ")
    .await;
}

/// All codes that a client may use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_for_many_reasons() {
    for code in
        ["0x00", "0x04", "0x80", "0x81", "0x82", "0x83", "0x90", "0x93", "0x94", "0x95", "0x96", "0x97", "0x98", "0x99"]
    {
        new(&format!(
            "
            a -> connect
            a -> disconnect {code} reason=because user:a=b user:a=c
            a <- closed
        "
        ))
        .await;
    }
}

/// MQTT-3.14.1-1 and other ways that are not allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_in_ways_that_are_not_allowed() {
    let cases = [
        ("DISCONNECT with flags", "e1 00"),
        ("DISCONNECT with an unknown code", "e0 01 55"),
        ("DISCONNECT with a server's reference", "e0 06 00 04 1c 00 01 61"),
        ("DISCONNECT with an unknown property", "e0 04 00 02 7e 01"),
        ("DISCONNECT with an expiry twice", "e0 0c 00 0a 11 00 00 00 00 11 00 00 00 00"),
        ("DISCONNECT with long properties", "e0 02 00 09"),
        ("PINGREQ with flags", "c1 00"),
        ("PINGREQ with a body", "c0 01 00"),
        ("PINGRESP", "d0 00"),
        ("CONNACK", "20 03 00 00 00"),
        ("SUBACK", "90 04 00 01 00 00"),
        ("UNSUBACK", "b0 04 00 01 00 00"),
        ("type 0", "00 00"),
        ("type 0 with flags", "0f 00"),
        ("AUTH with flags", "f1 00"),
        ("AUTH out of the blue", "f0 02 18 00"),
        ("AUTH to begin again, without a method", "f0 02 19 00"),
        ("a length of five bytes", "30 80 80 80 80 01"),
        ("a length that is too long", "c0 80 80 80 80"),
    ];
    new_each(
        &cases,
        "
        a -> connect
        a -> bytes CASE
        a <- gone 0x81|0x82|0x95
    ",
    )
    .await;
    let cases = [
        ("DISCONNECT with flags", "e1 00"),
        ("DISCONNECT with a body", "e0 01 00"),
        ("PINGREQ with flags", "c1 00"),
        ("PINGREQ with a body", "c0 01 00"),
        ("PINGRESP", "d0 00"),
        ("CONNACK", "20 02 00 00"),
        ("SUBACK", "90 03 00 01 00"),
        ("UNSUBACK", "b0 02 00 01"),
        ("type 0", "00 00"),
        ("AUTH", "f0 00"),
        ("type 15 with flags", "ff 00"),
        ("a length of five bytes", "30 80 80 80 80 01"),
    ];
    old_each(
        &cases,
        "
        a -> connect
        a -> bytes CASE
        a <- closed
    ",
    )
    .await;
}

/// MQTT-3.12.4-1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_many_times() {
    both(
        "
        a -> connect alive=1
        a -> bytes c0 00 c0 00 c0 00
        a <- pingresp
        a <- pingresp
        a <- pingresp
        a <- nothing
    ",
    )
    .await;
}

/// MQTT-3.1.2-22: any packet is a sign of life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stays_alive_by_publishing_and_pinging() {
    both(
        "
        a -> connect alive=1
        passes 0.9
        a -> publish t x
        passes 0.9
        a -> ping
        passes 0.9
        a -> publish t x qos1
        a -> ping
    ",
    )
    .await;
}

/// What it receives is no sign of life of a client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_receives() {
    both(
        "
        a -> connect alive=1
        a -> subscribe t
        b -> connect
        passes 0.7
        b -> publish t x
        a <- publish t x
        passes 0.7
        b -> publish t x
        a <- publish t x
        a <- gone 0x8d
    ",
    )
    .await;
}

/// Packets of several kinds in one piece of bytes, and one packet in many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_packets_in_one_piece_and_in_many() {
    new("
        a -> connect
        a -> bytes 82
        a -> bytes 07
        a -> bytes 00 01 00
        a -> bytes 't' 01 c0
        a <- suback 0x01
        a -> bytes 00 30 05 't' 00
        a <- pingresp
        a -> bytes 78 30 05 't' 00 79 c0 00
        a <- publish t x
        a <- publish t y
        a <- pingresp
    ")
    .await;
}

/// MQTT-4.12.0-1, 3.1.2-30: a method of authentication that nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authenticates_in_an_unknown_way() {
    new("
        a -> connect method=NOBODY-KNOWS data=x
        a <- connack 0x8c ...
        a <- closed
    ")
    .await;
}

/// MQTT-4.12.1-1: it cannot begin with AUTH what it did not begin with CONNECT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authenticates_again_without_ever_having() {
    new("
        a -> connect
        a -> auth 0x19 method=SOME data=x
        a <- gone 0x82|0x8c
    ")
    .await;
    new("
        a -> connect
        a -> auth 0x00
        a <- gone 0x82|0x81
    ")
    .await;
}

/// Requests and their answers between two clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asks_and_is_answered() {
    new("
        asker -> connect
        asker -> subscribe answers/asker qos1
        answerer -> connect
        answerer -> subscribe questions/# qos1
        asker -> publish questions/1 how qos1 response=answers/asker correlation=4711
        answerer <- publish questions/1 how qos1 response=answers/asker correlation=4711
        answerer -> publish answers/asker so qos1 correlation=4711
        asker <- publish answers/asker so qos1 correlation=4711
    ")
    .await;
}
