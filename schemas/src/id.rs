//! Ids: the short names that topics, messages and the store are made of.

use std::{borrow::Borrow, fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Says why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}: {rule}")]
pub struct IdError {
    kind: &'static str,
    text: String,
    rule: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $pattern:literal, $rule:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend("pattern" = $pattern))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Makes one from a text.
            ///
            /// # Errors
            /// [`IdError`] with the rule that the text breaks.
            pub fn new(text: &str) -> Result<Self, IdError> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) {
                    Ok(Self(text.into()))
                } else {
                    let text = text.chars().take(80).collect();
                    Err(IdError { kind: $kind, text, rule: $rule })
                }
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().into()
            }
        }
    };
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        id!($(#[$doc])* $name, $kind, "^[a-z0-9_-]{1,64}$", "1 to 64 of a-z 0-9 _ -", is_word);
    };
}

word!(
    /// Names a home, in topics and towards other homes: `oak`.
    HomeId, "home id"
);
word!(
    /// Names a cluster of a home: `zigbee`.
    ClusterId, "cluster id"
);
word!(
    /// Names a device of a cluster, as the cluster's own topics do: `kitchen_bulb`. A rename changes it.
    DeviceId, "device id"
);
word!(
    /// Names a property of a device: `brightness`.
    PropertyName, "property name"
);
word!(
    /// Names an event of a device: `action`.
    EventName, "event name"
);
word!(
    /// Names one subscription: `s1-42`.
    Sid, "subscription id"
);
word!(
    /// Names a person or a program with an account: `anna`.
    UserName, "user name"
);
word!(
    /// Confirms one dangerous update, once: what was answered to the same update without it.
    Challenge, "challenge"
);
id!(
    /// Names a device for good, whatever it is called: the hardware's own address where it has one.
    Uid, "uid", "^[A-Za-z0-9_.:-]{1,128}$", "1 to 128 of A-Z a-z 0-9 _ . : -", is_uid
);
id!(
    /// Names a property as its cluster does: any text that fits one topic level.
    NativeName, "native name", "^[^/+#\\u0000$][^/+#\\u0000]{0,127}$", "1 to 128 bytes without / + # NUL and no leading $",
    |text| text.len() <= 128 && is_level(text)
);
id!(
    /// Names an MQTT client that can be answered: a client id that fits one topic level.
    ///
    /// Source: MQTT 5.0, 3.1.3.1 allows any text up to 65,535 bytes; those that could spell other topics get no answer space.
    ClientId, "client id", "^[^/+#\\u0000$][^/+#\\u0000]{0,255}$", "1 to 256 bytes without / + # NUL and no leading $",
    |text| text.len() <= 256 && is_level(text)
);
id!(
    /// Names a request of one asker: the same id again is the same request.
    RequestId, "request id", "^[^\\u0000]{1,128}$", "1 to 128 bytes without NUL",
    |text| (1..=128).contains(&text.len()) && !text.contains('\0')
);

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

fn is_uid(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-'))
}

fn is_level(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('$') && !text.contains(['/', '+', '#', '\0'])
}

/// Turns any text into one that an id accepts: `Kitchen/Bulb 2` becomes `kitchen_bulb_2`.
///
/// Letters become lower case, runs of anything else one `_`; what is left empty becomes `x`; 64 bytes at most.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len().min(64));
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '-' | '_' => slug.push(c),
            _ if slug.ends_with('_') => {}
            _ => slug.push('_'),
        }
    }
    slug.truncate(64);
    let trimmed = slug.trim_matches('_');
    if trimmed.is_empty() { "x".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_could_spell_another_topic() {
        for text in ["", "A", "a/b", "a+", "#", "é", &"a".repeat(65)] {
            assert!(DeviceId::new(text).is_err(), "{text}");
        }
        for text in ["", "$res", "a/b", "+", "a#", "a\0"] {
            assert!(ClientId::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn slugs_are_ids() {
        for (text, expect) in [
            ("kitchen/bulb", "kitchen_bulb"),
            ("Wohnzimmer Lämpchen", "wohnzimmer_l_mpchen"),
            ("", "x"),
            ("///", "x"),
            ("0x00158d0000000004", "0x00158d0000000004"),
        ] {
            assert_eq!(slug(text), expect);
            assert!(DeviceId::new(&slug(text)).is_ok());
        }
        assert!(DeviceId::new(&slug(&"ä/b".repeat(99))).is_ok());
    }
}
