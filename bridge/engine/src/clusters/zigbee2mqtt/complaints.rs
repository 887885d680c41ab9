//! What has been complained of already, so that nothing is said at every message.

use rustc_hash::{FxHashMap, FxHashSet};

/// Keys that states carry though no definition announces them.
///
/// Limits: 4,096 keys; beyond that nothing new is complained of.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    keys: FxHashMap<Box<str>, FxHashSet<Box<str>>>,
    count: usize,
}

impl Complaints {
    const LIMIT: usize = 4_096;

    /// What the bridge itself adds to states, whatever the definition: it is about the link, an update of the firmware, the
    /// device as such, or about commands that are over.
    const EXPECTED: [&str; 12] = [
        "action",
        "device",
        "elapsed",
        "group_list",
        "group_capacity",
        "last_seen",
        "linkquality",
        "no_occupancy_since",
        "type",
        "update",
        "update_available",
        "color_mode",
    ];

    /// Says whether a key is worth a complaint, which it is once for each model.
    pub(super) fn is_new(&mut self, model: &str, key: &str) -> bool {
        let is_known = self.keys.get(model).is_some_and(|keys| keys.contains(key));
        if is_known || self.count >= Self::LIMIT || Self::EXPECTED.contains(&key) {
            return false;
        }
        self.count += 1;
        self.keys.entry(model.into()).or_default().insert(key.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complains_once_of_what_nobody_announced() {
        let mut complaints = Complaints::default();
        assert!(complaints.is_new("lamp", "surprise"));
        assert!(!complaints.is_new("lamp", "surprise"));
        assert!(complaints.is_new("plug", "surprise"));
        assert!(!complaints.is_new("lamp", "last_seen"));
    }

    #[test]
    fn stops_complaining_before_memory_runs_out() {
        let mut complaints = Complaints::default();
        let count = (0..9_999).filter(|number| complaints.is_new("lamp", &number.to_string())).count();
        assert_eq!(count, Complaints::LIMIT);
    }
}
