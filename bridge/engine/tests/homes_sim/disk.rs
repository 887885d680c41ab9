//! A disk: what was handed to it is there after a crash only if it was committed.

use std::collections::{BTreeMap, VecDeque};

use hes_engine::{
    Output, Post,
    record::{
        DeviceRecord, FederationRecord, MirrorRecord, ParcelRecord, Record, Restored, SubscriptionRecord, ValuesRecord,
    },
};
use hes_schemas::{ClusterId, HomeId, Sid, Uid};

/// How far versions leap after a crash, as in the real store.
const LEAP: u64 = 1 << 20;

/// Something that waits to be written, with what follows once it is.
#[derive(Debug)]
pub(crate) enum Job {
    Save(Record),
    Keep {
        record: Record,
        kept: Box<Output>,
        refused: Box<Output>,
        undo: Option<Sid>,
    },
    Log(ParcelRecord),
    /// Somebody is told, once it is written.
    Once(Told, Vec<Record>),
    Note(Vec<Record>),
}

/// Who is told what.
#[derive(Debug)]
pub(crate) enum Told {
    Listeners(Post),
    Subscriber(Post),
}

/// What follows from something that has been written.
#[derive(Debug)]
pub(crate) enum Done {
    Answer(Box<Output>),
    Logged(HomeId, u64),
    Heard(Told),
    Noted(HomeId, u64),
    NotKept(Sid),
    NotNoted(HomeId),
}

/// What is written, and what waits.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    devices: BTreeMap<(ClusterId, Uid), DeviceRecord>,
    values: BTreeMap<(ClusterId, Uid), ValuesRecord>,
    subscriptions: BTreeMap<Sid, SubscriptionRecord>,
    parcels: BTreeMap<(HomeId, u64), ParcelRecord>,
    logged: BTreeMap<HomeId, u64>,
    heard: BTreeMap<HomeId, u64>,
    mirrors: BTreeMap<String, MirrorRecord>,
    federations: BTreeMap<String, FederationRecord>,
    floor: u64,
    epoch: u64,
    waiting: VecDeque<Job>,
}

impl Disk {
    pub(crate) fn put(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes all that waits, in one piece.
    pub(crate) fn commit(&mut self) -> Vec<Done> {
        std::mem::take(&mut self.waiting).into_iter().flat_map(|job| self.write(job)).collect()
    }

    /// Refuses what waits and must be written at once, because the disk is full; the rest waits.
    pub(crate) fn refuse(&mut self) -> Vec<Done> {
        let mut done = Vec::new();
        for job in std::mem::take(&mut self.waiting) {
            match job {
                Job::Keep { refused, undo, .. } => {
                    done.push(Done::Answer(refused));
                    done.extend(undo.map(Done::NotKept));
                }
                Job::Once(_, records) | Job::Note(records) => done.extend(not_noted(&records)),
                job @ (Job::Save(_) | Job::Log(_)) => self.waiting.push_back(job),
            }
        }
        done
    }

    /// Loses what waits, with the life that wanted it written.
    pub(crate) fn lose(&mut self) {
        self.waiting.clear();
    }

    /// Begins another life with what is written; `LEAP` ahead after a life that did not end in order.
    pub(crate) fn start(&mut self, is_clean: bool) -> Restored {
        self.epoch += 1;
        self.floor += if is_clean { 0 } else { LEAP };
        Restored {
            devices: self.devices.values().cloned().collect(),
            values: self.values.values().cloned().collect(),
            subscriptions: self.subscriptions.values().cloned().collect(),
            parcels: self.parcels.values().cloned().collect(),
            logged: self.logged.clone().into_iter().collect(),
            heard: self.heard.clone().into_iter().collect(),
            mirrors: self.mirrors.values().cloned().collect(),
            federations: self.federations.values().cloned().collect(),
            epoch: self.epoch,
            leap: (!is_clean).then_some(self.floor),
            floor: self.floor,
        }
    }

    fn write(&mut self, job: Job) -> Vec<Done> {
        match job {
            Job::Save(record) => {
                self.record(record);
                Vec::new()
            }
            Job::Keep { record, kept, .. } => {
                self.record(record);
                vec![Done::Answer(kept)]
            }
            Job::Log(parcel) => {
                let (peer, seq) = (parcel.peer.clone(), parcel.log.seq);
                let logged = self.logged.entry(peer.clone()).or_default();
                *logged = seq.max(*logged);
                self.parcels.insert((peer.clone(), seq), parcel);
                vec![Done::Logged(peer, seq)]
            }
            Job::Once(told, records) => {
                let noted = noted(&records);
                records.into_iter().for_each(|record| self.record(record));
                std::iter::once(Done::Heard(told)).chain(noted).collect()
            }
            Job::Note(records) => {
                let noted = noted(&records);
                records.into_iter().for_each(|record| self.record(record));
                noted
            }
        }
    }

    fn record(&mut self, record: Record) {
        match record {
            Record::Device(record) => drop(self.devices.insert((record.cluster.clone(), record.uid.clone()), record)),
            Record::Values(record) => {
                self.floor = record.values.iter().map(|value| value.version).fold(self.floor, u64::max);
                self.values.insert((record.cluster.clone(), record.uid.clone()), record);
            }
            Record::DeviceGone(cluster, uid) => {
                let key = (cluster, uid);
                self.devices.remove(&key);
                self.values.remove(&key);
            }
            Record::Subscription(record) => drop(self.subscriptions.insert(record.sid.clone(), record)),
            Record::SubscriptionGone(sid) => drop(self.subscriptions.remove(&sid)),
            Record::ParcelsGone(peer, seq) => self.parcels.retain(|(to, at), _| *to != peer || *at > seq),
            Record::Heard(peer, seq) => drop(self.heard.insert(peer, seq)),
            Record::Mirror(record) => drop(self.mirrors.insert(record.item.path.clone(), record)),
            Record::MirrorGone(path) => drop(self.mirrors.remove(&path)),
            Record::Federation(record) => drop(self.federations.insert(record.id.clone(), *record)),
            Record::FederationGone(id) => drop(self.federations.remove(&id)),
        }
    }
}

fn not_noted(records: &[Record]) -> Vec<Done> {
    let peers = noted(records).into_iter().filter_map(|done| match done {
        Done::Noted(peer, _) => Some(Done::NotNoted(peer)),
        _ => None,
    });
    peers.collect()
}

fn noted(records: &[Record]) -> Vec<Done> {
    let heard = |record: &Record| match record {
        Record::Heard(peer, seq) => Some(Done::Noted(peer.clone(), *seq)),
        _ => None,
    };
    records.iter().filter_map(heard).collect()
}
