//! The links to other homes: who is there, and what is said.

use hes_schemas::{
    HomeId, Timestamp,
    link::{Entry, LinkMessage},
};

use crate::{engine::Engine, input::PeerTerms, output::Output};

/// All homes that there is trust with.
#[derive(Debug, Default)]
pub(crate) struct Peers {}

impl Engine {
    pub(crate) fn set_peers(&mut self, _now: Timestamp, _terms: Vec<PeerTerms>) {}

    pub(crate) fn peer_up(&mut self, _now: Timestamp, _peer: &HomeId) {}

    pub(crate) fn peer_down(&mut self, _now: Timestamp, _peer: &HomeId, _reason: String) {}

    pub(crate) fn peer_said(&mut self, _now: Timestamp, _peer: &HomeId, _message: LinkMessage) {}

    pub(crate) fn logged(&mut self, _now: Timestamp, _peer: &HomeId, _seq: u64) {}

    /// Acknowledges what is on disk of a peer's log.
    pub(crate) fn noted(&mut self, _now: Timestamp, _peer: &HomeId, _seq: u64) {}

    /// Goes back to what is on disk of a peer's log.
    pub(crate) fn not_noted(&mut self, _now: Timestamp, _peer: &HomeId) {}

    /// Says whether a peer is there and has said hello.
    pub(crate) fn is_linked(&self, _peer: &HomeId) -> bool {
        false
    }

    /// Says something to a peer; lost if it is not there.
    pub(crate) fn say(&mut self, peer: &HomeId, message: LinkMessage) {
        self.put(Output::Say(peer.clone(), message));
    }

    /// Has something said to a peer that may not be lost before its time.
    pub(crate) fn log(&mut self, _now: Timestamp, _peer: &HomeId, _entry: Entry, _until: Timestamp) {}

    /// Tells a peer anew what it may see, because its guests have other rights.
    pub(crate) fn guests_changed(&mut self, _now: Timestamp, _peer: &HomeId) {}
}
