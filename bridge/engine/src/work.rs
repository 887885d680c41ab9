//! A device at work: commands go out, reports come back, and each part of a request gets its outcome.

use hes_schemas::{
    Datum, Fault, NativeName, PropertyName, Status, Symbol, Timestamp,
    message::{Availability, Confirmation, Outcome},
};

use crate::{
    cluster::{Change, Command, Verb},
    device::Device,
    directory::Slot,
    engine::Engine,
    lanes::{Part, Work, WorkKey},
    output::Output,
    requests::RequestKey,
    timers::Timer,
};

impl Engine {
    /// Lets the first work of a lane begin, unless it has.
    pub(crate) fn start(&mut self, now: Timestamp, slot: Slot) {
        while let Some(key) = self.lanes.head(slot) {
            let Some(work) = self.lanes.work_mut(key) else { return };
            if std::mem::replace(&mut work.is_started, true) {
                return;
            }
            if work.deadline <= now {
                self.abandon(key, &expired());
                continue;
            }
            self.review(now, key);
            match self.commands(key) {
                Ok(commands) => {
                    self.send(slot, commands);
                    return self.set_timers(now, key);
                }
                Err(fault) => self.abandon(key, &fault),
            }
        }
    }

    fn commands(&self, key: WorkKey) -> Result<Vec<Command>, Fault> {
        let gone = || Fault::new(Symbol::Unknown, "the device has gone");
        let work = self.lanes.work(key).ok_or_else(gone)?;
        let device = self.directory.device(work.slot).ok_or_else(gone)?;
        self.check_alive(device)?;
        let seat = self.seats.get(&device.record.cluster).ok_or_else(gone)?;
        let changes: Vec<Change> = work.parts.iter().filter_map(change).collect();
        if changes.is_empty() {
            let names: Vec<PropertyName> = work.parts.iter().flat_map(|part| part.awaits.iter().cloned()).collect();
            return Ok(seat.adapter.read(&device.record.uid, &names));
        }
        seat.adapter.write(&device.record.uid, &changes)
    }

    fn send(&mut self, slot: Slot, commands: Vec<Command>) {
        let Some(cluster) = self.directory.device(slot).map(|device| device.record.cluster.clone()) else { return };
        for command in commands {
            self.put(Output::Command(cluster.clone(), command));
        }
    }

    fn set_timers(&mut self, now: Timestamp, key: WorkKey) {
        let Some(work) = self.lanes.work(key) else { return };
        let left = work.deadline.since(now).get();
        if work.parts.iter().any(|part| part.is_silent || self.is_slow(work.slot, part)) {
            let settle = self.limits.settle.get().min(left / 2);
            self.timers.set(now + hes_schemas::Millis::new(settle), Timer::Settle(key));
        }
        if work.parts.iter().any(|part| part.asked.is_some() && !part.is_silent) {
            let read_back = self.limits.read_back.get().min(left / 2);
            self.timers.set(now + hes_schemas::Millis::new(read_back), Timer::ReadBack(key));
        }
    }

    /// Asks the device for what it has not reported after an update.
    pub(crate) fn read_back(&mut self, key: WorkKey) {
        let Some(work) = self.lanes.work_mut(key) else { return };
        work.is_read_back = true;
        let slot = work.slot;
        let awaited = work.parts.iter().filter(|part| !part.is_silent).flat_map(|part| part.awaits.iter().cloned());
        let names: Vec<PropertyName> = awaited.collect();
        let Some(device) = self.directory.device(slot) else { return };
        let Some(seat) = self.seats.get(&device.record.cluster) else { return };
        let commands = seat.adapter.read(&device.record.uid, &names);
        self.send(slot, commands);
    }

    /// Ends the parts that nothing will report, or not soon: no objection came.
    pub(crate) fn settle(&mut self, now: Timestamp, key: WorkKey) {
        let Some(slot) = self.lanes.work(key).map(|work| work.slot) else { return };
        self.finish_parts(now, key, |engine, part| {
            let taken = Outcome { confirmed: Some(Confirmation::Cluster), time: Some(now), ..Outcome::default() };
            if part.is_silent {
                return Some(Outcome { status: Status::NoContent, ..taken });
            }
            let told = || engine.outcome(slot, part.native.as_ref(), &part.awaits, Confirmation::Cluster);
            engine.is_slow(slot, part).then(|| if part.is_told { told() } else { taken })
        });
    }

    fn is_slow(&self, slot: Slot, part: &Part) -> bool {
        let Some(device) = self.directory.device(slot).filter(|_| part.asked.is_some()) else { return false };
        let Some(seat) = self.seats.get(&device.record.cluster) else { return false };
        part.awaits.iter().any(|name| seat.adapter.is_slow(&device.record.uid, name))
    }

    /// Takes note that a device reported some properties.
    pub(crate) fn confirm(&mut self, now: Timestamp, slot: Slot, reported: &[PropertyName]) {
        let Some(key) = self.lanes.head(slot) else { return };
        self.finish_parts(now, key, |engine, part| {
            part.awaits.iter().find(|name| reported.contains(name))?;
            let is_done = engine.directory.device(slot).is_some_and(|device| engine.is_fulfilled(device, part));
            is_done.then(|| engine.confirmed(slot, part))
        });
    }

    fn confirmed(&self, slot: Slot, part: &Part) -> Outcome {
        if part.is_told {
            return self.outcome(slot, part.native.as_ref(), &part.awaits, Confirmation::Device);
        }
        Outcome { confirmed: Some(Confirmation::Device), ..Outcome::default() }
    }

    fn is_fulfilled(&self, device: &Device, part: &Part) -> bool {
        let Some(seat) = self.seats.get(&device.record.cluster) else { return false };
        let Some(asked) = &part.asked else { return true };
        let (uid, adapter) = (&device.record.uid, &seat.adapter);
        let fulfils = |name: &PropertyName, asked: &Datum| {
            device.value(name).is_none_or(|held| adapter.fulfils(uid, name, asked, &held.value))
        };
        let Some(native) = &part.native else { return part.awaits.iter().all(|name| fulfils(name, asked)) };
        // a native command that no value stands for, such as TOGGLE, is fulfilled by any report
        adapter.common_values(uid, native, asked).iter().all(|(name, asked)| fulfils(name, asked))
    }

    /// Takes note that a cluster complained of a command.
    ///
    /// What fails late, after its own request was answered, does not concern what was not asked for yet.
    pub(crate) fn command_failed(
        &mut self,
        now: Timestamp,
        slot: Slot,
        native: Option<&NativeName>,
        verb: Option<Verb>,
        text: &str,
    ) {
        let Some(key) = self.lanes.head(slot) else { return };
        let is_read_back = self.lanes.work(key).is_some_and(|work| work.is_read_back);
        let fault = Fault::new(Symbol::ClusterError, text);
        self.finish_parts(now, key, |engine, part| {
            let is_asked = match verb {
                Some(Verb::Get) => part.asked.is_none() || is_read_back,
                Some(Verb::Set) => part.asked.is_some(),
                None => true,
            };
            let concerns = is_asked && native.is_none_or(|native| engine.is_called(slot, part, native));
            concerns.then(|| Outcome::failed(fault.clone()))
        });
    }

    fn is_called(&self, slot: Slot, part: &Part, native: &NativeName) -> bool {
        let Some(device) = self.directory.device(slot) else { return false };
        part.native.as_ref() == Some(native)
            || part
                .awaits
                .iter()
                .filter_map(|name| device.property(name))
                .any(|document| document.native.as_deref() == Some(native.as_str()))
    }

    /// Gives an outcome to each part for which there is one.
    pub(crate) fn finish_parts(
        &mut self,
        now: Timestamp,
        key: WorkKey,
        mut outcome: impl FnMut(&Self, &Part) -> Option<Outcome>,
    ) {
        let Some(work) = self.lanes.work_mut(key).filter(|work| work.is_started) else { return };
        let (request, slot) = (work.request, work.slot);
        let mut open = Vec::new();
        for part in std::mem::take(&mut work.parts) {
            match outcome(self, &part) {
                Some(outcome) => self.finish(request, part.index, outcome),
                None => open.push(part),
            }
        }
        if open.is_empty() {
            self.lanes.remove(key);
            return self.start(now, slot);
        }
        if let Some(work) = self.lanes.work_mut(key) {
            work.parts = open;
        }
    }

    /// Ends work that cannot be done.
    fn abandon(&mut self, key: WorkKey, fault: &Fault) {
        if let Some(work) = self.lanes.remove(key) {
            self.fail_work(work, fault);
        }
    }

    fn fail_work(&mut self, work: Work, fault: &Fault) {
        for part in work.parts {
            self.finish(work.request, part.index, Outcome::failed(fault.clone()));
        }
    }

    /// Ends all that waits for a device.
    pub(crate) fn abandon_lane(&mut self, slot: Slot, fault: &Fault) {
        for work in self.lanes.clear(slot) {
            self.fail_work(work, fault);
        }
    }

    /// Ends a request whose time is over.
    pub(crate) fn deadline(&mut self, now: Timestamp, request: RequestKey) {
        let slots = self.requests.pending.get_mut(&request).map(|pending| std::mem::take(&mut pending.slots));
        for slot in slots.unwrap_or_default() {
            let work = self.lanes.of_request(slot, request).and_then(|key| self.lanes.remove(key));
            let Some(work) = work else { continue };
            for part in work.parts {
                let fault = self.overdue(slot, work.is_started, &part);
                self.finish(request, part.index, Outcome::failed(fault));
            }
            self.start(now, slot);
        }
    }

    fn overdue(&self, slot: Slot, is_started: bool, part: &Part) -> Fault {
        let device = self.directory.device(slot);
        if !is_started {
            return expired();
        }
        if device.is_some_and(|device| device.availability == Availability::Offline) {
            return Fault::new(Symbol::DeviceOffline, "the device is offline");
        }
        let held = device.filter(|_| part.is_told).and_then(|device| device.value(part.awaits.first()?));
        match (&part.asked, held) {
            (Some(_), Some(held)) => {
                let shown: String = held.value.to_string().chars().take(60).collect();
                Fault::new(
                    Symbol::NotConfirmed,
                    format!("the device did not confirm in time; it last reported {shown}"),
                )
            }
            (Some(_), None) => Fault::new(Symbol::NotConfirmed, "the device did not confirm in time"),
            (None, _) => Fault::new(Symbol::NotConfirmed, "the device did not report in time"),
        }
    }

    /// Notes the outcome of one part of a request, and answers when it was the last.
    pub(crate) fn finish(&mut self, key: RequestKey, index: usize, outcome: Outcome) {
        let Some(pending) = self.requests.pending.get_mut(&key) else { return };
        if let Some(place) = pending.outcomes.get_mut(index) {
            *place = Outcome { target: std::mem::take(&mut place.target), ..outcome };
        }
        pending.left = pending.left.saturating_sub(1);
        if pending.left > 0 {
            return;
        }
        let Some(mut pending) = self.requests.pending.remove(&key) else { return };
        self.timers.cancel(pending.deadline, Timer::Deadline(key));
        let outcomes = pending.take_outcomes();
        self.answer(&pending.reply, pending.form.answer(outcomes), pending.memo.as_ref());
    }
}

fn expired() -> Fault {
    Fault::new(Symbol::Expired, "the device was busy until the request expired; nothing was done")
}

/// Returns the change that a part stands for; nothing if it only reads.
pub(crate) fn change(part: &Part) -> Option<Change> {
    let value: Datum = part.asked.clone()?;
    Some(match &part.native {
        Some(native) => Change::Native(native.clone(), value),
        None => Change::Common(part.awaits.first()?.clone(), value),
    })
}
