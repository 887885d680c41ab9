//! What the properties of a device are called here.

use std::collections::BTreeSet;

use hes_schemas::{PropertyName, slug, vocabulary::vocabulary};

use super::{leaf::Leaf, meaning::Meaning};

/// Names all properties of a device, each differently.
///
/// The name is that of the term, else a slug of the native one, with `native_` before what would look like a term. An
/// endpoint is appended. Of two with the same term the one that is called so natively goes first, the other keeps its own
/// name.
pub(super) fn names(leaves: &[(Leaf, Meaning)]) -> Vec<PropertyName> {
    let wanted: Vec<String> = leaves.iter().map(|(leaf, meaning)| wanted(leaf, meaning)).collect();
    let mut order: Vec<(usize, &(Leaf, Meaning), &String)> =
        leaves.iter().zip(&wanted).enumerate().map(|(index, (leaf, wanted))| (index, leaf, wanted)).collect();
    order.sort_by_key(|(_, (leaf, meaning), wanted)| (meaning.term.is_none(), slug(&leaf.expose.property) != **wanted));
    let mut taken = BTreeSet::new();
    let mut named: Vec<(usize, PropertyName)> =
        order.into_iter().map(|(index, (leaf, _), wanted)| (index, claim(&mut taken, wanted, leaf))).collect();
    named.sort_by_key(|(index, _)| *index);
    named.into_iter().map(|(_, name)| name).collect()
}

/// Returns the name without its endpoint, by which the members of a group are compared.
pub(super) fn bare(leaf: &Leaf, meaning: &Meaning) -> String {
    match meaning.term {
        Some(term) => term.name.as_str().to_owned(),
        None => native(super::meaning::bare_property(&leaf.expose)),
    }
}

fn wanted(leaf: &Leaf, meaning: &Meaning) -> String {
    match (meaning.term, &leaf.expose.endpoint) {
        (Some(term), Some(endpoint)) => format!("{}_{}", term.name, slug(endpoint)),
        (Some(term), None) => term.name.as_str().to_owned(),
        (None, _) => native(&leaf.expose.property),
    }
}

fn native(property: &str) -> String {
    let slug = slug(property);
    if vocabulary().term(&slug).is_some() { format!("native_{slug}") } else { slug }
}

fn claim(taken: &mut BTreeSet<PropertyName>, wanted: &str, leaf: &Leaf) -> PropertyName {
    let alternative = native(&leaf.expose.property);
    let numbered = (2_u32..).map(|number| {
        let tail = format!("_{number}");
        let head: String = wanted.chars().take(64 - tail.len()).collect();
        head + &tail
    });
    let candidates = [wanted.to_owned(), alternative].into_iter().chain(numbered).map(|text| property_name(&text));
    let free = candidates.into_iter().find(|name| !taken.contains(name)).unwrap_or_else(|| property_name(wanted));
    taken.insert(free.clone());
    free
}

/// Makes a name of a text.
pub(super) fn property_name(text: &str) -> PropertyName {
    #[expect(clippy::expect_used, reason = "a slug has 1 to 64 of the characters that a name may have")]
    PropertyName::new(&slug(text)).expect("a slug is a name")
}
