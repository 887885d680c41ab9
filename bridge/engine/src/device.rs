//! One device: what it is, whether it is there, and the last value of each property.

use hes_schemas::{
    Datum, DeviceDocument, DevicePath, HomeId, PropertyDocument, PropertyName, Quality, Reading, Timestamp,
    message::Availability, rights::Subject,
};

use crate::record::{DeviceRecord, ValueRecord, ValuesRecord};

/// A device of the directory.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) record: DeviceRecord,
    pub(crate) availability: Availability,
    pub(crate) since: Timestamp,
    /// Its cluster has described it in this life; before that, its adapter cannot tell native values.
    pub(crate) is_described: bool,
    /// Sorted by property.
    values: Vec<Held>,
}

/// Whether a report tells how things are, or how they were before its source fell silent: retained, or late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Alive,
    Silent,
}

/// The last value of a property.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) property: PropertyName,
    pub(crate) value: Datum,
    pub(crate) time: Timestamp,
    pub(crate) version: u64,
    /// It was heard while its source was alive, and the source has not fallen silent since.
    pub(crate) is_fresh: bool,
    /// It was put back after an unclean stop and not heard since: what was told last may have been something else.
    is_doubtful: bool,
}

/// How far one value can be trusted, or several together: the worst quality, the latest time, the sum of the versions.
///
/// The sum, because it grows whenever one of them changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Worth {
    pub(crate) quality: Quality,
    /// Nothing if none of them was ever heard.
    pub(crate) version: Option<u64>,
    pub(crate) time: Option<Timestamp>,
}

impl Device {
    pub(crate) const fn new(record: DeviceRecord, now: Timestamp) -> Self {
        Self { record, availability: Availability::Unknown, since: now, is_described: true, values: Vec::new() }
    }

    /// Makes one from what was kept of another life.
    pub(crate) fn restored(record: DeviceRecord, now: Timestamp) -> Self {
        Self { is_described: false, ..Self::new(record, now) }
    }

    pub(crate) fn path(&self, home: &HomeId) -> DevicePath {
        DevicePath { home: home.clone(), cluster: self.record.cluster.clone(), device: self.record.id.clone() }
    }

    pub(crate) fn subject<'a>(&'a self, property: Option<&'a str>) -> Subject<'a> {
        let DeviceRecord { cluster, id, uid, .. } = &self.record;
        Subject { cluster, device: id, uid, property }
    }

    pub(crate) fn property(&self, name: &PropertyName) -> Option<&PropertyDocument> {
        self.record.shape.properties.get(name)
    }

    pub(crate) fn held(&self) -> &[Held] {
        &self.values
    }

    pub(crate) fn value(&self, property: &PropertyName) -> Option<&Held> {
        let index = self.values.binary_search_by(|held| held.property.cmp(property)).ok()?;
        self.values.get(index)
    }

    /// Takes in a report; returns whether subscribers see a difference.
    pub(crate) fn hear(
        &mut self,
        property: &PropertyName,
        value: Datum,
        now: Timestamp,
        source: Source,
        floor: u64,
    ) -> bool {
        match self.values.binary_search_by(|held| held.property.cmp(property)) {
            Ok(index) => self.values.get_mut(index).is_some_and(|held| held.hear(value, now, source)),
            Err(index) => {
                if self.values.is_empty() {
                    // most devices report all they have, and there are many devices
                    self.values.reserve_exact(self.record.shape.properties.len());
                }
                let property = self.record.shape.properties.get_key_value(property).map_or(property, |(name, _)| name);
                let held = Held {
                    property: property.clone(),
                    value,
                    time: now,
                    version: floor.saturating_add(1),
                    is_fresh: source == Source::Alive,
                    is_doubtful: false,
                };
                self.values.insert(index, held);
                true
            }
        }
    }

    /// Puts back what was known before a restart; it is stale until it is heard again.
    ///
    /// A leap tells of an unclean stop, which may have lost what came after: then the first report of each property is a
    /// change, even to the value that was put back.
    pub(crate) fn restore(&mut self, values: Vec<ValueRecord>, leap: Option<u64>) {
        let properties = &self.record.shape.properties;
        self.values = values
            .into_iter()
            .filter(|value| properties.contains_key(&value.property))
            .map(|ValueRecord { property, value, time, version }| Held {
                property,
                value,
                time,
                version: leap.map_or(version, |leap| version.max(leap)),
                is_fresh: false,
                is_doubtful: leap.is_some(),
            })
            .collect();
        self.values.sort_unstable_by(|a, b| a.property.cmp(&b.property));
    }

    /// Takes another description, and lets go of the values of properties that are no more.
    pub(crate) fn describe(&mut self, record: DeviceRecord) {
        self.record = record;
        let properties = &self.record.shape.properties;
        self.values.retain(|held| properties.contains_key(&held.property));
    }

    /// Returns the highest version of its values.
    pub(crate) fn top(&self) -> u64 {
        self.values.iter().map(|held| held.version).max().unwrap_or(0)
    }

    /// Marks all values as not heard since their source fell silent; returns whether any was.
    pub(crate) fn silence(&mut self) -> bool {
        let mut was_fresh = false;
        for held in &mut self.values {
            was_fresh |= std::mem::take(&mut held.is_fresh);
        }
        was_fresh
    }

    pub(crate) fn quality(&self, held: &Held) -> Quality {
        if held.value.is_null() {
            Quality::Unknown
        } else if held.is_fresh && self.availability != Availability::Offline {
            Quality::Good
        } else {
            Quality::Stale
        }
    }

    /// Returns what those of some properties that were ever heard are worth together.
    pub(crate) fn worth<'n>(&self, names: impl IntoIterator<Item = &'n PropertyName>) -> Worth {
        let held = names.into_iter().filter_map(|name| self.value(name));
        held.fold(Worth::default(), |worth, held| Worth {
            quality: if worth.version.is_none() {
                self.quality(held)
            } else {
                worse(worth.quality, self.quality(held))
            },
            version: Some(worth.version.unwrap_or(0).saturating_add(held.version)),
            time: worth.time.max(Some(held.time)),
        })
    }

    pub(crate) fn reading(&self, held: &Held) -> Reading {
        Reading {
            value: held.value.clone(),
            unit: self.property(&held.property).and_then(|document| document.unit.clone()),
            time: held.time,
            quality: self.quality(held),
            version: held.version,
        }
    }

    pub(crate) fn document(&self) -> DeviceDocument {
        let record = self.record.clone();
        DeviceDocument {
            id: record.id,
            uid: record.uid,
            name: record.name,
            room: record.room,
            maker: record.maker,
            model: record.model,
            firmware: record.firmware,
            native: record.native,
            kind: record.shape.kind.clone(),
            properties: record.shape.properties.clone(),
            events: record.shape.events.clone(),
            rev: record.rev,
        }
    }

    pub(crate) fn values_record(&self) -> ValuesRecord {
        let values = self.values.iter().map(|held| ValueRecord {
            property: held.property.clone(),
            value: held.value.clone(),
            time: held.time,
            version: held.version,
        });
        ValuesRecord { cluster: self.record.cluster.clone(), uid: self.record.uid.clone(), values: values.collect() }
    }
}

impl Held {
    fn hear(&mut self, value: Datum, now: Timestamp, source: Source) -> bool {
        let is_change = std::mem::take(&mut self.is_doubtful) || self.value != value;
        let is_fresh = source == Source::Alive;
        let was_fresh = std::mem::replace(&mut self.is_fresh, is_fresh);
        self.time = now;
        if is_change {
            self.value = value;
            self.version = self.version.saturating_add(1);
        }
        is_change || was_fresh != is_fresh
    }
}

const fn worse(one: Quality, other: Quality) -> Quality {
    match (one, other) {
        (Quality::Unknown, _) | (_, Quality::Unknown) => Quality::Unknown,
        (Quality::Stale, _) | (_, Quality::Stale) => Quality::Stale,
        (Quality::Good, Quality::Good) => Quality::Good,
    }
}
