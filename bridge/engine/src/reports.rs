//! What clusters report: devices come and go, values change, events happen.

use hes_schemas::{
    ClusterId, Datum, EventName, Fault, Millis, PropertyName, Symbol, Timestamp, Uid,
    message::{Availability, Cause, DeviceEvent, EventKind, Presence},
};

use crate::{
    cluster::Report, device::Source, directory::Slot, engine::Engine, notice::Notice, notify::Happening,
    output::Output, record::Record, seat::Seat, timers::Timer,
};

/// How many places of the directory a sweep or an initial state takes at a time, so that no input waits long.
pub(crate) const BATCH: u32 = 64;

/// How long a cluster may take to say which devices it has: what is retained comes with the subscription, at once.
const RECALL: Millis = Millis::from_secs(2);

impl Engine {
    pub(crate) fn linked(&mut self, now: Timestamp, cluster: &ClusterId) {
        let Some(seat) = self.seats.get_mut(cluster) else { return };
        if seat.is_alive() {
            self.timers.set(now, Timer::States(cluster.clone(), 0));
        }
        seat.learn(now, |seat| (seat.is_linked, seat.presence, seat.has_inventory) = (true, None, false));
        self.timers.set(now + RECALL, Timer::Recall(cluster.clone()));
        for command in seat.adapter.greet() {
            self.put(Output::Command(cluster.clone(), command));
        }
        self.publish_cluster(now, cluster);
    }

    pub(crate) fn unlinked(&mut self, now: Timestamp, cluster: &ClusterId, reason: String) {
        let Some(seat) = self.seats.get_mut(cluster) else { return };
        if !seat.is_linked && seat.error.as_ref() == Some(&reason) {
            return;
        }
        self.cluster_lost(now, cluster, reason, |seat| seat.is_linked = false);
    }

    pub(crate) fn heard(
        &mut self,
        now: Timestamp,
        cluster: &ClusterId,
        topic: &str,
        payload: &[u8],
        counts: fn(&Report) -> bool,
    ) {
        let Some(seat) = self.seats.get_mut(cluster) else { return };
        let reports = seat.adapter.receive(now, topic, payload);
        let is_understood = reports.iter().any(|report| !matches!(report, Report::Unreadable { .. }));
        if is_understood && seat.adapter.is_inventory(topic) {
            seat.has_inventory = true;
            self.put(Output::Remember { cluster: cluster.clone(), topic: topic.into(), payload: payload.into() });
        }
        for report in reports.into_iter().filter(counts) {
            self.report(now, cluster, report);
        }
    }

    /// Asks for a cluster's former word if it has not said which devices it has.
    pub(crate) fn recall(&mut self, cluster: &ClusterId) {
        if self.seats.get(cluster).is_some_and(|seat| seat.is_linked && !seat.has_inventory) {
            self.put(Output::Recall(cluster.clone()));
        }
    }

    fn report(&mut self, now: Timestamp, cluster: &ClusterId, report: Report) {
        match report {
            Report::Inventory(descriptions) => self.inventory(now, cluster, descriptions),
            Report::Joined(description) => self.joined(now, cluster, description),
            Report::Left(uid) => self.left(now, cluster, &uid),
            Report::Values(uid, values) => self.values(now, cluster, &uid, values),
            Report::Event(uid, event, value) => self.event(now, cluster, &uid, &event, value),
            Report::Availability(uid, availability) => self.availability(now, cluster, &uid, availability),
            Report::Presence(Presence::Online) => self.cluster_found(now, cluster),
            Report::Presence(Presence::Offline) => {
                let reason = "it says so itself, or its last will does".to_owned();
                self.cluster_lost(now, cluster, reason, |seat| seat.presence = Some(Presence::Offline));
            }
            Report::Failure { uid, native, verb, text } => match self.directory.by_uid(cluster, &uid) {
                Some(slot) => self.command_failed(now, slot, native.as_ref(), verb, &text),
                None => self.complaint(now, cluster, text),
            },
            Report::Complaint(text) => self.complaint(now, cluster, text),
            Report::Unreadable { reason } => {
                self.counters.unreadable += 1;
                self.note(Notice::Unreadable(cluster.clone(), reason));
            }
        }
    }

    fn cluster_found(&mut self, now: Timestamp, cluster: &ClusterId) {
        let Some(seat) = self.seats.get_mut(cluster) else { return };
        let was_online = seat.presence == Some(Presence::Online);
        seat.learn(now, |seat| seat.presence = Some(Presence::Online));
        if was_online || !seat.is_linked {
            return;
        }
        seat.error = None;
        self.note(Notice::ClusterOnline(cluster.clone()));
        self.publish_cluster(now, cluster);
        self.timers.set(now, Timer::States(cluster.clone(), 0));
    }

    fn cluster_lost(&mut self, now: Timestamp, cluster: &ClusterId, reason: String, how: impl FnOnce(&mut Seat)) {
        let Some(seat) = self.seats.get_mut(cluster) else { return };
        let was_alive = seat.is_alive();
        seat.learn(now, how);
        seat.error = Some(reason.clone());
        self.note(Notice::ClusterOffline(cluster.clone(), reason));
        self.publish_cluster(now, cluster);
        let slots: Vec<Slot> = self.directory.of_cluster(cluster.as_str()).collect();
        let fault = Fault::new(Symbol::ClusterOffline, format!("{cluster} went offline before the device confirmed"));
        let mut was_fresh = false;
        for slot in slots {
            self.abandon_lane(slot, &fault);
            was_fresh |= self.directory.device_mut(slot).is_some_and(crate::device::Device::silence);
        }
        if was_alive {
            self.timers.set(now, Timer::States(cluster.clone(), 0));
        }
        if was_fresh {
            self.timers.set(now, Timer::Sweep(cluster.clone(), 0));
        }
    }

    /// Publishes values that went stale with their cluster, some devices at a time.
    pub(crate) fn sweep(&mut self, now: Timestamp, cluster: ClusterId, from: u32) {
        if let Some(next) = self.for_some(&cluster, from, Self::publish_values) {
            self.timers.set(now, Timer::Sweep(cluster, next));
        }
    }

    /// Publishes whether devices are there after their cluster came or went, some devices at a time.
    pub(crate) fn tell_states(&mut self, now: Timestamp, cluster: ClusterId, from: u32) {
        let next = self.for_some(&cluster, from, |engine, slot| {
            if engine.directory.device(slot).is_some_and(|device| device.availability != Availability::Unknown) {
                engine.publish_device_state(slot);
            }
        });
        if let Some(next) = next {
            self.timers.set(now, Timer::States(cluster, next));
        }
    }

    /// Publishes the native values of devices that were described for the first time in this life, some at a time.
    pub(crate) fn tell_natives(&mut self, now: Timestamp, cluster: ClusterId, from: u32) {
        if let Some(next) = self.for_some(&cluster, from, Self::publish_native_values) {
            self.timers.set(now, Timer::Natives(cluster, next));
        }
    }

    /// Does something for some devices of a cluster; returns where to go on, or nothing at the end.
    fn for_some(&mut self, cluster: &ClusterId, from: u32, what: fn(&mut Self, Slot)) -> Option<u32> {
        let next = from.saturating_add(BATCH);
        for place in from..next {
            let slot = self.directory.place(place)?;
            if self.directory.device(slot).is_some_and(|device| device.record.cluster == *cluster) {
                what(self, slot);
            }
        }
        Some(next)
    }

    fn complaint(&mut self, now: Timestamp, cluster: &ClusterId, text: String) {
        let Some(seat) = self.seats.get_mut(cluster) else { return };
        let text: String = text.chars().take(500).collect();
        if seat.error.replace(text.clone()).as_ref() == Some(&text) {
            return;
        }
        self.note(Notice::ClusterComplaint(cluster.clone(), text));
        self.publish_cluster(now, cluster);
    }

    fn values(&mut self, now: Timestamp, cluster: &ClusterId, uid: &Uid, values: Vec<(PropertyName, Datum)>) {
        let Some(slot) = self.directory.by_uid(cluster, uid) else {
            self.counters.unknown_reports += 1;
            return;
        };
        let is_silent = self.seats.get(cluster).is_some_and(|seat| seat.presence == Some(Presence::Offline));
        let source = if is_silent { Source::Silent } else { Source::Alive };
        let floor = self.floor;
        let mut reported = Vec::with_capacity(values.len());
        let mut changed = Vec::new();
        for (name, value) in values {
            let Some(device) = self.directory.device_mut(slot) else { return };
            if device.property(&name).is_none() {
                self.counters.unknown_reports += 1;
                continue;
            }
            let before = device.value(&name).map(|held| held.version);
            if device.hear(&name, value, now, source, floor) {
                let is_new_value = device.value(&name).map(|held| held.version) != before;
                changed.push((name.clone(), is_new_value));
            }
            reported.push(name);
        }
        self.changed(now, slot, &changed);
        self.confirm(now, slot, &reported);
    }

    fn changed(&mut self, now: Timestamp, slot: Slot, changed: &[(PropertyName, bool)]) {
        if changed.is_empty() {
            return;
        }
        for (name, is_new_value) in changed {
            self.publish_value(slot, name);
            if *is_new_value {
                self.counters.changes += 1;
                let cause = self.cause(slot, name);
                self.tell(now, slot, &Happening::Changed(name, cause));
            }
        }
        let names = changed.iter().map(|(name, _)| name);
        self.publish_natives(slot, names);
        self.save_values(slot);
    }

    pub(crate) fn save_values(&mut self, slot: Slot) {
        if let Some(device) = self.directory.device(slot) {
            let record = Record::Values(device.values_record());
            self.put(Output::Save(record));
        }
    }

    /// Returns why a property changes: because of the update that is under way, or by itself.
    fn cause(&self, slot: Slot, name: &PropertyName) -> (Cause, Option<hes_schemas::RequestId>) {
        let work = self.lanes.head(slot).and_then(|key| self.lanes.work(key)).filter(|work| work.is_started);
        let is_meant = |part: &crate::lanes::Part| part.asked.is_some() && part.awaits.contains(name);
        match work.filter(|work| work.parts.iter().any(is_meant)) {
            Some(work) => {
                let pending = self.requests.pending.get(&work.request);
                (Cause::User, pending.and_then(|pending| pending.reply.id.clone()))
            }
            None => (Cause::Device, None),
        }
    }

    fn event(&mut self, now: Timestamp, cluster: &ClusterId, uid: &Uid, event: &EventName, value: Datum) {
        let Some(slot) = self.directory.by_uid(cluster, uid) else {
            self.counters.unknown_reports += 1;
            return;
        };
        let event_message = DeviceEvent { value, time: now };
        self.publish_event(now, slot, event, &event_message);
        self.tell(now, slot, &Happening::Event(event, &event_message.value));
    }

    fn availability(&mut self, now: Timestamp, cluster: &ClusterId, uid: &Uid, availability: Availability) {
        let Some(slot) = self.directory.by_uid(cluster, uid) else {
            self.counters.unknown_reports += 1;
            return;
        };
        let Some(device) = self.directory.device_mut(slot) else { return };
        let before = std::mem::replace(&mut device.availability, availability);
        if before == availability {
            return;
        }
        device.since = now;
        if availability == Availability::Offline {
            device.silence();
        }
        self.publish_device_state(slot);
        let went_or_came = (before == Availability::Offline) != (availability == Availability::Offline);
        if went_or_came {
            self.publish_values(slot);
        }
        let kind = match availability {
            Availability::Online => EventKind::DeviceOnline,
            Availability::Offline => EventKind::DeviceOffline,
            Availability::Unknown => return,
        };
        self.tell(now, slot, &Happening::Device(kind));
    }
}
