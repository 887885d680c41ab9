//! PUBACK, packet ids, and messages that are repeated.
//!
//! Source: MQTT 3.1.1 and 5.0, 2.2.1, 3.4, 4.3.2, 4.6.

use crate::script::{both, new, new_each, old, old_each};

/// MQTT-3.3.4-?: the PUBACK has the packet id of its PUBLISH; MQTT-2.2.1-5.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_with_packet_ids_from_the_least_to_the_greatest() {
    both(
        "
        a -> connect
        a -> publish t x qos1 id=1
        a <- puback 1
        a -> publish t x qos1 id=65535
        a <- puback 65535
        a -> publish t x qos1 id=256
        a <- puback 256
        a -> publish t x qos1 id=256
        a <- puback 256
    ",
    )
    .await;
}

/// MQTT-3.3.1-3: what a receiver sees of DUP is its own, not the publisher's. With `QoS` 1 a repeated message is new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_a_message_of_qos_1() {
    both(
        "
        r -> connect
        r -> subscribe t qos1
        s -> connect
        s -> publish t x qos1 id=7
        s <- puback 7
        s -> publish t x qos1 id=7 dup
        s <- puback 7
        r <- publish t x qos1
        r <- publish t x qos1
        r <- nothing
    ",
    )
    .await;
}

/// MQTT-4.6.0-2: PUBACKs in the order of the messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_many_before_it_reads_the_acknowledgements() {
    old("
        a -> connect
        a -> bytes 32 06 't' 00 09 78 32 06 't' 00 03 78 32 06 't' 00 05 78
        a <- puback 9
        a <- puback 3
        a <- puback 5
    ")
    .await;
    new("
        a -> connect
        a -> bytes 32 07 't' 00 09 00 78 32 07 't' 00 03 00 78 32 07 't' 00 05 00 78
        a <- puback 9
        a <- puback 3
        a <- puback 5
    ")
    .await;
}

/// MQTT-2.2.1-3: packet id 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_packet_id_zero() {
    for qos in ["qos1", "qos2"] {
        old(&format!(
            "
            a -> connect
            a -> publish t x {qos} id=0
            a <- closed
        "
        ))
        .await;
        new(&format!(
            "
            a -> connect
            a -> publish t x {qos} id=0
            a <- gone 0x81|0x82
        "
        ))
        .await;
    }
}

/// MQTT-3.4.2-?: acknowledgements with a code and properties, and for ids that nobody uses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledges_in_all_ways() {
    new("
        r -> connect
        r -> subscribe t qos1
        s -> connect
        s -> publish t 1 qos1
        r <- publish t 1 qos1 id=$a
        r -> puback $a 0x00
        s -> publish t 2 qos1
        r <- publish t 2 qos1 id=$b
        r -> puback $b 0x80 reason=why user:a=b
        s -> publish t 3 qos1
        r <- publish t 3 qos1 id=$c
        r -> puback $c 0x10 user:a=b
        r -> puback 999
        r <- nothing
        s -> publish t 4 qos1
        r <- publish t 4 qos1
    ")
    .await;
    old("
        r -> connect
        r -> subscribe t qos1
        r -> puback 999
        r -> publish t x qos1 id=1
        r <- puback 1
        r <- publish t x qos1
        r <- nothing
    ")
    .await;
}

/// Acknowledgements that are malformed. MQTT-2.1.3-1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledges_in_ways_that_are_not_allowed() {
    let cases = [
        ("PUBACK with flags", "41 02 00 01"),
        ("PUBACK without an id", "40 00"),
        ("PUBACK with half an id", "40 01 00"),
        ("PUBACK with id 0", "40 02 00 00"),
        ("PUBACK with an unknown code", "40 03 00 01 55"),
        ("PUBACK with too long properties", "40 04 00 01 00 09"),
        ("PUBACK with an unknown property", "40 06 00 01 00 02 01 01"),
        ("PUBACK with a reason string twice", "40 0c 00 01 00 08 1f 00 01 61 1f 00 01 61"),
        ("PUBREL without its flag", "60 02 00 01"),
        ("PUBREL with other flags", "63 02 00 01"),
        ("PUBREL with id 0", "62 02 00 00"),
        ("PUBREL without an id", "62 00"),
        ("PUBREL with an unknown code", "62 03 00 01 55"),
    ];
    new_each(
        &cases,
        "
        a -> connect
        a -> bytes CASE
        a <- gone 0x81|0x82
    ",
    )
    .await;
    let cases = [
        ("41 02 00 01", "41 02 00 01"),
        ("40 00", "40 00"),
        ("40 01 00", "40 01 00"),
        ("60 02 00 01", "60 02 00 01"),
        ("62 00", "62 00"),
        ("40 03 00 01 00", "40 03 00 01 00"),
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
