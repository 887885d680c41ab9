//! The lists of all devices and all groups, as the bridge retains them.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use hes_schemas::{Datum, DeviceId, Uid, slug};
use rustc_hash::FxHashMap;

use super::{model::Model, peers::Peer};
use crate::cluster::Description;

/// The models of all definitions in use; devices of one definition share one.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    models: FxHashMap<u64, Arc<Model>>,
}

/// A device or a group, described and ready to be listened to.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) peer: Peer,
    pub(super) description: Description,
}

/// What a list says, and what in it could not be understood.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub(super) entries: Vec<T>,
    pub(super) complaints: Vec<String>,
}

impl Catalog {
    /// Reads the list of devices; nothing if it is no list.
    ///
    /// The coordinator is left out. A device without a definition has no properties, one without an address no existence.
    pub(super) fn devices(&mut self, list: &Datum) -> Option<Listed<Found>> {
        let entries = list.as_list()?;
        let mut former = std::mem::take(&mut self.models);
        let mut listed = Listed { entries: Vec::new(), complaints: Vec::new() };
        for entry in entries {
            if text(entry, "type") == Some("Coordinator") {
                continue;
            }
            match self.device(entry, &mut former, &mut listed.complaints) {
                Some(found) => listed.entries.push(found),
                None => listed.complaints.push("a device is listed without an address".to_owned()),
            }
        }
        Some(listed)
    }

    fn device(
        &mut self,
        entry: &Datum,
        former: &mut FxHashMap<u64, Arc<Model>>,
        complaints: &mut Vec<String>,
    ) -> Option<Found> {
        let address = text(entry, "ieee_address")?;
        let uid = Uid::new(address).ok()?;
        let name = text(entry, "friendly_name").filter(|name| !name.is_empty()).unwrap_or(address);
        let definition = entry.field("definition").unwrap_or(&Datum::Null);
        let model = self.model(definition, former, complaints);
        let known = |key| text(definition, key);
        let description = Description {
            maker: known("vendor").or_else(|| text(entry, "manufacturer")).map(Into::into),
            model: known("model").or_else(|| text(entry, "model_id")).map(Into::into),
            firmware: text(entry, "software_build_id").map(Into::into),
            ..describe(&uid, name, &model)?
        };
        Some(Found { peer: Peer { uid, name: name.into(), model, is_group: false }, description })
    }

    fn model(
        &mut self,
        definition: &Datum,
        former: &mut FxHashMap<u64, Arc<Model>>,
        complaints: &mut Vec<String>,
    ) -> Arc<Model> {
        let mut hasher = DefaultHasher::new();
        fingerprint(definition, &mut hasher);
        let key = hasher.finish();
        let known = self.models.get(&key).cloned().or_else(|| former.remove(&key));
        let model = known.unwrap_or_else(|| {
            let model = Model::read(definition);
            if model.left_out > 0 {
                let Model { title, left_out, .. } = &model;
                complaints.push(format!("{left_out} nodes of the definition of {title} cannot be taken in"));
            }
            Arc::new(model)
        });
        self.models.insert(key, model.clone());
        model
    }
}

/// A group, before it is known what its members can do.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) uid: Uid,
    name: Box<str>,
    members: Vec<Uid>,
}

/// Reads the list of groups; nothing if it is no list.
pub(super) fn groups(list: &Datum) -> Option<Listed<Group>> {
    let mut listed = Listed { entries: Vec::new(), complaints: Vec::new() };
    for entry in list.as_list()? {
        match Group::read(entry) {
            Some(group) => listed.entries.push(group),
            None => listed.complaints.push("a group is listed without a number".to_owned()),
        }
    }
    Some(listed)
}

impl Group {
    fn read(entry: &Datum) -> Option<Self> {
        let Some(Datum::Integer(number)) = entry.field("id") else { return None };
        let uid = Uid::new(&format!("group-{number}")).ok()?;
        let name = text(entry, "friendly_name").filter(|name| !name.is_empty()).unwrap_or(uid.as_str()).into();
        let members = entry.field("members").and_then(Datum::as_list).unwrap_or_default();
        let address = |member: &Datum| Uid::new(text(member, "ieee_address")?).ok();
        Some(Self { uid, name, members: members.iter().filter_map(address).collect() })
    }

    /// Describes the group by what its members share; members that nobody knows do not count.
    pub(super) fn found<'m>(&self, model_of: impl Fn(&Uid) -> Option<&'m Model>) -> Option<Found> {
        let members: Vec<&Model> = self.members.iter().filter_map(model_of).collect();
        let model = Arc::new(super::group::model(&members));
        let description = describe(&self.uid, &self.name, &model)?;
        let peer = Peer { uid: self.uid.clone(), name: (*self.name).into(), model, is_group: true };
        Some(Found { peer, description })
    }
}

fn describe(uid: &Uid, name: &str, model: &Model) -> Option<Description> {
    Some(Description {
        id: DeviceId::new(&slug(name)).ok()?,
        uid: uid.clone(),
        name: name.into(),
        room: None,
        maker: None,
        model: None,
        firmware: None,
        native: name.into(),
        shape: model.shape.clone(),
    })
}

fn text<'d>(datum: &'d Datum, key: &str) -> Option<&'d str> {
    datum.field(key)?.as_text()
}

/// Feeds all of a value to a hasher, with the lengths, so that different values differ.
fn fingerprint(datum: &Datum, hasher: &mut DefaultHasher) {
    std::mem::discriminant(datum).hash(hasher);
    match datum {
        Datum::Null => {}
        Datum::Bool(value) => value.hash(hasher),
        Datum::Integer(value) => value.hash(hasher),
        Datum::Number(value) => value.to_bits().hash(hasher),
        Datum::Text(value) => value.hash(hasher),
        Datum::List(elements) => {
            elements.len().hash(hasher);
            elements.iter().for_each(|element| fingerprint(element, hasher));
        }
        Datum::Map(entries) => {
            entries.len().hash(hasher);
            for (key, value) in entries {
                key.hash(hasher);
                fingerprint(value, hasher);
            }
        }
    }
}
