//! What waits for a client that is away.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.1.2.4, 4.1.

use crate::script::{both, new};

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
