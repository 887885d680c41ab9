//! The retained messages that clients publish outside the interface.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, RwLock},
};

use hes_schemas::{Filter, Topic};

use crate::{
    Publish,
    parcel::{Left, Parcel, Place},
    sync::{read, write},
};

/// The store, which holds its lock while a change is told: so all see changes in one order.
#[derive(Debug)]
pub(crate) struct Retained {
    inside: RwLock<Inside>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Inside {
    changes: u64,
    /// In the order of their topics, so that those which begin alike are side by side.
    messages: BTreeMap<Topic, Arc<Parcel>>,
}

/// There are as many retained messages as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Retained {
    /// Begins with the messages that were stored before.
    pub(crate) fn new(messages: Vec<Publish>, limit: usize) -> Self {
        let mut inside = Inside::default();
        for publish in messages {
            inside.changes += 1;
            let place = Place::Stored(inside.changes);
            inside.messages.insert(publish.topic.clone(), Arc::new(Parcel::new(publish, 0, Some(place))));
        }
        Self { inside: RwLock::new(inside), limit }
    }

    /// Keeps a message, or clears its topic if it is empty, and calls `told` before the next change.
    ///
    /// # Errors
    /// [`Full`] if the topic is new and there is no room; then nothing is told.
    pub(crate) fn change(
        &self,
        publish: Publish,
        origin: u64,
        told: impl FnOnce(&Arc<Parcel>, usize),
    ) -> Result<(), Full> {
        let mut inside = write(&self.inside);
        let is_clearing = publish.payload.is_empty();
        if !is_clearing && inside.messages.len() >= self.limit && !inside.messages.contains_key(&publish.topic) {
            return Err(Full);
        }
        inside.changes += 1;
        let parcel = Arc::new(Parcel::new(publish, origin, Some(Place::Stored(inside.changes))));
        if is_clearing {
            inside.messages.remove(&parcel.publish.topic);
        } else {
            inside.messages.insert(parcel.publish.topic.clone(), Arc::clone(&parcel));
        }
        told(&parcel, inside.messages.len());
        drop(inside);
        Ok(())
    }

    /// Calls `each` for all that match a filter, and returns the place of the last change that it has seen.
    pub(crate) fn snapshot(&self, filter: &Filter, mut each: impl FnMut(&Arc<Parcel>)) -> Place {
        let inside = read(&self.inside);
        if filter.has_wildcard() {
            let beginning = beginning(filter);
            let near = inside.messages.range::<str, _>((Bound::Included(beginning), Bound::Unbounded));
            let near = near.take_while(|(topic, _)| topic.as_str().starts_with(beginning));
            let matching = near.filter(|(topic, _)| filter.matches(topic));
            matching.filter(|(_, parcel)| parcel.left() != Left::Nothing).for_each(|(_, parcel)| each(parcel));
        } else if let Some(parcel) = inside.messages.get(filter.as_str())
            && parcel.left() != Left::Nothing
        {
            each(parcel);
        }
        Place::Stored(inside.changes)
    }

    /// Forgets what has expired, calls `each` for it before the next change, and returns how many are left.
    pub(crate) fn expire(&self, mut each: impl FnMut(&Topic)) -> usize {
        let mut inside = write(&self.inside);
        inside.messages.retain(|topic, parcel| {
            let is_left = parcel.left() != Left::Nothing;
            if !is_left {
                each(topic);
            }
            is_left
        });
        inside.messages.len()
    }
}

/// Returns what all topics that a filter matches begin with.
fn beginning(filter: &Filter) -> &str {
    let literal = filter.as_str().split(['+', '#']).next().unwrap_or_default();
    literal.strip_suffix('/').unwrap_or(literal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_all_that_match_and_nothing_else(
            topics in prop::collection::btree_set("[ab/]{1,6}", 1..40), filter in "([ab]?/|[+]/){0,3}([ab+#]?)"
        ) {
            let Ok(filter) = Filter::new(&filter) else { return Ok(()) };
            let messages = topics.iter().map(|topic| Publish::new(Topic::new(topic).unwrap(), "x").retained()).collect();
            let retained = Retained::new(messages, 100);
            let mut found = Vec::new();
            retained.snapshot(&filter, |parcel| found.push(parcel.publish.topic.as_str().to_owned()));
            let expect: Vec<_> = topics.into_iter().filter(|topic| filter.matches_text(topic)).collect();
            prop_assert_eq!(found, expect);
        }
    }
}
