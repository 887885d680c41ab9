//! The packets that tests and benchmarks speak of.

/// A version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.1.
    V311,
    /// MQTT 5.0.
    V5,
}

/// How surely a message arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Qos {
    /// At most once.
    Zero,
    /// At least once.
    One,
    /// Exactly once.
    Two,
}

/// Who connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub user: String,
    /// What proves it.
    pub password: String,
}

/// What a PUBLISH says of itself; MQTT 3.1.1 leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    /// Content Type.
    pub content_type: Option<String>,
    /// Response Topic.
    pub response_topic: Option<String>,
    /// Correlation Data.
    pub correlation: Option<Vec<u8>>,
    /// Message Expiry Interval, in seconds.
    pub expiry: Option<u32>,
    /// User Properties, in order.
    pub user: Vec<(String, String)>,
}

/// A PUBLISH, sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
    /// How surely.
    pub qos: Qos,
    /// It is, or is to be, retained.
    pub retain: bool,
    /// The number that its acknowledgement names; 0 where there is none.
    pub packet_id: u16,
    /// What it says of itself.
    pub properties: Properties,
}

/// A packet that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// The connection is accepted if the code is 0, with a new session.
    ConnAck(u8),
    /// The connection is accepted, and the client's session goes on.
    Resumed,
    /// A message.
    Publish(Message),
    /// The message with that number has arrived; codes from 128 refuse it.
    PubAck(u16, u8),
    /// The message with that number has arrived and must not be sent again; codes from 128 refuse it.
    PubRec(u16, u8),
    /// The message with that number will not be sent again.
    PubRel(u16),
    /// Nothing more is owed for the message with that number.
    PubComp(u16),
    /// The subscriptions with that number are granted; codes from 128 refuse one.
    SubAck(u16, Vec<u8>),
    /// The subscriptions with that number have ended.
    UnsubAck(u16),
    /// The peer is there.
    Pong,
    /// The peer ends the connection, and why.
    Disconnect(u8),
}

impl Account {
    /// Names an account.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned() }
    }
}

impl Qos {
    /// Returns the number that packets hold.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Zero => 0,
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

impl Message {
    /// Makes a message of `QoS` 1 that is not retained and says nothing of itself.
    #[must_use]
    pub fn new(topic: impl Into<String>, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            qos: Qos::One,
            retain: false,
            packet_id: 0,
            properties: Properties::default(),
        }
    }

    /// Makes it retained.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    /// Gives it a `QoS`.
    #[must_use]
    pub const fn with_qos(mut self, qos: Qos) -> Self {
        self.qos = qos;
        self
    }

    /// Gives it properties.
    #[must_use]
    pub fn with(mut self, properties: Properties) -> Self {
        self.properties = properties;
        self
    }

    /// Returns its payload as text, with a mark for each byte that is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}
