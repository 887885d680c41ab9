//! A topic: the full name under which one message is published.

use std::{borrow::Borrow, fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A topic name without wildcards.
///
/// Limits: 1 to 65,535 bytes, at most 128 levels, no `+`, `#` or NUL.
///
/// Source: MQTT 5.0, 4.7.1 and 4.7.3; the limit of levels is ours.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[^+#\\u0000]+$"))]
pub struct Topic(Arc<str>);

/// Says why a text is not a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Nothing was given.
    #[error("a topic must not be empty")]
    Empty,
    /// The text is longer than MQTT can carry, or has too many levels.
    #[error("a topic has at most 65,535 bytes and 128 levels")]
    TooLong,
    /// The text has a wildcard.
    #[error("a topic must not hold + or #")]
    Wildcard,
    /// The text has a NUL.
    #[error("a topic must not hold NUL")]
    Nul,
}

/// The most levels that a topic or filter may have.
pub(crate) const MAX_LEVELS: usize = 128;

impl Topic {
    /// Makes a topic from a text.
    ///
    /// # Errors
    /// [`TopicError`] with the rule that the text breaks.
    pub fn new(text: &str) -> Result<Self, TopicError> {
        check_length(text)?;
        if text.contains(['+', '#']) {
            return Err(TopicError::Wildcard);
        }
        Ok(Self(text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the levels, which `/` separates; a level may be empty.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Says whether the topic is one of the broker's own, which wildcards at the first level leave out.
    ///
    /// Source: MQTT 5.0, 4.7.2.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with('$')
    }

    /// Wraps a text that was put together from ids, each of which fits one level.
    pub(crate) fn from_levels(text: String) -> Self {
        Self(text.into())
    }
}

/// Refuses what no topic and no filter may be.
pub(crate) fn check_length(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > usize::from(u16::MAX) || text.bytes().filter(|b| *b == b'/').count() >= MAX_LEVELS {
        return Err(TopicError::TooLong);
    }
    if text.contains('\0') {
        return Err(TopicError::Nul);
    }
    Ok(())
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Topic {
    type Error = TopicError;

    fn try_from(text: String) -> Result<Self, TopicError> {
        Self::new(&text)
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.0.as_ref().into()
    }
}

impl From<Topic> for Arc<str> {
    fn from(topic: Topic) -> Self {
        topic.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_be_published_to() {
        for (text, expect) in [
            ("", TopicError::Empty),
            ("a/+/b", TopicError::Wildcard),
            ("x/#", TopicError::Wildcard),
            ("a\0b", TopicError::Nul),
        ] {
            assert_eq!(Topic::new(text), Err(expect), "{text}");
        }
        assert_eq!(Topic::new(&"a".repeat(65_536)), Err(TopicError::TooLong));
        assert_eq!(Topic::new(&"/".repeat(200)), Err(TopicError::TooLong));
    }

    #[test]
    fn takes_odd_but_legal_topics() {
        for text in ["/", "été/x", "a b", "$SYS/x", "a//b"] {
            assert!(Topic::new(text).is_ok(), "{text}");
        }
    }
}
