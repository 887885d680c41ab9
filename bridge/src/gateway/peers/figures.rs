//! What happened on all ways, and what waits.

use std::sync::{Weak, atomic::Ordering};

use hes_engine::{Counters, Engine, Load, PeerLoad};
use hes_schemas::HomeId;

use super::{LineFigures, Peers};
use crate::peers::keys;

/// What happened on all ways.
#[derive(Debug, Clone, Default)]
pub(crate) struct PeersFigures {
    pub(crate) lines: Vec<(HomeId, LineFigures)>,
    /// What the engine says of them.
    pub(crate) loads: Vec<PeerLoad>,
    pub(crate) load: Load,
    pub(crate) counters: Counters,
    pub(crate) refused: u64,
    pub(crate) keys: keys::Figures,
}

impl Peers {
    /// Returns what happened on each way, and to the keys.
    pub(crate) fn figures(&self) -> PeersFigures {
        let mind = self.mind.get().and_then(Weak::upgrade);
        let engine = mind.map(|mind| mind.look(|engine| (engine.load(), *engine.counters()))).unwrap_or_default();
        PeersFigures {
            loads: self.loads(),
            load: engine.0,
            counters: engine.1,
            lines: self.lines().iter().map(|(home, held)| (home.clone(), held.line.figures())).collect(),
            refused: self.refused.load(Ordering::Relaxed),
            keys: self.around.station.keys().figures(),
        }
    }

    /// Returns how much waits for each peer; the engine is asked, so none of our locks may be held.
    pub(super) fn loads(&self) -> Vec<PeerLoad> {
        let mind = self.mind.get().and_then(Weak::upgrade);
        mind.map(|mind| mind.look(Engine::peer_loads)).unwrap_or_default()
    }
}
