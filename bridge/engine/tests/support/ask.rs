//! A request as a client puts it on the wire.

use hes_engine::{Asked, Asker, Delivery, Door};
use hes_schemas::{ClientId, Datum, Encoding, Millis, TraceParent, UserName, encode};

use super::ANNA;

/// A request, from anna's client with MQTT 5 unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) user: String,
    pub(crate) door: Door,
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) retained: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) response_topic: Option<String>,
    pub(crate) correlation: Option<Vec<u8>>,
    pub(crate) expiry: Option<Millis>,
    pub(crate) trace: Option<TraceParent>,
    pub(crate) delivery: Delivery,
}

/// What an answer to a request is found by: its Correlation Data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket(pub(crate) Vec<u8>);

impl Ask {
    /// Asks on a topic of the home: `zigbee/lamp/property/on/get`, `$req/devices`.
    pub(crate) fn new(topic: &str, body: &str) -> Self {
        Self {
            user: ANNA.to_owned(),
            door: own("anna-1"),
            topic: format!("hes/1/oak/{topic}"),
            payload: body.as_bytes().to_vec(),
            retained: false,
            content_type: None,
            response_topic: None,
            correlation: None,
            expiry: None,
            trace: None,
            delivery: Delivery::AtLeastOnce,
        }
    }

    /// Asks as somebody else, from a client of theirs.
    pub(crate) fn by(self, user: &str) -> Self {
        let client = format!("{user}-1");
        Self { user: user.to_owned(), ..self.at_client(&client) }
    }

    /// Asks from the client with the given id.
    pub(crate) fn at_client(self, client: &str) -> Self {
        Self { door: own(client), ..self }
    }

    /// Asks through another door.
    pub(crate) fn through(self, door: Door) -> Self {
        Self { door, ..self }
    }

    /// Asks without waiting for an acknowledgement, or for one of the answer.
    pub(crate) fn unacknowledged(self) -> Self {
        Self { delivery: Delivery::AtMostOnce, ..self }
    }

    /// Asks with the same Correlation Data as an earlier request.
    pub(crate) fn again(self, ticket: &Ticket) -> Self {
        self.correlated(&ticket.0)
    }

    pub(crate) fn correlated(self, correlation: &[u8]) -> Self {
        Self { correlation: Some(correlation.to_vec()), ..self }
    }

    pub(crate) fn retained(self) -> Self {
        Self { retained: true, ..self }
    }

    pub(crate) fn content_type(self, text: &str) -> Self {
        Self { content_type: Some(text.to_owned()), ..self }
    }

    pub(crate) fn respond_to(self, topic: &str) -> Self {
        Self { response_topic: Some(topic.to_owned()), ..self }
    }

    /// Lets the request expire after some seconds.
    pub(crate) fn expiring(self, seconds: u32) -> Self {
        Self { expiry: Some(Millis::from_secs(seconds)), ..self }
    }

    /// Asks as a part of somebody's trace.
    pub(crate) fn traced(self, trace: &str) -> Self {
        Self { trace: TraceParent::read(trace), ..self }
    }

    /// Asks with a body in CBOR.
    pub(crate) fn cbor(self, body: &Datum) -> Self {
        Self { payload: encode(Encoding::Cbor, body), ..self.content_type("application/cbor") }
    }

    /// Returns the request as the engine is given it.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            bounds: None,
            asker: Asker { user: UserName::new(&self.user).unwrap(), door: self.door.clone() },
            topic: &self.topic,
            payload: &self.payload,
            retained: self.retained,
            content_type: self.content_type.as_deref(),
            response_topic: self.response_topic.as_deref(),
            correlation: self.correlation.as_deref(),
            expiry: self.expiry,
            trace: self.trace,
            delivery: self.delivery,
        }
    }
}

fn own(client: &str) -> Door {
    Door::Own(ClientId::new(client).ok())
}
