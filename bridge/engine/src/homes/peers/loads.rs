//! How much is held of peers, and for them.

use hes_schemas::HomeId;

use super::Peer;
use crate::{engine::Engine, notice::PeerLoad};

impl Engine {
    pub(crate) fn mirrored(&self) -> usize {
        self.homes.peers.mirrors.len()
    }

    /// Returns how much waits for the peer for which most does.
    pub(crate) fn parcels(&self) -> usize {
        self.homes.peers.known.values().map(|known| known.outbox.len()).max().unwrap_or(0)
    }

    /// Returns how much waits for each peer.
    #[must_use]
    pub fn peer_loads(&self) -> Vec<PeerLoad> {
        let load = |(home, known): (&HomeId, &Peer)| PeerLoad {
            home: home.clone(),
            is_linked: known.is_linked(),
            queued: known.outbox.len(),
            dropped: known.dropped,
        };
        self.homes.peers.known.iter().map(load).collect()
    }
}
