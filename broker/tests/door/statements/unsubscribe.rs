//! UNSUBSCRIBE and UNSUBACK.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.10, 3.11.

use crate::script::{both, new_each, old_each};

/// MQTT-3.10.4-1 to 3.10.4-6, 3.11.3-1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsubscribes() {
    both(
        "
        a -> connect
        a -> subscribe a , b/+ , c
        a -> unsubscribe a b/+ d id=7
        a <- unsuback 0,0,0x11
        a -> unsubscribe a id=8
        a <- unsuback 0x11
        a -> publish a x
        a -> publish b/1 x
        a -> publish c x
        a <- publish c x
        a <- nothing
    ",
    )
    .await;
}

/// A filter must be the same, letter by letter, not merely match the same topics.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsubscribes_from_something_similar() {
    both(
        "
        a -> connect
        a -> subscribe a/b
        a -> unsubscribe a/+ # a/B a/b/ id=7
        a <- unsuback 0x11,0x11,0x11,0x11
        a -> publish a/b x
        a <- publish a/b x
    ",
    )
    .await;
}

/// MQTT-3.10.4-2, 3.10.4-3: what was sent before is still taken to its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsubscribes_before_it_has_acknowledged() {
    both(
        "
        a -> connect
        a -> subscribe t qos1
        a -> publish t x qos1 id=1
        a <- puback 1
        a <- publish t x qos1 id=$x
        a -> unsubscribe t
        a -> puback $x
        a -> publish t y
        a <- nothing
    ",
    )
    .await;
}

/// MQTT-3.10.1-1, 3.10.3-1, 3.10.3-2: UNSUBSCRIBE in ways that are not allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsubscribes_in_ways_that_are_not_allowed() {
    let cases = [
        ("other flags", "a0 06 00 01 00 'a'"),
        ("no filter", "a2 03 00 01 00"),
        ("id 0", "a2 06 00 00 00 'a'"),
        ("a filter that ends early", "a2 06 00 01 00 00 05 61"),
        ("an empty filter", "a2 05 00 01 00 00 00"),
        ("a filter that is not UTF-8", "a2 06 00 01 00 00 01 ff"),
        ("a subscription identifier", "a2 08 00 01 02 0b 01 'a'"),
        ("an unknown property", "a2 08 00 01 02 7e 01 'a'"),
    ];
    new_each(
        &cases,
        "
        a -> connect
        a -> bytes CASE
        a <- gone 0x81|0x82|0x8f
    ",
    )
    .await;
    let cases = [
        ("a0 05 00 01 'a'", "a0 05 00 01 'a'"),
        ("a2 02 00 01", "a2 02 00 01"),
        ("a2 05 00 00 'a'", "a2 05 00 00 'a'"),
        ("a2 05 00 01 00 01 ff", "a2 05 00 01 00 01 ff"),
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
