//! `QoS` 2: PUBREC, PUBREL, PUBCOMP, in both directions.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.5 to 3.7, 4.3.3, 4.4.

use crate::script::{both, new, old};

/// MQTT-4.3.3-8 to 4.3.3-13.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_and_receives_step_by_step() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t x qos2 id=1
        s <- pubrec 1
        s -> pubrel 1
        s <- pubcomp 1
        r <- publish t x qos2 id=$x
        r -> pubrec $x
        r <- pubrel $x
        r -> pubcomp $x
        r <- nothing
        s <- nothing
    ",
    )
    .await;
}

/// MQTT-4.3.3-10: the same packet id before its PUBREL is the same message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_twice_before_it_releases() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t x qos2 id=7
        s <- pubrec 7
        s -> publish t x qos2 id=7 dup
        s <- pubrec 7
        s -> publish t x qos2 id=7 dup
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
        r <- publish t x qos2
        r <- nothing
    ",
    )
    .await;
}

/// MQTT-4.3.3-12: after the PUBREL the same packet id is a new message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_a_packet_id_again_when_it_is_free() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2 id=7
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
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

/// A PUBREL that comes twice is answered twice. MQTT-4.3.3-11.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releases_twice() {
    old("
        s -> connect
        s -> publish t x qos2 id=7
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
        s -> pubrel 7
        s <- pubcomp 7
        s -> pubrel 9
        s <- pubcomp 9
    ")
    .await;
    new("
        s -> connect
        s -> publish t x qos2 id=7
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
        s -> pubrel 7
        s <- pubcomp 7 0x92
        s -> pubrel 9
        s <- pubcomp 9 0x92
    ")
    .await;
}

/// MQTT-4.6.0-3, 4.6.0-4: several messages at once; PUBREC in the order of PUBLISH, PUBREL in that of PUBREC.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn has_several_messages_on_their_way() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        s -> connect
        s -> publish t 1 qos2 id=1
        s <- pubrec 1
        s -> publish t 2 qos2 id=2
        s <- pubrec 2
        s -> publish t 3 qos2 id=3
        s <- pubrec 3
        s -> pubrel 1
        s <- pubcomp 1
        s -> pubrel 2
        s <- pubcomp 2
        s -> pubrel 3
        s <- pubcomp 3
        r <- publish t 1 qos2 id=$a
        r <- publish t 2 qos2 id=$b
        r <- publish t 3 qos2 id=$c
        r -> pubrec $a
        r <- pubrel $a
        r -> pubrec $b
        r <- pubrel $b
        r -> pubrec $c
        r <- pubrel $c
        r -> pubcomp $a
        r -> pubcomp $b
        r -> pubcomp $c
        r <- nothing
    ",
    )
    .await;
}

/// The messages of several publishers under the same packet id have nothing to do with each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_the_packet_id_of_another_client() {
    both(
        "
        r -> connect
        r -> subscribe t qos2
        a -> connect
        b -> connect
        a -> publish t a qos2 id=7
        a <- pubrec 7
        b -> publish t b qos2 id=7
        b <- pubrec 7
        a -> pubrel 7
        a <- pubcomp 7
        b -> pubrel 7
        b <- pubcomp 7
        r <- publish t a qos2
        r <- publish t b qos2
        r <- nothing
    ",
    )
    .await;
}

/// Client and broker number their messages each for itself. MQTT-2.2.1-?.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_with_the_packet_id_that_it_is_sent() {
    both(
        "
        a -> connect
        a -> subscribe t qos2
        a -> publish t 1 qos2
        a <- publish t 1 qos2 id=$x
        a -> publish u 2 qos2 id=$x
        a <- pubrec $x
        a -> pubrec $x
        a <- pubrel $x
        a -> pubrel $x
        a <- pubcomp $x
        a -> pubcomp $x
        a <- nothing
    ",
    )
    .await;
}

/// A subscriber of a lower quality gets the message once too, when it is repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_what_others_take_in_a_lower_quality() {
    both(
        "
        r0 -> connect
        r1 -> connect
        r0 -> subscribe # qos0
        r1 -> subscribe t qos1
        s -> connect
        s -> publish t x qos2 id=7
        s <- pubrec 7
        s -> publish t x qos2 id=7 dup
        s <- pubrec 7
        s -> pubrel 7
        s <- pubcomp 7
        r0 <- publish t x
        r0 <- nothing
        r1 <- publish t x qos1
        r1 <- nothing
    ",
    )
    .await;
}

/// A retained message of `QoS` 2 keeps its quality.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retains_in_the_highest_quality() {
    both(
        "
        s -> connect
        s -> publish t x qos2 retain
        r -> connect
        r -> subscribe t qos2
        r <- publish t x qos2 retained
        r -> subscribe t qos1
        r <- publish t x qos1 retained
        r -> subscribe t qos0
        r <- publish t x retained
        r <- nothing
    ",
    )
    .await;
}
