//! Messages as they pass through the broker, free of packet ids and protocol versions.

use bytes::Bytes;
use bytestring::ByteString;
use hes_schemas::Topic;

/// How hard a message is delivered.
///
/// Source: MQTT 5.0, 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Qos {
    /// Sent once, lost with the connection.
    #[default]
    AtMostOnce,
    /// Sent until acknowledged.
    AtLeastOnce,
    /// Sent until acknowledged, and taken once however often it was sent.
    ExactlyOnce,
}

/// Says what the bytes of a payload are.
///
/// Source: MQTT 5.0, 3.3.2.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadFormat {
    /// Any bytes.
    Bytes,
    /// UTF-8 text.
    Text,
}

/// A message: what is published, where, and how.
///
/// A clone shares the topic and the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The topic that it is published on.
    pub topic: Topic,
    /// Its bytes; empty and retained clears what the topic held.
    pub payload: Bytes,
    /// How hard it is delivered at most; a subscription may lower it.
    pub qos: Qos,
    /// Whether the topic keeps it for those who subscribe later.
    pub retain: bool,
    /// What MQTT 5 says about it; a 3.1.1 client sees none of that.
    pub properties: Properties,
}

impl Publish {
    /// Says whether it tells that what its topic held is no more.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.retain && self.payload.is_empty()
    }
}

/// What MQTT 5 says about a message beside its payload.
///
/// Source: MQTT 5.0, 3.3.2.3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// The kind of payload, such as `application/json`.
    pub content_type: Option<ByteString>,
    /// Where the answer is wanted.
    pub response_topic: Option<ByteString>,
    /// What the answer must repeat.
    pub correlation_data: Option<Bytes>,
    /// How many seconds the message is worth delivering; the broker counts them down.
    pub expiry: Option<u32>,
    /// What the payload's bytes are.
    pub payload_format: Option<PayloadFormat>,
    /// Name and value pairs, in order; a name may come more than once.
    pub user: Vec<(ByteString, ByteString)>,
}

impl Publish {
    /// Makes a message that is delivered at most once and not retained.
    #[must_use]
    pub fn new(topic: Topic, payload: impl Into<Bytes>) -> Self {
        Self { topic, payload: payload.into(), qos: Qos::AtMostOnce, retain: false, properties: Properties::default() }
    }

    /// Has it delivered at least once.
    #[must_use]
    pub const fn at_least_once(mut self) -> Self {
        self.qos = Qos::AtLeastOnce;
        self
    }

    /// Has the topic keep it.
    #[must_use]
    pub const fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    /// Gives it properties.
    #[must_use]
    pub fn with(mut self, properties: Properties) -> Self {
        self.properties = properties;
        self
    }
}

impl Qos {
    /// Returns the number that packets carry.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }
}
