//! Names of topics, usual and unusual ones, and texts that are none.
//!
//! Source: MQTT 3.1.1 and 5.0, 1.5.4, 3.3.2.1, 4.7.3.

use crate::script::{both, new, old};

/// MQTT-3.3.2-1, 3.3.2-2, 4.7.3-1: a topic has at least one character and no wildcard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_to_what_is_no_topic() {
    for topic in ["''", "a/+", "#", "a/#", "+", "a+b", "a#b"] {
        old(&format!(
            "
            a -> connect
            a -> publish {topic} x
            a <- closed
        "
        ))
        .await;
        new(&format!(
            "
            a -> connect
            a -> publish {topic} x
            a <- gone 0x81|0x82|0x90
        "
        ))
        .await;
    }
}

/// MQTT-4.7.3-?: names with spaces, slashes at either end, empty levels, other scripts; case counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_to_unusual_topics() {
    for topic in ["/", "//", "/a", "a/", "a//b", "été", "日本/東京", "a$b", "😀", ".", "A", "$own/t", "[60000]"]
    {
        both(&format!(
            "
            a -> connect
            a -> subscribe {topic} qos1
            a -> subscribe a
            a -> publish {topic} x qos1 id=1
            a <- puback 1
            a <- publish {} x qos1
            a <- nothing
        ",
            if topic.len() > 200 { "[60000]" } else { topic }
        ))
        .await;
    }
}

/// MQTT-1.5.4-1, 1.5.4-2: topics that are not UTF-8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishes_to_a_topic_that_is_no_text() {
    for topic in ["00 01 00", "00 01 ff", "00 03 ed a0 80", "00 02 c0 80", "00 04 f4 90 80 80", "00 05 61"] {
        old(&format!(
            "
            a -> connect
            a -> packet 30 {topic}
            a <- closed
        "
        ))
        .await;
        new(&format!(
            "
            a -> connect
            a -> packet 30 {topic} 00
            a <- gone 0x81|0x82|0x90
        "
        ))
        .await;
    }
}
