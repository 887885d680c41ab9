//! P4 and P5: versions never go backwards, and in the end everybody sees what is so.

use std::collections::{BTreeMap, BTreeSet};

use super::{Broken, Promise};
use crate::history::{Entry, Fact, Name, Shown};

/// Whoever listens never sees an older version after a newer one, unless the session went on meanwhile and it had come
/// before.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    seen: BTreeMap<(Name, String), BTreeSet<u64>>,
    resumed: BTreeSet<Name>,
}

impl Promise for Versions {
    fn take(&mut self, entry: &Entry) -> Result<(), Broken> {
        let home = entry.home;
        if entry.fact == Fact::Resumed {
            self.resumed.insert(home);
        }
        let Fact::Value { topic, version } = &entry.fact else { return Ok(()) };
        let seen = self.seen.entry((home, topic.clone())).or_default();
        let is_again = !seen.insert(*version) && self.resumed.contains(home);
        match seen.last().filter(|last| *last > version) {
            Some(last) if !is_again => Err(("P4", format!("{home} sees {topic} in version {version} after {last}"))),
            Some(_) | None => Ok(()),
        }
    }
}

/// In the end all show of each home what that home shows of itself.
#[derive(Debug, Default)]
pub(crate) struct Mirrors(BTreeMap<Name, Shown>);

impl Promise for Mirrors {
    fn take(&mut self, entry: &Entry) -> Result<(), Broken> {
        match &entry.fact {
            Fact::Shows(shown) => drop(self.0.insert(entry.home, shown.clone())),
            Fact::Quiet => {
                let found = differences(&std::mem::take(&mut self.0)).into_iter().next();
                return found.map_or(Ok(()), |text| Err(("P5", text)));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Returns where somebody does not show what is so.
pub(crate) fn differences(all: &BTreeMap<Name, Shown>) -> Vec<String> {
    let mut found = Vec::new();
    for (of, truth) in all {
        for (reader, seen) in all.iter().filter(|(reader, _)| *reader != of) {
            let is_meant = |topic: &&String| topic.starts_with(&format!("hes/1/{of}/"));
            let topics: BTreeSet<&String> = truth.keys().chain(seen.keys()).filter(is_meant).collect();
            let differs = topics.into_iter().filter(|topic| truth.get(*topic) != seen.get(*topic));
            found.extend(differs.map(|topic| {
                format!("{reader} shows {topic} as {:?}, and it is {:?}", seen.get(topic), truth.get(topic))
            }));
        }
    }
    found
}
