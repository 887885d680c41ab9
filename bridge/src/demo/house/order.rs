//! What is asked of a device or group: `<name>/set`, `<name>/get`.

use std::collections::BTreeMap;

use hes_schemas::Timestamp;
use serde_json::Value;

use super::{House, complaint, message::Message, object::Object, outage, thing::Effect};

const MOST_WISHES: usize = 64;
const BESIDE_BRIGHTNESS: &str = "transition";
const BARE_WORDS: [&str; 8] = ["on", "off", "toggle", "open", "close", "stop", "lock", "unlock"];

/// What an order wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Properties to change.
    Set,
    /// Properties to be told.
    Get,
}

/// An order, taken from its topic.
///
/// Shape: `<name>/set`, `<name>/get`, and both with `/<property>`; the name may hold slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order<'t> {
    name: &'t str,
    verb: Verb,
    property: Option<&'t str>,
}

impl Verb {
    /// Returns the word in the topic.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Get => "get",
        }
    }
}

impl<'t> Order<'t> {
    /// Reads the part of a topic below the base; nothing if it is no order.
    pub(crate) fn read(path: &'t str) -> Option<Self> {
        let found = path.match_indices('/').find_map(|(at, _)| {
            let (name, rest) = path.split_at_checked(at)?;
            let rest = rest.strip_prefix('/')?;
            let (word, property) = rest.split_once('/').map_or((rest, None), |(word, more)| (word, Some(more)));
            let verb = [Verb::Set, Verb::Get].into_iter().find(|verb| verb.word() == word)?;
            Some(Self { name, verb, property })
        });
        found.filter(|order| !order.name.is_empty() && order.property != Some(""))
    }

    /// Reads its payload.
    ///
    /// # Errors
    /// What was seen there, if it is not understood.
    fn wish(&self, payload: &[u8]) -> Result<Object, String> {
        let text = String::from_utf8_lossy(payload);
        let parsed = serde_json::from_str(&text);
        if let Some(property) = self.property {
            let value = parsed.unwrap_or_else(|_| Value::String(text.into_owned()));
            return Ok(Object::from_iter([(property.to_owned(), value)]));
        }
        match parsed {
            Ok(Value::Object(wish)) => Ok(wish),
            Ok(other) => Err(other.to_string()),
            Err(_) if is_bare_word(&text) => Ok(Object::from_iter([("state".to_owned(), text.into())])),
            Err(_) => Err("undefined".to_owned()),
        }
    }
}

impl House {
    /// Does what an order says, to a device or to all members of a group.
    pub(super) fn obey(&mut self, now: Timestamp, order: &Order<'_>, payload: &[u8]) -> Vec<Message> {
        let group = self.groups.iter().position(|group| group.is_called(order.name));
        let whom: Vec<usize> = match group.and_then(|at| self.groups.get(at)) {
            Some(group) => self.indices(|device| group.holds(device)),
            None => self.indices(|device| device.is_called(order.name)),
        };
        if group.is_none() && whom.is_empty() {
            return vec![complaint::unknown(order.name)];
        }
        let wish = match order.wish(payload) {
            Ok(wish) => wish,
            Err(seen) => return vec![complaint::invalid(&seen)],
        };
        let keys: Vec<&str> = wish.keys().map(String::as_str).take(MOST_WISHES).collect();
        let (known, mut said) = self.known(order, &whom, &wish, &keys);
        let mut refusals = BTreeMap::new();
        let mut reports = Vec::new();
        for at in whom {
            reports.extend(match order.verb {
                Verb::Set => self.set(now, at, &known, &wish, &mut refusals).into_iter().collect(),
                Verb::Get => self.get(now, at, &known, &wish),
            });
        }
        said.extend(refusals.iter().map(|(key, reason)| complaint::failed(order.verb, key, order.name, reason)));
        if let Some(group) = group.and_then(|at| self.groups.get_mut(at)).filter(|_| !reports.is_empty()) {
            reports.push(group.lead(&known, &self.devices));
        }
        said.extend(reports);
        said.extend(self.regroup());
        said
    }

    /// Parts the keys that some of the devices know from those that none does, which are complained of.
    fn known<'k>(
        &self,
        order: &Order<'_>,
        whom: &[usize],
        wish: &Object,
        keys: &[&'k str],
    ) -> (Vec<&'k str>, Vec<Message>) {
        let can = |key: &str| {
            whom.iter().filter_map(|&at| self.devices.get(at)).any(|device| match order.verb {
                Verb::Set => device.can_set(key) || (key == BESIDE_BRIGHTNESS && device.can_set("brightness")),
                Verb::Get => device.can_get(key),
            })
        };
        let (known, strange): (Vec<&str>, Vec<&str>) = keys.iter().copied().partition(|key| can(key));
        let complain = |key| complaint::no_converter(key, wish.get(key).unwrap_or(&Value::Null), order.name);
        (known, strange.into_iter().map(complain).collect())
    }

    /// Sets what a device has of the keys; what it refuses is noted with its reason.
    fn set<'k>(
        &mut self,
        now: Timestamp,
        at: usize,
        keys: &[&'k str],
        wish: &Object,
        refusals: &mut BTreeMap<&'k str, String>,
    ) -> Option<Message> {
        let device = self.devices.get_mut(at)?;
        let mut changed = false;
        for key in keys {
            if !device.can_set(key) {
                continue;
            }
            if !device.reachable {
                let value = wish.get(*key).unwrap_or(&Value::Null);
                self.later.push(now + outage::PATIENCE, complaint::undelivered(Verb::Set, key, value, device));
                continue;
            }
            match device.set(now, key, wish) {
                Ok(effect) => changed |= effect == Effect::Reported,
                Err(reason) => drop(refusals.insert(key, reason)),
            }
        }
        changed.then(|| device.report(now))
    }

    fn get(&mut self, now: Timestamp, at: usize, keys: &[&str], wish: &Object) -> Vec<Message> {
        let Some(device) = self.devices.get(at) else { return Vec::new() };
        let mut said = Vec::new();
        for key in keys.iter().filter(|key| device.can_get(key)) {
            if device.reachable {
                said.push(device.report(now));
            } else {
                let value = wish.get(*key).unwrap_or(&Value::Null);
                self.later.push(now + outage::PATIENCE, complaint::undelivered(Verb::Get, key, value, device));
            }
        }
        said
    }
}

fn is_bare_word(text: &str) -> bool {
    BARE_WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_from_their_topics() {
        let read = |path| Order::read(path).map(|order| (order.name, order.verb, order.property));
        assert_eq!(read("lamp/set"), Some(("lamp", Verb::Set, None)));
        assert_eq!(read("garden/weather/get"), Some(("garden/weather", Verb::Get, None)));
        assert_eq!(read("lamp/set/state"), Some(("lamp", Verb::Set, Some("state"))));
        assert_eq!(read("a/get/b/set"), Some(("a", Verb::Get, Some("b/set"))));
        for other in ["", "/", "set", "/set", "lamp", "lamp/availability", "lamp/set/", "lamp/sets"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
