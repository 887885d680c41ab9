//! Layers: what each source says, key by key.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{
    complaint::{Complaint, Place},
    key::{Key, Keys},
    sheet::Sheet,
};

/// The names of keys that hold paths.
const PATHS: [&str; 6] = ["data", "password_file", "ca", "certificate", "key", "client_ca"];

/// One key with its value, and where it was given.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) value: Value,
    pub(super) place: Place,
}

/// What one source says.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The sections that there are, empty ones too.
    pub(super) sections: Vec<(Key, Place)>,
    pub(super) entries: Vec<Entry>,
    pub(super) complaints: Vec<Complaint>,
}

impl Layer {
    pub(super) fn say(&mut self, key: Key, value: impl Into<Value>, place: Place) {
        self.entries.push(Entry { key, value: value.into(), place });
    }

    pub(super) fn open(&mut self, section: Key, place: Place) {
        self.sections.push((section, place));
    }

    pub(super) fn complain(&mut self, place: Place, text: impl Into<String>) {
        self.complaints.push(Complaint::new(place, text));
    }

    /// Complains of a key that does not exist, and names the one that was most likely meant.
    pub(super) fn complain_of_unknown(&mut self, keys: &Keys, key: &Key, place: Place) {
        let meant = keys.nearest(key).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        self.complain(place, format!("{key} is not a key{meant}"));
    }

    /// Returns the ids of the clusters.
    pub(super) fn clusters(&self) -> BTreeSet<String> {
        let ids = self.sections.iter().filter_map(|(section, _)| match section.levels() {
            [name, id] if name == "cluster" => Some(id.clone()),
            _ => None,
        });
        ids.collect()
    }

    /// Holds each value against its key, alone; those that do not fit are taken out and returned.
    pub(super) fn take_misfits(&mut self) -> Vec<Entry> {
        let mut misfits = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            match misfit(&entry) {
                None => self.entries.push(entry),
                Some(reason) => {
                    self.complain(entry.place.clone(), format!("{}: {reason}", entry.key));
                    misfits.push(entry);
                }
            }
        }
        misfits
    }

    /// Makes paths absolute: `~/` is the home directory, and all else begins where the file is.
    pub(super) fn resolve_paths(&mut self, begin: &Path, home: Option<&Path>) {
        let paths = self.entries.iter_mut().filter(|entry| PATHS.contains(&entry.key.name()));
        for entry in paths {
            if let Value::String(text) = &mut entry.value {
                *text = resolve(text, begin, home).to_string_lossy().into_owned();
            }
        }
    }

    /// Returns the entries as the tables that a file would hold.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new();
        for (section, _) in &self.sections {
            insert(&mut table, section.levels(), Table::new().into());
        }
        for entry in &self.entries {
            insert(&mut table, entry.key.levels(), entry.value.clone());
        }
        table
    }
}

/// Puts a value where its key says.
pub(super) fn insert(table: &mut Table, levels: &[String], value: Value) {
    match levels {
        [] => {}
        [name] => {
            table.insert(name.clone(), value);
        }
        [section, rest @ ..] => {
            let inner = table.entry(section.clone()).or_insert_with(|| Table::new().into());
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Says why a value does not fit its key.
fn misfit(entry: &Entry) -> Option<String> {
    let mut table = Keys::least();
    if entry.key.id().is_some() {
        let section = entry.key.section();
        insert(&mut table, section.levels(), Keys::required(&section).into());
    }
    insert(&mut table, entry.key.levels(), entry.value.clone());
    let error = Value::Table(table).try_into::<Sheet>().err()?;
    Some(error.message().trim_end().to_owned())
}

fn resolve(text: &str, begin: &Path, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => begin.join(text),
    }
}
