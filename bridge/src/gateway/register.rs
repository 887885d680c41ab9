//! Which device has which topic: what the delivery gate must know without waiting for the engine.

mod elsewhere;

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use hes_engine::{
    cluster::Shape,
    record::{DeviceRecord, Record},
};
use hes_schemas::{
    ClusterId, DeviceDocument, DeviceId, PropertyDocument, PropertyName, Safety, Target, Timestamp, Uid,
    rights::{Action, Grants, Subject},
};
use rustc_hash::FxHashMap;

use super::{
    abroad::Abroad,
    gates::{Closed, Verdict},
};

/// How many topics of devices that were renamed or have gone are remembered: the messages that end what was retained there
/// may still be under way.
const FORMER: usize = 1_024;

/// No right is about the device at all.
const NOTHING: Closed = Closed::NotGranted(Action::Read, Safety::S0);

/// All devices by `<cluster>/<device>`.
///
/// The engine's outputs keep it up to date. It has a lock of its own, because messages are delivered while the engine's is
/// held.
#[derive(Debug, Default)]
pub(crate) struct Register(RwLock<Entries>, Abroad);

#[derive(Debug, Default)]
struct Entries {
    by_path: FxHashMap<Box<str>, Arc<Entry>>,
    path_of: FxHashMap<(ClusterId, Uid), Box<str>>,
    former: VecDeque<(Box<str>, Arc<Entry>)>,
}

/// What the engine would say to a request about one property.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'g> {
    pub(crate) property: PropertyName,
    pub(crate) class: Safety,
    pub(crate) verdict: Verdict<'g>,
    /// The class of the safe direction, and what is said to that.
    pub(crate) safe: Option<(Safety, Verdict<'g>)>,
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
            Record::ParcelsGone(..)
            | Record::Heard(..)
            | Record::Mirror(_)
            | Record::MirrorGone(_)
            | Record::Federation(_)
            | Record::FederationGone(_) => {}
        }
    }

    pub(crate) fn add(&self, record: &DeviceRecord) {
        self.insert(Entry {
            cluster: record.cluster.clone(),
            device: record.id.clone(),
            uid: record.uid.clone(),
            shape: Arc::clone(&record.shape),
        });
    }

    /// Adds a device that is known by its document.
    pub(super) fn add_document(&self, cluster: ClusterId, document: &DeviceDocument) {
        let DeviceDocument { id, uid, kind, properties, events, .. } = document;
        let (kind, properties, events) = (Arc::clone(kind), Arc::clone(properties), Arc::clone(events));
        let shape = Arc::new(Shape { kind, properties, events });
        self.insert(Entry { cluster, device: id.clone(), uid: uid.clone(), shape });
    }

    /// Removes a device by its id in topics.
    pub(super) fn remove(&self, cluster: &ClusterId, device: &DeviceId) {
        let uid = self.uid(&format!("{cluster}/{device}"));
        if let Some(uid) = uid {
            self.0.write().unwrap_or_else(PoisonError::into_inner).retire(&(cluster.clone(), uid));
        }
    }

    fn insert(&self, entry: Entry) {
        let path: Box<str> = format!("{}/{}", entry.cluster, entry.device).into();
        let entry = Arc::new(entry);
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
    pub(crate) fn see<'g>(&self, now: Timestamp, grants: &'g Grants, rest: &str) -> Verdict<'g> {
        if let Some(grant) = grants.find_everything(now, Action::Read) {
            return Ok(grant);
        }
        let mut levels = rest.splitn(3, '/');
        let (Some(cluster), Some(device), Some(what)) = (levels.next(), levels.next(), levels.next()) else {
            let is_open = rest.ends_with("$status") || rest == "$jwks";
            let devices = is_open.then(|| grants.find_devices(now)).flatten();
            return devices.ok_or(if is_open { NOTHING } else { Closed::Unknown });
        };
        let path = rest.get(..cluster.len() + 1 + device.len()).unwrap_or_default();
        self.with(path, |entry| entry.see(now, grants, what)).unwrap_or(Err(Closed::Unknown))
    }

    /// Says whether an account may ask for something of a device: `path` is `<cluster>/<device>`.
    pub(crate) fn ask<'g>(
        &self,
        now: Timestamp,
        grants: &'g Grants,
        path: &str,
        target: &Target,
        action: Action,
    ) -> Vec<Asked<'g>> {
        self.with(path, |entry| entry.ask(now, grants, target, action)).unwrap_or_default()
    }

    /// Returns which device is called so, for good.
    pub(crate) fn uid(&self, path: &str) -> Option<Uid> {
        self.with(path, |entry| entry.uid.clone())
    }

    /// Looks at a device while nothing changes; the look takes no other lock.
    fn with<T>(&self, path: &str, look: impl FnOnce(&Entry) -> T) -> Option<T> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let former = || entries.former.iter().rev().find(|(old, _)| **old == *path).map(|(_, entry)| entry);
        entries.by_path.get(path).or_else(former).map(|entry| look(entry))
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
    fn see<'g>(&self, now: Timestamp, grants: &'g Grants, what: &str) -> Verdict<'g> {
        match what.split_once('/') {
            None if what == "$doc" => self.know_all(now, grants),
            None => grants.find_any(now, &self.subject(None)).ok_or(NOTHING),
            Some(("property", name)) => self.read(now, grants, name),
            Some(("native", native)) => self.read_native(now, grants, native),
            Some(("event", name)) => self.hear(now, grants, name),
            Some(_) => Err(Closed::Unknown),
        }
    }

    /// The document names all properties and events, so it is for those who may know of each.
    fn know_all<'g>(&self, now: Timestamp, grants: &'g Grants) -> Verdict<'g> {
        let Shape { properties, events, .. } = &*self.shape;
        let grant = grants.find_any(now, &self.subject(None)).ok_or(NOTHING)?;
        let is_all_known =
            properties.iter().all(|(name, it)| grants.show_property(now, &self.subject(Some(name.as_str())), it))
                && events.iter().all(|(name, it)| grants.show_event(now, &self.subject(Some(name.as_str())), it));
        if is_all_known { Ok(grant) } else { Err(Closed::TellsTooMuch) }
    }

    fn read<'g>(&self, now: Timestamp, grants: &'g Grants, name: &str) -> Verdict<'g> {
        let privacy = self.shape.properties.get(name).map_or(Safety::S3, |document| document.privacy);
        let grant = grants.find(now, Action::Read, &self.subject(Some(name)), privacy);
        grant.ok_or(Closed::NotGranted(Action::Read, privacy))
    }

    /// A native value may be seen if all that it stands for may.
    fn read_native<'g>(&self, now: Timestamp, grants: &'g Grants, native: &str) -> Verdict<'g> {
        let properties = self.shape.properties.iter();
        let names = properties.filter(|(_, it)| it.native.as_deref() == Some(native)).map(|(name, _)| name);
        let mut verdict = grants.find_any(now, &self.subject(None)).ok_or(NOTHING);
        for name in names {
            verdict = Ok(self.read(now, grants, name.as_str())?);
        }
        verdict
    }

    fn hear<'g>(&self, now: Timestamp, grants: &'g Grants, name: &str) -> Verdict<'g> {
        let event = self.shape.events.get(name).ok_or(Closed::Unknown)?;
        let grant = grants.find_event(now, &self.subject(Some(name)), event);
        grant.ok_or(Closed::NotGranted(Action::Notify, event.privacy))
    }

    /// Says the same as the engine does of a request.
    fn ask<'g>(&self, now: Timestamp, grants: &'g Grants, target: &Target, action: Action) -> Vec<Asked<'g>> {
        let is_meant = |name: &PropertyName, document: &PropertyDocument| match target {
            Target::Device => true,
            Target::Property(wanted) => name == wanted,
            Target::Native(wanted) => document.native.as_deref() == Some(wanted.as_str()),
        };
        let meant = self.shape.properties.iter().filter(|(name, document)| is_meant(name, document));
        let asked = meant.map(|(name, document)| {
            let (class, safe) = match action {
                Action::Write => (document.safety, document.safe.is_some().then(|| document.safety.lower())),
                Action::Read | Action::Notify | Action::Manage => (document.privacy, None),
            };
            let decide = |class| self.permit(now, grants, name, document, action, class);
            Asked {
                property: name.clone(),
                class,
                verdict: decide(class),
                safe: safe.map(|class| (class, decide(class))),
            }
        });
        asked.collect()
    }

    fn permit<'g>(
        &self,
        now: Timestamp,
        grants: &'g Grants,
        name: &PropertyName,
        document: &PropertyDocument,
        action: Action,
        class: Safety,
    ) -> Verdict<'g> {
        let subject = self.subject(Some(name.as_str()));
        let found = grants.find(now, action, &subject, class).ok_or(Closed::NotGranted(action, class));
        match action {
            Action::Write if document.read_only => Err(Closed::ReadOnly),
            Action::Read if document.write_only => Err(Closed::WriteOnly),
            Action::Read | Action::Write | Action::Notify | Action::Manage => found,
        }
    }

    const fn subject<'e>(&'e self, property: Option<&'e str>) -> Subject<'e> {
        Subject { cluster: &self.cluster, device: &self.device, uid: &self.uid, property }
    }
}
