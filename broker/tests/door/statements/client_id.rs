//! Client ids: given, assigned, and in use.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.1.3.1, 3.1.4.

use crate::script::{both, new, old};

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
