//! What somebody sees who has listened to all that was ever published.

use std::collections::BTreeMap;

use hes_engine::{Engine, Post};
use hes_schemas::Filter;
use serde_json::Value;

/// Retained messages by topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Published(BTreeMap<String, Vec<u8>>);

impl Published {
    /// Reads what the engine says is retained.
    pub(crate) fn read_off(engine: &Engine) -> Self {
        let mut published = Self::default();
        engine.retained(&Filter::new("#").unwrap(), &mut |post| published.hear(&post));
        published
    }

    /// Hears one message; an empty one ends what was retained.
    pub(crate) fn hear(&mut self, post: &Post) {
        if !post.retain {
            return;
        }
        let topic = post.topic.as_str().to_owned();
        if post.payload.is_empty() {
            self.0.remove(&topic);
        } else {
            self.0.insert(topic, post.payload.clone());
        }
    }

    pub(crate) fn topics(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn json(&self, topic: &str) -> Option<Value> {
        self.0.get(topic).map(|payload| serde_json::from_slice(payload).unwrap())
    }

    /// Says where those who listened believe something else than the engine says.
    ///
    /// A value that is reported again and is the same is not published again; only its time moves.
    pub(crate) fn difference(&self, engine: &Engine) -> Option<String> {
        let truth = Self::read_off(engine);
        let topics = self.topics().chain(truth.topics());
        topics.into_iter().find_map(|topic| {
            let (heard, true_one) = (self.json(topic), truth.json(topic));
            (heard != true_one && !differs_in_time_only(&heard, &true_one))
                .then(|| format!("{topic}: published {heard:?}, retained {true_one:?}"))
        })
    }
}

fn differs_in_time_only(heard: &Option<Value>, truth: &Option<Value>) -> bool {
    let (Some(heard), Some(truth)) = (heard, truth) else { return false };
    let timeless = |value: &Value| {
        let mut value = value.clone();
        let time = value.as_object_mut().filter(|it| it.contains_key("version")).and_then(|it| it.remove("time"));
        (value, time.and_then(|time| time.as_str().map(str::to_owned)))
    };
    let ((heard, earlier), (truth, later)) = (timeless(heard), timeless(truth));
    heard == truth && earlier.is_some() && earlier <= later
}
