//! Shared subscriptions.
//!
//! Source: MQTT 5.0, 4.8.2. They are offered in 3.1.1 too.

use crate::script::{both, new};

/// MQTT-4.8.2-4: a message goes to one member, to each in turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_alone_and_then_with_others() {
    both(
        "
        a -> connect
        a -> subscribe $share/g/t/+ qos1
        s -> connect
        s -> publish t/1 x qos1
        s -> publish t/1 y
        a <- publish t/1 x qos1
        a <- publish t/1 y
        a <- nothing
    ",
    )
    .await;
}

/// Two members get all messages between them, and none twice; who is not a member gets all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_with_members_of_other_groups() {
    both(
        "
        a -> connect
        a -> subscribe $share/g/t qos1
        b -> connect
        b -> subscribe $share/h/t qos2
        c -> connect
        c -> subscribe t qos1
        s -> connect
        s -> publish t x qos2
        s -> publish t y qos2
        a <- publish t x qos1
        a <- publish t y qos1
        a <- nothing
        b <- publish t x qos2
        b <- publish t y qos2
        b <- nothing
        c <- publish t x qos1
        c <- publish t y qos1
        c <- nothing
    ",
    )
    .await;
}

/// Groups of the same name with different filters have nothing to do with each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_two_filters_under_one_name() {
    both(
        "
        a -> connect
        a -> subscribe $share/g/t/a qos1
        b -> connect
        b -> subscribe $share/g/t/b qos1
        c -> connect
        c -> subscribe $share/g/t/# qos1
        s -> connect
        s -> publish t/a 1 qos1
        s -> publish t/b 2 qos1
        s -> publish t/c 3 qos1
        a <- publish t/a 1 qos1
        a <- nothing
        b <- publish t/b 2 qos1
        b <- nothing
        c <- publish t/a 1 qos1
        c <- publish t/b 2 qos1
        c <- publish t/c 3 qos1
        c <- nothing
    ",
    )
    .await;
}

/// A client may share a filter and have it for itself: one copy for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_what_it_also_has_for_itself() {
    new("
        a -> connect
        a -> subscribe $share/g/t qos1 sub=1
        a -> subscribe t qos1 sub=2
        s -> connect
        s -> publish t x qos1
        a <- publish t x qos1 sub=1|sub=2
        a <- publish t x qos1 sub=1|sub=2
        a <- nothing
    ")
    .await;
}

/// MQTT-4.8.2-1, 4.8.2-2: names that are empty or hold a wildcard, and no filter behind them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_in_ways_that_are_not_allowed() {
    for filter in ["$share//x", "$share/g/", "$share/g", "$share/+/x", "$share/#/x", "$share/g+/x", "$share/g/a#"] {
        new(&format!(
            "
            a -> connect
            a -> subscribe {filter} qos1
            a <- suback 0x8f ...
            a -> subscribe {filter} qos1 , ok qos1
            a <- suback 0x8f,0x01
        "
        ))
        .await;
    }
}

/// MQTT-3.8.3-4: no local makes no sense there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_without_its_own_messages() {
    new("
        a -> connect
        a -> subscribe $share/g/t qos1 nolocal
        a <- gone 0x82
    ")
    .await;
}

/// Retained messages do not come with a shared subscription, whatever the retain handling.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_a_topic_that_holds_something() {
    new("
        s -> connect
        s -> publish t old qos1 retain
        a -> connect
        a -> subscribe $share/g/t qos1
        a <- nothing
        a -> subscribe $share/g/t qos1 handling=1
        a -> subscribe $share/g/+ qos1 handling=0
        a <- nothing
        s -> publish t new qos1 retain
        a <- publish t new qos1
        a <- publish t new qos1
        a <- nothing
    ")
    .await;
}

/// UNSUBSCRIBE names the group too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stops_sharing() {
    both(
        "
        a -> connect
        a -> subscribe $share/g/t qos1
        a -> subscribe $share/h/t qos1
        a -> unsubscribe t id=1
        a <- unsuback 0x11
        a -> unsubscribe $share/g/t id=2
        a <- unsuback 0
        a -> unsubscribe $share/g/t id=3
        a <- unsuback 0x11
        s -> connect
        s -> publish t x qos1
        a <- publish t x qos1
        a <- nothing
        a -> unsubscribe $share/h/t id=4
        a <- unsuback 0
        s -> publish t y qos1
        a <- nothing
    ",
    )
    .await;
}

/// A member that leaves: the others get what comes then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_a_group() {
    both(
        "
        a -> connect
        a -> subscribe $share/g/t qos1
        b -> connect
        b -> subscribe $share/g/t qos1
        a -> disconnect
        s -> connect
        s -> publish t 1 qos1
        s -> publish t 2 qos1
        b <- publish t 1 qos1
        b <- publish t 2 qos1
        b <- nothing
    ",
    )
    .await;
}

/// MQTT-4.8.2-5: what a member had not acknowledged goes to another when its session ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dies_before_it_has_acknowledged() {
    both(
        "
        a -> connect clean
        a -> subscribe $share/g/t qos1
        s -> connect
        s -> publish t 1 qos1
        a <- publish t 1 qos1 id=$a
        b -> connect
        b -> subscribe $share/g/t qos1
        a -> drop
        b <- publish t 1 qos1 ...
        b <- nothing
    ",
    )
    .await;
}

/// The quality is that of the member who gets the message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_in_a_lower_quality() {
    both(
        "
        a -> connect
        a -> subscribe $share/g/t qos0
        s -> connect
        s -> publish t 1 qos2
        a <- publish t 1
        a -> subscribe $share/g/t qos2
        s -> publish t 2 qos2
        a <- publish t 2 qos2
        a <- nothing
    ",
    )
    .await;
}

/// A shared subscription belongs to a kept session as any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_away_from_its_group() {
    both(
        "
        a -> connect keep
        a -> subscribe $share/g/t qos1
        a -> disconnect
        s -> connect
        s -> publish t 1 qos1
        a -> connect keep
        a <- connack resumed ...
        a <- publish t 1 qos1
        s -> publish t 2 qos1
        a <- publish t 2 qos1
        a <- nothing
    ",
    )
    .await;
}

/// `$share` alone is a topic like any other that begins with `$`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_not_share_at_all() {
    new("
        a -> connect
        a -> subscribe $shared/g/t qos1
        a -> publish $shared/g/t x
        a <- publish $shared/g/t x
        a <- nothing
    ")
    .await;
}
