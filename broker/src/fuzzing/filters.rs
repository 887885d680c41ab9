//! Topics and filters, against the slowest way to answer the same questions.

use std::collections::BTreeSet;

use hes_schemas::{Filter, Topic};

/// With longer ones trying all topics would take too long.
const LEVELS: usize = 3;

/// Makes topics and filters of lines, and compares what they say of each other with all topics that could matter.
///
/// # Panics
/// If a text is taken that is no topic or filter, or refused although it is one, or an answer is wrong.
pub fn filters(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines: Vec<&str> = text.split('\n').take(3).collect();
    let (mut topics, mut filters) = (Vec::new(), Vec::new());
    for line in lines {
        let (topic, filter) = (Topic::new(line), Filter::new(line));
        assert_eq!(topic.is_ok(), is_topic(line), "{line:?}");
        assert_eq!(filter.is_ok(), is_filter(line), "{line:?}");
        topics.extend(topic);
        filters.extend(filter);
    }
    for filter in &filters {
        for topic in &topics {
            assert_eq!(filter.matches(topic), matches(filter.as_str(), topic.as_str()), "{filter} {topic}");
        }
    }
    if let [one, two, ..] = filters.as_slice() {
        relate(one, two);
        relate(two, one);
    }
}

fn relate(one: &Filter, two: &Filter) {
    let levels = one.levels().chain(two.levels()).collect::<BTreeSet<_>>();
    if one.levels().count().max(two.levels().count()) > LEVELS {
        return;
    }
    let (mut is_shared, mut is_included) = (false, true);
    for topic in all_topics(&levels) {
        let (in_one, in_two) = (matches(one.as_str(), &topic), matches(two.as_str(), &topic));
        is_shared |= in_one && in_two;
        is_included &= in_one || !in_two || topic.is_empty();
    }
    // both answers may err on the safe side: the empty text is no topic, and yet below `/#`
    assert_eq!(one.intersects(two), is_shared, "{one} {two}");
    assert!(is_included || !one.includes(two), "{one} {two}");
}

/// Returns all topics made of these levels, and of ones that are in no filter, one level longer than any filter; the
/// empty text too.
fn all_topics(levels: &BTreeSet<&str>) -> Vec<String> {
    let mut names: Vec<&str> = levels.iter().copied().filter(|level| !matches!(*level, "+" | "#")).collect();
    names.extend(["", "\u{1}", "$\u{1}"]);
    let (mut topics, mut longest) = (Vec::new(), vec![String::new()]);
    for length in 0..=LEVELS {
        let separator = if length == 0 { "" } else { "/" };
        longest = longest
            .iter()
            .flat_map(|topic| names.iter().map(move |name| format!("{topic}{separator}{name}")))
            .collect();
        topics.extend(longest.iter().cloned());
    }
    topics
}

/// Source: MQTT 5.0, 4.7.1 and 4.7.2.
fn matches(filter: &str, topic: &str) -> bool {
    (filter.starts_with('$') || !topic.starts_with('$')) && below(filter, topic)
}

/// Matches levels where `$` means nothing.
fn below(filter: &str, topic: &str) -> bool {
    match (filter.split_once('/'), topic.split_once('/')) {
        _ if filter == "#" => true,
        (None, None) => filter == "+" || filter == topic,
        (Some((first, rest)), None) => rest == "#" && (first == "+" || first == topic),
        (None, Some(_)) => false,
        (Some((first, rest)), Some((level, topics))) => (first == "+" || first == level) && below(rest, topics),
    }
}

/// Source: MQTT 5.0, 4.7.3; 128 levels at most are this project's own limit.
fn is_text(text: &str) -> bool {
    (1..=65_535).contains(&text.len()) && !text.contains('\0') && text.split('/').count() <= 128
}

fn is_topic(text: &str) -> bool {
    is_text(text) && !text.contains('+') && !text.contains('#')
}

fn is_filter(text: &str) -> bool {
    let is_level = |level: &str| level == "+" || !(level.contains('+') || level.contains('#'));
    let above = text.strip_suffix("/#").or_else(|| (text == "#").then_some(""));
    is_text(text) && above.unwrap_or(text).split('/').all(is_level)
}
