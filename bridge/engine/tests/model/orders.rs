//! Commands: each acts once, before it is answered, before it expires, and in the order in which it was asked.

use std::collections::BTreeMap;

use hes_schemas::Timestamp;
use serde_json::Value;

use crate::{requests::Requests, values::Key};

/// What went out to devices.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    last: BTreeMap<Key, u64>,
    labels: BTreeMap<Key, String>,
}

impl Orders {
    /// Takes note of a command to a device.
    pub(crate) fn take(&mut self, now: Timestamp, key: &Key, said: &Value, requests: &mut Requests) {
        for (native, value) in said.as_object().unwrap() {
            match value.as_str() {
                Some(tag) => self.take_one(now, key, native, tag, requests),
                None => assert!(native == "danger", "{native} {value}"),
            }
        }
    }

    fn take_one(&mut self, now: Timestamp, key: &Key, native: &str, tag: &str, requests: &mut Requests) {
        let request = requests.by_tag(tag);
        assert!(request.answers == 0, "{tag} acts after it was answered");
        assert!(now < request.deadline, "{tag} acts after it has expired");
        assert!(!request.acted.contains(tag), "{tag} acts twice");
        request.acted.insert(tag.to_owned());
        let last = self.last.entry(key.clone()).or_default();
        assert!(request.order >= *last, "{tag} is overtaken at {key:?}");
        *last = request.order;
        if native == "label" {
            self.labels.insert(key.clone(), tag.to_owned());
        }
    }

    /// Returns the label that a device was last told to have.
    pub(crate) fn label(&self, key: &Key) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    /// Begins another life: what waited is lost.
    pub(crate) fn restart(&mut self) {
        self.last.clear();
    }
}
