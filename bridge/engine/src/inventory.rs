//! Devices come, change their description or their name, and go.

use std::collections::BTreeSet;

use hes_schemas::{ClusterId, Fault, Symbol, Timestamp, Uid, message::EventKind};

use crate::{
    cluster::Description,
    device::Device,
    directory::Slot,
    engine::Engine,
    notice::Notice,
    notify::Happening,
    output::Output,
    record::{DeviceRecord, Record},
    timers::Timer,
};

impl Engine {
    /// Makes the directory hold exactly these devices of a cluster.
    pub(crate) fn inventory(&mut self, now: Timestamp, cluster: &ClusterId, descriptions: Vec<Description>) {
        let described: BTreeSet<Uid> = descriptions.iter().map(|description| description.uid.clone()).collect();
        let gone: Vec<Uid> = self
            .directory
            .of_cluster(cluster.as_str())
            .filter_map(|slot| Some(self.directory.device(slot)?.record.uid.clone()))
            .filter(|uid| !described.contains(uid))
            .collect();
        for uid in gone {
            self.left(now, cluster, &uid);
        }
        // two devices that swapped their names each find the other's free only the second time
        let mut again = Vec::new();
        for description in descriptions {
            let wanted = description.clone();
            self.joined(now, cluster, description);
            let slot = self.directory.by_uid(cluster, &wanted.uid);
            let id = slot.and_then(|slot| Some(&self.directory.device(slot)?.record.id));
            if id.is_some_and(|id| *id != wanted.id) {
                again.push(wanted);
            }
        }
        for description in again {
            self.joined(now, cluster, description);
        }
    }

    /// Takes in one device's description.
    pub(crate) fn joined(&mut self, now: Timestamp, cluster: &ClusterId, description: Description) {
        let id = self.directory.free_id(cluster, &description.id, &description.uid);
        let record = DeviceRecord {
            cluster: cluster.clone(),
            uid: description.uid,
            id,
            name: description.name,
            room: description.room,
            maker: description.maker,
            model: description.model,
            firmware: description.firmware,
            native: description.native,
            rev: 1,
            shape: description.shape,
        };
        match self.directory.by_uid(cluster, &record.uid) {
            Some(slot) => self.described(now, slot, record),
            None => self.added(now, record),
        }
    }

    fn added(&mut self, now: Timestamp, record: DeviceRecord) {
        if self.directory.len() >= self.limits.devices {
            let text = format!("more than {} devices; {} is left out", self.limits.devices, record.uid);
            return self.note(Notice::ClusterComplaint(record.cluster, text));
        }
        self.note(Notice::DeviceAdded(record.cluster.clone(), record.uid.clone()));
        self.put(Output::Save(Record::Device(record.clone())));
        let slot = self.directory.insert(Device::new(record, now));
        self.publish_document(slot);
        self.publish_device_state(slot);
        self.tell(now, slot, &Happening::Device(EventKind::DeviceAdded));
    }

    fn described(&mut self, now: Timestamp, slot: Slot, mut record: DeviceRecord) {
        let Some(device) = self.directory.device_mut(slot) else { return };
        let was_described = std::mem::replace(&mut device.is_described, true);
        record.rev = device.record.rev;
        if device.record == record {
            if !was_described {
                self.timers.set(now, Timer::Natives(record.cluster, 0));
            }
            return;
        }
        record.rev = record.rev.saturating_add(1);
        let is_renamed = device.record.id != record.id;
        let is_reshaped = device.record.shape != record.shape;
        if is_renamed {
            self.note(Notice::DeviceRenamed(record.cluster.clone(), record.uid.clone()));
            self.publish_end(slot);
        } else if is_reshaped {
            self.publish_end_of_lost_values(slot, &record.shape);
        }
        self.put(Output::Save(Record::Device(record.clone())));
        // a property that comes back goes on where it left off
        self.floor = self.floor.max(self.directory.device(slot).map_or(0, Device::top));
        self.directory.describe(slot, record);
        if is_reshaped {
            self.save_values(slot);
        }
        if is_renamed {
            self.publish_all(slot);
        } else {
            self.publish_document(slot);
        }
        if !is_renamed && (is_reshaped || !was_described) {
            self.publish_values(slot);
        }
        self.tell(now, slot, &Happening::Device(EventKind::DeviceAdded));
    }

    /// Lets a device go, with all that was said of it.
    pub(crate) fn left(&mut self, now: Timestamp, cluster: &ClusterId, uid: &Uid) {
        let Some(slot) = self.directory.by_uid(cluster, uid) else { return };
        self.note(Notice::DeviceRemoved(cluster.clone(), uid.clone()));
        self.abandon_lane(slot, &Fault::new(Symbol::Unknown, "the device has gone"));
        self.tell(now, slot, &Happening::Device(EventKind::DeviceRemoved));
        self.publish_end(slot);
        if let Some(device) = self.directory.remove(slot) {
            self.subscriptions.device_gone(slot, &device.subject(None));
            self.floor = self.floor.max(device.top());
        }
        self.put(Output::Save(Record::DeviceGone(cluster.clone(), uid.clone())));
    }
}
