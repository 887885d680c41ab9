//! Which device has which topic: what the delivery gate must know without waiting for the engine.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use hes_engine::{
    cluster::Shape,
    record::{DeviceRecord, Record},
};
use hes_schemas::{
    ClusterId, DeviceId, PropertyName, Safety, Timestamp, Uid,
    rights::{Action, Grants, Subject},
};
use rustc_hash::FxHashMap;

/// How many topics of devices that were renamed or have gone are remembered: the messages that end what was retained there
/// may still be under way.
const FORMER: usize = 1_024;

/// All devices by `<cluster>/<device>`.
///
/// The engine's outputs keep it up to date. It has a lock of its own, because messages are delivered while the engine's is
/// held.
#[derive(Debug, Default)]
pub(crate) struct Register(RwLock<Entries>);

#[derive(Debug, Default)]
struct Entries {
    by_path: FxHashMap<Box<str>, Arc<Entry>>,
    path_of: FxHashMap<(ClusterId, Uid), Box<str>>,
    former: VecDeque<(Box<str>, Arc<Entry>)>,
}

#[derive(Debug)]
struct Entry {
    cluster: ClusterId,
    device: DeviceId,
    uid: Uid,
    shape: Arc<Shape>,
}

impl Register {
    /// Takes note of what the engine wants kept.
    pub(crate) fn note(&self, record: &Record) {
        match record {
            Record::Device(record) => self.add(record),
            Record::DeviceGone(cluster, uid) => {
                self.0.write().unwrap_or_else(PoisonError::into_inner).retire(&(cluster.clone(), uid.clone()));
            }
            Record::Values(_) | Record::Subscription(_) | Record::SubscriptionGone(_) => {}
        }
    }

    pub(crate) fn add(&self, record: &DeviceRecord) {
        let path: Box<str> = format!("{}/{}", record.cluster, record.id).into();
        let entry = Arc::new(Entry {
            cluster: record.cluster.clone(),
            device: record.id.clone(),
            uid: record.uid.clone(),
            shape: Arc::clone(&record.shape),
        });
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let key = (entry.cluster.clone(), entry.uid.clone());
        if entries.path_of.get(&key).is_some_and(|old| *old != path) {
            entries.retire(&key);
        }
        entries.path_of.insert(key, path.clone());
        entries.by_path.insert(path, entry);
    }

    /// Says whether an account may be shown what is said below a home: `rest` is the topic behind `<root>/<home>/`.
    ///
    /// Requests, answers and notifications are nobody's but the asker's, which the broker sees to.
    pub(crate) fn may_see(&self, now: Timestamp, grants: &Grants, rest: &str) -> bool {
        if grants.read_everything(now) {
            return true;
        }
        let mut levels = rest.splitn(3, '/');
        let (Some(cluster), Some(device), Some(what)) = (levels.next(), levels.next(), levels.next()) else {
            return rest.ends_with("$status") && grants.has_devices(now);
        };
        let path = rest.get(..cluster.len() + 1 + device.len()).unwrap_or_default();
        self.find(path).is_some_and(|entry| entry.may_see(now, grants, what))
    }

    fn find(&self, path: &str) -> Option<Arc<Entry>> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let former = || entries.former.iter().rev().find(|(old, _)| **old == *path).map(|(_, entry)| entry);
        entries.by_path.get(path).or_else(former).cloned()
    }
}

impl Entries {
    fn retire(&mut self, key: &(ClusterId, Uid)) {
        let Some(path) = self.path_of.remove(key) else { return };
        let is_own = self.by_path.get(&path).is_some_and(|entry| entry.uid == key.1);
        let Some(entry) = is_own.then(|| self.by_path.remove(&path)).flatten() else { return };
        self.former.push_back((path, entry));
        if self.former.len() > FORMER {
            self.former.pop_front();
        }
    }
}

impl Entry {
    fn may_see(&self, now: Timestamp, grants: &Grants, what: &str) -> bool {
        match what.split_once('/') {
            None if what == "$doc" => self.may_know_all(now, grants),
            None => !grants.actions(now, &self.subject(None)).is_empty(),
            Some(("property", name)) => self.may_read(now, grants, name),
            Some(("native", native)) => self.may_read_native(now, grants, native),
            Some(("event", name)) => self.may_hear(now, grants, name),
            Some(_) => false,
        }
    }

    /// The document names all properties and events, so it is for those who may know of each.
    fn may_know_all(&self, now: Timestamp, grants: &Grants) -> bool {
        let Shape { properties, events, .. } = &*self.shape;
        !grants.actions(now, &self.subject(None)).is_empty()
            && properties.iter().all(|(name, it)| grants.show_property(now, &self.subject(Some(name.as_str())), it))
            && events.iter().all(|(name, it)| grants.show_event(now, &self.subject(Some(name.as_str())), it))
    }

    fn may_read(&self, now: Timestamp, grants: &Grants, name: &str) -> bool {
        let privacy = self.shape.properties.get(name).map_or(Safety::S3, |document| document.privacy);
        grants.permits(now, Action::Read, &self.subject(Some(name)), privacy)
    }

    /// A native value may be seen if all that it stands for may.
    fn may_read_native(&self, now: Timestamp, grants: &Grants, native: &str) -> bool {
        let properties = self.shape.properties.iter();
        let mut names =
            properties.filter(|(_, document)| document.native.as_deref() == Some(native)).map(|(name, _)| name);
        names.all(|name: &PropertyName| self.may_read(now, grants, name.as_str()))
    }

    fn may_hear(&self, now: Timestamp, grants: &Grants, name: &str) -> bool {
        self.shape.events.get(name).is_some_and(|it| grants.show_event(now, &self.subject(Some(name)), it))
    }

    const fn subject<'e>(&'e self, property: Option<&'e str>) -> Subject<'e> {
        Subject { cluster: &self.cluster, device: &self.device, uid: &self.uid, property }
    }
}
