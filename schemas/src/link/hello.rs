//! The first words on a link, and the signs of life.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::HomeId;

/// Who speaks, what it understands, and how far it has heard the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// The versions of these words that it understands.
    pub versions: Vec<u8>,
    /// The content types that it reads: `application/cbor`.
    pub formats: Vec<String>,
    /// Who speaks.
    pub home: HomeId,
    /// How often it was started.
    pub epoch: u64,
    /// What it takes.
    pub limits: LinkLimits,
    /// How far it has heard the other.
    pub heard: Heard,
    /// What its clock shows, in milliseconds since any moment; it means nothing to the other, who gives it back in an
    /// [`Ask`](super::Ask).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

/// What a gateway takes of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LinkLimits {
    /// Bytes of one message.
    pub bytes: u32,
    /// Requests under way.
    pub asks: u32,
}

/// A sign of life, which acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Beat {
    /// How far it has heard the other.
    pub heard: Heard,
    /// As in [`Hello::at`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

/// How far a gateway has heard the two streams of another; all zero if it never has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Heard {
    /// In which life of the other it heard the state; positions of another life mean nothing.
    pub epoch: u64,
    /// Up to which number of the state, of that life.
    pub state: u64,
    /// Up to which number of the log, which counts on over restarts.
    pub log: u64,
}
