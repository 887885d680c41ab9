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
