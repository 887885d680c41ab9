//! All that devices of one definition have in common: their shape, and the ties to their native words.

use std::{collections::BTreeMap, sync::Arc};

use hes_schemas::{Datum, EventName, Fault, NativeName, PropertyDocument, PropertyName, Symbol};
use rustc_hash::FxHashMap;

use super::{
    binding::Binding,
    bolt, document,
    expose::{Expose, What},
    kind,
    leaf::{Leaf, Leaves},
    meaning::{self, Meaning},
    message::short,
    name,
};
use crate::cluster::{Change, Shape};

/// What one definition means.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Model {
    /// Maker and product, for people.
    pub(super) title: Box<str>,
    pub(super) vendor: Option<Box<str>>,
    pub(super) product: Option<Box<str>>,
    pub(super) shape: Arc<Shape>,
    natives: FxHashMap<Box<str>, Native>,
    /// The native key of each property.
    keys: BTreeMap<PropertyName, Box<str>>,
    /// How much of the definition could not be taken in.
    pub(super) left_out: usize,
}

/// What a native key carries.
#[derive(Debug, Clone, PartialEq)]
enum Native {
    Event(EventName),
    Properties(Vec<Binding>),
}

/// What a state says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Heard<'s> {
    pub(super) values: Vec<(PropertyName, Datum)>,
    pub(super) events: Vec<(EventName, Datum)>,
    /// Keys that the definition does not announce.
    pub(super) unknown: Vec<&'s str>,
}

impl Model {
    /// Reads a definition.
    pub(super) fn read(definition: &Datum) -> Self {
        let Leaves { known, left_out } = Leaves::of(Expose::read_all(definition.field("exposes")));
        let (events, leaves): (Vec<_>, Vec<_>) = known.into_iter().partition(is_event);
        let leaves: Vec<(Leaf, Meaning)> = leaves
            .into_iter()
            .map(|leaf| {
                let meaning = meaning::meaning(&leaf);
                (leaf, meaning)
            })
            .collect();
        let description = definition.field("description").and_then(Datum::as_text).unwrap_or_default();
        let kinds = kind::kinds(&leaves, !events.is_empty(), description);
        let mut parts = Parts::default();
        let names = name::names(&leaves);
        for (name, (leaf, meaning)) in names.into_iter().zip(leaves) {
            let document = document::property(&leaf, &meaning, &kinds);
            let native = leaf.expose.property.clone();
            parts.add(native, document, Binding::new(name, &leaf, meaning));
        }
        events.iter().for_each(|leaf| parts.add_event(leaf));
        let text = |key| definition.field(key).and_then(Datum::as_text);
        parts.model.title = title(text("vendor"), text("model"));
        parts.model.vendor = text("vendor").map(Into::into);
        parts.model.product = text("model").map(Into::into);
        parts.model.left_out = left_out;
        parts.build(kinds)
    }

    /// Makes the model of a group, of properties that are known already.
    pub(super) fn of_group(
        kinds: Vec<Box<str>>,
        properties: impl IntoIterator<Item = (PropertyDocument, Binding)>,
    ) -> Self {
        let mut parts = Parts::default();
        for (document, binding) in properties {
            parts.add(binding.bare_native.clone(), document, binding);
        }
        parts.model.title = "a group".into();
        parts.build(kinds)
    }

    /// Translates a state.
    pub(super) fn hear<'s>(&self, state: &'s [(Box<str>, Datum)]) -> Heard<'s> {
        let mut heard = Heard { values: Vec::with_capacity(state.len()), ..Heard::default() };
        for (key, value) in state {
            match self.natives.get(key) {
                Some(Native::Properties(bindings)) => {
                    heard.values.extend(bindings.iter().filter_map(|binding| binding.hear(value)));
                }
                Some(Native::Event(name)) if is_something(value) => heard.events.push((name.clone(), value.clone())),
                Some(Native::Event(_)) => {}
                None => heard.unknown.push(key),
            }
        }
        bolt::look(&self.shape.properties, &mut heard.values);
        heard
    }

    /// Translates one native value, reported by itself.
    pub(super) fn hear_one(&self, native: &str, value: &Datum) -> Vec<(PropertyName, Datum)> {
        let mut values = self.common_values(native, value);
        bolt::look(&self.shape.properties, &mut values);
        values
    }

    /// Returns the properties that a native key carries, with what a native value of it means.
    pub(super) fn common_values(&self, native: &str, value: &Datum) -> Vec<(PropertyName, Datum)> {
        self.bindings(native).iter().filter_map(|binding| binding.hear(value)).collect()
    }

    /// Translates a change into a key and its value.
    ///
    /// # Errors
    /// [`Fault`] if there is no such property, if it cannot be set, or if a native value does not exist.
    pub(super) fn command(&self, change: &Change) -> Result<(Box<str>, Datum), Fault> {
        match change {
            Change::Common(property, value) => {
                let (key, binding) = self.binding(property).ok_or_else(|| unknown(property.as_str()))?;
                settable(binding, property.as_str())?;
                Ok((key.into(), binding.conversion.to_native(value)))
            }
            Change::Native(native, value) => {
                self.permit(native.as_str(), value)?;
                Ok((native.as_str().into(), value.clone()))
            }
        }
    }

    /// A native value must fit one of the properties that share its key.
    fn permit(&self, native: &str, value: &Datum) -> Result<(), Fault> {
        let mut outcome = Err(unknown(native));
        for binding in self.bindings(native) {
            outcome = settable(binding, native).and_then(|()| match self.shape.properties.get(&binding.property) {
                Some(document) => binding.permit(document, value),
                None => Ok(()),
            });
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Returns a property's native key and what ties it to that.
    pub(super) fn binding(&self, property: &PropertyName) -> Option<(&str, &Binding)> {
        let key = self.keys.get(property)?;
        let binding = self.bindings(key).iter().find(|binding| binding.property == *property)?;
        Some((key, binding))
    }

    /// Returns all that a native key carries.
    pub(super) fn bindings(&self, native: &str) -> &[Binding] {
        match self.natives.get(native) {
            Some(Native::Properties(bindings)) => bindings,
            Some(Native::Event(_)) | None => &[],
        }
    }

    /// Returns every property in the order of the names, with its document.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&Binding, &PropertyDocument)> {
        self.shape.properties.iter().filter_map(|(name, document)| Some((self.binding(name)?.1, document)))
    }

    /// Returns the native keys that carry properties, in their order.
    pub(super) fn natives(&self) -> Vec<NativeName> {
        let is_property = |native: &Native| matches!(native, Native::Properties(_));
        let keys = self.natives.iter().filter(|(_, native)| is_property(native)).map(|(key, _)| key);
        let mut names: Vec<_> = keys.filter_map(|key| NativeName::new(key).ok()).collect();
        names.sort_unstable();
        names
    }

    /// Returns the native value that the common values of its properties stand for; colours are one map.
    pub(super) fn native_value(&self, native: &str, read: &dyn Fn(&PropertyName) -> Option<Datum>) -> Option<Datum> {
        let mut values = self
            .bindings(native)
            .iter()
            .filter_map(|binding| Some(binding.conversion.to_native(&read(&binding.property)?)));
        let first = values.next()?;
        Some(values.fold(first, merge))
    }

    /// Finds the native key that a complaint speaks of; complaints leave out the endpoint.
    pub(super) fn blamed(&self, native: &str) -> Option<&str> {
        if let Some((key, _)) = self.natives.get_key_value(native) {
            return Some(key);
        }
        let mut suspects = self.natives.iter().filter(|(_, carried)| match carried {
            Native::Properties(bindings) => bindings.iter().any(|binding| *binding.bare_native == *native),
            Native::Event(_) => false,
        });
        match (suspects.next(), suspects.next()) {
            (Some((key, _)), None) => Some(key),
            _ => None,
        }
    }
}

impl Binding {
    /// Translates a report; nothing if it does not speak of the property.
    ///
    /// The bridge knows no value of what can only be written, and says so in every state.
    fn hear(&self, native: &Datum) -> Option<(PropertyName, Datum)> {
        if native.is_null() && self.access.is_write_only() {
            return None;
        }
        Some((self.property.clone(), self.conversion.to_common(native)?))
    }
}

/// Joins two maps; of anything else the first counts.
pub(super) fn merge(one: Datum, two: Datum) -> Datum {
    match (one, two) {
        (Datum::Map(one), Datum::Map(two)) => {
            let mut entries = one.into_vec();
            let new: Vec<_> =
                two.into_iter().filter(|(key, _)| entries.iter().all(|(known, _)| known != key)).collect();
            entries.extend(new);
            Datum::Map(entries.into())
        }
        (one, _) => one,
    }
}

fn title(vendor: Option<&str>, product: Option<&str>) -> Box<str> {
    short(&format!("{} {}", vendor.unwrap_or("?"), product.unwrap_or("?"))).into()
}

/// What a button tells is published and can neither be set nor asked for.
fn is_event(leaf: &Leaf) -> bool {
    let access = leaf.expose.access;
    let is_word = matches!(leaf.expose.what, What::Enum(_) | What::Text);
    is_word && !access.is_settable() && matches!(meaning::bare_property(&leaf.expose), "action" | "click")
}

/// Older versions clear an action by an empty one.
fn is_something(value: &Datum) -> bool {
    !value.is_null() && value.as_text() != Some("")
}

fn settable(binding: &Binding, name: &str) -> Result<(), Fault> {
    let is_settable = binding.access.is_settable();
    if is_settable { Ok(()) } else { Err(Fault::new(Symbol::ReadOnly, format!("{name} cannot be written"))) }
}

fn unknown(name: &str) -> Fault {
    Fault::new(Symbol::Unknown, format!("the device has no {name}"))
}

/// A model in the making.
#[derive(Default)]
struct Parts {
    model: Model,
    shape: Shape,
}

impl Parts {
    fn add(&mut self, native: Box<str>, document: PropertyDocument, binding: Binding) {
        self.model.keys.insert(binding.property.clone(), native.clone());
        Arc::make_mut(&mut self.shape.properties).insert(binding.property.clone(), document);
        match self.model.natives.entry(native).or_insert_with(|| Native::Properties(Vec::new())) {
            Native::Properties(bindings) => bindings.push(binding),
            Native::Event(_) => {}
        }
    }

    fn add_event(&mut self, leaf: &Leaf) {
        let slug = name::property_name(&leaf.expose.property);
        let Ok(name) = EventName::new(slug.as_str()) else { return };
        Arc::make_mut(&mut self.shape.events).insert(name.clone(), document::event(leaf));
        self.model.natives.insert(leaf.expose.property.clone(), Native::Event(name));
    }

    fn build(mut self, kinds: Vec<Box<str>>) -> Model {
        self.shape.kind = kinds.into();
        self.model.shape = Arc::new(self.shape);
        self.model
    }
}
