//! What waited is looked at again before it begins: the world may have changed in the meantime.

use hes_schemas::{Datum, Fault, PropertyDocument, Safety, Timestamp, message::Outcome, rights::Grants};

use crate::{
    device::Device,
    directory::Slot,
    engine::Engine,
    lanes::{Part, WorkKey},
    plan::{check_class, check_version, check_writable},
    target::{may_read, unknown},
    work::change,
};

impl Engine {
    /// Ends the parts of some work to which there is an objection by now, and lets the others be.
    pub(crate) fn review(&mut self, now: Timestamp, key: WorkKey) {
        let Some(work) = self.lanes.work(key) else { return };
        let (slot, grants) = (work.slot, self.grants(&work.user));
        self.finish_parts(now, key, |engine, part| engine.object(now, &grants, slot, part).err().map(Outcome::failed));
    }

    fn object(&self, now: Timestamp, grants: &Grants, slot: Slot, part: &Part) -> Result<(), Fault> {
        let device = self.directory.device(slot).ok_or_else(unknown)?;
        for name in &part.awaits {
            let document = device.property(name).ok_or_else(unknown)?;
            let Some(value) = &part.asked else {
                may_read(now, grants, device, name, document).then_some(()).ok_or_else(unknown)?;
                continue;
            };
            check_writable(now, grants, device, name, document)?;
            check_class(now, grants, device, name, class_of(document, part, value))?;
        }
        check_version(device, &part.awaits, part.if_version)?;
        self.check_native(slot, part)
    }

    /// Asks the adapter whether it can say a native value at all; whatever else goes out with it should not fail with it.
    fn check_native(&self, slot: Slot, part: &Part) -> Result<(), Fault> {
        let change = part.native.as_ref().and_then(|_| change(part));
        let device = self.directory.device(slot).ok_or_else(unknown)?;
        let seat = self.seats.get(&device.record.cluster).ok_or_else(unknown)?;
        change.map_or(Ok(()), |change| seat.adapter.write(&device.record.uid, &[change]).map(drop))
    }
}

/// Returns how dangerous a part of some work is.
pub(crate) fn danger(device: &Device, part: &Part) -> Safety {
    let Some(value) = &part.asked else { return Safety::S0 };
    let documents = part.awaits.iter().filter_map(|name| device.property(name));
    documents.map(|document| class_of(document, part, value)).max().unwrap_or_default()
}

/// A native value is not understood here, so the safe direction is no excuse.
fn class_of(document: &PropertyDocument, part: &Part, value: &Datum) -> Safety {
    if part.native.is_some() { document.safety } else { document.safety_of(value) }
}
