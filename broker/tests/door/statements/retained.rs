//! Retained messages.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.3.1.3, 3.8.3.1.

use crate::script::{both, new};

/// MQTT-3.3.1-5, 3.3.1-6, 3.3.1-8: the last one stays, for who comes later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_after_something_was_retained() {
    for filter in ["a/b", "a/+", "a/#", "#", "+/b"] {
        both(
            &format!(
                "
            s -> connect
            s -> publish a/b old qos1 retain
            s -> publish a/b new qos1 retain
            s -> publish a/b other qos1
            s -> publish b/c qos0
            s -> publish $own/b hidden retain
            r -> connect
            r -> subscribe {filter} qos1
            r <- publish a/b new qos1 retained
            r <- nothing
        "
            )
            .replace("s -> publish b/c qos0\n", ""),
        )
        .await;
    }
}

/// MQTT-3.3.1-12: who is subscribed already does not see the flag.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_subscribed_while_something_is_retained() {
    both(
        "
        r -> connect
        r -> subscribe # qos2
        s -> connect
        s -> publish t x qos1 retain
        r <- publish t x qos1
        s -> publish t '' qos1 retain
        r <- publish t '' qos1
        r <- nothing
    ",
    )
    .await;
}

/// MQTT-3.3.1-6, 3.3.1-7, 3.3.1-10, 3.3.1-11: an empty message clears, and is not kept; only with the flag.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clears_what_was_retained() {
    for qos in ["qos0", "qos1", "qos2"] {
        both(&format!(
            "
            s -> connect
            s -> publish t x {qos} retain
            s -> publish u x {qos} retain
            s -> publish t '' {qos}
            s -> publish u '' {qos} retain
            r -> connect
            r -> subscribe t , u
            r <- publish t x retained
            r <- nothing
        "
        ))
        .await;
    }
}

/// MQTT-3.8.4-4: a subscription that is replaced brings the retained messages again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_again_to_something_retained() {
    both(
        "
        s -> connect
        s -> publish t x qos2 retain
        r -> connect
        r -> subscribe t qos1
        r <- publish t x qos1 retained
        r -> subscribe t qos2
        r <- publish t x qos2 retained
        r -> subscribe + qos0
        r <- publish t x retained
        r <- nothing
    ",
    )
    .await;
}

/// MQTT-3.3.1-9 to 3.3.1-11: retain handling.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn says_when_it_wants_retained_messages() {
    for filter in ["t", "+"] {
        new(&format!(
            "
            s -> connect
            s -> publish t x qos1 retain
            r -> connect
            r -> subscribe {filter} qos1 handling=2
            r <- nothing
            r -> subscribe {filter} qos1 handling=1
            r <- nothing
            r -> subscribe {filter} qos1 handling=0
            r <- publish t x qos1 retained
            r -> unsubscribe {filter}
            r -> subscribe {filter} qos1 handling=1
            r <- publish t x qos1 retained
            r -> subscribe {filter} qos1 handling=1
            r <- nothing
        "
        ))
        .await;
    }
}

/// Retain handling 1 counts a kept subscription as one that is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wants_retained_messages_of_a_kept_subscription() {
    new("
        s -> connect
        s -> publish t x qos1 retain
        r -> connect keep
        r -> subscribe t qos1 handling=1
        r <- publish t x qos1 retained
        r -> disconnect
        r -> connect keep
        r <- connack resumed ...
        r -> subscribe t qos1 handling=1
        r <- nothing
    ")
    .await;
}

/// MQTT-3.3.1-12, 3.3.1-13: retain as published.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wants_the_flag_as_it_was_published() {
    for filter in ["t", "+"] {
        new(&format!(
            "
            r -> connect
            r -> subscribe {filter} qos1 asis
            q -> connect
            q -> subscribe {filter} qos1
            s -> connect
            s -> publish t x qos1 retain
            r <- publish t x qos1 retained
            q <- publish t x qos1
            s -> publish t y qos1
            r <- publish t y qos1
            q <- publish t y qos1
            r -> subscribe {filter} qos1 asis
            r <- publish t x qos1 retained
        "
        ))
        .await;
    }
}

/// Properties and identifiers are part of what is retained.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retains_properties() {
    new("
        s -> connect
        s -> publish t x qos1 retain expiry=100 type=a response=b correlation=c user:d=e user:d=f format=1
        r -> connect
        r -> subscribe t qos1 sub=5
        r <- publish t x qos1 retained expiry=~100 type=a response=b correlation=c user:d=e user:d=f format=1 sub=5
        o -> connect v=4
        o -> subscribe t
        o <- publish t x retained
    ")
    .await;
}

/// MQTT-3.3.2-5: what has expired is not given to who comes later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retains_something_for_a_second() {
    new("
        s -> connect
        s -> publish t x qos1 retain expiry=1
        s -> publish u y qos1 retain
        passes 1.2
        r -> connect
        r -> subscribe t qos1 , u qos1
        r <- publish u y qos1 retained
        r <- nothing
    ")
    .await;
}

/// Retained messages stay when their publisher has gone, and its session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retains_something_and_leaves() {
    both(
        "
        s -> connect
        s -> publish t x qos1 retain
        s -> disconnect
        s -> connect
        s -> disconnect
        r -> connect
        r -> subscribe t qos1
        r <- publish t x qos1 retained
    ",
    )
    .await;
}

/// No local holds for what comes, and for retained messages of its own too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retains_without_hearing_itself() {
    new("
        a -> connect
        a -> subscribe t qos1 nolocal
        a -> publish t x qos1 retain
        a <- nothing
        b -> connect
        b -> subscribe t qos1
        b <- publish t x qos1 retained
    ")
    .await;
}
