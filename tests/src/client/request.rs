//! What a client asks.

use serde_json::{Value, json};

use crate::{
    HOME,
    wire::{Message, Properties, Version},
};

/// The content type of JSON.
pub const JSON: &str = "application/json";

/// The content type of CBOR.
pub const CBOR: &str = "application/cbor";

/// A request, not yet in a packet.
#[derive(Debug, Clone)]
pub struct Request {
    topic: String,
    payload: Vec<u8>,
    content_type: Option<String>,
    reply_to: Option<String>,
    ttl: Option<u32>,
    retain: bool,
    user: Vec<(String, String)>,
}

impl Request {
    /// Asks on any topic with any payload.
    #[must_use]
    pub fn on(topic: impl Into<String>, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            content_type: None,
            reply_to: None,
            ttl: Some(10),
            retain: false,
            user: Vec::new(),
        }
    }

    /// Retrieves a property, named as `zigbee/lamp/on`.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::on(property(path, "get"), "")
    }

    /// Updates a property, named as `zigbee/lamp/on`.
    #[must_use]
    pub fn set(path: &str, value: &Value) -> Self {
        Self::on(property(path, "set"), json!({ "value": value }).to_string()).speaking(JSON)
    }

    /// Asks for something that is not about one topic: `devices`, `subscribe`.
    #[must_use]
    pub fn operation(name: &str, body: &Value) -> Self {
        Self::on(format!("{HOME}/$req/{name}"), body.to_string()).speaking(JSON)
    }

    /// Asks another home than that of most stories.
    #[must_use]
    pub fn at(mut self, home: &str) -> Self {
        self.topic = self.topic.replacen(HOME, &format!("hes/1/{home}"), 1);
        self
    }

    /// Names a content type.
    #[must_use]
    pub fn speaking(mut self, content_type: &str) -> Self {
        self.content_type = Some(content_type.to_owned());
        self
    }

    /// Wants the answer on another topic.
    #[must_use]
    pub fn reply_to(mut self, topic: &str) -> Self {
        self.reply_to = Some(topic.to_owned());
        self
    }

    /// Expires after some seconds; without it, after ten.
    #[must_use]
    pub const fn within(mut self, seconds: u32) -> Self {
        self.ttl = Some(seconds);
        self
    }

    /// Is to be retained.
    #[must_use]
    pub const fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    /// Carries one more user property.
    #[must_use]
    pub fn marked(mut self, name: &str, value: &str) -> Self {
        self.user.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns where it asks.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Makes the packet: MQTT 5 carries the way back in its properties, 3.1.1 in the body.
    ///
    /// # Panics
    /// If the version is 3.1.1 and the payload is neither empty nor a map in JSON.
    pub(super) fn message(self, version: Version, answers: &str, token: &str) -> Message {
        let reply_to = self.reply_to.unwrap_or_else(|| answers.to_owned());
        let message = match version {
            Version::V5 => Message::new(self.topic, self.payload).with(Properties {
                content_type: self.content_type,
                response_topic: Some(reply_to),
                correlation: Some(token.as_bytes().to_vec()),
                expiry: self.ttl,
                user: self.user,
            }),
            Version::V311 => {
                let body = if self.payload.is_empty() { b"{}" } else { self.payload.as_slice() };
                let mut body: Value = serde_json::from_slice(body).expect("a request of MQTT 3.1.1 is a map in JSON");
                let fields = body.as_object_mut().expect("a request of MQTT 3.1.1 is a map");
                fields.insert("id".to_owned(), token.into());
                fields.insert("reply_to".to_owned(), reply_to.into());
                fields.insert("ttl".to_owned(), self.ttl.into());
                Message::new(self.topic, body.to_string())
            }
        };
        if self.retain { message.retained() } else { message }
    }
}

fn property(path: &str, verb: &str) -> String {
    let (device, name) = path.rsplit_once('/').unwrap_or((path, ""));
    format!("{HOME}/{device}/property/{name}/{verb}")
}
