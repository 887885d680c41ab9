//! A house without hardware that speaks as Zigbee2MQTT 2 does.
//!
//! Architecture invariant: no sockets, no clock, no randomness of its own; the same seed, times and messages give the
//! same answers.

mod agenda;
mod bridge;
mod chance;
mod complaint;
mod device;
mod expose;
mod furniture;
mod group;
mod message;
mod object;
mod order;
mod outage;
mod product;
mod request;
mod thing;

#[cfg(test)]
mod stories;

use hes_schemas::Timestamp;

use self::{agenda::Agenda, chance::Chance, device::Device, group::Group, order::Order, outage::Outage};

pub(crate) use self::message::{BASE, Message};

const LARGEST_ORDER: usize = 1 << 16;

/// The house: its devices, its groups, and what happens there.
#[derive(Debug)]
pub(crate) struct House {
    devices: Vec<Device>,
    groups: Vec<Group>,
    strangers: Vec<Device>,
    joining: Option<Timestamp>,
    outage: Outage,
    later: Agenda,
    chance: Chance,
}

impl House {
    /// Furnishes a house in which chance follows the seed.
    pub(crate) fn new(now: Timestamp, seed: u64) -> Self {
        let mut house = Self {
            devices: furniture::devices(now),
            groups: furniture::groups(),
            strangers: Vec::new(),
            joining: None,
            outage: furniture::outage(now),
            later: Agenda::default(),
            chance: Chance::new(seed),
        };
        house.regroup();
        house
    }

    /// Says what is said when the connection to the broker is up: what there is, and how it is.
    pub(crate) fn start(&self, now: Timestamp) -> Vec<Message> {
        let mut said = vec![bridge::online(), bridge::info(), bridge::devices(&self.devices)];
        said.push(bridge::groups(&self.groups));
        said.extend(self.devices.iter().map(Device::availability));
        said.extend(self.devices.iter().filter(|device| device.reachable).map(|device| device.report(now)));
        said.extend(self.groups.iter().map(Group::report));
        said
    }

    /// Says that the house is gone, as its last will and when it is left.
    pub(crate) fn farewell() -> Message {
        bridge::offline()
    }

    /// Takes a message.
    ///
    /// Limits: 64 KiB. What is neither an order nor a request, its own messages among them, means nothing to it.
    pub(crate) fn receive(&mut self, now: Timestamp, topic: &str, payload: &[u8]) -> Vec<Message> {
        let path = topic.strip_prefix(BASE).and_then(|rest| rest.strip_prefix('/'));
        let Some(path) = path.filter(|_| payload.len() <= LARGEST_ORDER) else { return Vec::new() };
        if let Some(request) = path.strip_prefix("bridge/request/") {
            return self.answer(now, request, payload);
        }
        if path.starts_with("bridge/") {
            return Vec::new();
        }
        Order::read(path).map(|order| self.obey(now, &order, payload)).unwrap_or_default()
    }

    /// Lets the time pass.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Vec<Message> {
        let mut said = self.later.take(now);
        said.extend(self.turn(now));
        said.extend(self.welcome(now));
        for device in &mut self.devices {
            said.extend(device.pass(now, &mut self.chance));
        }
        said.extend(self.regroup());
        said
    }

    /// Says when something will happen next.
    pub(crate) fn next_tick(&self) -> Timestamp {
        let dues = self.devices.iter().filter_map(Device::due);
        dues.chain(self.later.due()).chain(self.joining).fold(self.outage.due(), Timestamp::min)
    }

    /// Publishes the groups whose members have changed them.
    fn regroup(&mut self) -> Vec<Message> {
        let devices = &self.devices;
        self.groups.iter_mut().filter_map(|group| group.follow(devices)).collect()
    }

    fn indices(&self, is_meant: impl Fn(&Device) -> bool) -> Vec<usize> {
        let found = self.devices.iter().enumerate().filter(|(_, device)| is_meant(device));
        found.map(|(at, _)| at).collect()
    }
}
