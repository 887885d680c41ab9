//! Requests from one home to another; they are never kept, and answered once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ClientId, Datum, HomeId, Millis, RequestId, TraceParent, trace};

/// A request of a user of one home about another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    /// Which one, among those of this link.
    pub id: u64,
    /// The `jti` of the token by which it is asked.
    pub token: String,
    /// The topic of the request below the root: `elm/zigbee/lamp/property/on/set`, `elm/$req/subscribe`.
    pub path: String,
    /// The body of the request.
    pub body: Datum,
    /// How long it may act.
    pub ttl: Millis,
    /// What the clock of the one who is asked has shown at least when this was said: what that said of it last
    /// ([`Hello::at`](super::Hello::at)), and the time since. However late it comes, it does not act when its time from then on
    /// is over; without this its time begins when it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// What the asker calls it: the same again is the same request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The asker's client, which notifications go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// The trace that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "trace::lenient")]
    pub trace: Option<TraceParent>,
    /// The homes that passed it on, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<HomeId>,
}

/// The final answer to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// Which request it answers.
    pub id: u64,
    /// The answer: a [`crate::message::Answer`].
    pub body: Datum,
}
