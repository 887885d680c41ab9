//! How things are in another home: the retained topics of the interface that the peer may see.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Datum, HomeId, datum::weight_of};

/// A part of the stream of states.
///
/// Whoever receives one whose `from` is not where it stands says so in its next beat, and is sent what it misses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// The number of the part before.
    pub from: u64,
    /// The number of this part.
    pub to: u64,
    /// Which part of a snapshot this is; nothing if it tells of changes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Mark>,
    /// What is so.
    pub items: Vec<Item>,
}

/// A part of a snapshot: what none of its parts tells of is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// The only part.
    Whole,
    /// The first of several.
    First,
    /// One in the middle.
    More,
    /// The last.
    Last,
}

/// One thing that is so, or is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Where it is retained, below the root: `elm/zigbee/lamp/property/on`.
    pub path: String,
    /// When it became so, in the numbers of the home that it is about.
    pub stamp: Stamp,
    /// What is retained there; null ends it.
    pub body: Datum,
    /// The homes that passed it on, the first one first; not the one that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<HomeId>,
}

impl Item {
    /// The names of its fields, with a stamp of the highest numbers.
    const FRAME: usize = 64;

    /// Returns how many bytes it takes as CBOR at most.
    #[must_use]
    pub fn weight(&self) -> usize {
        let via: usize = self.via.iter().map(|home| weight_of(home.as_str())).sum();
        Self::FRAME + weight_of(&self.path) + self.body.weight() + via
    }
}

/// A moment of one home, later if greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct Stamp {
    /// In which life.
    pub epoch: u64,
    /// The number of the change in that life.
    pub seq: u64,
}
