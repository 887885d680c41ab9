//! The environment: `HES_` and the key in capitals, its levels joined by `_`.
//!
//! `HES_BROKER_LISTEN`, `HES_HOME`; of a cluster `HES_CLUSTER_<ID>_URL`, where `-` in the id is `_` too; of a listener
//! `HES_BROKER_LISTENER_<NUMBER>_ADDRESS`, counted from 1 as they follow in the file. No two keys share a variable.
//! Lists are separated by commas.

use std::collections::BTreeSet;

use toml::Value;

use super::{
    complaint::Place,
    key::{Key, Keys, Kind},
    layer::Layer,
};

/// Reads the variables that name keys; `clusters` are the ids that the file names.
///
/// Other variables beginning with `HES_` are left to others, unless they begin like a section.
pub(super) fn read(variables: &[(String, String)], clusters: &BTreeSet<String>, keys: &Keys) -> Layer {
    let mut layer = Layer::default();
    let all = keys.all();
    for (name, value) in variables.iter().filter(|(name, _)| name.starts_with("HES_")) {
        let place = Place::Variable(name.clone());
        match find(name, &all, clusters) {
            Some(key) => {
                open_section(&mut layer, &key, &place);
                let value = typed(value, keys.kind(&key));
                layer.say(key, value, place);
            }
            None if begins_like_a_section(name, &all) => {
                let meant = keys.nearest(&guess(name)).map(|meant| variable(&meant)).unwrap_or_default();
                let meant = if meant.is_empty() { meant } else { format!("; did you mean {meant}?") };
                layer.complain(place, format!("there is no such key{meant}"));
            }
            None => {}
        }
    }
    layer
}

/// Returns the variable of a key.
pub(super) fn variable(key: &Key) -> String {
    format!("HES_{}", capitals(&key.levels().join("_")))
}

fn find(name: &str, all: &[Key], clusters: &BTreeSet<String>) -> Option<Key> {
    let plain = all.iter().filter(|key| key.id().is_none()).find(|key| variable(key) == name);
    let of_cluster = || find_of_cluster(name.strip_prefix("HES_CLUSTER_")?, all, clusters);
    let of_listener = || find_of_listener(name.strip_prefix("HES_BROKER_LISTENER_")?, all);
    plain.cloned().or_else(of_cluster).or_else(of_listener)
}

fn find_of_listener(rest: &str, all: &[Key]) -> Option<Key> {
    let (number, name) = rest.split_once('_')?;
    let is_number = number.parse::<u16>().is_ok_and(|parsed| parsed > 0 && parsed.to_string() == number);
    let key = Key::new(["broker", "listener", number, &name.to_lowercase()]);
    all.iter().find(|known| known.name() == key.name() && known.section().section() == key.section().section())?;
    Some(key).filter(|_| is_number)
}

fn find_of_cluster(rest: &str, all: &[Key], clusters: &BTreeSet<String>) -> Option<Key> {
    let names = all.iter().filter(|key| key.is_of_cluster()).map(Key::name);
    let (id, name) = names
        .filter_map(|name| Some((rest.strip_suffix(&capitals(name))?.strip_suffix('_')?, name)))
        .find(|(id, _)| !id.is_empty())?;
    let known = clusters.iter().find(|known| capitals(known) == id);
    Some(Key::of_cluster(known.unwrap_or(&id.to_lowercase()), name))
}

fn open_section(layer: &mut Layer, key: &Key, place: &Place) {
    if key.levels().len() > 1 {
        layer.open(key.section(), place.clone());
    }
}

fn begins_like_a_section(name: &str, all: &[Key]) -> bool {
    let mut sections = all.iter().filter(|key| key.levels().len() > 1).filter_map(|key| key.levels().first());
    sections.any(|section| name.starts_with(&format!("HES_{}_", capitals(section))))
}

/// Reads the name of a variable as if it named a key of a section.
fn guess(name: &str) -> Key {
    let rest = name.trim_start_matches("HES_").to_lowercase();
    match rest.split_once('_') {
        Some((section, name)) => Key::new([section, name]),
        None => Key::new([rest]),
    }
}

fn typed(value: &str, kind: Option<Kind>) -> Value {
    match kind {
        Some(Kind::List) => {
            let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(Value::from).collect::<Vec<_>>().into()
        }
        Some(Kind::Number) => value.trim().parse::<i64>().map_or_else(|_no_number| value.into(), Value::from),
        Some(Kind::Flag) => value.trim().parse::<bool>().map_or_else(|_no_flag| value.into(), Value::from),
        Some(Kind::Table | Kind::Text) | None => value.into(),
    }
}

fn capitals(text: &str) -> String {
    text.to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_share_a_variable() {
        let keys = Keys::learn();
        let names: Vec<String> = keys.all().iter().map(variable).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        let of_cluster: Vec<Key> = keys.all().into_iter().filter(Key::is_of_cluster).collect();
        for one in &of_cluster {
            let hidden = of_cluster.iter().find(|other| other.name().ends_with(&format!("_{}", one.name())));
            assert_eq!(hidden, None, "{one}");
        }
    }

    #[test]
    fn every_key_can_be_set() {
        let keys = Keys::learn();
        for key in keys.all() {
            let layer = read(&[(variable(&key), "x".to_owned())], &BTreeSet::new(), &keys);
            assert_eq!(layer.entries.first().map(|entry| &entry.key), Some(&key), "{}", variable(&key));
        }
    }

    #[test]
    fn finds_clusters_by_their_id_in_capitals() {
        let clusters = BTreeSet::from(["attic-1".to_owned()]);
        let key = |name: &str| find(name, &Keys::learn().all(), &clusters).map(|key| key.levels().join("/"));
        assert_eq!(key("HES_CLUSTER_ATTIC_1_PASSWORD_FILE").as_deref(), Some("cluster/attic-1/password_file"));
        assert_eq!(key("HES_CLUSTER_ZIGBEE_URL").as_deref(), Some("cluster/zigbee/url"));
        assert_eq!(key("HES_CLUSTER_URL"), None);
    }

    #[test]
    fn finds_listeners_by_their_number() {
        let key = |name: &str| find(name, &Keys::learn().all(), &BTreeSet::new()).map(|key| key.levels().join("/"));
        let expect = "broker/listener/12/client_certificate";
        assert_eq!(key("HES_BROKER_LISTENER_12_CLIENT_CERTIFICATE").as_deref(), Some(expect));
        for unknown in ["HES_BROKER_LISTENER_0_KEY", "HES_BROKER_LISTENER_A_KEY", "HES_BROKER_LISTENER_1_URL"] {
            assert_eq!(key(unknown), None, "{unknown}");
        }
    }
}
