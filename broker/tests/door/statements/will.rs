//! Wills.
//!
//! Source: MQTT 3.1.1, 3.1.2.5; MQTT 5.0, 3.1.2.5 and 3.1.3.2.

use crate::script::{both, new, old};

/// MQTT-3.1.2-7, 3.1.2-8: every quality, retained or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vanishes_and_leaves_a_will() {
    for (words, heard) in [("", ""), ("willqos=1", " qos1"), ("willqos=2", " qos2")] {
        both(&format!(
            "
            w -> connect
            w -> subscribe will/# qos2
            a -> connect will=will/a:gone {words}
            a -> drop
            w <- publish will/a gone{heard}
            b -> connect will=will/b:gone {words} willretain
            b -> drop
            w <- publish will/b gone{heard}
            w -> subscribe will/b qos2
            w <- publish will/b gone{heard} retained
            w <- nothing
        "
        ))
        .await;
    }
}

/// MQTT-3.1.2-10, 3.14.4-3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_politely() {
    both(
        "
        w -> connect
        w -> subscribe will/# qos2
        a -> connect will=will/a:gone
        a -> disconnect
        w <- nothing
    ",
    )
    .await;
    new("
        w -> connect
        w -> subscribe will/# qos2
        a -> connect will=will/a:gone
        a -> disconnect 0x00
        w <- nothing
    ")
    .await;
}

/// DISCONNECT with 0x04, or any other code but 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_and_wants_its_will_published() {
    for code in ["0x04", "0x80", "0x81", "0x98"] {
        new(&format!(
            "
            w -> connect
            w -> subscribe will/# qos2
            a -> connect will=will/a:gone
            a -> disconnect {code}
            w <- publish will/a gone
        "
        ))
        .await;
    }
}

/// The will's own properties. MQTT-3.1.3-10, 3.1.3-12.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_a_will_with_properties() {
    new("
        w -> connect
        w -> subscribe will/# qos2
        a -> connect will=will/a:gone willqos=1 will.format=1 will.type=t will.response=r will.correlation=c will.expiry=90 will.user:a=1 will.user:a=2
        a -> drop
        w <- publish will/a gone qos1 format=1 type=t response=r correlation=c expiry=~90 user:a=1 user:a=2
    ")
    .await;
}

/// A will without a payload.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_an_empty_will() {
    both(
        "
        w -> connect
        w -> subscribe will/# qos2
        a -> connect will=will/a:''
        a -> drop
        w <- publish will/a ''
    ",
    )
    .await;
}

/// A will for a topic that is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_a_will_that_cannot_be_published() {
    for topic in ["''", "a/+", "#"] {
        old(&format!(
            "
            a -> connect will={topic}:x
            a <- closed
        "
        ))
        .await;
        new(&format!(
            "
            a -> connect will={topic}:x
            a <- connack 0x81|0x82|0x90 ...
            a <- closed
        "
        ))
        .await;
    }
}

/// Another takes its id over: the old will is due, at once if it has no delay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_taken_over() {
    both(
        "
        w -> connect
        w -> subscribe will/# qos2
        a -> connect id=x will=will/a:old
        b -> connect id=x will=will/a:new
        a <- gone 0x8e
        w <- publish will/a old
        b -> disconnect
        w <- nothing
    ",
    )
    .await;
}

/// MQTT-3.1.3-9: back before the delay is over, with its session: no will.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_before_its_will_is_due() {
    new("
        w -> connect
        w -> subscribe # qos2
        a -> connect keep will=will/a:gone will.delay=1
        a -> drop
        a -> connect keep
        a <- connack resumed ...
        c -> connect session=100 will=clock:x will.delay=2
        c -> drop
        w <- publish clock x
        w <- nothing
    ")
    .await;
}

/// It starts clean: the old session ends, and with it the delay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_back_clean_before_its_will_is_due() {
    new("
        w -> connect
        w -> subscribe will/# qos2
        a -> connect keep will=will/a:gone will.delay=60
        a -> drop
        a -> connect clean
        a <- connack new ...
        w <- publish will/a gone
        w <- nothing
    ")
    .await;
}

/// A delay that passes; then one that ends with the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stays_away_until_its_will_is_due() {
    new("
        w -> connect
        w -> subscribe will/# qos2
        a -> connect keep session=60 will=will/a:gone will.delay=1
        a -> drop
        w <- publish will/a gone
        a -> connect keep
        a <- connack resumed ...
        b -> connect keep session=1 will=will/b:gone will.delay=60
        b -> drop
        w <- publish will/b gone
        w <- nothing
    ")
    .await;
}

/// Without a session that is kept there is no delay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_a_late_will_and_no_session() {
    new("
        w -> connect
        w -> subscribe will/# qos2
        a -> connect clean session=0 will=will/a:gone will.delay=60
        a -> drop
        w <- publish will/a gone
    ")
    .await;
}

/// A polite farewell voids a delayed will, and 0x04 delays it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_with_a_late_will() {
    new("
        w -> connect
        w -> subscribe # qos2
        a -> connect keep will=will/a:gone will.delay=1
        a -> disconnect
        b -> connect keep will=will/b:gone will.delay=1
        b -> disconnect 0x04
        w <- publish will/b gone
        c -> connect session=100 will=clock:x will.delay=2
        c -> drop
        w <- publish clock x
        w <- nothing
    ")
    .await;
}

/// Breaking the rules leaves the will behind as vanishing does. MQTT-3.1.2-8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn breaks_the_rules_and_leaves_a_will() {
    both(
        "
        w -> connect
        w -> subscribe will/# qos2
        a -> connect will=will/a:gone
        a -> bytes 00 00
        a <- gone 0x81|0x82
        w <- publish will/a gone
    ",
    )
    .await;
}

/// MQTT-3.1.2-24: silence for one and a half times the keep-alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn falls_silent() {
    both(
        "
        w -> connect
        w -> subscribe will/# qos2
        a -> connect alive=1 will=will/a:gone
        b -> connect alive=0 will=will/b:gone
        w <- publish will/a gone
        a <- gone 0x8d
        b -> ping
        w <- nothing
    ",
    )
    .await;
}

/// Its own will reaches a client's own kept session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_a_will_to_itself() {
    both(
        "
        a -> connect keep will=will/a:gone willqos=1
        a -> subscribe will/# qos1
        a -> drop
        a -> connect keep
        a <- connack resumed ...
        a <- publish will/a gone qos1
        a <- nothing
    ",
    )
    .await;
}
