//! The answer to a request.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EventKind, Listing};
use crate::{Challenge, Datum, Fault, HomeId, Millis, Quality, RequestId, Sid, Status, Symbol, Timestamp};

/// How it is known that the value is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confirmation {
    /// The device reported it.
    Device,
    /// The cluster took it and raised no objection.
    Cluster,
    /// It was known already.
    Cache,
}

/// How one property came out of a request about several.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Which one, in the words of the request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// How it ended.
    pub status: Status,
    /// What the property is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Datum>,
    /// In which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
    /// How far it can be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The property's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// How it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmation>,
    /// When the value was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// The word that names the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Symbol>,
    /// A sentence for people about the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// With `unconfirmed`: asked again with this within 30 s, the same update is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
}

/// How another home came out of a request that spans several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HomeOutcome {
    /// Which one.
    pub home: HomeId,
    /// How it ended there.
    pub status: Status,
    /// The word that names the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Symbol>,
    /// A sentence for people about the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The final answer to a request, or before it `202`.
///
/// Shape: `{"id":"7","status":200,"value":40,"version":12,"confirmed":"device","time":"..."}`; an error has `error` and
/// `detail`, and no value. Requests about several properties have `results`, each with its own status; the answer's own
/// status is then that of the request as such.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// Which request is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// How it ended.
    pub status: Status,
    /// What the property is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Datum>,
    /// In which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
    /// How far it can be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The property's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// How it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmation>,
    /// When the value was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// The word that names the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Symbol>,
    /// A sentence for people about the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// With `unconfirmed`: asked again with this within 30 s, the same update is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// The properties of a device, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Outcome>,
    /// The outcomes of a request about several targets, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Outcome>,
    /// The devices that the asker may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<Listing>>,
    /// There are more devices; ask again with this as `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How the other homes came out of the list of devices: those that were asked for this page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub homes: Vec<HomeOutcome>,
    /// What was asked about federations, tokens and peers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Datum>,
    /// The subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Sid>,
    /// For how long it is granted, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Millis>,
    /// The events that it is granted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventKind>,
}

impl Outcome {
    /// Makes the outcome of something that failed.
    #[must_use]
    pub fn failed(fault: Fault) -> Self {
        Self { status: fault.status, error: Some(fault.symbol), detail: Some(fault.detail), ..Self::default() }
    }

    /// Says whether the property came out as asked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status.is_success()
    }
}

impl HomeOutcome {
    /// Makes the outcome of a home that did its part.
    #[must_use]
    pub const fn done(home: HomeId) -> Self {
        Self { home, status: Status::Ok, error: None, detail: None }
    }

    /// Makes the outcome of a home that failed.
    #[must_use]
    pub fn failed(home: HomeId, fault: Fault) -> Self {
        Self { home, status: fault.status, error: Some(fault.symbol), detail: Some(fault.detail) }
    }
}

impl Answer {
    /// Makes an answer that says how it ended and nothing else.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self { status, ..Self::default() }
    }

    /// Makes the answer to a request that failed.
    #[must_use]
    pub fn failed(fault: Fault) -> Self {
        Self { status: fault.status, error: Some(fault.symbol), detail: Some(fault.detail), ..Self::default() }
    }
}

/// The answer to a request about one property.
impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        let Outcome { target: _, status, value, unit, quality, version, confirmed, time, error, detail, challenge } =
            outcome;
        Self { status, value, unit, quality, version, confirmed, time, error, detail, challenge, ..Self::default() }
    }
}
