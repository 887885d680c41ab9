//! A cluster's seat in the engine: its adapter, and whether it is there.

use hes_schemas::{
    Timestamp,
    message::{ClusterState, Presence},
};

use crate::cluster::Cluster;

/// One cluster.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) adapter: Box<dyn Cluster>,
    /// The link to its broker is up.
    pub(crate) is_linked: bool,
    /// What it says of itself; nothing until it does.
    pub(crate) presence: Option<Presence>,
    /// It has said which devices it has, since the link came up.
    pub(crate) has_inventory: bool,
    pub(crate) since: Timestamp,
    pub(crate) error: Option<String>,
}

impl Seat {
    pub(crate) const fn new(adapter: Box<dyn Cluster>, now: Timestamp) -> Self {
        Self { adapter, is_linked: false, presence: None, has_inventory: false, since: now, error: None }
    }

    /// Says whether commands can reach it.
    pub(crate) fn is_alive(&self) -> bool {
        self.is_linked && self.presence == Some(Presence::Online)
    }

    /// Learns something of it, and since when that makes it there, or not.
    pub(crate) fn learn(&mut self, now: Timestamp, what: impl FnOnce(&mut Self)) {
        let was_alive = self.is_alive();
        what(self);
        if self.is_alive() != was_alive {
            self.since = now;
        }
    }

    pub(crate) fn state(&self) -> ClusterState {
        let state = if self.is_alive() { Presence::Online } else { Presence::Offline };
        ClusterState { state, since: self.since, error: self.error.clone() }
    }
}
