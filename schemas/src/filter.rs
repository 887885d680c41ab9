//! A filter: the pattern with which a client subscribes.

use std::{borrow::Borrow, fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::topic::{Topic, TopicError, check_length};

/// A topic filter, which may hold the wildcards `+` (one level) and `#` (the rest).
///
/// Limits: as [`Topic`]; `+` and `#` fill a whole level, `#` the last one.
///
/// Source: MQTT 5.0, 4.7.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[^\\u0000]+$"))]
pub struct Filter(Arc<str>);

/// Says why a text is not a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No topic or filter may look so.
    #[error(transparent)]
    Text(#[from] TopicError),
    /// A wildcard shares its level with other characters, or `#` is not last.
    #[error("+ and # must fill a level, and # must be the last one")]
    Wildcard,
}

impl Filter {
    /// Makes a filter from a text.
    ///
    /// # Errors
    /// [`FilterError`] with the rule that the text breaks.
    pub fn new(text: &str) -> Result<Self, FilterError> {
        check_length(text)?;
        let mut levels = text.split('/').peekable();
        while let Some(level) = levels.next() {
            let is_legal = match level {
                "+" => true,
                "#" => levels.peek().is_none(),
                other => !other.contains(['+', '#']),
            };
            if !is_legal {
                return Err(FilterError::Wildcard);
            }
        }
        Ok(Self(text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether the filter holds a wildcard; without one it matches one topic.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.0.contains(['+', '#'])
    }

    /// Returns the levels.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Says whether the filter matches a topic.
    ///
    /// A wildcard at the first level does not match topics that begin with `$`.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        self.matches_text(topic.as_str())
    }

    /// Says the same of a text that is known to be a topic, so that a hot path need not make one.
    #[must_use]
    pub fn matches_text(&self, topic: &str) -> bool {
        let (mut pattern, mut topic) = (self.0.as_bytes(), topic.as_bytes());
        if let ([b'+' | b'#', ..], [b'$', ..]) = (pattern, topic) {
            return false;
        }
        // by bytes, because this is done for every message: a wildcard fills its level, and so begins it
        loop {
            (pattern, topic) = match (pattern, topic) {
                ([b'#', ..], _) | ([b'/', b'#'] | [], []) => return true,
                ([b'+', pattern @ ..], _) => (pattern, behind_level(topic)),
                ([one, pattern @ ..], [other, topic @ ..]) if one == other => (pattern, topic),
                _ => return false,
            }
        }
    }

    /// Says whether every topic that `other` matches is matched here too.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        if other.0.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut others = other.levels();
        for pattern in self.levels() {
            match (pattern, others.next()) {
                ("#", _) => return true,
                (_, None | Some("#")) => return false,
                ("+", Some(_)) => {}
                (text, Some(level)) if text == level => {}
                _ => return false,
            }
        }
        others.next().is_none()
    }

    /// Says whether there is a topic that both match.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        let reserved = |a: &Self, b: &Self| a.0.starts_with('$') && b.0.starts_with(['+', '#']);
        if reserved(self, other) || reserved(other, self) {
            return false;
        }
        let (mut ours, mut theirs) = (self.levels(), other.levels());
        loop {
            match (ours.next(), theirs.next()) {
                (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
                (Some("+"), Some(_)) | (Some(_), Some("+")) => {}
                (Some(a), Some(b)) if a == b => {}
                _ => return false,
            }
        }
    }
}

/// Returns what follows the level that a topic begins with.
fn behind_level(topic: &[u8]) -> &[u8] {
    let end = topic.iter().position(|byte| *byte == b'/').unwrap_or(topic.len());
    topic.get(end..).unwrap_or_default()
}

impl From<&Topic> for Filter {
    fn from(topic: &Topic) -> Self {
        Self(topic.as_str().into())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Filter {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Filter {
    type Error = FilterError;

    fn try_from(text: String) -> Result<Self, FilterError> {
        Self::new(&text)
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::new(text)
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.0.as_ref().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(text: &str) -> Filter {
        Filter::new(text).unwrap()
    }

    #[test]
    fn refuses_misplaced_wildcards() {
        for text in ["a/#/b", "a#", "a+", "+a", "#/", "a/b#"] {
            assert_eq!(Filter::new(text), Err(FilterError::Wildcard), "{text}");
        }
    }

    #[test]
    fn matches_as_mqtt_says() {
        for (pattern, topic, expect) in [
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("+/b", "a/b", true),
            ("+", "a/b", false),
            ("+/+", "/a", true),
            ("/+", "/a", true),
            ("+", "/a", false),
            ("#", "$SYS/x", false),
            ("+/x", "$SYS/x", false),
            ("$SYS/#", "$SYS/x", true),
            ("a", "a/", false),
            ("a/+", "a/", true),
            ("hes/+/x/$doc", "hes/1/x/$doc", true),
        ] {
            assert_eq!(filter(pattern).matches(&Topic::new(topic).unwrap()), expect, "{pattern} {topic}");
        }
    }

    /// Says level by level what [`Filter::matches`] says byte by byte.
    fn matches_by_level(filter: &Filter, topic: &Topic) -> bool {
        let (mut patterns, mut levels) = (filter.levels(), topic.levels());
        let is_hidden = topic.is_reserved() && filter.as_str().starts_with(['+', '#']);
        let is_met = loop {
            match (patterns.next(), levels.next()) {
                (Some("#"), _) | (None, None) => break true,
                (Some("+"), Some(_)) => {}
                (Some(one), Some(other)) if one == other => {}
                _ => break false,
            }
        };
        is_met && !is_hidden
    }

    fn levels(text: &'static str) -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(text.split(' ').collect::<Vec<_>>()), 1..5)
            .prop_map(|levels| levels.join("/"))
    }

    proptest! {
        #[test]
        fn matches_level_by_level(filter in levels("a ab ä +  # $c"), topic in levels("a ab ä  $c b")) {
            let (Ok(filter), Ok(topic)) = (Filter::new(&filter), Topic::new(&topic)) else { return Ok(()) };
            prop_assert_eq!(filter.matches(&topic), matches_by_level(&filter, &topic), "{} {}", filter, topic);
        }

        #[test]
        fn including_and_intersecting_agree_with_matching(
            one in levels("a b + #"), two in levels("a b + #"), topic in levels("a b $c")
        ) {
            let (Ok(one), Ok(two)) = (Filter::new(&one), Filter::new(&two)) else { return Ok(()) };
            let topic = Topic::new(&topic).unwrap();
            let (first, second) = (one.matches(&topic), two.matches(&topic));
            if one.includes(&two) {
                prop_assert!(first || !second);
            }
            if first && second {
                prop_assert!(one.intersects(&two));
            }
        }
    }
}
