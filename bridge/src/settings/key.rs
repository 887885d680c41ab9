//! Keys, and which there are.

use std::fmt;

use serde_json::Value as Json;

use super::sheet::Sheet;

/// The path of a key: `broker.listen`, `cluster.<id>.url` or `broker.listener.<number>.address`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(Vec<String>);

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It holds other keys.
    Table,
    /// It holds texts.
    List,
    /// It holds a number.
    Number,
    /// It holds true or false.
    Flag,
    /// It holds a text.
    Text,
}

/// All keys that there are, learned from the sheet itself.
#[derive(Debug)]
pub(super) struct Keys {
    example: Json,
}

/// The sections of which there may be several, each with an id, and the id that stands for any in the example.
const LISTS: [(&[&str], &str); 2] = [(&["cluster"], "any"), (&["broker", "listener"], "1")];

/// The least that makes a cluster, a listener, and a broker alongside: the keys without a default.
const LEAST: &str = r#"
cluster.any = { kind = "zigbee2mqtt" }
broker.listener.1 = { address = "127.0.0.1:8883" }
alongside = { url = "mqtt://localhost", acts_as = "owner" }
"#;

impl Key {
    pub(super) fn new<S: Into<String>>(levels: impl IntoIterator<Item = S>) -> Self {
        Self(levels.into_iter().map(Into::into).collect())
    }

    /// Returns the key of one of a cluster's settings.
    pub(super) fn of_cluster(id: &str, name: &str) -> Self {
        Self::new(["cluster", id, name])
    }

    pub(super) fn child(&self, name: &str) -> Self {
        let mut levels = self.0.clone();
        levels.push(name.to_owned());
        Self(levels)
    }

    pub(super) fn levels(&self) -> &[String] {
        &self.0
    }

    /// Returns the key of the table that holds it.
    pub(super) fn section(&self) -> Self {
        Self(self.0.split_last().map(|(_, section)| section.to_vec()).unwrap_or_default())
    }

    pub(super) fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// Returns the id of the cluster or listener that the key belongs to.
    pub(super) fn id(&self) -> Option<&str> {
        let [list @ .., id, _] = self.0.as_slice() else { return None };
        stand_in(list).map(|_| id.as_str())
    }

    /// Says whether it is one of a cluster's settings.
    pub(super) fn is_of_cluster(&self) -> bool {
        matches!(self.0.as_slice(), [section, _, _] if section == "cluster")
    }

    /// Says whether it holds sections that each have an id.
    pub(super) fn is_list(&self) -> bool {
        stand_in(&self.0).is_some()
    }

    /// Returns the same key of what stands for any cluster or listener.
    fn of_any(&self) -> Self {
        let mut levels = self.0.clone();
        for (list, any) in LISTS {
            if let (true, Some(id)) = (begins_with(&self.0, list), levels.get_mut(list.len())) {
                any.clone_into(id);
            }
        }
        Self(levels)
    }
}

/// Returns the id that stands for any in a list, if that is one.
fn stand_in(levels: &[String]) -> Option<&'static str> {
    LISTS.iter().find(|(list, _)| levels.len() == list.len() && begins_with(levels, list)).map(|(_, any)| *any)
}

fn begins_with(levels: &[String], list: &[&str]) -> bool {
    levels.len() >= list.len() && levels.iter().zip(list).all(|(level, name)| level == name)
}

impl Keys {
    /// Learns the keys.
    #[expect(clippy::expect_used, reason = "the text is part of the program and every test of this room reads it")]
    pub(super) fn learn() -> Self {
        let sheet: Sheet = toml::from_str(LEAST).expect("the example is a configuration");
        Self { example: serde_json::to_value(sheet).expect("a configuration is plain data") }
    }

    /// Returns the values that a section cannot do without, for one that is checked key by key.
    #[expect(clippy::expect_used, reason = "the text is part of the program and every test of this room reads it")]
    pub(super) fn least() -> toml::Table {
        toml::from_str(LEAST).expect("the example is TOML")
    }

    /// Returns the keys that a section cannot do without, each with a value that would do.
    pub(super) fn required(section: &Key) -> toml::Table {
        let least = toml::Value::Table(Self::least());
        let found = section.of_any().0.iter().try_fold(&least, |found, level| found.get(level));
        found.and_then(toml::Value::as_table).cloned().unwrap_or_default()
    }

    /// Returns the kind of a key; nothing if there is no such key.
    pub(super) fn kind(&self, key: &Key) -> Option<Kind> {
        let found = key.of_any().0.iter().try_fold(&self.example, |found, level| found.get(level))?;
        Some(match found {
            Json::Object(_) => Kind::Table,
            Json::Array(_) => Kind::List,
            Json::Number(_) => Kind::Number,
            Json::Bool(_) => Kind::Flag,
            Json::Null | Json::String(_) => Kind::Text,
        })
    }

    /// Returns all keys that hold a value and no other keys; those of a list once, with any id.
    pub(super) fn all(&self) -> Vec<Key> {
        let mut all = Vec::new();
        collect(&self.example, &Key(Vec::new()), &mut all);
        all
    }

    /// Finds the key that was most likely meant.
    pub(super) fn nearest(&self, unknown: &Key) -> Option<Key> {
        let written = unknown.to_string();
        let sections = self.example.as_object().into_iter().flatten().filter(|(_, value)| value.is_object());
        let sections = sections.map(|(name, _)| Key::new([name.as_str()]));
        let candidates = self.all().into_iter().chain(sections);
        let measured = candidates.map(|key| (distance(&key.to_string(), &written), key.name() != unknown.name(), key));
        let close = |steps: usize| steps <= 1 + written.len() / 6;
        measured.filter(|(steps, is_other, _)| close(*steps) || !is_other).min().map(|(_, _, key)| key)
    }
}

fn collect(value: &Json, key: &Key, all: &mut Vec<Key>) {
    match value {
        Json::Object(entries) => entries.iter().for_each(|(name, value)| collect(value, &key.child(name), all)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => all.push(key.clone()),
    }
}

/// Counts the letters to add, leave out or change to make one text of another.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, wanted) in row.iter_mut().skip(1).zip(other.chars()) {
            let changed = diagonal + usize::from(letter != wanted);
            diagonal = *cell;
            left = changed.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Leaves out the id of a cluster or listener: it is not part of what is written in the file.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [list @ .., _, name] if self.id().is_some() => write!(f, "{}.{name}", list.join(".")),
            levels => f.write_str(&levels.join(".")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_key_and_its_kind() {
        let keys = Keys::learn();
        for (key, kind) in [
            (Key::new(["home"]), Some(Kind::Text)),
            (Key::new(["broker"]), Some(Kind::Table)),
            (Key::new(["broker", "listen"]), Some(Kind::List)),
            (Key::new(["broker", "max_connections"]), Some(Kind::Number)),
            (Key::of_cluster("zigbee", "url"), Some(Kind::Text)),
            (Key::new(["broker", "listener"]), Some(Kind::Table)),
            (Key::new(["broker", "listener", "2", "anonymous"]), Some(Kind::Flag)),
            (Key::new(["alongside", "acts_as"]), Some(Kind::Text)),
            (Key::new(["broker", "lisen"]), None),
        ] {
            assert_eq!(keys.kind(&key), kind, "{key}");
        }
        let required = |levels: &[&str]| {
            Keys::required(&Key::new(levels.iter().copied())).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(required(&["alongside"]), ["acts_as", "url"]);
        assert_eq!(required(&["cluster", "zigbee"]), ["kind"]);
        assert_eq!(required(&["broker", "listener", "2"]), ["address"]);
    }

    #[test]
    fn counts_the_letters_between_two_words() {
        for (one, other, steps) in [("", "", 0), ("abc", "", 3), ("listen", "lisen", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), steps);
        }
    }

    #[test]
    fn finds_what_was_meant() {
        let keys = Keys::learn();
        let meant = |levels: &[&str]| keys.nearest(&Key::new(levels.iter().copied())).map(|key| key.to_string());
        assert_eq!(meant(&["broker", "lisen"]).as_deref(), Some("broker.listen"));
        assert_eq!(meant(&["brokr"]).as_deref(), Some("broker"));
        assert_eq!(meant(&["listen"]).as_deref(), Some("broker.listen"));
        assert_eq!(meant(&["cluster", "zigbee", "bas"]).as_deref(), Some("cluster.base"));
        assert_eq!(meant(&["colour"]), None);
    }
}
