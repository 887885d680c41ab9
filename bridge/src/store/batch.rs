//! What waits to be written: the latest state of each thing, so that it stays small however long the disk is away.

use std::collections::{HashMap, hash_map::Entry};

use hes_broker::Publish;
use hes_engine::record::{DeviceRecord, Record, SubscriptionRecord, ValuesRecord};
use hes_schemas::{ClusterId, Sid, Timestamp, Topic, Uid};

use super::{body, homes::Homes, sessions::Sessions};

/// Changes that go into one transaction, at most one for each thing.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) devices: HashMap<DeviceKey, DeviceChange>,
    pub(super) subscriptions: HashMap<Sid, Option<SubscriptionRecord>>,
    pub(super) retained: HashMap<Topic, Option<Kept>>,
    pub(super) inventories: HashMap<(ClusterId, Box<str>), Box<[u8]>>,
    pub(super) sessions: Sessions,
    pub(super) homes: Homes,
}

/// A device, for good.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct DeviceKey {
    pub(super) cluster: ClusterId,
    pub(super) uid: Uid,
}

/// What became of a device.
#[derive(Debug, Default)]
pub(super) struct DeviceChange {
    /// It was forgotten first; this is the highest version that was never written of it.
    pub(super) forgotten: Option<u64>,
    pub(super) device: Option<DeviceRecord>,
    pub(super) values: Option<ValuesRecord>,
}

/// A retained message with its end.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) message: Publish,
    pub(super) until: Option<Timestamp>,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.devices.len()
            + self.subscriptions.len()
            + self.retained.len()
            + self.inventories.len()
            + self.sessions.len()
            + self.homes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds what the engine wants to be kept; it replaces what was said of the same thing before.
    pub(super) fn record(&mut self, record: Record) {
        match record {
            Record::Device(record) => {
                let change = self.device(record.cluster.clone(), record.uid.clone());
                change.device = Some(record);
            }
            Record::Values(record) => {
                let change = self.device(record.cluster.clone(), record.uid.clone());
                change.values = Some(record);
            }
            Record::DeviceGone(cluster, uid) => self.device(cluster, uid).forget(),
            Record::Subscription(record) => {
                self.subscriptions.insert(record.sid.clone(), Some(record));
            }
            Record::SubscriptionGone(sid) => {
                self.subscriptions.insert(sid, None);
            }
            of_homes @ (Record::ParcelsGone(..)
            | Record::Heard(..)
            | Record::Mirror(_)
            | Record::MirrorGone(_)
            | Record::Federation(_)
            | Record::FederationGone(_)) => self.homes.record(of_homes),
        }
    }

    /// Adds a retained message, or its end.
    pub(super) fn retain(&mut self, topic: Topic, kept: Option<Kept>) {
        self.retained.insert(topic, kept);
    }

    /// Adds what a cluster said of its devices on a topic.
    pub(super) fn remember(&mut self, cluster: ClusterId, topic: Box<str>, payload: Box<[u8]>) {
        self.inventories.insert((cluster, topic), payload);
    }

    /// Puts back what could not be written, below what has come since.
    pub(super) fn put_back(&mut self, older: Self) {
        for (key, change) in older.devices {
            match self.devices.entry(key) {
                Entry::Occupied(mut newer) => newer.get_mut().put_back(change),
                Entry::Vacant(place) => drop(place.insert(change)),
            }
        }
        for (sid, change) in older.subscriptions {
            self.subscriptions.entry(sid).or_insert(change);
        }
        for (topic, change) in older.retained {
            self.retained.entry(topic).or_insert(change);
        }
        for (key, payload) in older.inventories {
            self.inventories.entry(key).or_insert(payload);
        }
        self.sessions.put_back(older.sessions);
        self.homes.put_back(older.homes);
    }

    fn device(&mut self, cluster: ClusterId, uid: Uid) -> &mut DeviceChange {
        self.devices.entry(DeviceKey { cluster, uid }).or_default()
    }
}

impl DeviceChange {
    fn forget(&mut self) {
        let unwritten = self.values.as_ref().map_or(0, body::top);
        *self = Self { forgotten: Some(self.forgotten.unwrap_or(0).max(unwritten)), ..Self::default() };
    }

    fn put_back(&mut self, mut older: Self) {
        if let Some(unwritten) = self.forgotten {
            older.forget();
            self.forgotten = Some(unwritten.max(older.forgotten.unwrap_or(0)));
            return;
        }
        self.forgotten = older.forgotten;
        self.device = self.device.take().or(older.device);
        self.values = self.values.take().or(older.values);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    fn only(batch: &Batch) -> &DeviceChange {
        batch.devices.values().next().unwrap()
    }

    #[test]
    fn keeps_the_latest_state_of_each_thing() {
        let mut batch = Batch::default();
        for version in 1..=9 {
            batch.record(Record::Values(samples::values("a", version)));
        }
        assert_eq!((batch.len(), only(&batch).values.as_ref().map(body::top)), (1, Some(9)));
    }

    #[test]
    fn remembers_how_high_a_forgotten_device_was() {
        let mut batch = Batch::default();
        batch.record(Record::Values(samples::values("a", 7)));
        batch.record(Record::DeviceGone(samples::cluster(), samples::uid("a")));
        batch.record(Record::Values(samples::values("a", 2)));
        assert_eq!(only(&batch).forgotten, Some(7));
        assert_eq!(only(&batch).values.as_ref().map(body::top), Some(2));
    }

    #[test]
    fn puts_back_what_failed_below_what_is_newer() {
        let mut failed = Batch::default();
        failed.record(Record::Device(samples::device("a")));
        failed.record(Record::Values(samples::values("a", 1)));
        failed.record(Record::Subscription(samples::subscription("s1", 1)));
        let mut since = Batch::default();
        since.record(Record::Values(samples::values("a", 2)));
        since.record(Record::SubscriptionGone(samples::sid("s1")));
        since.put_back(failed);
        assert!(only(&since).device.is_some());
        assert_eq!(only(&since).values.as_ref().map(body::top), Some(2));
        assert_eq!(since.subscriptions.get(&samples::sid("s1")), Some(&None));
    }

    #[test]
    fn does_not_bring_back_what_was_forgotten_since() {
        let mut failed = Batch::default();
        failed.record(Record::Device(samples::device("a")));
        failed.record(Record::Values(samples::values("a", 5)));
        let mut since = Batch::default();
        since.record(Record::DeviceGone(samples::cluster(), samples::uid("a")));
        since.put_back(failed);
        assert!(only(&since).device.is_none() && only(&since).values.is_none());
        assert_eq!(only(&since).forgotten, Some(5));
    }
}
