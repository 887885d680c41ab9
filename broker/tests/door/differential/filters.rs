//! What the filters of this test match.

/// Says whether messages on a topic are shared.
pub(super) fn is_shared(topic: &str) -> bool {
    topic.starts_with("s/")
}

/// Says whether a shared filter is one of a topic.
pub(super) fn shares(filter: &str, topic: &str) -> bool {
    let rest = filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    rest.is_some_and(|(_, filter)| matches(filter, topic))
}

/// The filters of this test, by hand.
pub(super) fn matches(filter: &str, topic: &str) -> bool {
    match filter {
        "a/+" | "a/#" => topic.starts_with("a/"),
        "+/b" => topic.ends_with("/b"),
        "+/c/#" => topic.ends_with("/c"),
        "s/+" => topic.starts_with("s/"),
        exact => exact == topic,
    }
}
