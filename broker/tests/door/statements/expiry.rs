//! How long a session is kept, and who says so.
//!
//! Source: MQTT 5.0, 3.1.2.11.2, 3.14.2.2.2, 4.1.

use crate::script::new;

/// Without a session expiry a session of MQTT 5 ends with its connection, however it started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_its_session_for_no_time() {
    new("
        r -> connect keep session=0
        r <- connack new ...
        r -> subscribe t qos1
        r -> disconnect
        s -> connect
        s -> publish t x qos1
        r -> connect keep
        r <- connack new ...
        r <- nothing
    ")
    .await;
}

/// A session may start clean and be kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_clean_and_is_kept() {
    new("
        r -> connect clean session=100
        r <- connack new ...
        r -> subscribe t qos1
        r -> disconnect
        s -> connect
        s -> publish t x qos1
        r -> connect keep session=100
        r <- connack resumed ...
        r <- publish t x qos1
    ")
    .await;
}

/// MQTT-3.1.2-23: a session ends when its time is up; the will tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stays_away_for_too_long() {
    new("
        w -> connect
        w -> subscribe gone
        r -> connect keep session=1 will=gone:now will.delay=60
        r -> subscribe t qos1
        r -> drop
        w <- publish gone now
        r -> connect keep session=1
        r <- connack new ...
        r -> disconnect
    ")
    .await;
}

/// A session that never ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_its_session_for_ever() {
    new("
        r -> connect keep session=4294967295
        r -> disconnect
        r -> connect keep session=4294967295
        r <- connack resumed ...
    ")
    .await;
}

/// MQTT-3.14.2-2: DISCONNECT can shorten the expiry, to nothing too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_its_session_as_it_leaves() {
    new("
        r -> connect keep session=100
        r -> subscribe t qos1
        r -> disconnect 0x00 session=0
        s -> connect
        s -> publish t x qos1
        r -> connect keep session=100
        r <- connack new ...
        r <- nothing
    ")
    .await;
}

/// DISCONNECT can lengthen the expiry, unless it was zero.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prolongs_its_session_as_it_leaves() {
    new("
        w -> connect
        w -> subscribe clock
        r -> connect keep session=1
        r -> disconnect 0x00 session=100
        c -> connect session=2 will=clock:x will.delay=2
        c -> drop
        w <- publish clock x
        r -> connect keep session=100
        r <- connack resumed ...
        q -> connect clean session=0
        q -> disconnect 0x00 session=100
        q <- gone 0x82
    ")
    .await;
}

/// MQTT-3.1.2-?: the expiry of the last CONNECT counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_with_another_expiry() {
    new("
        r -> connect keep session=100
        r -> subscribe t qos1
        r -> disconnect
        r -> connect keep session=0
        r <- connack resumed ...
        s -> connect
        s -> publish t x qos1
        r <- publish t x qos1
        r -> disconnect
        r -> connect keep session=100
        r <- connack new ...
    ")
    .await;
}
