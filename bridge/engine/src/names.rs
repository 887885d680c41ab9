//! Devices by their names for people, whatever the case.

use rustc_hash::FxHashMap;

use crate::directory::Slot;

/// Which devices bear a name; a name need not be the only one of its kind.
#[derive(Debug, Default)]
pub(crate) struct Names(FxHashMap<Box<str>, Vec<Slot>>);

impl Names {
    pub(crate) fn insert(&mut self, name: &str, slot: Slot) {
        self.0.entry(name.to_lowercase().into()).or_default().push(slot);
    }

    pub(crate) fn remove(&mut self, name: &str, slot: Slot) {
        let name = name.to_lowercase();
        let Some(slots) = self.0.get_mut(name.as_str()) else { return };
        slots.retain(|other| *other != slot);
        if slots.is_empty() {
            self.0.remove(name.as_str());
        }
    }

    /// Returns the devices of a name that is in lower case.
    pub(crate) fn bearers(&self, name: &str) -> &[Slot] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}
