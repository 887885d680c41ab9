//! What a group can do: what all its members can.

use std::collections::BTreeMap;

use hes_schemas::{PropertyDocument, PropertyName, vocabulary::vocabulary};

use super::{binding::Binding, model::Model};

/// A property of a member, under the name that it has without its endpoint.
type Candidate = (PropertyDocument, Binding);

/// Makes the model of a group.
///
/// Shared is what each member has under the same name, of the same type, told in the same native way. A group is only
/// commanded and never asked; of what cannot be set it reports the colour mode alone.
pub(super) fn model(members: &[&Model]) -> Model {
    let Some((first, others)) = members.split_first() else { return Model::of_group(vec!["group".into()], []) };
    let mut shared = candidates(first);
    for other in others {
        let theirs = candidates(other);
        shared.retain(|name, mine| theirs.get(name).is_some_and(|their| narrow(mine, their)));
    }
    Model::of_group(kinds(first, others), shared.into_values())
}

fn kinds(first: &Model, others: &[&Model]) -> Vec<Box<str>> {
    let shared = first.shape.kind.iter().filter(|kind| others.iter().all(|other| other.shape.kind.contains(kind)));
    std::iter::once("group".into()).chain(shared.cloned()).collect()
}

fn candidates(model: &Model) -> BTreeMap<PropertyName, Candidate> {
    let is_of_groups = |binding: &Binding| binding.access.is_settable() || &*binding.bare_native == "color_mode";
    let mut candidates = BTreeMap::new();
    for (binding, document) in model.properties().filter(|(binding, _)| is_of_groups(binding)) {
        candidates.entry(binding.bare.clone()).or_insert_with(|| bare(binding, document));
    }
    candidates
}

fn bare(binding: &Binding, document: &PropertyDocument) -> Candidate {
    let term = document.term.as_deref().and_then(|term| vocabulary().term(term));
    let document = PropertyDocument {
        native: Some(binding.bare_native.clone()),
        title: term.map(|term| term.title.clone()).or_else(|| document.title.clone()),
        gettable: false,
        ..document.clone()
    };
    let (property, access) = (binding.bare.clone(), binding.access.without_get());
    (document, Binding { property, access, ..binding.clone() })
}

/// Narrows a property to what another member can do too; false if it is another property altogether.
fn narrow(mine: &mut Candidate, their: &Candidate) -> bool {
    let ((document, binding), (other, their)) = (mine, their);
    if binding.bare_native != their.bare_native
        || binding.conversion != their.conversion
        || document.data_type != other.data_type
    {
        return false;
    }
    let had_choices = !document.choices.is_empty();
    document.choices.retain(|choice| other.choices.is_empty() || other.choices.contains(choice));
    document.presets.retain(|name, value| other.presets.get(name) == Some(value));
    document.minimum = narrower(document.minimum, other.minimum, f64::max);
    document.maximum = narrower(document.maximum, other.maximum, f64::min);
    document.safety = document.safety.max(other.safety);
    document.safe = document.safe.take().filter(|safe| other.safe.as_ref() == Some(safe));
    binding.tolerance = binding.tolerance.max(their.tolerance);
    !(had_choices && document.choices.is_empty())
}

fn narrower(one: Option<f64>, two: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (one, two) {
        (Some(one), Some(two)) => Some(choose(one, two)),
        (one, two) => one.or(two),
    }
}
