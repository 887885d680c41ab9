//! All devices, found by uid, by id and by name.

use std::collections::{BTreeMap, BTreeSet};

use hes_schemas::{ClusterId, DeviceId, Uid};
use rustc_hash::FxHashMap;

use crate::{device::Device, names::Names, record::DeviceRecord};

/// The place of a device, which outlives renames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(u32);

/// The devices of all clusters of this home.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    devices: Vec<Option<Device>>,
    free: Vec<Slot>,
    clusters: BTreeMap<ClusterId, Index>,
    names: Names,
}

#[derive(Debug, Default)]
struct Index {
    by_uid: FxHashMap<Uid, Slot>,
    by_id: BTreeMap<DeviceId, Slot>,
}

impl Directory {
    pub(crate) fn len(&self) -> usize {
        self.devices.len() - self.free.len()
    }

    /// Returns a place by its number, whether a device is there or not; nothing behind the last one.
    ///
    /// A walk over the places misses nothing and takes nothing twice, whatever is renamed or goes on the way.
    pub(crate) fn place(&self, number: u32) -> Option<Slot> {
        let slot = Slot(number);
        (index(slot) < self.devices.len()).then_some(slot)
    }

    pub(crate) fn device(&self, slot: Slot) -> Option<&Device> {
        self.devices.get(index(slot))?.as_ref()
    }

    pub(crate) fn device_mut(&mut self, slot: Slot) -> Option<&mut Device> {
        self.devices.get_mut(index(slot))?.as_mut()
    }

    pub(crate) fn by_uid(&self, cluster: &ClusterId, uid: &Uid) -> Option<Slot> {
        self.clusters.get(cluster)?.by_uid.get(uid).copied()
    }

    pub(crate) fn by_id(&self, cluster: &str, device: &str) -> Option<Slot> {
        self.clusters.get(cluster)?.by_id.get(device).copied()
    }

    /// Returns the devices of a cluster in the order of their ids.
    pub(crate) fn of_cluster(&self, cluster: &str) -> impl Iterator<Item = Slot> + use<'_> {
        self.clusters.get(cluster).into_iter().flat_map(|index| index.by_id.values().copied())
    }

    /// Returns all devices in the order of cluster and id, from the one after the given id on.
    pub(crate) fn after<'d>(&'d self, after: Option<(&'d str, &'d str)>) -> impl Iterator<Item = (Slot, &'d Device)> {
        self.clusters
            .iter()
            .filter(move |(cluster, _)| after.is_none_or(|(last, _)| cluster.as_str() >= last))
            .flat_map(move |(cluster, index)| {
                let last = after.filter(|(last, _)| cluster.as_str() == *last).map(|(_, id)| id);
                let start = last.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
                index.by_id.range::<str, _>((start, std::ops::Bound::Unbounded))
            })
            .filter_map(|(_, slot)| self.device(*slot).map(|device| (*slot, device)))
    }

    /// Returns the devices whose name for people, or whose id, is the given one, whatever the case.
    pub(crate) fn named(&self, name: &str) -> BTreeSet<Slot> {
        let name = name.to_lowercase();
        let by_id = self.clusters.values().filter_map(|index| index.by_id.get(name.as_str()));
        self.names.bearers(&name).iter().chain(by_id).copied().collect()
    }

    /// Returns an id that no other device of the cluster has: the wanted one, or that with a part of the uid.
    pub(crate) fn free_id(&self, cluster: &ClusterId, wanted: &DeviceId, uid: &Uid) -> DeviceId {
        let Some(index) = self.clusters.get(cluster) else { return wanted.clone() };
        let is_free = |id: &DeviceId| {
            index.by_id.get(id).is_none_or(|slot| self.device(*slot).is_none_or(|device| device.record.uid == *uid))
        };
        if is_free(wanted) {
            return wanted.clone();
        }
        let tail = hes_schemas::slug(uid.as_str());
        let tail: String = tail.chars().skip(tail.chars().count().saturating_sub(16)).collect();
        (0_u32..)
            .map(|n| if n == 0 { tail.clone() } else { format!("{tail}_{n}") })
            .filter_map(|tail| {
                let head: String = wanted.as_str().chars().take(64_usize.saturating_sub(tail.len() + 1)).collect();
                DeviceId::new(&format!("{head}_{tail}")).ok()
            })
            .find(is_free)
            .unwrap_or_else(|| wanted.clone())
    }

    pub(crate) fn insert(&mut self, device: Device) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.devices.push(None);
            Slot(u32::try_from(self.devices.len() - 1).unwrap_or(u32::MAX))
        });
        let entry = self.clusters.entry(device.record.cluster.clone()).or_default();
        entry.by_uid.insert(device.record.uid.clone(), slot);
        entry.by_id.insert(device.record.id.clone(), slot);
        self.names.insert(&device.record.name, slot);
        if let Some(place) = self.devices.get_mut(index(slot)) {
            *place = Some(device);
        }
        slot
    }

    /// Gives a device another description; it is found by its new id and name only.
    pub(crate) fn describe(&mut self, slot: Slot, record: DeviceRecord) {
        let Some(device) = self.devices.get_mut(index(slot)).and_then(Option::as_mut) else { return };
        let (old_id, old_name) = (device.record.id.clone(), device.record.name.clone());
        let (id, cluster) = (record.id.clone(), record.cluster.clone());
        self.names.remove(&old_name, slot);
        self.names.insert(&record.name, slot);
        device.describe(record);
        let Some(entry) = self.clusters.get_mut(&cluster) else { return };
        if entry.by_id.get(&old_id) == Some(&slot) {
            entry.by_id.remove(&old_id);
        }
        entry.by_id.insert(id, slot);
    }

    pub(crate) fn remove(&mut self, slot: Slot) -> Option<Device> {
        let device = self.devices.get_mut(index(slot))?.take()?;
        self.names.remove(&device.record.name, slot);
        if let Some(entry) = self.clusters.get_mut(&device.record.cluster) {
            entry.by_uid.remove(&device.record.uid);
            if entry.by_id.get(&device.record.id) == Some(&slot) {
                entry.by_id.remove(&device.record.id);
            }
        }
        self.free.push(slot);
        Some(device)
    }
}

fn index(slot: Slot) -> usize {
    usize::try_from(slot.0).unwrap_or(usize::MAX)
}
