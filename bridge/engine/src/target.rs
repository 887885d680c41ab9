//! From the words of a request to a device and a property of it.

use hes_schemas::{
    ClusterId, Fault, NativeName, PropertyDocument, PropertyName, Safety, Symbol, Target, Timestamp,
    rights::{Action, Grants},
};

use crate::{device::Device, directory::Slot, engine::Engine};

/// What a request is about, found and seen to be visible to the asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) slot: Slot,
    pub(crate) target: Target,
}

impl Engine {
    /// Finds a device by its address, if the asker may see it.
    pub(crate) fn find_device(
        &self,
        now: Timestamp,
        grants: &Grants,
        cluster: &ClusterId,
        device: &str,
    ) -> Result<Slot, Fault> {
        let slot = self.directory.by_id(cluster.as_str(), device).ok_or_else(unknown)?;
        let device = self.directory.device(slot).ok_or_else(unknown)?;
        if is_visible(now, grants, device) { Ok(slot) } else { Err(unknown()) }
    }

    /// Finds what a text names: `zigbee/lamp`, `zigbee/lamp/on`, `zigbee/lamp/native/state`, with the home before it or
    /// not, or with the device's name for people instead of cluster and id: `Kitchen bulb/on`.
    pub(crate) fn find_text(&self, now: Timestamp, grants: &Grants, text: &str) -> Result<Found, Fault> {
        let text = text.strip_prefix(self.home.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text);
        let levels: Vec<&str> = text.split('/').collect();
        let by_address = |cluster: &str, device: &str, target: Target| {
            let slot = self.find_device(now, grants, &ClusterId::new(cluster).ok()?, device).ok()?;
            Some(Found { slot, target })
        };
        let found = match *levels.as_slice() {
            [cluster, device] => by_address(cluster, device, Target::Device),
            [cluster, device, property] => property_target(property).and_then(|it| by_address(cluster, device, it)),
            [cluster, device, "property", name] => property_target(name).and_then(|it| by_address(cluster, device, it)),
            [cluster, device, "native", name] => native_target(name).and_then(|it| by_address(cluster, device, it)),
            _ => None,
        };
        found.map_or_else(|| self.find_name(now, grants, text), Ok)
    }

    fn find_name(&self, now: Timestamp, grants: &Grants, text: &str) -> Result<Found, Fault> {
        if let Some(slot) = self.named(now, grants, text)? {
            return Ok(Found { slot, target: Target::Device });
        }
        let (name, property) = text.rsplit_once('/').ok_or_else(unknown)?;
        let (name, target) = match name.strip_suffix("/native") {
            Some(name) => (name, native_target(property)),
            None => (name, property_target(property)),
        };
        let slot = self.named(now, grants, name)?.ok_or_else(unknown)?;
        Ok(Found { slot, target: target.ok_or_else(unknown)? })
    }

    fn named(&self, now: Timestamp, grants: &Grants, name: &str) -> Result<Option<Slot>, Fault> {
        let is_visible =
            |slot: &Slot| self.directory.device(*slot).is_some_and(|device| is_visible(now, grants, device));
        let mut slots = self.directory.named(name).into_iter().filter(is_visible);
        match (slots.next(), slots.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => {
                Err(Fault::new(Symbol::Ambiguous, format!("several devices are called {name:?}; use <cluster>/<id>")))
            }
        }
    }
}

pub(crate) fn unknown() -> Fault {
    Fault::new(Symbol::Unknown, "there is no such device or property, or none that you may see")
}

/// Says whether an asker may know that a device exists.
pub(crate) fn is_visible(now: Timestamp, grants: &Grants, device: &Device) -> bool {
    !grants.actions(now, &device.subject(None)).is_empty()
}

/// Says whether an asker may know that a property exists.
pub(crate) fn is_property_visible(
    now: Timestamp,
    grants: &Grants,
    device: &Device,
    name: &PropertyName,
    document: &PropertyDocument,
) -> bool {
    grants.show_property(now, &device.subject(Some(name.as_str())), document)
}

/// Says whether an asker may read a property.
pub(crate) fn may_read(
    now: Timestamp,
    grants: &Grants,
    device: &Device,
    name: &PropertyName,
    document: &PropertyDocument,
) -> bool {
    grants.permits(now, Action::Read, &device.subject(Some(name.as_str())), document.privacy)
}

/// Says whether an asker may write a property of the given class.
pub(crate) fn may_write(now: Timestamp, grants: &Grants, device: &Device, name: &PropertyName, class: Safety) -> bool {
    grants.permits(now, Action::Write, &device.subject(Some(name.as_str())), class)
}

fn property_target(name: &str) -> Option<Target> {
    PropertyName::new(name).ok().map(Target::Property)
}

fn native_target(name: &str) -> Option<Target> {
    NativeName::new(name).ok().map(Target::Native)
}
