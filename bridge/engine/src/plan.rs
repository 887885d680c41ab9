//! May it, can it, and is the answer known already?

use hes_schemas::{
    Datum, Fault, Millis, NativeName, PropertyDocument, PropertyName, Quality, Safety, Status, Symbol, Target,
    Timestamp,
    message::{Availability, Confirmation, Outcome},
    rights::Grants,
};

use crate::{
    device::{Device, Held, Worth},
    directory::Slot,
    engine::Engine,
    fit::fit,
    intake::Request,
    lanes::Part,
    target::{Found, is_property_visible, may_read, may_write, unknown},
    task::{Plan, Want, Wish},
};

impl Engine {
    /// Decides how one task of a request goes on.
    pub(crate) fn plan(&self, now: Timestamp, request: &Request, index: usize, found: &Found, want: Want) -> Plan {
        let plan = match (&found.target, want) {
            (Target::Device, _) => Err(Fault::new(Symbol::Malformed, "name a property of the device")),
            (Target::Property(name), Want::Read(max_age)) => {
                self.plan_read(now, request, index, found.slot, None, std::slice::from_ref(name), max_age)
            }
            (Target::Native(native), Want::Read(max_age)) => {
                let names = self.carried_by(found.slot, native);
                self.plan_read(now, request, index, found.slot, Some(native), &names, max_age)
            }
            (Target::Property(name), Want::Write(Wish { value, if_version, .. })) => {
                self.plan_write(now, request, index, found.slot, name, &value, if_version)
            }
            (Target::Native(native), Want::Write(Wish { value, if_version, .. })) => {
                self.plan_native_write(now, request, index, found.slot, native, value, if_version)
            }
        };
        plan.unwrap_or_else(|fault| Plan::Done(Outcome::failed(fault)))
    }

    /// Returns the properties of a device that an asker may read.
    pub(crate) fn readable(&self, now: Timestamp, grants: &Grants, slot: Slot) -> Vec<PropertyName> {
        let Some(device) = self.directory.device(slot) else { return Vec::new() };
        let properties = device.record.shape.properties.iter();
        properties
            .filter(|(name, document)| !document.write_only && may_read(now, grants, device, name, document))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn carried_by(&self, slot: Slot, native: &NativeName) -> Vec<PropertyName> {
        let Some(device) = self.directory.device(slot) else { return Vec::new() };
        let seat = self.seats.get(&device.record.cluster);
        seat.map(|seat| seat.adapter.properties_of(&device.record.uid, native)).unwrap_or_default()
    }

    #[expect(clippy::too_many_arguments, reason = "a question has this many sides")]
    fn plan_read(
        &self,
        now: Timestamp,
        request: &Request,
        index: usize,
        slot: Slot,
        native: Option<&NativeName>,
        names: &[PropertyName],
        max_age: Option<Millis>,
    ) -> Result<Plan, Fault> {
        let device = self.directory.device(slot).ok_or_else(unknown)?;
        let mut must_ask = false;
        let mut can_ask = false;
        for name in names {
            let document = device.property(name).ok_or_else(unknown)?;
            if !may_read(now, &request.grants, device, name, document) {
                return Err(unknown());
            }
            if document.write_only {
                return Err(Fault::new(Symbol::WriteOnly, "the property can only be written"));
            }
            must_ask |= !is_fresh_enough(now, device, device.value(name), max_age);
            can_ask |= document.gettable;
        }
        if names.is_empty() {
            return Err(unknown());
        }
        if must_ask && can_ask && (max_age.is_some() || self.is_reachable(device)) {
            self.check_alive(device)?;
            self.check_room(slot)?;
            let part = Part {
                index,
                native: native.cloned(),
                awaits: names.to_vec(),
                asked: None,
                if_version: None,
                is_told: true,
                is_silent: false,
            };
            return Ok(Plan::Ask(slot, part));
        }
        Ok(Plan::Done(self.outcome(slot, native, names, Confirmation::Cache)))
    }

    #[expect(clippy::too_many_arguments, reason = "a command has this many sides")]
    fn plan_write(
        &self,
        now: Timestamp,
        request: &Request,
        index: usize,
        slot: Slot,
        name: &PropertyName,
        value: &Datum,
        if_version: Option<u64>,
    ) -> Result<Plan, Fault> {
        let device = self.directory.device(slot).ok_or_else(unknown)?;
        let document = device.property(name).ok_or_else(unknown)?;
        check_writable(now, &request.grants, device, name, document)?;
        check_version(device, std::slice::from_ref(name), if_version)?;
        let value = fit(document, value)?;
        self.check_danger(now, request, slot, name, document.safety_of(&value))?;
        self.check_alive(device)?;
        self.check_room(slot)?;
        let part = Part {
            index,
            native: None,
            awaits: vec![name.clone()],
            asked: Some(value),
            if_version,
            is_told: may_read(now, &request.grants, device, name, document),
            is_silent: document.write_only,
        };
        Ok(Plan::Ask(slot, part))
    }

    #[expect(clippy::too_many_arguments, reason = "a command has this many sides")]
    fn plan_native_write(
        &self,
        now: Timestamp,
        request: &Request,
        index: usize,
        slot: Slot,
        native: &NativeName,
        value: Datum,
        if_version: Option<u64>,
    ) -> Result<Plan, Fault> {
        let device = self.directory.device(slot).ok_or_else(unknown)?;
        let awaits = self.carried_by(slot, native);
        let (mut is_silent, mut is_told) = (true, true);
        for name in &awaits {
            let document = device.property(name).ok_or_else(unknown)?;
            check_writable(now, &request.grants, device, name, document)?;
            // a native value is not understood here, so the safe direction is no excuse
            self.check_danger(now, request, slot, name, document.safety)?;
            is_silent &= document.write_only;
            is_told &= may_read(now, &request.grants, device, name, document);
        }
        if awaits.is_empty() {
            return Err(unknown());
        }
        check_version(device, &awaits, if_version)?;
        self.check_alive(device)?;
        self.check_room(slot)?;
        let part =
            Part { index, native: Some(native.clone()), awaits, asked: Some(value), if_version, is_told, is_silent };
        Ok(Plan::Ask(slot, part))
    }

    fn check_danger(
        &self,
        now: Timestamp,
        request: &Request,
        slot: Slot,
        name: &PropertyName,
        class: Safety,
    ) -> Result<(), Fault> {
        let device = self.directory.device(slot).ok_or_else(unknown)?;
        check_class(now, &request.grants, device, name, class)?;
        if class < Safety::S2 {
            return Ok(());
        }
        if request.ttl > self.limits.dangerous_ttl {
            return Err(Fault::new(Symbol::Unsafe, "a dangerous command needs an expiry of at most 10 s"));
        }
        if self.lanes.len(slot) > 0 {
            return Err(Fault::new(Symbol::Busy, "another command is under way, and a dangerous one is never queued"));
        }
        Ok(())
    }

    pub(crate) fn check_alive(&self, device: &Device) -> Result<(), Fault> {
        match self.seats.get(&device.record.cluster) {
            Some(seat) if seat.is_alive() => Ok(()),
            _ => Err(Fault::new(Symbol::ClusterOffline, format!("{} is offline", device.record.cluster))),
        }
    }

    fn check_room(&self, slot: Slot) -> Result<(), Fault> {
        if self.lanes.len(slot) < self.limits.lane {
            return Ok(());
        }
        Err(Fault::new(Symbol::TooMany, "too much waits for this device; try again later"))
    }

    fn is_reachable(&self, device: &Device) -> bool {
        device.availability != Availability::Offline && self.check_alive(device).is_ok()
    }

    /// Returns what a property is worth, or a native value that some properties make up, as an outcome.
    pub(crate) fn outcome(
        &self,
        slot: Slot,
        native: Option<&NativeName>,
        names: &[PropertyName],
        confirmed: Confirmation,
    ) -> Outcome {
        let Some(device) = self.directory.device(slot) else { return Outcome::failed(unknown()) };
        let common = names.first().filter(|_| native.is_none());
        let value = match native {
            Some(native) => self.native_value(device, native),
            None => common.and_then(|name| device.value(name)).map(|held| held.value.clone()),
        };
        let Worth { quality, version, time } = device.worth(names);
        Outcome {
            status: Status::Ok,
            value: Some(value.unwrap_or(Datum::Null)),
            unit: common.and_then(|name| device.property(name)?.unit.clone()),
            quality: Some(quality),
            version,
            time,
            confirmed: Some(confirmed),
            ..Outcome::default()
        }
    }

    pub(crate) fn native_value(&self, device: &Device, native: &NativeName) -> Option<Datum> {
        let read = |name: &PropertyName| device.value(name).map(|held| held.value.clone());
        self.seats.get(&device.record.cluster)?.adapter.native_value(&device.record.uid, native, &read)
    }
}

/// Checks that an asker may write a property at all.
pub(crate) fn check_writable(
    now: Timestamp,
    grants: &Grants,
    device: &Device,
    name: &PropertyName,
    document: &PropertyDocument,
) -> Result<(), Fault> {
    if !is_property_visible(now, grants, device, name, document) {
        return Err(unknown());
    }
    if document.read_only {
        return Err(Fault::new(Symbol::ReadOnly, "the property can only be read"));
    }
    if may_write(now, grants, device, name, Safety::S0) {
        return Ok(());
    }
    Err(Fault::new(Symbol::Denied, "you may read this, not write it"))
}

/// Checks that an asker may write what is as dangerous as this.
pub(crate) fn check_class(
    now: Timestamp,
    grants: &Grants,
    device: &Device,
    name: &PropertyName,
    class: Safety,
) -> Result<(), Fault> {
    if may_write(now, grants, device, name, class) {
        return Ok(());
    }
    Err(Fault::new(Symbol::Denied, format!("this is of safety class {class:?}, beyond your rights")))
}

/// Checks that a property, or what several make up, has the version that the asker knows.
pub(crate) fn check_version(device: &Device, names: &[PropertyName], wanted: Option<u64>) -> Result<(), Fault> {
    let version = device.worth(names).version.unwrap_or(0);
    if wanted.is_none_or(|wanted| wanted == version) {
        return Ok(());
    }
    Err(Fault::new(Symbol::VersionMismatch, "the property has changed since; read it again"))
}

fn is_fresh_enough(now: Timestamp, device: &Device, held: Option<&Held>, max_age: Option<Millis>) -> bool {
    held.is_some_and(|held| {
        device.quality(held) == Quality::Good
            && max_age.is_none_or(|age| age > Millis::new(0) && now.since(held.time) <= age)
    })
}
