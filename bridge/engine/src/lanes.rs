//! One lane for each device: what is asked of it waits in order, and one thing is under way at a time.

use std::collections::VecDeque;

use hes_schemas::{Datum, NativeName, PropertyName, Timestamp, UserName};
use rustc_hash::FxHashMap;

use crate::{directory::Slot, requests::RequestKey};

/// One piece of work for one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WorkKey(u64);

/// What is asked of a device in one go.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) request: RequestKey,
    /// Who asked.
    pub(crate) user: UserName,
    pub(crate) slot: Slot,
    pub(crate) parts: Vec<Part>,
    pub(crate) deadline: Timestamp,
    pub(crate) is_started: bool,
    /// The device has been asked what it has not reported.
    pub(crate) is_read_back: bool,
}

/// One property of it.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its place among the request's outcomes.
    pub(crate) index: usize,
    /// The name that the request used, if it was the native one.
    pub(crate) native: Option<NativeName>,
    /// The properties whose report ends it.
    pub(crate) awaits: Vec<PropertyName>,
    /// What it is to become; nothing if it is only read.
    pub(crate) asked: Option<Datum>,
    /// The version that it must have when it is asked for.
    pub(crate) if_version: Option<u64>,
    /// The asker may read it, and so be told what it is worth.
    pub(crate) is_told: bool,
    /// Nothing will ever report it.
    pub(crate) is_silent: bool,
}

/// All lanes that have something in them.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    work: FxHashMap<WorkKey, Work>,
    lanes: FxHashMap<Slot, VecDeque<WorkKey>>,
    last: u64,
}

impl Lanes {
    pub(crate) fn len(&self, slot: Slot) -> usize {
        self.lanes.get(&slot).map_or(0, VecDeque::len)
    }

    pub(crate) fn push(&mut self, work: Work) -> WorkKey {
        self.last += 1;
        let key = WorkKey(self.last);
        self.lanes.entry(work.slot).or_default().push_back(key);
        self.work.insert(key, work);
        key
    }

    /// Returns what is, or is to be, under way for a device.
    pub(crate) fn head(&self, slot: Slot) -> Option<WorkKey> {
        self.lanes.get(&slot)?.front().copied()
    }

    pub(crate) fn work(&self, key: WorkKey) -> Option<&Work> {
        self.work.get(&key)
    }

    pub(crate) fn work_mut(&mut self, key: WorkKey) -> Option<&mut Work> {
        self.work.get_mut(&key)
    }

    pub(crate) fn remove(&mut self, key: WorkKey) -> Option<Work> {
        let work = self.work.remove(&key)?;
        if let Some(lane) = self.lanes.get_mut(&work.slot) {
            lane.retain(|other| *other != key);
            if lane.is_empty() {
                self.lanes.remove(&work.slot);
            }
        }
        Some(work)
    }

    /// Takes all work for a device out, in order.
    pub(crate) fn clear(&mut self, slot: Slot) -> Vec<Work> {
        let keys = self.lanes.remove(&slot).unwrap_or_default();
        keys.into_iter().filter_map(|key| self.work.remove(&key)).collect()
    }

    /// Returns what waits for a device because of a request.
    pub(crate) fn of_request(&self, slot: Slot, request: RequestKey) -> Option<WorkKey> {
        let mut lane = self.lanes.get(&slot)?.iter();
        lane.find(|key| self.work.get(key).is_some_and(|work| work.request == request)).copied()
    }

    pub(crate) fn longest(&self) -> usize {
        self.lanes.values().map(VecDeque::len).max().unwrap_or(0)
    }
}
