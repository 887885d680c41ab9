//! Who is subscribed to what: filters without a wildcard in a map, those with one behind a key.

use std::{
    hash::BuildHasher,
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use hes_schemas::Filter;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::{
    audience::{Audience, Subscriber},
    pledge::Posting,
    router::{FilterKey, Router},
    subscription::Subscription,
    sync::{read, write},
};

const SHARDS: usize = 16;

/// How many filters that begin as a topic does are looked at, before the router is asked without a look.
const LOOKED_AT: usize = 16;

/// The subscribers of filters without a wildcard.
#[derive(Debug, Default)]
pub(crate) struct Exact {
    shards: [RwLock<FxHashMap<Filter, Audience>>; SHARDS],
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
    /// The filters that begin with each first level, a wildcard too.
    beginnings: FxHashMap<Box<str>, FxHashSet<Filter>>,
    audiences: FxHashMap<FilterKey, Audience>,
}

impl Exact {
    /// Looks at all who subscribed to exactly this topic, if there are any.
    pub(crate) fn look<T>(&self, topic: &str, look: impl FnOnce(&Audience) -> T) -> Option<T> {
        self.shard(topic).and_then(|shard| read(shard).get(topic).map(look))
    }

    /// Returns how many subscriptions there are.
    pub(crate) fn subscribers(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).values().map(Audience::len).sum::<usize>()).sum()
    }

    /// Adds a subscriber, or replaces what it asked for before.
    pub(crate) fn add(&self, subscriber: Subscriber) {
        let filter = subscriber.subscription.filter.clone();
        if let Some(shard) = self.shard(filter.as_str()) {
            write(shard).entry(filter).or_default().add(subscriber);
        }
    }

    /// Removes what a session asked for.
    pub(crate) fn remove(&self, subscription: &Subscription, session: u64) {
        let filter = &subscription.filter;
        let Some(shard) = self.shard(filter.as_str()) else { return };
        let mut shard = write(shard);
        if let Some(audience) = shard.get_mut(filter) {
            audience.remove(subscription, session);
            if audience.is_empty() {
                shard.remove(filter);
            }
        }
    }

    fn shard(&self, text: &str) -> Option<&RwLock<FxHashMap<Filter, Audience>>> {
        let hash = usize::try_from(FxBuildHasher.hash_one(text) % 16).unwrap_or_default();
        self.shards.get(hash)
    }
}

impl Wild {
    /// Returns how many distinct filters there are.
    pub(crate) fn filters(&self) -> usize {
        self.filters.load(Ordering::Acquire)
    }

    /// Returns how many subscriptions there are.
    pub(crate) fn subscribers(&self) -> usize {
        read(&self.inside).audiences.values().map(Audience::len).sum()
    }

    /// Says whether any filter may match a topic: if not, the router need not be asked.
    ///
    /// Of the filters that begin as the topic does, a few are looked at; many are the router's business.
    pub(crate) fn may_match(&self, topic: &str) -> bool {
        if self.filters() == 0 {
            return false;
        }
        let beginnings = &read(&self.inside).beginnings;
        let may_match = |filters: &FxHashSet<Filter>| {
            filters.len() > LOOKED_AT || filters.iter().any(|filter| filter.matches_text(topic))
        };
        [first_level(topic), "+", "#"].iter().filter_map(|level| beginnings.get(*level)).any(may_match)
    }

    /// Gives a message to all who subscribed to the filter of a key, and returns how many groups had nobody to take it.
    pub(crate) fn deliver(&self, key: FilterKey, posting: &Posting) -> usize {
        read(&self.inside).audiences.get(&key).map_or(0, |audience| audience.deliver(posting))
    }

    /// Looks at all who subscribed to exactly this filter, if there are any.
    pub(crate) fn look<T>(&self, filter: &Filter, look: impl FnOnce(&Audience) -> T) -> Option<T> {
        let inside = read(&self.inside);
        inside.keys.get(filter).and_then(|key| inside.audiences.get(key)).map(look)
    }

    /// Adds a subscriber, or replaces what it asked for before.
    ///
    /// The router is told under the same lock, so that it never knows another set of filters for long.
    pub(crate) fn add(&self, subscriber: Subscriber, router: &dyn Router) {
        let filter = subscriber.subscription.filter.clone();
        let mut inside = write(&self.inside);
        if let Some(key) = inside.keys.get(&filter).copied() {
            return inside.audiences.entry(key).or_default().add(subscriber);
        }
        inside.next += 1;
        let key = FilterKey(inside.next);
        inside.keys.insert(filter.clone(), key);
        inside.audiences.entry(key).or_default().add(subscriber);
        inside.beginnings.entry(first_level(filter.as_str()).into()).or_default().insert(filter.clone());
        self.filters.store(inside.keys.len(), Ordering::Release);
        router.subscribe(key, &filter);
    }

    /// Removes what a session asked for.
    pub(crate) fn remove(&self, subscription: &Subscription, session: u64, router: &dyn Router) {
        let filter = &subscription.filter;
        let mut inside = write(&self.inside);
        let Some(key) = inside.keys.get(filter).copied() else { return };
        let Some(audience) = inside.audiences.get_mut(&key) else { return };
        audience.remove(subscription, session);
        if audience.is_empty() {
            inside.audiences.remove(&key);
            inside.keys.remove(filter);
            inside.forget_beginning(filter);
            self.filters.store(inside.keys.len(), Ordering::Release);
            router.unsubscribe(key, filter);
        }
    }
}

impl Inside {
    fn forget_beginning(&mut self, filter: &Filter) {
        let level = first_level(filter.as_str());
        let is_last = self.beginnings.get_mut(level).is_some_and(|filters| {
            filters.remove(filter);
            filters.is_empty()
        });
        if is_last {
            self.beginnings.remove(level);
        }
    }
}

fn first_level(text: &str) -> &str {
    text.split('/').next().unwrap_or(text)
}
