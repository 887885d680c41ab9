//! Rights: nobody sees what nobody lets them see.

use std::collections::BTreeMap;

use super::Promise;
use crate::{
    consents::Consents,
    history::{Entry, Fact},
    topology::Name,
};

/// What a home shows of another was so at some moment at which a consent stood, and so was what it hears.
///
/// Where homes pass on what they hear, only the first one is asked.
#[derive(Debug, Default)]
pub(crate) struct Rights {
    consents: Consents,
    passes_on: bool,
    /// When each version of each value began.
    versions: BTreeMap<(Name, String, String), BTreeMap<u64, u64>>,
    /// When each event happened, and to what.
    events: BTreeMap<(Name, u64), (u64, &'static str)>,
}

impl Promise for Rights {
    fn name(&self) -> &'static str {
        "rights, nobody sees what no consent gives"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        self.consents.take(entry);
        let (home, moment) = (entry.home, self.consents.moment());
        match &entry.fact {
            Fact::Peer { is_passed_on, .. } => self.passes_on |= is_passed_on,
            Fact::Happened { event, device } => {
                self.events.insert((home, *event), (moment, device));
            }
            Fact::Value { of, device, property, version } if *of == home => {
                let key = (home, device.clone(), property.clone());
                self.versions.entry(key).or_default().entry(*version).or_insert(moment);
            }
            Fact::Value { of, device, property, version } => return self.saw(home, of, device, property, *version),
            Fact::Event { of, event } if *of != home => return self.heard(home, of, *event),
            _ => {}
        }
        Ok(())
    }
}

impl Rights {
    fn saw(&self, reader: Name, of: Name, device: &str, property: &str, version: u64) -> Result<(), String> {
        if self.consents.is_hostile(of, reader) {
            return Ok(());
        }
        let versions = self.versions.get(&(of, device.to_owned(), property.to_owned()));
        let Some(since) = versions.and_then(|versions| versions.get(&version)) else {
            return Err(format!("{reader} shows version {version} of {of}/{device}/{property}, which never was"));
        };
        let next = versions.and_then(|versions| versions.range(version + 1..).next()).map(|(_, next)| *next);
        self.is_given(reader, of, device, property, *since, next)
            .map_err(|()| format!("{reader} shows version {version} of {of}/{device}/{property}, which nobody gave"))
    }

    fn heard(&self, reader: Name, of: Name, event: u64) -> Result<(), String> {
        if self.consents.is_hostile(of, reader) {
            return Ok(());
        }
        let Some((moment, device)) = self.events.get(&(of, event)) else {
            return Err(format!("{reader} hears event {event} of {of}, which never was"));
        };
        self.is_given(reader, of, device, "action", *moment, Some(*moment))
            .map_err(|()| format!("{reader} hears event {event} of {of}, which nobody gave"))
    }

    /// Says whether some consent stood while something was so.
    fn is_given(
        &self,
        reader: Name,
        of: Name,
        device: &str,
        property: &str,
        since: u64,
        until: Option<u64>,
    ) -> Result<(), ()> {
        let mut given = self.consents.ever(of, reader).filter(|given| given.consent.covers(device, property));
        let overlaps = given
            .any(|given| given.until.is_none_or(|end| since < end) && until.is_none_or(|until| given.since <= until));
        if overlaps || self.passes_on { Ok(()) } else { Err(()) }
    }
}
