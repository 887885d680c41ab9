//! SUBSCRIBE, SUBACK, and what filters match.
//!
//! Source: MQTT 3.1.1 and 5.0, 3.8, 3.9, 4.7.

use crate::script::{both, new, new_each, old, old_each};

/// MQTT-3.8.4-1, 3.8.4-2, 3.8.4-5, 3.8.4-6, 3.9.3-1: an answer for each filter, in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_to_several_filters_at_once() {
    both(
        "
        a -> connect
        a -> subscribe a qos0 , b/+ qos1 , c/# qos2 , d/#/e qos1 , f qos2 id=300
        a <- suback 0,0x01,0x02,0x8f,0x02|0,0x01,0x02,0x80,0x02
        a -> ping
    ",
    )
    .await;
}

/// MQTT-3.8.3-1, 4.7.1-1 to 4.7.1-3: what is no filter is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_to_what_is_no_filter() {
    for filter in ["a#", "#/a", "a/#/b", "a+", "+a", "a/b+/c", "##", "++"] {
        both(&format!(
            "
            a -> connect
            a -> subscribe {filter}
            a <- suback 0x8f|0x80
            a -> publish {} x
            a <- nothing
        ",
            filter.replace(['#', '+'], "x")
        ))
        .await;
    }
}

/// MQTT-4.7.3-1: an empty filter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_to_an_empty_filter() {
    new("
        a -> connect
        a -> packet 82 00 01 00 00 00 00
        a <- gone 0x81|0x82|0x8f
    ")
    .await;
    old("
        a -> connect
        a -> packet 82 00 01 00 00 00
        a <- closed
    ")
    .await;
}

/// MQTT-3.8.1-1, 3.8.3-2, 3.8.3-4, 3.8.3-5, 2.2.1-2: SUBSCRIBE in ways that are not allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_in_ways_that_are_not_allowed() {
    let cases = [
        ("other flags", "80 07 00 01 00 'a' 00"),
        ("no filter", "82 03 00 01 00"),
        ("id 0", "82 07 00 00 00 'a' 00"),
        ("QoS 3", "82 07 00 01 00 'a' 03"),
        ("reserved bit 6", "82 07 00 01 00 'a' 40"),
        ("reserved bit 7", "82 07 00 01 00 'a' 80"),
        ("retain handling 3", "82 07 00 01 00 'a' 30"),
        ("a filter without options", "82 06 00 01 00 'a'"),
        ("a filter that ends early", "82 06 00 01 00 00 05 61"),
        ("subscription identifier 0", "82 09 00 01 02 0b 00 'a' 00"),
        ("subscription identifier twice", "82 0b 00 01 04 0b 01 0b 02 'a' 00"),
        ("subscription identifier of five bytes", "82 0d 00 01 06 0b ff ff ff ff 01 'a' 00"),
        ("a property of PUBLISH", "82 09 00 01 02 01 01 'a' 00"),
        ("an unknown property", "82 09 00 01 02 7e 01 'a' 00"),
        ("a filter that is not UTF-8", "82 07 00 01 00 00 01 ff 00"),
        ("a filter with a surrogate", "82 09 00 01 00 00 03 ed a0 80 00"),
    ];
    new_each(
        &cases,
        "
        a -> connect
        a -> bytes CASE
        a <- gone 0x81|0x82|0x8f
    ",
    )
    .await;
    let cases = [
        ("80 06 00 01 'a' 00", "80 06 00 01 'a' 00"),
        ("82 02 00 01", "82 02 00 01"),
        ("82 06 00 00 'a' 00", "82 06 00 00 'a' 00"),
        ("82 06 00 01 'a' 03", "82 06 00 01 'a' 03"),
        ("82 06 00 01 'a' 04", "82 06 00 01 'a' 04"),
        ("82 06 00 01 'a' 80", "82 06 00 01 'a' 80"),
        ("82 05 00 01 'a'", "82 05 00 01 'a'"),
        ("82 06 00 01 00 01 ff 00", "82 06 00 01 00 01 ff 00"),
    ];
    old_each(
        &cases,
        "
        a -> connect
        a -> bytes CASE
        a <- closed
    ",
    )
    .await;
}

/// MQTT-1.5.4-2: a filter with NUL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_with_nul() {
    new("
        a -> connect
        a -> packet 82 00 01 00 00 01 00 00
        a <- gone 0x81|0x82|0x8f
    ")
    .await;
}

/// MQTT-3.3.4-?, 3.8.2-?: identifiers from 1 to 268,435,455 come back with each message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gives_its_subscriptions_identifiers() {
    for id in ["1", "127", "128", "16383", "16384", "2097151", "2097152", "268435455"] {
        new(&format!(
            "
            a -> connect
            a -> subscribe t qos1 sub={id}
            a -> publish t x qos1 id=1
            a <- puback 1
            a <- publish t x qos1 sub={id}
            a -> subscribe w/+ qos2 , w2/# sub={id}
            a -> publish w/1 x
            a <- publish w/1 x sub={id}
            a -> publish w2 x
            a <- publish w2 x sub={id}
        "
        ))
        .await;
    }
}

/// MQTT-3.8.4-3, 3.8.4-4: the same filter again replaces what was asked for before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_to_the_same_filter_again() {
    for filter in ["t", "+", "#"] {
        both(&format!(
            "
            a -> connect
            a -> subscribe {filter} qos2
            a -> subscribe {filter} qos0
            b -> connect
            b -> publish t x qos1
            a <- publish t x
            a -> subscribe {filter} qos1
            b -> publish t y qos2
            a <- publish t y qos1
            a <- nothing
        "
        ))
        .await;
        new(&format!(
            "
            a -> connect
            a -> subscribe {filter} sub=1
            a -> subscribe {filter} sub=2
            b -> connect
            b -> publish t x
            a <- publish t x sub=2
            a -> subscribe {filter}
            b -> publish t y
            a <- publish t y
            a <- nothing
        "
        ))
        .await;
    }
}

/// MQTT-3.3.4-2, 3.3.4-3 (3.3.5-1 of 3.1.1): filters that overlap; one copy for each is allowed, and what this broker
/// does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_to_filters_that_overlap() {
    if std::env::var("MQTT_BROKER").is_ok() {
        return;
    }
    new("
        a -> connect
        a -> subscribe o/+ qos2 sub=1
        a -> subscribe o/# qos1 sub=2
        b -> connect
        b -> publish o/x y qos2
        a <- publish o/x y qos1|qos2 sub=1|sub=2
        a <- publish o/x y qos1|qos2 sub=1|sub=2
        a <- nothing
    ")
    .await;
}

/// MQTT-4.7.1-2, 4.7.1-3, 4.7.2-1: what filters match.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_with_wildcards() {
    for (filter, matching, others) in [
        ("sport/#", &["sport", "sport/", "sport/a", "sport/a/b"][..], &["sports", "/sport"][..]),
        ("#", &["a", "/", "a/b/c"], &["$own/a"]),
        ("+", &["a"], &["/a", "a/", "$own", "a/b"]),
        ("+/+", &["/a", "a/b", "/"], &["a", "$own/a", "a/b/c"]),
        ("/+", &["/a", "/"], &["a", "a/b"]),
        ("a/+/c", &["a/b/c", "a//c"], &["a/c", "a/b/c/d", "a/b/C"]),
        ("a/+", &["a/b", "a/"], &["a", "a/b/c"]),
        ("+/b/#", &["a/b", "a/b/c", "/b"], &["b", "$own/b"]),
        ("$own/#", &["$own/a", "$own"], &["own/a"]),
        ("$own/+/x", &["$own/a/x"], &["$own/x"]),
        ("a/$own", &["a/$own"], &["a/own"]),
        ("+/$own", &["a/$own"], &["$own"]),
    ] {
        let mut script = format!("a -> connect\n a -> subscribe {filter}\n b -> connect\n");
        for topic in others.iter().chain(matching) {
            script.push_str(&format!("b -> publish {topic} x\n"));
        }
        for topic in matching {
            script.push_str(&format!("a <- publish {topic} x\n"));
        }
        script.push_str("a <- nothing\n");
        both(&script).await;
    }
}

/// MQTT-3.8.2-?: user properties in both directions are allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribes_with_user_properties() {
    new("
        a -> connect
        a -> subscribe t qos1 user:a=1 user:a=2 sub=9
        a -> unsubscribe t user:a=1
    ")
    .await;
}

/// MQTT-3.8.3-3: no local.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_not_want_its_own_messages() {
    for filter in ["t", "+", "#"] {
        new(&format!(
            "
            a -> connect
            b -> connect
            a -> subscribe {filter} qos1 nolocal
            a -> publish t mine qos1
            b -> publish t theirs qos1
            a <- publish t theirs qos1
            a -> subscribe {filter} qos1
            a -> publish t mine qos1 id=3
            a <- puback 3
            a <- publish t mine qos1
        "
        ))
        .await;
    }
}

/// Topics that begin with `$` are not matched by a wildcard, but can be used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_dollar_topics() {
    both(
        "
        a -> connect
        a -> subscribe # qos1
        a -> subscribe +/x qos1
        b -> connect
        b -> subscribe $own/x qos1
        b -> subscribe $own/y/# qos1
        b -> publish $own/x 1
        b <- publish $own/x 1
        b -> publish $own/y/z 2
        b <- publish $own/y/z 2
        a <- nothing
    ",
    )
    .await;
}
