//! What waits to be written of other homes: the logs between here and there, what they retain, and federations.

pub(super) mod commit;
pub(super) mod load;

use std::collections::{BTreeMap, HashMap, HashSet};

use hes_engine::record::{FederationRecord, MirrorRecord, ParcelRecord, Record};
use hes_schemas::{HomeId, link::FederationId};

/// What has changed since the last transaction.
#[derive(Debug, Default)]
pub(super) struct Homes {
    /// All that was kept of these is to go first.
    forgotten: HashSet<HomeId>,
    logs: HashMap<HomeId, LogChange>,
    mirrors: HashMap<Box<str>, Option<MirrorRecord>>,
    heard: Heard,
    federations: HashMap<FederationId, Option<Box<FederationRecord>>>,
    parcels: usize,
}

/// How far logs of peers have been heard, and which events; what could not be written of it is never tried again, because it is
/// heard again, with all that follows from it.
#[derive(Debug, Default)]
struct Heard {
    logs: HashMap<HomeId, u64>,
    events: HashMap<Box<str>, MirrorRecord>,
}

/// What has become of the logs between here and one peer.
#[derive(Debug, Default)]
struct LogChange {
    parcels: BTreeMap<u64, ParcelRecord>,
    /// Up to this number parcels are to go; those above stay.
    gone: u64,
    logged: u64,
}

impl Homes {
    pub(super) fn len(&self) -> usize {
        let heard = self.heard.logs.len() + self.heard.events.len();
        self.forgotten.len() + self.logs.len() + self.parcels + self.mirrors.len() + heard + self.federations.len()
    }

    /// Adds what the engine wants to be kept; what is not about other homes is not for here.
    pub(super) fn record(&mut self, record: Record) {
        match record {
            Record::ParcelsGone(peer, seq) => self.parcels_gone(peer, seq),
            Record::Heard(peer, seq) => self.heard.up_to(peer, seq),
            Record::Mirror(record) => {
                self.mirrors.insert(record.item.path.as_str().into(), Some(record));
            }
            Record::MirrorGone(path) => {
                self.mirrors.insert(path.into(), None);
            }
            Record::Federation(record) => {
                self.federations.insert(record.id.clone(), Some(record));
            }
            Record::FederationGone(id) => {
                self.federations.insert(id, None);
            }
            Record::Device(_)
            | Record::Values(_)
            | Record::DeviceGone(..)
            | Record::Subscription(_)
            | Record::SubscriptionGone(_) => {}
        }
    }

    /// Adds what was heard of a peer's log: how far, and which event it was.
    pub(super) fn hear(&mut self, record: Record) {
        let Record::Mirror(event) = record else { return self.record(record) };
        self.heard.events.insert(event.item.path.as_str().into(), event);
    }

    /// Adds an entry of the log to a peer.
    pub(super) fn log(&mut self, record: ParcelRecord) {
        let log = self.logs.entry(record.peer.clone()).or_default();
        log.logged = log.logged.max(record.log.seq);
        if log.parcels.insert(record.log.seq, record).is_none() {
            self.parcels += 1;
        }
    }

    /// Has all that is kept of a home forgotten, but not what comes after this.
    pub(super) fn forget(&mut self, home: HomeId) {
        if let Some(log) = self.logs.remove(&home) {
            self.parcels -= log.parcels.len();
        }
        self.mirrors.retain(|_, mirror| mirror.as_ref().is_none_or(|mirror| mirror.peer != home));
        self.heard.forget(&home);
        self.forgotten.insert(home);
    }

    /// Puts back what could not be written, below what has come since.
    pub(super) fn put_back(&mut self, mut older: Self) {
        // what was forgotten since must not come back
        self.forgotten.iter().for_each(|home| older.forget_quietly(home));
        self.forgotten.extend(older.forgotten);
        for (peer, log) in older.logs {
            let newer = self.logs.entry(peer).or_default();
            let before = newer.parcels.len();
            newer.put_back(log);
            self.parcels += newer.parcels.len() - before;
        }
        for (path, mirror) in older.mirrors {
            self.mirrors.entry(path).or_insert(mirror);
        }
        for (id, federation) in older.federations {
            self.federations.entry(id).or_insert(federation);
        }
    }

    fn forget_quietly(&mut self, home: &HomeId) {
        self.logs.remove(home);
        self.mirrors.retain(|_, mirror| mirror.as_ref().is_none_or(|mirror| mirror.peer != *home));
    }

    fn parcels_gone(&mut self, peer: HomeId, seq: u64) {
        let log = self.logs.entry(peer).or_default();
        let before = log.parcels.len();
        log.gone = log.gone.max(seq);
        log.parcels.retain(|number, _| *number > seq);
        self.parcels -= before - log.parcels.len();
    }
}

impl LogChange {
    fn put_back(&mut self, older: Self) {
        let gone = self.gone;
        let left = older.parcels.into_iter().filter(|(seq, _)| *seq > gone);
        for (seq, parcel) in left {
            self.parcels.entry(seq).or_insert(parcel);
        }
        self.gone = gone.max(older.gone);
        self.logged = self.logged.max(older.logged);
    }
}

impl Heard {
    fn up_to(&mut self, peer: HomeId, seq: u64) {
        let heard = self.logs.entry(peer).or_default();
        *heard = seq.max(*heard);
    }

    fn forget(&mut self, home: &HomeId) {
        self.logs.remove(home);
        self.events.retain(|_, event| event.peer != *home);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    fn parcels(homes: &Homes) -> Vec<u64> {
        homes.logs.values().flat_map(|log| log.parcels.keys().copied()).collect()
    }

    #[test]
    fn writes_nothing_of_what_was_told_before_it_was_written() {
        let mut homes = Homes::default();
        (1..=5).for_each(|seq| homes.log(samples::parcel("elm", seq)));
        homes.record(Record::ParcelsGone(samples::home("elm"), 4));
        assert_eq!((parcels(&homes), homes.len()), (vec![5], 2));
    }

    #[test]
    fn puts_back_what_failed_below_what_is_newer() {
        let mut failed = Homes::default();
        (1..=3).for_each(|seq| failed.log(samples::parcel("elm", seq)));
        failed.record(Record::Mirror(samples::mirror("elm", "elm/z/a/$status", 1)));
        failed.hear(Record::Heard(samples::home("elm"), 9));
        failed.hear(Record::Mirror(samples::mirror("elm", "elm/z/a/event/b", 1)));
        let mut since = Homes::default();
        since.log(samples::parcel("elm", 4));
        since.record(Record::ParcelsGone(samples::home("elm"), 2));
        since.record(Record::MirrorGone("elm/z/a/$status".to_owned()));
        since.record(Record::Heard(samples::home("elm"), 8));
        since.put_back(failed);
        assert_eq!(parcels(&since), [3, 4]);
        assert_eq!(since.mirrors.get("elm/z/a/$status"), Some(&None));
        assert_eq!(since.logs.values().map(|log| log.logged).collect::<Vec<_>>(), [4]);
        assert_eq!((since.heard.logs.get("elm"), since.heard.events.len()), (Some(&8), 0));
        assert_eq!(since.len(), 5);
    }

    #[test]
    fn does_not_bring_back_what_was_forgotten_since() {
        let mut failed = Homes::default();
        failed.log(samples::parcel("elm", 1));
        failed.record(Record::Mirror(samples::mirror("elm", "elm/z/a/$status", 1)));
        failed.record(Record::Mirror(samples::mirror("fir", "fir/z/a/$status", 1)));
        let mut since = Homes::default();
        since.forget(samples::home("elm"));
        since.put_back(failed);
        assert!(parcels(&since).is_empty());
        assert_eq!(since.mirrors.keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["fir/z/a/$status"]);
    }
}
