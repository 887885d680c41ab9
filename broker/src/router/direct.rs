//! Our own router: a trie of levels, walked on the publisher's task.

use std::{fmt, sync::RwLock};

use hes_schemas::Filter;
use rustc_hash::FxHashMap;

use super::{FilterKey, Router, Sink};
use crate::{
    BoxFuture,
    pledge::Posting,
    sync::{read, write},
};

/// The trie with its sink.
pub(crate) struct Direct {
    root: RwLock<Node>,
    sink: Sink,
}

/// All filters that begin with the same levels.
#[derive(Debug, Default)]
struct Node {
    levels: FxHashMap<Box<str>, Self>,
    any: Option<Box<Self>>,
    /// The filter that ends here.
    here: Option<FilterKey>,
    /// The filter that ends here with `#`.
    rest: Option<FilterKey>,
}

impl Direct {
    pub(crate) fn new(sink: Sink) -> Self {
        Self { root: RwLock::default(), sink }
    }
}

impl Router for Direct {
    fn subscribe(&self, key: FilterKey, filter: &Filter) {
        write(&self.root).insert(filter.levels(), key);
    }

    fn unsubscribe(&self, _key: FilterKey, filter: &Filter) {
        write(&self.root).remove(filter.levels());
    }

    fn publish(&self, posting: &Posting) -> bool {
        let mut keys = Vec::new();
        read(&self.root).find(posting.parcel.publish.topic.as_str(), &mut keys);
        for key in keys {
            (self.sink)(key, posting);
        }
        true
    }

    fn is_congested(&self) -> bool {
        false
    }

    fn room(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn stop(&self) {}
}

impl Node {
    fn insert<'f>(&mut self, mut levels: impl Iterator<Item = &'f str>, key: FilterKey) {
        match levels.next() {
            None => self.here = Some(key),
            Some("#") => self.rest = Some(key),
            Some("+") => self.any.get_or_insert_default().insert(levels, key),
            Some(level) => self.levels.entry(level.into()).or_default().insert(levels, key),
        }
    }

    /// Removes a filter, and the branch that only it needed.
    fn remove<'f>(&mut self, mut levels: impl Iterator<Item = &'f str>) {
        match levels.next() {
            None => self.here = None,
            Some("#") => self.rest = None,
            Some("+") => {
                if let Some(any) = &mut self.any {
                    any.remove(levels);
                    if any.is_empty() {
                        self.any = None;
                    }
                }
            }
            Some(level) => {
                if let Some(node) = self.levels.get_mut(level) {
                    node.remove(levels);
                    if node.is_empty() {
                        self.levels.remove(level);
                    }
                }
            }
        }
    }

    /// Finds all filters that match a topic; wildcards at the first level leave out topics that begin with `$`.
    fn find(&self, topic: &str, keys: &mut Vec<FilterKey>) {
        if !topic.starts_with('$') {
            return self.walk(topic.split('/'), keys);
        }
        let mut levels = topic.split('/');
        if let Some(node) = levels.next().and_then(|level| self.levels.get(level)) {
            node.walk(levels, keys);
        }
    }

    fn walk<'t>(&self, mut levels: impl Iterator<Item = &'t str> + Clone, keys: &mut Vec<FilterKey>) {
        keys.extend(self.rest);
        let Some(level) = levels.next() else { return keys.extend(self.here) };
        if let Some(any) = &self.any {
            any.walk(levels.clone(), keys);
        }
        if let Some(node) = self.levels.get(level) {
            node.walk(levels, keys);
        }
    }

    fn is_empty(&self) -> bool {
        self.levels.is_empty() && self.any.is_none() && self.here.is_none() && self.rest.is_none()
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}
