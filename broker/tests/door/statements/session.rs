//! Sessions that outlive their connection.
//!
//! Source: MQTT 3.1.1, 3.1.2.4 and 4.1; MQTT 5.0, 3.1.2.4, 3.1.2.11.2, 4.1 and 4.4.

use crate::script::{both, new, old};

/// MQTT-3.2.2-2, 3.2.2-3: the session is there the second time. MQTT-3.1.2-4 to 3.1.2-6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_to_a_kept_session() {
    both(
        "
        a -> connect id=a keep
        a <- connack new ...
        a -> disconnect
        b -> connect id=a keep
        b <- connack resumed ...
        b -> disconnect
        c -> connect id=a clean
        c <- connack new ...
        c -> disconnect
        d -> connect id=a keep
        d <- connack new ...
    ",
    )
    .await;
}

/// Messages of all qualities but 0 wait for who is away. MQTT-3.1.2-5.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_away_while_messages_come() {
    for filter in ["t", "+", "#"] {
        both(&format!(
            "
            r -> connect keep
            r -> subscribe {filter} qos2
            r -> disconnect
            s -> connect
            s -> publish t 1 qos1
            s -> publish t 2 qos2
            s -> publish t 3 qos1
            r -> connect keep
            r <- connack resumed ...
            r <- publish t 1 qos1
            r <- publish t 2 qos2
            r <- publish t 3 qos1
            r <- nothing
            r -> disconnect
            r -> connect keep
            r <- connack resumed ...
            r <- nothing
        "
        ))
        .await;
    }
}

/// The subscription's quality holds for what waits too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_away_with_a_lower_quality() {
    both(
        "
        r -> connect keep
        r -> subscribe t qos1
        r -> disconnect
        s -> connect
        s -> publish t 1 qos1
        s -> publish t 2 qos2
        r -> connect keep
        r <- connack resumed ...
        r <- publish t 1 qos1
        r <- publish t 2 qos1
        r <- nothing
    ",
    )
    .await;
}

/// A connection that is lost keeps its session as one that is ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loses_its_connection() {
    both(
        "
        r -> connect keep
        r -> subscribe t qos1
        r -> drop
        s -> connect
        s -> publish t 1 qos1
        r -> connect keep
        r <- connack resumed ...
        r <- publish t 1 qos1
        s -> publish t 2 qos1
        r <- publish t 2 qos1
    ",
    )
    .await;
}

/// MQTT-4.4.0-1, 4.4.0-2, 3.3.1-1: what was not acknowledged comes again: same packet id, same order, with DUP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_without_having_acknowledged() {
    both(
        "
        r -> connect keep
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos1
        s -> publish t 2 qos2
        s -> publish t 3 qos1
        r <- publish t 1 qos1 id=$a
        r <- publish t 2 qos2 id=$b
        r <- publish t 3 qos1 id=$c
        r -> drop
        r -> connect keep
        r <- connack resumed ...
        r <- publish t 1 qos1 id=$a dup
        r <- publish t 2 qos2 id=$b dup
        r <- publish t 3 qos1 id=$c dup
        r -> puback $a
        r -> pubrec $b
        r <- pubrel $b
        r -> pubcomp $b
        r -> puback $c
        r <- nothing
        r -> drop
        r -> connect keep
        r <- connack resumed ...
        r <- nothing
    ",
    )
    .await;
}

/// MQTT-4.4.0-1: the PUBREL is repeated, not the message, once the client has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_between_pubrec_and_pubcomp() {
    both(
        "
        r -> connect keep
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2
        s -> publish t 2 qos2
        r <- publish t 1 qos2 id=$a
        r <- publish t 2 qos2 id=$b
        r -> pubrec $a
        r <- pubrel $a
        r -> drop
        r -> connect keep
        r <- connack resumed ...
        r <- pubrel $a
        r <- publish t 2 qos2 id=$b dup
        r -> pubcomp $a
        r -> pubrec $b
        r <- pubrel $b
        r -> pubcomp $b
        r <- nothing
        r -> drop
        r -> connect keep
        r <- connack resumed ...
        r <- nothing
    ",
    )
    .await;
}

/// MQTT-4.3.3-10: what it has published and not released is known over a reconnect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_its_own_message_after_coming_back() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect keep
        s -> publish t 1 qos2 id=7
        s <- pubrec 7
        r <- publish t 1 qos2
        s -> drop
        s -> connect keep
        s <- connack resumed ...
        s -> publish t 1 qos2 id=7 dup
        s <- pubrec 7
        s -> drop
        s -> connect keep
        s <- connack resumed ...
        s -> pubrel 7
        s <- pubcomp 7
        s -> publish t 2 qos2 id=7
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
        r <- publish t 2 qos2
        r <- nothing
    ",
    )
    .await;
}

/// A session that is not kept forgets what was published and not released.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_anew_with_the_packet_id_of_an_old_message() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect clean
        s -> publish t 1 qos2 id=7
        s <- pubrec 7
        s -> drop
        s -> connect clean
        s <- connack new ...
        s -> publish t 2 qos2 id=7
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
        r <- publish t 1 qos2
        r <- publish t 2 qos2
        r <- nothing
    ",
    )
    .await;
}

/// MQTT-3.1.2-6: a clean session leaves nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_clean_over_a_kept_session() {
    both(
        "
        r -> connect keep
        r -> subscribe t qos1
        r -> disconnect
        s -> connect
        s -> publish t 1 qos1
        r -> connect clean
        r <- connack new ...
        s -> publish t 2 qos1
        r <- nothing
        r -> disconnect
        r -> connect keep
        r <- connack new ...
        s -> publish t 3 qos1
        r <- nothing
    ",
    )
    .await;
}

/// Subscriptions are part of the session: added to, replaced and removed over several connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_its_subscriptions_from_connection_to_connection() {
    both(
        "
        r -> connect keep
        r -> subscribe a qos1 , b/+ qos1 , c qos1
        r -> disconnect
        r -> connect keep
        r <- connack resumed ...
        r -> unsubscribe a id=3
        r <- unsuback 0
        r -> subscribe b/+ qos0
        r -> subscribe d qos1
        r -> disconnect
        r -> connect keep
        r <- connack resumed ...
        s -> connect
        s -> publish a x qos1
        s -> publish b/1 x qos1
        s -> publish c x qos1
        s -> publish d x qos1
        r <- publish b/1 x
        r <- publish c x qos1
        r <- publish d x qos1
        r <- nothing
    ",
    )
    .await;
}

/// A session that is kept is taken over with what waits in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_over_its_own_session() {
    both(
        "
        a -> connect id=r keep
        a -> subscribe t qos1
        s -> connect
        s -> publish t 1 qos1
        a <- publish t 1 qos1 id=$a
        b -> connect id=r keep
        b <- connack resumed ...
        a <- gone 0x8e
        b <- publish t 1 qos1 id=$a dup
        b -> puback $a
        s -> publish t 2 qos1
        b <- publish t 2 qos1
        b <- nothing
    ",
    )
    .await;
}

/// A clean session that takes over a kept one ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_over_its_own_session_and_starts_clean() {
    both(
        "
        a -> connect id=r keep
        a -> subscribe t qos1
        s -> connect
        s -> publish t 1 qos1
        a <- publish t 1 qos1 id=$a
        b -> connect id=r clean
        b <- connack new ...
        a <- gone 0x8e
        s -> publish t 2 qos1
        b <- nothing
    ",
    )
    .await;
}

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

/// A client may come back with the other version of the protocol.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_with_another_version() {
    new("
        r -> connect keep
        r -> subscribe t qos1 sub=9
        r -> disconnect
        s -> connect
        s -> publish t x qos1 user:a=b
        r -> connect v=4 keep
        r <- connack resumed
        r <- publish t x qos1
        r -> disconnect
        s -> publish t y qos1 user:a=b
        r -> connect keep
        r <- connack resumed ...
        r <- publish t y qos1 user:a=b sub=9
        r -> disconnect
    ")
    .await;
}

/// Properties and identifiers outlast the absence, and the expiry of a message goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_away_while_messages_with_properties_come() {
    new("
        r -> connect keep
        r -> subscribe t qos2 sub=77
        r -> disconnect
        s -> connect
        s -> publish t x qos1 expiry=100 type=a response=b correlation=c user:d=e format=1
        s -> publish t y qos2 user:d=e
        r -> connect keep
        r <- connack resumed ...
        r <- publish t x qos1 expiry=~100 type=a response=b correlation=c user:d=e format=1 sub=77
        r <- publish t y qos2 user:d=e sub=77
        r <- nothing
    ")
    .await;
}

/// Messages of `QoS` 0 need not wait; what comes of them must not disturb the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_away_while_messages_of_no_quality_come() {
    if std::env::var("MQTT_BROKER").is_err() {
        both(
            "
            r -> connect keep
            r -> subscribe t qos1
            r -> subscribe z qos0
            r -> disconnect
            s -> connect
            s -> publish t 1
            s -> publish z 2 qos1
            s -> publish t 3 qos1
            r -> connect keep
            r <- connack resumed ...
            r <- publish t 3 qos1
            r <- nothing
        ",
        )
        .await;
    }
}

/// A kept session with DISCONNECT in 3.1.1 stays, as it does without.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_politely_and_is_kept() {
    old("
        r -> connect keep
        r -> subscribe t qos2
        r -> disconnect
        r -> connect keep
        r <- connack resumed
        r -> disconnect
    ")
    .await;
}
