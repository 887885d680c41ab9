//! The file, with the line of each key.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use hes_schemas::ClusterId;
use serde::{Deserialize, de::IntoDeserializer};
use toml::{
    Spanned, Value,
    de::{DeArray, DeString, DeTable, DeValue},
};

use super::{
    complaint::Place,
    key::{Key, Keys, Kind},
    layer::Layer,
};

/// Begins the id that a cluster without a good one gets, so that the rest of it is looked through.
pub(super) const NAMELESS: &str = "cluster_without_id_";

/// Reads a file; relative paths in it begin where it is, and `~/` is the home directory.
pub(super) fn open(path: &Path, home: Option<&Path>, keys: &Keys) -> Layer {
    match fs::read_to_string(path) {
        Ok(text) => {
            let mut layer = read(path.to_owned(), &text, keys);
            layer.resolve_paths(path.parent().unwrap_or(Path::new("")), home);
            layer
        }
        Err(error) => {
            let mut layer = Layer::default();
            layer.complain(Place::File(Arc::new(path.to_owned())), format!("the file cannot be read: {error}"));
            layer
        }
    }
}

fn read(path: PathBuf, text: &str, keys: &Keys) -> Layer {
    let path = Arc::new(path);
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, path, keys, layer: Layer::default() };
    for error in &errors {
        let place = reader.place(error.span().map_or(0, |span| span.start));
        reader.layer.complain(place, error.message());
    }
    if errors.is_empty() {
        reader.table(&Key::new(Vec::<String>::new()), document.get_ref());
    }
    reader.layer
}

struct Reader<'t> {
    text: &'t str,
    path: Arc<PathBuf>,
    keys: &'t Keys,
    layer: Layer,
}

impl Reader<'_> {
    fn table(&mut self, key: &Key, table: &DeTable<'_>) {
        for (name, value) in table {
            let (key, place) = (key.child(name.get_ref()), self.place(name.span().start));
            match (key.levels(), self.keys.kind(&key), value.get_ref()) {
                ([section], _, DeValue::Array(list)) if section == "cluster" => self.clusters(list),
                ([section], _, _) if section == "cluster" => {
                    self.layer.complain(place, "cluster: write [[cluster]] and give it an id");
                }
                (_, _, DeValue::Array(list)) if key.is_list() => self.numbered(&key, list),
                _ if key.is_list() => self.layer.complain(place, format!("{key}: write [[{key}]]")),
                (_, None, _) => self.layer.complain_of_unknown(self.keys, &key, place),
                (_, Some(Kind::Table), DeValue::Table(table)) => {
                    self.table(&key, table);
                    self.layer.open(key, place);
                }
                (_, Some(Kind::Table), _) => self.layer.complain(place, format!("{key} holds keys: write [{key}]")),
                (_, Some(Kind::List | Kind::Number | Kind::Flag | Kind::Text), _) => self.value(key, value, place),
            }
        }
    }

    fn clusters(&mut self, list: &DeArray<'_>) {
        let mut taken: HashMap<String, usize> = HashMap::new();
        for (index, cluster) in list.iter().enumerate() {
            let place = self.place(cluster.span().start);
            let DeValue::Table(table) = cluster.get_ref() else {
                self.layer.complain(place, "cluster: write [[cluster]] and give it an id");
                continue;
            };
            let id = self.id(table, &place, &mut taken).unwrap_or_else(|| format!("{NAMELESS}{index}"));
            let section = Key::new(["cluster", id.as_str()]);
            self.section(&section, table.iter().filter(|(name, _)| name.get_ref() != "id"));
            self.layer.open(section, place);
        }
    }

    /// Reads sections whose id is their number.
    fn numbered(&mut self, list: &Key, sections: &DeArray<'_>) {
        for (index, section) in sections.iter().enumerate() {
            let place = self.place(section.span().start);
            let DeValue::Table(table) = section.get_ref() else {
                self.layer.complain(place, format!("{list}: write [[{list}]]"));
                continue;
            };
            let section = list.child(&(index + 1).to_string());
            self.section(&section, table.iter());
            self.layer.open(section, place);
        }
    }

    fn id(&mut self, table: &DeTable<'_>, place: &Place, taken: &mut HashMap<String, usize>) -> Option<String> {
        let Some((name, value)) = table.iter().find(|(name, _)| name.get_ref() == "id") else {
            self.layer.complain(place.clone(), "cluster.id is missing");
            return None;
        };
        let place = self.place(name.span().start);
        let id = value.get_ref().as_str().map(ClusterId::new);
        let id = match id {
            None => Err("invalid type, expected a text".to_owned()),
            Some(id) => id.map_err(|error| error.to_string()),
        };
        match id {
            Err(reason) => self.layer.complain(place, format!("cluster.id: {reason}")),
            Ok(id) => match taken.get(id.as_str()) {
                Some(line) => {
                    self.layer.complain(place, format!("cluster.id: {id:?} is taken already, on line {line}"))
                }
                None => {
                    taken.insert(id.to_string(), self.line(name.span().start));
                    return Some(id.into());
                }
            },
        }
        None
    }

    fn section<'t, 's: 't>(
        &mut self,
        section: &Key,
        values: impl Iterator<Item = (&'t Spanned<DeString<'s>>, &'t Spanned<DeValue<'s>>)>,
    ) {
        for (name, value) in values {
            let (key, place) = (section.child(name.get_ref()), self.place(name.span().start));
            match self.keys.kind(&key) {
                None => self.layer.complain_of_unknown(self.keys, &key, place),
                Some(_) => self.value(key, value, place),
            }
        }
    }

    fn value(&mut self, key: Key, value: &Spanned<DeValue<'_>>, place: Place) {
        match Value::deserialize(value.clone().into_deserializer()) {
            Ok(value) => self.layer.say(key, value, place),
            Err(error) => self.layer.complain(place, format!("{key}: {}", error.message())),
        }
    }

    fn place(&self, offset: usize) -> Place {
        Place::Line(Arc::clone(&self.path), self.line(offset))
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }
}
