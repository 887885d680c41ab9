//! Which subscriptions something concerns, without asking them all.

use std::collections::{BTreeMap, BTreeSet};

use hes_schemas::{
    ClusterId, Sid, Uid,
    rights::{Scope, Subject},
};
use rustc_hash::FxHashMap;

/// Subscriptions by what their scopes name: a device for good, or else a cluster and a property, or neither.
#[derive(Debug, Default)]
pub(crate) struct Interest {
    of_device: FxHashMap<Uid, BTreeSet<Sid>>,
    broad: FxHashMap<Option<ClusterId>, ByProperty>,
}

/// Subscriptions to everything of whichever device, and to one property.
#[derive(Debug, Default)]
struct ByProperty {
    all: BTreeSet<Sid>,
    one: BTreeMap<Box<str>, BTreeSet<Sid>>,
}

/// What a scope names.
enum Named<'s> {
    Device(Uid),
    Broad(Option<ClusterId>, Option<&'s str>),
}

impl Interest {
    pub(crate) fn insert(&mut self, scope: &Scope, sid: &Sid) {
        let place = match named(scope) {
            Named::Device(uid) => self.of_device.entry(uid).or_default(),
            Named::Broad(cluster, None) => &mut self.broad.entry(cluster).or_default().all,
            Named::Broad(cluster, Some(property)) => {
                self.broad.entry(cluster).or_default().one.entry(property.into()).or_default()
            }
        };
        place.insert(sid.clone());
    }

    pub(crate) fn remove(&mut self, scope: &Scope, sid: &Sid) {
        match named(scope) {
            Named::Device(uid) => {
                if self.of_device.get_mut(&uid).is_some_and(|sids| is_last(sids, sid)) {
                    self.of_device.remove(&uid);
                }
            }
            Named::Broad(cluster, property) => {
                if self.broad.get_mut(&cluster).is_some_and(|place| place.is_last(property, sid)) {
                    self.broad.remove(&cluster);
                }
            }
        }
    }

    /// Returns the subscriptions that something of a device may concern; what is about no property may concern all.
    pub(crate) fn concerning(&self, subject: &Subject<'_>) -> Vec<Sid> {
        let mut sids: Vec<Sid> = self.of_device.get(subject.uid).into_iter().flatten().cloned().collect();
        for cluster in [None, Some(subject.cluster.clone())] {
            let Some(place) = self.broad.get(&cluster) else { continue };
            sids.extend(place.all.iter().cloned());
            match subject.property {
                Some(property) => sids.extend(place.one.get(property).into_iter().flatten().cloned()),
                None => sids.extend(place.one.values().flatten().cloned()),
            }
        }
        sids
    }
}

impl ByProperty {
    /// Takes a subscription out; returns whether none is left.
    fn is_last(&mut self, property: Option<&str>, sid: &Sid) -> bool {
        match property {
            None => drop(self.all.remove(sid)),
            Some(property) => {
                if self.one.get_mut(property).is_some_and(|sids| is_last(sids, sid)) {
                    self.one.remove(property);
                }
            }
        }
        self.all.is_empty() && self.one.is_empty()
    }
}

/// Takes a subscription out; returns whether none is left.
fn is_last(sids: &mut BTreeSet<Sid>, sid: &Sid) -> bool {
    sids.remove(sid);
    sids.is_empty()
}

fn named(scope: &Scope) -> Named<'_> {
    if let Some((_, uid)) = only_device(scope) {
        return Named::Device(uid);
    }
    let Scope::Devices(filter) = scope else { return Named::Broad(None, None) };
    let cluster = filter.levels().next().and_then(|level| ClusterId::new(level).ok());
    let property = filter.levels().nth(2).filter(|level| !matches!(*level, "+" | "#"));
    Named::Broad(cluster, property)
}

/// Returns the one device that a scope is about, if it names it by its uid.
pub(crate) fn only_device(scope: &Scope) -> Option<(ClusterId, Uid)> {
    let Scope::Devices(filter) = scope else { return None };
    let mut levels = filter.levels();
    let cluster = ClusterId::new(levels.next()?).ok()?;
    let uid = levels.next()?.strip_prefix("uid:")?.parse().ok()?;
    Some((cluster, uid))
}
