//! What the gateways of two homes say to each other, on `$link/<from>/<to>`, inside the seal that proves who says it.
//!
//! Designed from the public outline of ISO/IEC 10192-4-3, clauses 8 and 9. In CBOR; the seal and the handshake are the
//! shell's business. Two numbered streams run each way: *state*, of which only the latest is worth anything, and the *log*,
//! of which nothing may be lost before its time.

mod ask;
mod federation;
mod hello;
mod log;
mod state;

pub use ask::{Ask, Reply};
pub use federation::{Consent, Federation, FederationId, FederationMessage, Member, Statement, TokenMessage};
pub use hello::{Beat, Heard, Hello, LinkLimits};
pub use log::{Entry, LinkEvent, LinkNotification, Log};
pub use state::{Item, Mark, Stamp, State};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{Datum, DecodeError, codec::tagged, read_datum};

/// The version of these words.
pub const VERSION: u8 = 1;

/// One thing that a gateway says to another.
///
/// Shape: a map with `say` and the fields of what is said.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "say", rename_all = "lowercase")]
pub enum LinkMessage {
    /// The first thing on a new link.
    Hello(Hello),
    /// I am there, and have heard so much.
    Beat(Beat),
    /// How things are.
    State(State),
    /// What happened.
    Log(Log),
    /// A request.
    Ask(Ask),
    /// The answer to one.
    Reply(Reply),
    /// About tokens.
    Token(TokenMessage),
    /// I am about to go.
    Bye,
}

/// Reads what was said with no step between: it is the most frequent thing that homes do.
impl TryFrom<Datum> for LinkMessage {
    type Error = DecodeError;

    fn try_from(said: Datum) -> Result<Self, DecodeError> {
        let (word, said) = tagged(said, "say")?;
        match word.as_ref() {
            "hello" => read_datum(said).map(Self::Hello),
            "beat" => read_datum(said).map(Self::Beat),
            "state" => read_datum(said).map(Self::State),
            "log" => read_datum(said).map(Self::Log),
            "ask" => read_datum(said).map(Self::Ask),
            "reply" => read_datum(said).map(Self::Reply),
            "token" => read_datum(said).map(Self::Token),
            "bye" => Ok(Self::Bye),
            _ => Err(DecodeError::Shape { reason: format!("nobody says {word:?}") }),
        }
    }
}

impl<'de> Deserialize<'de> for LinkMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Datum::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
