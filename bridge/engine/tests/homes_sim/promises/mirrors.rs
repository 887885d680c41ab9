//! P5: after any outage a reader comes to see what is so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Promise;
use crate::{
    consents::Consents,
    history::{Entry, Fact, Shown},
    topology::{Name, home_named},
};

/// When all is quiet, each home shows of each other what it may see of it: all of it, and nothing that has gone.
#[derive(Debug, Default)]
pub(crate) struct Mirrors {
    consents: Consents,
    /// Which homes are told only by the one that it is about.
    links: BTreeMap<(Name, Name), bool>,
    shown: BTreeMap<Name, Shown>,
}

impl Promise for Mirrors {
    fn name(&self) -> &'static str {
        "P5, a reader converges to the current state"
    }

    fn take(&mut self, entry: &Entry) -> Result<(), String> {
        self.consents.take(entry);
        match &entry.fact {
            Fact::Peer { name, is_passed_on } => {
                self.links.insert((entry.home, name), *is_passed_on);
            }
            Fact::Shows(shown) => {
                self.shown.insert(entry.home, shown.clone());
            }
            Fact::Quiet => return self.rest(),
            _ => {}
        }
        Ok(())
    }
}

impl Mirrors {
    fn rest(&mut self) -> Result<(), String> {
        let shown = std::mem::take(&mut self.shown);
        let passes_on = self.links.values().any(|is_passed_on| *is_passed_on);
        for (reader, seen) in &shown {
            for (source, truth) in shown.iter().filter(|(source, _)| *source != reader) {
                let is_link = self.links.contains_key(&(*source, *reader));
                if is_link {
                    self.is_whole(source, truth, reader, seen)?;
                }
                if !passes_on && !self.consents.is_hostile(source, reader) {
                    self.is_no_more(source, truth, reader, seen)?;
                }
            }
        }
        Ok(())
    }

    /// All that may certainly be seen is seen as it is.
    fn is_whole(&self, source: Name, truth: &Shown, reader: Name, seen: &Shown) -> Result<(), String> {
        for (topic, true_one) in truth.iter().filter(|(topic, _)| is_of(topic, source)) {
            let Some((device, property)) = value_of(topic) else { continue };
            if !self.consents.certainly(source, reader, device, property) {
                continue;
            }
            let shown = seen.get(topic);
            if shown.map(timeless) != Some(timeless(true_one)) {
                return Err(format!("{reader} shows {topic} as {shown:?}, and it is {true_one}"));
            }
            let document = format!("{source}/zigbee/{device}/$doc");
            if !seen.contains_key(&document) {
                return Err(format!("{reader} shows {topic} and not {document}"));
            }
        }
        Ok(())
    }

    /// Nothing is seen that is not so, or may not be seen.
    fn is_no_more(&self, source: Name, truth: &Shown, reader: Name, seen: &Shown) -> Result<(), String> {
        let devices: BTreeSet<&str> =
            truth.keys().filter(|it| is_of(it, source)).filter_map(|it| device_of(it)).collect();
        for topic in seen.keys().filter(|topic| is_of(topic, source)) {
            if device_of(topic).is_some_and(|device| !devices.contains(device)) {
                return Err(format!("{reader} shows {topic}, and the device has gone"));
            }
            let Some((device, property)) = value_of(topic) else { continue };
            if !truth.contains_key(topic) {
                return Err(format!("{reader} shows {topic}, which is no more"));
            }
            if !self.consents.possibly(source, reader, device, property) {
                return Err(format!("{reader} shows {topic}, which nobody lets it see any more"));
            }
        }
        Ok(())
    }
}

fn is_of(topic: &str, home: Name) -> bool {
    topic.split('/').next().and_then(home_named) == Some(home)
}

fn device_of(topic: &str) -> Option<&str> {
    topic.split('/').nth(2).filter(|level| !level.starts_with('$'))
}

/// Returns the device and the property that a topic is about.
fn value_of(topic: &str) -> Option<(&str, &str)> {
    let mut levels = topic.split('/').skip(2);
    let (device, space, property) = (levels.next()?, levels.next()?, levels.next()?);
    (space == "property").then_some((device, property))
}

/// A value that is reported again and is the same is not published again; only its time moves.
fn timeless(value: &Value) -> Value {
    let mut value = value.clone();
    value.as_object_mut().and_then(|map| map.remove("time"));
    value
}
