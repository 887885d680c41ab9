//! The lists of all devices and all groups, as the bridge retains them.

use std::{
    hash::{DefaultHasher, Hasher},
    sync::Arc,
};

use hes_schemas::{Datum, DeviceId, Uid, slug};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    message::{self, ListError},
    model::Model,
    peers::Peer,
};
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
    /// Reads the list of devices.
    ///
    /// The coordinator is left out. A device without a definition has no properties, one without an address no existence.
    /// A definition is nearly all of an entry; one that was read before is only compared.
    ///
    /// # Errors
    /// [`ListError`] if it is no list.
    pub(super) fn devices(&mut self, payload: &[u8]) -> Result<Listed<Found>, ListError> {
        let mut models = FxHashMap::default();
        let mut listed = Listed { entries: Vec::new(), complaints: Vec::new() };
        message::each(payload, |entry| {
            let entry: Entry<'_> = serde_json::from_str(entry.get()).unwrap_or_default();
            if text(entry.kind).as_deref() == Some("Coordinator") {
                return;
            }
            match self.device(&entry, &mut models, &mut listed.complaints) {
                Some(found) => listed.entries.push(found),
                None => listed.complaints.push("a device is listed without an address".to_owned()),
            }
        })?;
        self.models = models;
        Ok(listed)
    }

    fn device(
        &self,
        entry: &Entry<'_>,
        models: &mut FxHashMap<u64, Arc<Model>>,
        complaints: &mut Vec<String>,
    ) -> Option<Found> {
        let address = text(entry.ieee_address)?;
        let uid = Uid::new(&address).ok()?;
        let name = text(entry.friendly_name).filter(|name| !name.is_empty()).unwrap_or(address);
        let model = self.model(entry.definition, models, complaints);
        let description = Description {
            maker: model.vendor.clone().or_else(|| text(entry.manufacturer)),
            model: model.product.clone().or_else(|| text(entry.model_id)),
            firmware: text(entry.software_build_id),
            ..describe(&uid, &name, &model)?
        };
        Some(Found { peer: Peer { uid, name: name.into(), model, is_group: false }, description })
    }

    fn model(
        &self,
        definition: Option<&RawValue>,
        models: &mut FxHashMap<u64, Arc<Model>>,
        complaints: &mut Vec<String>,
    ) -> Arc<Model> {
        let definition = definition.map_or("null", RawValue::get);
        let mut hasher = DefaultHasher::new();
        hasher.write(definition.as_bytes());
        let key = hasher.finish();
        let known = || self.models.get(&key).cloned();
        let model = models.entry(key).or_insert_with(|| known().unwrap_or_else(|| read(definition, complaints)));
        model.clone()
    }
}

/// Reads a definition that is new.
fn read(definition: &str, complaints: &mut Vec<String>) -> Arc<Model> {
    let definition = message::json(definition.as_bytes()).unwrap_or_else(|error| {
        complaints.push(format!("a definition cannot be read: {error}"));
        Datum::Null
    });
    let model = Model::read(&definition);
    if model.left_out > 0 {
        let Model { title, left_out, .. } = &model;
        complaints.push(format!("{left_out} nodes of the definition of {title} cannot be taken in"));
    }
    Arc::new(model)
}

/// An entry of the list of devices, of which nothing has been read.
#[derive(Debug, Default, Deserialize)]
struct Entry<'e> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'e RawValue>,
    #[serde(borrow)]
    ieee_address: Option<&'e RawValue>,
    #[serde(borrow)]
    friendly_name: Option<&'e RawValue>,
    #[serde(borrow)]
    manufacturer: Option<&'e RawValue>,
    #[serde(borrow)]
    model_id: Option<&'e RawValue>,
    #[serde(borrow)]
    software_build_id: Option<&'e RawValue>,
    #[serde(borrow)]
    definition: Option<&'e RawValue>,
}

/// Reads a text; nothing if it is something else.
fn text(value: Option<&RawValue>) -> Option<Box<str>> {
    serde_json::from_str(value?.get()).ok()
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
        let text = |datum: &'_ Datum, key| datum.field(key).and_then(Datum::as_text).map(str::to_owned);
        let name =
            text(entry, "friendly_name").filter(|name| !name.is_empty()).unwrap_or_else(|| uid.as_str().to_owned());
        let members = entry.field("members").and_then(Datum::as_list).unwrap_or_default();
        let address = |member: &Datum| Uid::new(&text(member, "ieee_address")?).ok();
        Some(Self { uid, name: name.into(), members: members.iter().filter_map(address).collect() })
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
