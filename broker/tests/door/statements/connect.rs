//! CONNECT and CONNACK.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.1 and 3.2.

use crate::script::{both, new, new_each, old, with};

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

/// MQTT-1.5.4-1, 1.5.4-2: texts that are not UTF-8 or hold NUL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn introduces_itself_with_a_text_that_is_none() {
    for id in ["00 01 00", "00 01 ff", "00 03 ed a0 80", "00 02 c0 80"] {
        old(&format!(
            "
            a -> reach
            a -> packet 10 'MQTT' 04 02 00 3c {id}
            a <- closed
        "
        ))
        .await;
        new(&format!(
            "
            a -> reach
            a -> packet 10 'MQTT' 05 02 00 3c 00 {id}
            a <- connack 0x81|0x82|0x85 ...
            a <- closed
        "
        ))
        .await;
    }
}

/// MQTT-1.5.4-3: the byte order mark is a character like others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_a_byte_order_mark() {
    both(
        "
        a -> connect id=\u{feff}a
        a -> subscribe \u{feff}t
        a -> publish \u{feff}t x
        a <- publish \u{feff}t x
        a <- nothing
    ",
    )
    .await;
}

/// MQTT-3.1.3-5: ids of up to 23 letters and digits, and longer ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_ids_of_all_lengths() {
    both(
        "
        a -> connect id=0
        b -> connect id=0123456789abcdefghijklm
        c -> connect id=nopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
        d -> connect id=[200]
        e -> connect id=été/+#$
        a -> ping
        b -> ping
        c -> ping
        d -> ping
        e -> ping
    ",
    )
    .await;
}

/// MQTT-3.1.3-6 to 3.1.3-9: an empty id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connects_without_an_id() {
    old("
        a -> connect id=''
        b -> connect id=''
        a -> ping
        b -> ping
        c -> connect id='' keep
        c <- connack 0x02
        c <- closed
    ")
    .await;
    new("
        a -> connect id=''
        a <- connack new assigned=$a ...
        b -> connect id=''
        b <- connack new assigned=$b ...
        a -> ping
        b -> ping
        c -> connect id='' keep
        c <- connack new assigned=$c ...
        c -> ping
    ")
    .await;
}

/// MQTT-3.2.2-16: the id that was assigned can be used to come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_with_the_id_it_was_assigned() {
    new("
        a -> connect id='' keep
        a <- connack new assigned=$a ...
        a -> disconnect
        b -> reach
        b -> connect id=$a keep
        b <- connack resumed ...
    ")
    .await;
}

/// MQTT-3.1.4-3: the newer of two with the same id wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_an_id_that_is_in_use() {
    both(
        "
        a -> connect id=same
        b -> connect id=same
        a <- gone 0x8e
        b -> ping
    ",
    )
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
