//! Layers become settings, or complaints.

use std::collections::HashMap;

use config::{Config, File, FileFormat};
use toml::{Table, Value};

use super::{
    Settings,
    complaint::{Complaint, Place, SettingsError},
    cross,
    key::{Key, Keys},
    layer::{Layer, insert},
    settle::Settling,
    sheet::Sheet,
};

/// Where each key and each section was given last.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<Key, Place>);

/// More that may be wrong: keys, and what is said of them.
pub(super) type Further<'f> = &'f dyn Fn(&Sheet) -> Vec<(Key, String)>;

/// Checks all layers, lays the later over the earlier, and checks what comes out.
pub(super) fn review(mut layers: [Layer; 4], further: Further<'_>) -> Result<Settings, SettingsError> {
    let misfits: Vec<Key> = layers.iter_mut().flat_map(Layer::take_misfits).map(|misfit| misfit.key).collect();
    let mut complaints: Vec<Complaint> =
        layers.iter_mut().flat_map(|layer| std::mem::take(&mut layer.complaints)).collect();
    let places = Places::of(&layers);
    let settled = merge(&layers).and_then(|mut merged| {
        complaints.extend(complete(&mut merged, &places, &misfits));
        Value::Table(merged).try_into::<Sheet>().map_err(|error| error.message().to_owned())
    });
    match settled {
        Err(reason) => complaints.push(Complaint::new(Place::Nowhere, reason)),
        Ok(sheet) => {
            complaints.extend(cross::check(&sheet, &places));
            complaints.extend(further(&sheet).into_iter().map(|(key, text)| Complaint::new(places.find(&key), text)));
            let mut remarks = cross::remarks(&sheet, &places);
            let mut settling = Settling::new(&places);
            let settings = settling.settle(sheet);
            complaints.extend(settling.complaints);
            remarks.extend(settling.remarks);
            if let (Some(settings), true) = (settings, complaints.is_empty()) {
                return Ok(Settings { remarks, ..settings });
            }
        }
    }
    Err(SettingsError::new(complaints))
}

impl Places {
    fn of(layers: &[Layer]) -> Self {
        let mut places = HashMap::new();
        for layer in layers {
            // a section is where it is first spoken of, a value where it is given last
            for (section, place) in &layer.sections {
                places.entry(section.clone()).or_insert_with(|| place.clone());
            }
            for entry in &layer.entries {
                places.insert(entry.key.clone(), entry.place.clone());
            }
        }
        Self(places)
    }

    /// Says whether a key was given.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// Returns where a key was given, or else the section that it belongs to.
    pub(super) fn find(&self, key: &Key) -> Place {
        self.0.get(key).or_else(|| self.0.get(&key.section())).cloned().unwrap_or(Place::Nowhere)
    }
}

fn merge(layers: &[Layer]) -> Result<Table, String> {
    let mut builder = Config::builder();
    for layer in layers {
        let text = toml::to_string(&layer.table()).map_err(|error| error.to_string())?;
        builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
    }
    builder.build().and_then(Config::try_deserialize).map_err(|error| error.to_string())
}

/// Complains of required keys that nobody gave, and fills them so that the rest can be checked.
fn complete(merged: &mut Table, places: &Places, misfits: &[Key]) -> Vec<Complaint> {
    let members = |list: Key| {
        let first = list.levels().first().and_then(|level| merged.get(level));
        let found = list.levels().iter().skip(1).try_fold(first, |found, level| Some(found?.get(level))).flatten();
        let ids = found.and_then(Value::as_table).into_iter().flatten().map(|(id, _)| list.child(id));
        ids.collect::<Vec<_>>()
    };
    let mut sections = [members(Key::new(["cluster"])), members(Key::new(["broker", "listener"]))].concat();
    if merged.contains_key("alongside") {
        sections.push(Key::new(["alongside"]));
    }
    let mut complaints = Vec::new();
    for section in sections {
        for (required, least) in Keys::required(&section) {
            let key = section.child(&required);
            if has(merged, &key) {
                continue;
            }
            if !misfits.contains(&key) {
                complaints.push(Complaint::new(places.find(&key), format!("{key} is missing")));
            }
            insert(merged, key.levels(), least);
        }
    }
    complaints
}

fn has(table: &Table, key: &Key) -> bool {
    let mut levels = key.levels().iter();
    let first = levels.next().and_then(|level| table.get(level));
    levels.try_fold(first, |found, level| Some(found?.get(level))).flatten().is_some()
}
