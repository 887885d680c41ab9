//! Who is subscribed to what: filters without a wildcard in a map, those with one behind a key.

use std::{
    hash::BuildHasher,
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use hes_schemas::Filter;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{
    router::{FilterKey, Router},
    subscription::Subscriber,
    sync::{read, write},
};

const SHARDS: usize = 16;

/// The subscribers of filters without a wildcard.
#[derive(Debug, Default)]
pub(crate) struct Exact {
    shards: [RwLock<FxHashMap<Filter, Vec<Subscriber>>>; SHARDS],
}

/// The subscribers of filters with a wildcard, by the key under which the router knows the filter.
#[derive(Debug, Default)]
pub(crate) struct Wild {
    filters: AtomicUsize,
    inside: RwLock<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    keys: FxHashMap<Filter, FilterKey>,
    subscribers: FxHashMap<FilterKey, Vec<Subscriber>>,
}

impl Exact {
    /// Calls `each` for all who subscribed to exactly this topic.
    pub(crate) fn each(&self, topic: &str, mut each: impl FnMut(&Subscriber)) {
        let Some(shard) = self.shard(topic) else { return };
        if let Some(subscribers) = read(shard).get(topic) {
            subscribers.iter().for_each(&mut each);
        }
    }

    /// Adds a subscriber, or replaces what it asked for before.
    pub(crate) fn add(&self, filter: &Filter, subscriber: Subscriber) {
        if let Some(shard) = self.shard(filter.as_str()) {
            put(write(shard).entry(filter.clone()).or_default(), subscriber);
        }
    }

    /// Removes what a session asked for.
    pub(crate) fn remove(&self, filter: &Filter, session: u64) {
        let Some(shard) = self.shard(filter.as_str()) else { return };
        let mut shard = write(shard);
        if let Some(subscribers) = shard.get_mut(filter) {
            subscribers.retain(|subscriber| subscriber.session.key != session);
            if subscribers.is_empty() {
                shard.remove(filter);
            }
        }
    }

    fn shard(&self, text: &str) -> Option<&RwLock<FxHashMap<Filter, Vec<Subscriber>>>> {
        let hash = usize::try_from(FxBuildHasher.hash_one(text) % 16).unwrap_or_default();
        self.shards.get(hash)
    }
}

impl Wild {
    /// Returns how many distinct filters there are.
    pub(crate) fn filters(&self) -> usize {
        self.filters.load(Ordering::Acquire)
    }

    /// Calls `each` for all who subscribed to the filter of a key; none if nobody does any more.
    pub(crate) fn each(&self, key: FilterKey, mut each: impl FnMut(&Subscriber)) {
        if let Some(subscribers) = read(&self.inside).subscribers.get(&key) {
            subscribers.iter().for_each(&mut each);
        }
    }

    /// Adds a subscriber, or replaces what it asked for before.
    ///
    /// The router is told under the same lock, so that it never knows another set of filters for long.
    pub(crate) fn add(&self, filter: &Filter, subscriber: Subscriber, router: &dyn Router) {
        let mut inside = write(&self.inside);
        if let Some(key) = inside.keys.get(filter).copied() {
            return put(inside.subscribers.entry(key).or_default(), subscriber);
        }
        inside.next += 1;
        let key = FilterKey(inside.next);
        inside.keys.insert(filter.clone(), key);
        inside.subscribers.insert(key, vec![subscriber]);
        self.filters.store(inside.keys.len(), Ordering::Release);
        router.subscribe(key, filter);
    }

    /// Removes what a session asked for.
    pub(crate) fn remove(&self, filter: &Filter, session: u64, router: &dyn Router) {
        let mut inside = write(&self.inside);
        let Some(key) = inside.keys.get(filter).copied() else { return };
        let Some(subscribers) = inside.subscribers.get_mut(&key) else { return };
        subscribers.retain(|subscriber| subscriber.session.key != session);
        if subscribers.is_empty() {
            inside.subscribers.remove(&key);
            inside.keys.remove(filter);
            self.filters.store(inside.keys.len(), Ordering::Release);
            router.unsubscribe(key, filter);
        }
    }
}

fn put(subscribers: &mut Vec<Subscriber>, subscriber: Subscriber) {
    match subscribers.iter_mut().find(|old| old.session.key == subscriber.session.key) {
        Some(old) => *old = subscriber,
        None => subscribers.push(subscriber),
    }
}
