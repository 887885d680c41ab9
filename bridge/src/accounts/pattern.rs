//! Patterns over client ids.

use std::fmt;

/// A pattern over client ids: `*` stands for any signs, also none; all others for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPattern(Box<str>);

impl IdPattern {
    /// Makes one; every text is a pattern.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether a client id is meant.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| id.strip_prefix(first)) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for IdPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_what_its_signs_say() {
        for (pattern, id, expect) in [
            ("phone", "phone", true),
            ("phone", "phone-1", false),
            ("phone-*", "phone-1", true),
            ("phone-*", "phone-", true),
            ("phone-*", "telephone-1", false),
            ("*-panel", "hall-panel", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("aba*aba", "aba", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(IdPattern::new(pattern).matches(id), expect, "{pattern} {id}");
        }
    }
}
