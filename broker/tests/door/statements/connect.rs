//! CONNECT and CONNACK.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.1 and 3.2.

use crate::script::{both, new, old, with};

/// A client without a password gets in, and its ping is answered. MQTT-3.2.0-1, MQTT-3.12.4-1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_and_pings() {
    both(
        "
        a -> connect id=a alive=60
        a <- connack new ...
        a -> ping
        a -> disconnect
    ",
    )
    .await;
}

/// MQTT-3.1.0-1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn says_something_else_first() {
    both(
        "
        a -> reach
        a -> bytes c0 00
        a <- closed
        b -> reach
        b -> packet 30 'a/b' 00
        b <- closed
        c -> reach
        c -> packet 82 00 01 00 'a/b' 00
        c <- closed
    ",
    )
    .await;
}

/// MQTT-3.1.0-2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_twice_on_one_connection() {
    old("
        a -> connect
        a -> packet 10 'MQTT' 04 02 00 3c 'a'
        a <- closed
    ")
    .await;
    new("
        a -> connect
        a -> packet 10 'MQTT' 05 02 00 3c 00 'a'
        a <- gone 0x82
    ")
    .await;
}

/// MQTT-3.1.2-1: a protocol name that is not MQTT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speaks_another_protocol() {
    old("
        a -> reach
        a -> packet 10 'MQTX' 04 02 00 3c 'a'
        a <- closed
        b -> reach
        b -> packet 10 'mqtt' 05 02 00 3c 00 'a'
        b <- closed
    ")
    .await;
}

/// MQTT-3.1.2-2: a level that the broker does not know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speaks_a_level_that_does_not_exist() {
    new("
        a -> reach
        a -> packet 10 'MQTT' 06 02 00 3c 00 'a'
        a <- connack 0x84 ...
        a <- closed
    ")
    .await;
    old("
        a -> reach
        a -> packet 10 'MQTT' 02 02 00 3c 'a'
        a <- connack 0x01
        a <- closed
    ")
    .await;
}

/// MQTT-3.1.2-3: bit 0 of the flags is reserved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_the_reserved_flag() {
    old("
        a -> connect flags=3
        a <- closed
    ")
    .await;
    new("
        a -> connect flags=3
        a <- connack 0x81|0x82 ...
        a <- closed
    ")
    .await;
}

/// MQTT-3.1.2-11 to 3.1.2-15: flags of a will that is not there, and `QoS` 3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_will_flags_that_do_not_fit() {
    for flags in ["0x0a", "0x12", "0x1a", "0x22"] {
        old(&format!(
            "
            a -> connect flags={flags}
            a <- closed
        "
        ))
        .await;
        new(&format!(
            "
            a -> connect flags={flags}
            a <- connack 0x81|0x82 ...
            a <- closed
        "
        ))
        .await;
    }
    old("
        a -> connect flags=0x1e will=w:x
        a <- closed
    ")
    .await;
    new("
        a -> connect flags=0x1e will=w:x
        a <- connack 0x81|0x82 ...
        a <- closed
    ")
    .await;
}

/// MQTT-3.1.2-22 of 3.1.1: a password needs a user name; MQTT 5 gave that up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_a_password_without_a_user() {
    old("
        a -> connect password=secret
        a <- closed
    ")
    .await;
}

/// MQTT-3.1.2-16 to 3.1.2-19: flags that promise what does not come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_fields_that_do_not_come() {
    for flags in ["0x82", "0x42", "0xc2", "0x06"] {
        old(&format!(
            "
            a -> connect flags={flags}
            a <- closed
        "
        ))
        .await;
        new(&format!(
            "
            a -> connect flags={flags}
            a <- connack 0x81|0x82 ...
            a <- closed
        "
        ))
        .await;
    }
}

/// MQTT-3.1.3-1, 3.1.4-1: fields that the flags do not promise, or that end early.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_a_connect_of_the_wrong_length() {
    old("
        a -> reach
        a -> packet 10 'MQTT' 04 02 00 3c 'a' 'more'
        a <- closed
        b -> reach
        b -> packet 10 'MQTT' 04 02 00 3c 00 05 61
        b <- closed
        c -> reach
        c -> packet 10 'MQTT' 04 02
        c <- closed
        d -> reach
        d -> bytes 10 00
        d <- closed
        e -> reach
        e -> packet 11 'MQTT' 04 02 00 3c 'a'
        e <- closed
    ")
    .await;
    new("
        a -> reach
        a -> packet 10 'MQTT' 05 02 00 3c 00 'a' 'more'
        a <- connack 0x81|0x82 ...
        a <- closed
        b -> reach
        b -> packet 10 'MQTT' 05 02 00 3c 00 00 05 61
        b <- connack 0x81 ...
        b <- closed
        c -> reach
        c -> packet 10 'MQTT' 05 02 00 3c 7f 'a'
        c <- connack 0x81 ...
        c <- closed
    ")
    .await;
}

/// MQTT-3.1.4-5, 3.1.2-?: what is sent behind a CONNECT that is accepted counts, even before the CONNACK.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_not_wait_for_the_connack() {
    old("
        w -> connect
        w -> subscribe t
        a -> reach
        a -> bytes 10 0d 'MQTT' 04 02 00 3c 'a' 30 04 't' 78 c0 00
        a <- connack new
        a <- pingresp
        w <- publish t x
    ")
    .await;
}

/// MQTT-3.1.4-6: nothing of what follows a refused CONNECT counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goes_on_although_it_was_refused() {
    with(
        5,
        |_| {},
        "
        w -> connect
        w -> subscribe t
        a -> reach
        a -> bytes 10 0e 'MQTT' 05 0a 00 3c 00 'a' 30 05 't' 00 78
        a <- connack 0x81|0x82 ...
        a <- closed
        w <- nothing
    ",
    )
    .await;
}
