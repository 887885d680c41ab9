//! P4: versions never go backwards.

use std::collections::{BTreeMap, BTreeSet};

use super::Promise;
use crate::{
    history::{Entry, Fact},
    topology::Name,
};

/// Whoever listens at one home never sees an older version of a property after a newer one.
///
/// Where homes pass on what they hear, a home that begins anew does not know how far another way had come; nor does it know
/// what it heard of others while its disk was full.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    seen: BTreeMap<(Name, Name, String, String), u64>,
    hostile: BTreeSet<Name>,
    /// The homes that hear of others by several ways.
    passes_on: BTreeSet<Name>,
    /// The homes of which something could not be put on disk, and is lost if they die.
    unkept: BTreeSet<Name>,
}

impl Promise for Versions {
    fn name(&self) -> &'static str {
        "P4, versions never go backwards"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        if entry.fact == Fact::Hostile {
            self.hostile.insert(entry.home);
        }
        if let Fact::Peer { is_passed_on: true, .. } = &entry.fact {
            self.passes_on.insert(entry.home);
        }
        if entry.fact == Fact::Full {
            self.unkept.insert(entry.home);
        }
        if entry.fact == Fact::Committed {
            self.unkept.remove(entry.home);
        }
        let forgets = self.passes_on.contains(entry.home) || self.unkept.contains(entry.home);
        if entry.fact == Fact::Died && forgets {
            self.seen.retain(|(reader, of, ..), _| *reader != entry.home || reader == of);
        }
        let Fact::Value { of, device, property, version } = &entry.fact else { return Ok(()) };
        let seen = self.seen.entry((entry.home, of, device.clone(), property.clone())).or_default();
        let before = std::mem::replace(seen, *version);
        if *version < before && !self.hostile.contains(of) {
            return Err(format!("{} sees {of}/{device}/{property} in version {version} after {before}", entry.home));
        }
        Ok(())
    }
}
