//! How a receiver acknowledges messages of `QoS` 2: PUBREC and PUBCOMP with reasons, out of place, and malformed.
//!
//! Source: MQTT 5.0, 3.5 to 3.7, 4.3.3.

use crate::script::{new, new_each};

/// A PUBREC with a failure ends the exchange: no PUBREL. MQTT-4.3.3-4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refuses_what_it_is_sent() {
    new("
        r -> connect receive=1
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2
        s -> publish t 2 qos2
        r <- publish t 1 qos2 id=$x
        r -> pubrec $x 0x80 reason=no user:a=b
        r <- publish t 2 qos2 id=$y
        r -> pubrec $y 0x10
        r <- pubrel $y
        r -> pubcomp $y 0x00
        r <- nothing
    ")
    .await;
}

/// PUBREL, PUBREC and PUBCOMP with codes and properties.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explains_its_acknowledgements() {
    new("
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2 id=1
        s <- pubrec 1
        s -> pubrel 1 0x00 reason=done user:a=b user:a=b
        s <- pubcomp 1
        r <- publish t 1 qos2 id=$x
        r -> pubrec $x 0x00 reason=got user:a=b
        r <- pubrel $x
        r -> pubcomp $x 0x00 reason=done user:a=b
        s -> publish t 2 qos2 id=1
        s <- pubrec 1
        s -> pubrel 1 0x92
        s <- pubcomp 1
    ")
    .await;
}

/// A PUBREC for what was never sent is answered, so that the client can forget it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receives_what_was_never_sent() {
    new("
        r -> connect
        r -> pubrec 77
        r <- pubrel 77 0x92
        r -> pubcomp 77 0x92
        r -> pubcomp 78
        r -> ping
    ")
    .await;
}

/// PUBREC and PUBCOMP that are malformed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receives_in_ways_that_are_not_allowed() {
    let cases = [
        ("PUBREC with flags", "52 02 00 01"),
        ("PUBREC with id 0", "50 02 00 00"),
        ("PUBREC without an id", "50 00"),
        ("PUBREC with an unknown code", "50 03 00 01 55"),
        ("PUBCOMP with flags", "71 02 00 01"),
        ("PUBCOMP with id 0", "70 02 00 00"),
        ("PUBCOMP with half an id", "70 01 00"),
        ("PUBCOMP with an unknown code", "70 03 00 01 55"),
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
}
