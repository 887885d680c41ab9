//! What other homes may see of this one: what any guest of theirs may.

use std::sync::Arc;

use hes_schemas::{
    Address, Datum, DeviceDocument, EventName, HomeId, NativeName, Target, Timestamp, datum_of,
    link::{Entry, Item, LinkEvent, Stamp},
    message::{DeviceEvent, DeviceState, Presence},
    rights::Grants,
};

use super::feed::Path;
use crate::{
    device::Device,
    directory::Slot,
    engine::Engine,
    list::visible,
    output::{Output, Post},
    target::{is_property_visible, is_visible, may_read},
};

/// What the guests of one peer may, each of them.
type Guests = [Arc<Grants>];

impl Engine {
    /// Publishes something retained of this home, and has it told to other homes.
    pub(crate) fn announce(&mut self, post: Post) {
        if !self.homes.peers.known.is_empty()
            && let Some(path) = self.root.strip(post.topic.as_str()).map(Path::from)
        {
            self.touch(&path);
        }
        self.put(Output::Publish(post));
    }

    /// Notes for each peer that something has changed.
    pub(super) fn touch(&mut self, path: &Path) {
        self.homes.peers.clock += 1;
        // with its first device a cluster comes into sight, and goes with its last
        let above = if path.ends_with("/$doc") { above(path) } else { Vec::new() };
        for (peer, known) in &mut self.homes.peers.known {
            if known.feed.stands() {
                std::iter::once(path).chain(&above).for_each(|path| known.feed.touch(path));
                self.homes.peers.expectant.insert(peer.clone());
            }
        }
    }

    /// Returns where there is anything that a peer may be told of.
    pub(super) fn exported(&self, peer: &HomeId) -> Vec<Path> {
        let mut paths: Vec<Path> = vec![format!("{}/$status", self.home).into()];
        paths.extend(self.seats.keys().map(|cluster| Path::from(format!("{}/{cluster}/$status", self.home))));
        for (_, device) in self.directory.after(None) {
            let device_path = device.path(&self.home);
            paths.extend(["$doc", "$status"].map(|end| Path::from(format!("{device_path}/{end}"))));
            let values = self.targets_of(device).into_iter();
            paths.extend(values.map(|target| Path::from(format!("{device_path}{target}"))));
        }
        if self.homes.peers.known.get(peer).is_some_and(|known| known.transit) {
            paths.extend(self.homes.peers.mirrors.paths().cloned());
        }
        paths
    }

    /// Returns what stands for something that is no more.
    pub(super) const fn gone(&self) -> Item {
        let stamp = Stamp { epoch: self.epoch, seq: self.homes.peers.clock };
        Item { path: String::new(), stamp, body: Datum::Null, via: Vec::new() }
    }

    /// Returns what a peer is told of what is retained somewhere; nothing if it may not see it.
    pub(super) fn item(&self, now: Timestamp, peer: &HomeId, guests: &Guests, path: &str) -> Option<Item> {
        let address = self.root.parse(&format!("{}/{path}", self.root.as_str()))?;
        if *address.home() != self.home {
            return self.passed_on(peer, path);
        }
        let body = self.own_body(now, guests, &address)?;
        Some(Item { path: path.to_owned(), body, ..self.gone() })
    }

    fn own_body(&self, now: Timestamp, guests: &Guests, address: &Address) -> Option<Datum> {
        match address {
            Address::HomeStatus(_) => (!guests.is_empty()).then(|| datum_of(&self.home_state(Presence::Online))),
            Address::ClusterStatus(_, cluster) => {
                let mut slots = self.directory.of_cluster(cluster.as_str());
                let is_seen = |slot: Slot| self.directory.device(slot).is_some_and(|it| is_seen(now, guests, it));
                let seat = self.seats.get(cluster)?;
                slots.any(is_seen).then(|| datum_of(&seat.state()))
            }
            Address::Document(path) => {
                let device = self.at(path).filter(|device| is_seen(now, guests, device))?;
                Some(datum_of(&seen_document(now, guests, device)))
            }
            Address::DeviceStatus(path) => {
                let device = self.at(path).filter(|device| is_seen(now, guests, device))?;
                let (state, time) = self.state_of(device);
                Some(datum_of(&DeviceState { state, source: device.record.cluster.as_str().into(), time }))
            }
            Address::Value(path, Target::Property(name)) => {
                let device = self.at(path)?;
                let (held, document) = (device.value(name)?, device.property(name)?);
                let may = guests.iter().any(|guest| may_read(now, guest, device, name, document));
                may.then(|| datum_of(&device.reading(held)))
            }
            Address::Value(path, Target::Native(native)) => {
                let device = self.at(path)?;
                let may = guests.iter().any(|guest| may_read_native(now, guest, device, native));
                may.then(|| self.native_reading(device, native)).flatten().map(|reading| datum_of(&reading))
            }
            Address::Value(_, Target::Device)
            | Address::Keys(_)
            | Address::Get(..)
            | Address::Set(..)
            | Address::Event(..)
            | Address::Request(..)
            | Address::Answer(..)
            | Address::Notify(..)
            | Address::Link(..) => None,
        }
    }

    /// Tells the peers whose guests may hear it of an event of this home.
    pub(crate) fn export_event(&mut self, now: Timestamp, slot: Slot, event: &EventName, message: &DeviceEvent) {
        if self.homes.peers.known.is_empty() {
            return;
        }
        let Some(device) = self.directory.device(slot) else { return };
        let path = Address::Event(device.path(&self.home), event.clone()).to_string();
        let Some(document) = device.record.shape.events.get(event) else { return };
        let subject = device.subject(Some(event.as_str()));
        let hears = |guests: &Guests| guests.iter().any(|guest| guest.show_event(now, &subject, document));
        let known = &self.homes.peers.known;
        let peers: Vec<HomeId> = known.keys().filter(|peer| hears(&self.rights_of_guests(peer))).cloned().collect();
        self.homes.peers.clock += 1;
        let stamp = Stamp { epoch: self.epoch, seq: self.homes.peers.clock };
        let until = now + self.limits.event_life;
        for peer in peers {
            let event = LinkEvent { path: path.clone(), stamp, body: datum_of(message), until, via: Vec::new() };
            self.log(now, &peer, Entry::Event(event), until);
        }
    }

    pub(super) fn rights_of_guests(&self, peer: &HomeId) -> Vec<Arc<Grants>> {
        self.guests_of(peer).into_iter().map(|(_, grants)| grants).collect()
    }
}

/// Returns where it is said whether the home and the cluster of something are there.
fn above(path: &str) -> Vec<Path> {
    let mut levels = path.split('/');
    let (home, cluster) = (levels.next().unwrap_or_default(), levels.next().unwrap_or_default());
    vec![format!("{home}/$status").into(), format!("{home}/{cluster}/$status").into()]
}

fn is_seen(now: Timestamp, guests: &Guests, device: &Device) -> bool {
    guests.iter().any(|guest| is_visible(now, guest, device))
}

/// Returns the document without the properties and events that no guest may know of.
fn seen_document(now: Timestamp, guests: &Guests, device: &Device) -> DeviceDocument {
    let mut document = device.document();
    let any = |may: &dyn Fn(&Grants) -> bool| guests.iter().any(|guest| may(guest));
    document.properties = visible(document.properties, |name, property| {
        any(&|guest| is_property_visible(now, guest, device, name, property))
    });
    document.events = visible(document.events, |name, event| {
        any(&|guest| guest.show_event(now, &device.subject(Some(name.as_str())), event))
    });
    document
}

/// Says whether a guest may read all that a native value stands for.
fn may_read_native(now: Timestamp, guest: &Grants, device: &Device, native: &NativeName) -> bool {
    let all = device.record.shape.properties.iter();
    let mut meant = all.filter(|(_, document)| document.native.as_deref() == Some(native.as_str())).peekable();
    meant.peek().is_some() && meant.all(|(name, document)| may_read(now, guest, device, name, document))
}
