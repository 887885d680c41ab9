//! The people: one owner in each home, who is the same person everywhere, and what she joins and parts.

use std::collections::BTreeMap;

use hes_schemas::{Timestamp, message::Answer};
use serde_json::{Value, json};

use crate::{chance::Chance, consents::Consent, topology::Name};

/// The owner of every home.
pub(crate) const ANNA: &str = "anna";

/// When everything that is agreed on ends, long after the last step.
const END: &str = "2029-01-01T00:00:00.000Z";

/// The devices whose names never change.
const NAMED: [&str; 3] = ["lamp", "button", "door"];

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Plain,
    /// A subscription to a home.
    Subscription(usize),
    /// About the bond of a pair.
    Bond(usize),
}

/// A request that may be answered.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) home: usize,
    pub(crate) topic: String,
    pub(crate) body: String,
    pub(crate) until: Timestamp,
    pub(crate) question: Question,
}

/// How a pair of homes is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Apart,
    Proposing,
    Proposed,
    Joined,
    Parting,
}

/// A pair of homes that know each other, and the federation of their owner.
#[derive(Debug, Clone)]
pub(crate) struct Bond {
    /// The home that proposes, and the other one.
    pub(crate) homes: [usize; 2],
    pub(crate) stage: Stage,
    pub(crate) federation: Option<String>,
    /// What each of the two gives.
    pub(crate) gives: [Option<Gives>; 2],
}

/// What a home gives, as far as its owner knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gives {
    pub(crate) consent: Consent,
    pub(crate) is_said: bool,
    pub(crate) stands: bool,
    pub(crate) wavers: bool,
}

/// All requests and all bonds.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) sent: BTreeMap<u64, Sent>,
    pub(crate) bonds: Vec<Bond>,
    pub(crate) consents: u32,
    /// What was ended by the other home, so that the one that gave it may not know yet.
    pub(crate) ending: Vec<(usize, u32)>,
}

impl Bond {
    pub(crate) const fn new(homes: (usize, usize)) -> Self {
        Self { homes: [homes.0, homes.1], stage: Stage::Apart, federation: None, gives: [None, None] }
    }

    /// Returns the request that proposes the federation.
    pub(crate) fn proposal(&self, names: [Name; 2]) -> Value {
        let [give, want] = self.gives.map(|gives| gives.map(|gives| vec![grant(&gives.consent)]).unwrap_or_default());
        json!({"do": {"create": {
            "with": names[1], "user": ANNA, "give": give, "want": want, "purpose": "to live in both", "until": END}}})
    }

    /// Returns a request about the federation, if it is known by name.
    pub(crate) fn request(&self, what: &str) -> Option<Value> {
        let federation = self.federation.as_ref()?;
        Some(json!({"do": {what: {"federation": federation}}}))
    }

    /// Takes in the answer to what was asked last.
    pub(crate) fn answered(&mut self, answer: &Answer) {
        let is_done = answer.status.is_success();
        let id = answer.info.as_ref().and_then(|info| info.field("id")).and_then(|id| id.as_text());
        self.stage = match self.stage {
            Stage::Proposing if is_done && id.is_some() => {
                self.federation = id.map(str::to_owned);
                Stage::Proposed
            }
            Stage::Proposing => Stage::Apart,
            Stage::Proposed if is_done => Stage::Joined,
            Stage::Parting if is_done => Stage::Apart,
            other => other,
        };
    }
}

/// Chooses what a home gives another.
pub(crate) fn consent(id: u32, to: Name, is_everything: bool, chance: &mut Chance) -> Consent {
    let device = (!is_everything && chance.once_in(3)).then(|| chance.pick(&NAMED));
    Consent { id, to, device, is_private: is_everything || chance.once_in(2) }
}

fn grant(consent: &Consent) -> Value {
    let scope = consent.device.map_or_else(|| "zigbee/+".to_owned(), |device| format!("zigbee/{device}"));
    let safety = if consent.is_private { "S2" } else { "S0" };
    json!({"actions": ["read", "write", "notify"], "scope": scope, "safety": safety})
}
