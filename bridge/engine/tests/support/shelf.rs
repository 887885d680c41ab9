//! A store that keeps records in memory: what is committed survives a crash, what is not is lost.

use std::collections::BTreeMap;

use hes_engine::record::{DeviceRecord, Record, Restored, SubscriptionRecord, ValuesRecord};
use hes_schemas::{ClusterId, DeviceId, Sid, Uid};

/// How far versions leap after a crash, as in the real store.
const LEAP: u64 = 1 << 20;

/// What was kept, and what waits to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    devices: BTreeMap<(ClusterId, Uid), DeviceRecord>,
    values: BTreeMap<(ClusterId, Uid), ValuesRecord>,
    subscriptions: BTreeMap<Sid, SubscriptionRecord>,
    floor: u64,
    epoch: u64,
    waiting: Vec<Record>,
}

impl Shelf {
    /// Takes a record for later.
    pub(crate) fn save(&mut self, record: Record) {
        self.waiting.push(record);
    }

    /// Writes all that waits.
    pub(crate) fn commit(&mut self) {
        for record in std::mem::take(&mut self.waiting) {
            self.write(record);
        }
    }

    /// Begins another life after a stop that wrote everything.
    pub(crate) fn start_clean(&mut self) -> Restored {
        self.commit();
        self.restored(None)
    }

    /// Begins another life after a crash that lost what waited.
    pub(crate) fn start_unclean(&mut self) -> Restored {
        self.waiting.clear();
        self.floor += LEAP;
        self.restored(Some(self.floor))
    }

    /// Changes the id under which a device was kept, as a store might that was torn.
    pub(crate) fn tear(&mut self, uid: &str, id: &str) {
        let mut devices = self.devices.values_mut();
        devices.find(|it| it.uid.as_str() == uid).unwrap().id = DeviceId::new(id).unwrap();
    }

    fn restored(&mut self, leap: Option<u64>) -> Restored {
        self.epoch += 1;
        Restored {
            devices: self.devices.values().cloned().collect(),
            values: self.values.values().cloned().collect(),
            subscriptions: self.subscriptions.values().cloned().collect(),
            epoch: self.epoch,
            leap,
            floor: self.floor,
            ..Restored::default()
        }
    }

    fn write(&mut self, record: Record) {
        match record {
            Record::Device(record) => drop(self.devices.insert((record.cluster.clone(), record.uid.clone()), record)),
            Record::Values(record) => {
                self.floor = record.values.iter().map(|value| value.version).fold(self.floor, u64::max);
                self.values.insert((record.cluster.clone(), record.uid.clone()), record);
            }
            Record::DeviceGone(cluster, uid) => {
                let key = (cluster, uid);
                self.devices.remove(&key);
                self.values.remove(&key);
            }
            Record::Subscription(record) => drop(self.subscriptions.insert(record.sid.clone(), record)),
            Record::SubscriptionGone(sid) => drop(self.subscriptions.remove(&sid)),
            Record::ParcelsGone(..)
            | Record::Heard(..)
            | Record::Mirror(_)
            | Record::MirrorGone(_)
            | Record::Federation(_)
            | Record::FederationGone(_) => {}
        }
    }
}
