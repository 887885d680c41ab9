//! What a client asks for with the properties of its CONNECT.
//!
//! Source: MQTT 5.0, 3.1.2.11.

use crate::script::{new, new_each};

/// MQTT-3.1.2-29: no reason strings where they are not wanted, save on CONNACK, PUBLISH and DISCONNECT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wants_no_reason_strings() {
    new("
        a -> connect problems=0
        a -> subscribe a/#/b
        a <- suback 0x8f unexplained
        a -> pubrel 9
        a <- pubcomp 9 0x92 unexplained
    ")
    .await;
}

/// MQTT-3.1.2-28: response information only for who asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_not_ask_where_its_answers_may_go() {
    let script = "
        a -> connect responses=0
        a <- connack new receive=* packet=* aliases=* ...
        b -> connect id=b responses=1
        b <- connack new answers=hes/1/oak/$res/b ...
    ";
    if std::env::var("MQTT_BROKER").is_err() {
        new(script).await;
    }
}

/// Properties that are given twice, do not belong into CONNECT, or have a value that means nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_with_properties_that_are_not_allowed() {
    let cases = [
        ("receive maximum 0", "03 21 00 00"),
        ("maximum packet size 0", "05 27 00 00 00 00"),
        ("response information 2", "02 19 02"),
        ("problem information 2", "02 17 02"),
        ("session expiry twice", "0a 11 00 00 00 01 11 00 00 00 01"),
        ("receive maximum twice", "06 21 00 01 21 00 01"),
        ("topic alias maximum twice", "06 22 00 01 22 00 01"),
        ("a topic alias", "03 23 00 01"),
        ("a reason string", "04 1f 00 01 61"),
        ("authentication data without a method", "04 16 00 01 61"),
        ("an unknown property", "02 7e 00"),
        ("a property that ends early", "03 11 00 00"),
        ("a user property that ends early", "04 26 00 01 61"),
        ("a user property with NUL", "07 26 00 01 00 00 01 61"),
        ("a will delay outside the will", "05 18 00 00 00 01"),
        ("payload format outside the will", "02 01 01"),
    ];
    new_each(
        &cases,
        "
        a -> reach
        a -> packet 10 'MQTT' 05 02 00 3c CASE 'a'
        a <- connack 0x81|0x82 ...
        a <- closed
    ",
    )
    .await;
}

/// User properties may come as often as a client likes, with the same name too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_with_user_properties() {
    new("
        a -> connect user:a=1 user:a=1 user:b=2 session=10 receive=9 packet=1000 aliases=3 responses=0 problems=1
        a -> ping
    ")
    .await;
}

/// MQTT-3.1.2-24, 3.3.4-?: the maximum packet size also holds for a small one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_only_small_packets() {
    new("
        a -> connect packet=40
        a -> subscribe t qos1
        b -> connect
        b -> publish t [100] qos1
        b -> publish t short qos1
        a <- publish t short qos1
        a <- nothing
    ")
    .await;
}
