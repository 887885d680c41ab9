//! What is said on the topics of the interface.

use std::collections::BTreeSet;

use hes_schemas::{
    Address, ClusterId, DevicePath, Encoding, EventName, NativeName, PropertyName, Reading, Target, Timestamp, encode,
    message::{Availability, ClusterState, DeviceEvent, DeviceState, Presence},
};
use serde::Serialize;

use crate::{
    cluster::Shape,
    device::{Device, Held, Worth},
    directory::Slot,
    engine::Engine,
    output::{Output, Post},
};

impl Engine {
    pub(crate) fn publish_cluster(&mut self, _now: Timestamp, cluster: &ClusterId) {
        if let Some(post) = self.cluster_post(cluster) {
            self.announce(post);
        }
    }

    pub(crate) fn publish_document(&mut self, slot: Slot) {
        self.publish(slot, |engine, device| vec![engine.document_post(device)]);
    }

    pub(crate) fn publish_device_state(&mut self, slot: Slot) {
        self.publish(slot, |engine, device| vec![engine.device_state_post(device)]);
    }

    pub(crate) fn publish_value(&mut self, slot: Slot, name: &PropertyName) {
        self.publish(slot, |engine, device| {
            device.value(name).map(|held| engine.value_post(device, held)).into_iter().collect()
        });
    }

    /// Publishes the native values that some properties stand for, each once.
    pub(crate) fn publish_natives<'n>(&mut self, slot: Slot, names: impl Iterator<Item = &'n PropertyName>) {
        self.publish(slot, |engine, device| {
            let mut natives: Vec<NativeName> = names.filter_map(|name| native_name(device, name)).collect();
            natives.sort_unstable();
            natives.dedup();
            natives.iter().filter_map(|native| engine.native_post(device, native)).collect()
        });
    }

    /// Publishes all native values, because they have only become known.
    pub(crate) fn publish_native_values(&mut self, slot: Slot) {
        self.publish(slot, Self::native_posts);
    }

    /// Publishes all values, because their quality or their shape has changed.
    pub(crate) fn publish_values(&mut self, slot: Slot) {
        self.publish(slot, Self::value_posts);
    }

    pub(crate) fn publish_all(&mut self, slot: Slot) {
        self.publish(slot, Self::posts_of);
    }

    /// Ends all that is retained of a device.
    pub(crate) fn publish_end(&mut self, slot: Slot) {
        self.publish(slot, |engine, device| {
            let path = || engine.path(device);
            let mut addresses = vec![Address::Document(path()), Address::DeviceStatus(path())];
            addresses.extend(targets(device, &device.record.shape).into_iter().map(|it| Address::Value(path(), it)));
            addresses.iter().map(|address| engine.end(address)).collect()
        });
    }

    /// Ends what is retained of values that a new shape has no place for.
    pub(crate) fn publish_end_of_lost_values(&mut self, slot: Slot, shape: &Shape) {
        self.publish(slot, |engine, device| {
            let lost = &targets(device, &device.record.shape) - &targets(device, shape);
            lost.into_iter().map(|target| engine.end(&Address::Value(engine.path(device), target))).collect()
        });
    }

    pub(crate) fn publish_event(&mut self, now: Timestamp, slot: Slot, event: &EventName, message: &DeviceEvent) {
        let Some(device) = self.directory.device(slot) else { return };
        let post = self.post(&Address::Event(self.path(device), event.clone()), message, false);
        self.put(Output::Publish(post));
        self.export_event(now, slot, event, message);
    }

    fn publish(&mut self, slot: Slot, posts: impl FnOnce(&Self, &Device) -> Vec<Post>) {
        let posts = self.directory.device(slot).map(|device| posts(self, device)).unwrap_or_default();
        for post in posts {
            self.announce(post);
        }
    }

    /// Returns all that is retained of a device.
    pub(crate) fn posts_of(&self, device: &Device) -> Vec<Post> {
        let mut posts = vec![self.document_post(device), self.device_state_post(device)];
        posts.extend(self.value_posts(device));
        posts
    }

    /// Returns all values of a device, common and native.
    pub(crate) fn value_posts(&self, device: &Device) -> Vec<Post> {
        let common = device.held().iter().map(|held| self.value_post(device, held));
        common.chain(self.native_posts(device)).collect()
    }

    fn native_posts(&self, device: &Device) -> Vec<Post> {
        let mut natives: Vec<_> = device.held().iter().filter_map(|held| native_name(device, &held.property)).collect();
        natives.sort_unstable();
        natives.dedup();
        natives.iter().filter_map(|native| self.native_post(device, native)).collect()
    }

    pub(crate) fn home_post(&self, state: Presence) -> Post {
        self.post(&Address::HomeStatus(self.home.clone()), &self.home_state(state), true)
    }

    pub(crate) fn keys_post(&self) -> Option<Post> {
        let keys = self.homes.keys.as_ref()?;
        Some(self.post(&Address::Keys(self.home.clone()), keys, true))
    }

    pub(crate) fn cluster_post(&self, cluster: &ClusterId) -> Option<Post> {
        let seat = self.seats.get(cluster)?;
        Some(self.post(&Address::ClusterStatus(self.home.clone(), cluster.clone()), &seat.state(), true))
    }

    /// Returns the message that tells that a cluster is not there, because the gateway stops.
    pub(crate) fn cluster_farewell(&self, now: Timestamp, cluster: &ClusterId) -> Post {
        let since = self.seats.get(cluster).filter(|seat| !seat.is_alive()).map_or(now, |seat| seat.since);
        let state = ClusterState { state: Presence::Offline, since, error: Some("the gateway has stopped".to_owned()) };
        self.post(&Address::ClusterStatus(self.home.clone(), cluster.clone()), &state, true)
    }

    pub(crate) fn document_post(&self, device: &Device) -> Post {
        self.post(&Address::Document(self.path(device)), &device.document(), true)
    }

    pub(crate) fn device_state_post(&self, device: &Device) -> Post {
        let source = device.record.cluster.as_str().into();
        let (state, time) = self.state_of(device);
        self.post(&Address::DeviceStatus(self.path(device)), &DeviceState { state, source, time }, true)
    }

    /// Returns whether a device is there, and since when; while its cluster is not there, nobody knows.
    pub(crate) fn state_of(&self, device: &Device) -> (Availability, Timestamp) {
        let seat = self.seats.get(&device.record.cluster);
        match (device.availability, seat) {
            (Availability::Unknown, _) | (_, None) => (Availability::Unknown, device.since),
            (known, Some(seat)) if seat.is_alive() => (known, device.since.max(seat.since)),
            (_, Some(seat)) => (Availability::Unknown, seat.since),
        }
    }

    pub(crate) fn value_post(&self, device: &Device, held: &Held) -> Post {
        let address = Address::Value(self.path(device), Target::Property(held.property.clone()));
        self.post(&address, &device.reading(held), true)
    }

    pub(crate) fn native_post(&self, device: &Device, native: &NativeName) -> Option<Post> {
        let reading = self.native_reading(device, native)?;
        Some(self.post(&Address::Value(self.path(device), Target::Native(native.clone())), &reading, true))
    }

    pub(crate) fn native_reading(&self, device: &Device, native: &NativeName) -> Option<Reading> {
        let value = self.native_value(device, native)?;
        let names = device.held().iter().map(|held| &held.property);
        let Worth { quality, version, time } =
            device.worth(names.filter(|name| native_text(device, name) == Some(native.as_str())));
        Some(Reading { value, unit: None, quality, version: version?, time: time? })
    }

    /// Returns where the values of a device are retained.
    pub(crate) fn targets_of(&self, device: &Device) -> BTreeSet<Target> {
        targets(device, &device.record.shape)
    }

    fn path(&self, device: &Device) -> DevicePath {
        device.path(&self.home)
    }

    fn end(&self, address: &Address) -> Post {
        Post { topic: self.root.topic(address), payload: Vec::new(), retain: true, origin: None }
    }

    fn post<T: Serialize>(&self, address: &Address, message: &T, retain: bool) -> Post {
        Post { topic: self.root.topic(address), payload: encode(Encoding::Json, message), retain, origin: None }
    }
}

/// Returns where the values of a device are retained, going by a shape.
///
/// The adapter is not asked, because it may have forgotten the device, or have learnt its new shape, already.
fn targets(device: &Device, shape: &Shape) -> BTreeSet<Target> {
    let described = device.held().iter().filter_map(|held| shape.properties.get_key_value(&held.property));
    described
        .flat_map(|(name, document)| {
            let native = document.native.as_deref().and_then(|native| NativeName::new(native).ok());
            [Some(Target::Property(name.clone())), native.map(Target::Native)].into_iter().flatten()
        })
        .collect()
}

fn native_name(device: &Device, name: &PropertyName) -> Option<NativeName> {
    NativeName::new(native_text(device, name)?).ok()
}

fn native_text<'d>(device: &'d Device, name: &PropertyName) -> Option<&'d str> {
    device.property(name)?.native.as_deref()
}
