//! The links to other homes: who is there, and what is said.

use std::collections::{BTreeMap, BTreeSet};

use hes_schemas::{
    HomeId, Timestamp,
    link::{Entry, LinkMessage, Log},
};

use crate::{
    engine::Engine,
    input::PeerTerms,
    output::Output,
    record::{ParcelRecord, Record},
};

/// All homes that there is trust with.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    linked: BTreeSet<HomeId>,
    logged: BTreeMap<HomeId, u64>,
}

impl Engine {
    pub(crate) fn set_peers(&mut self, _now: Timestamp, terms: Vec<PeerTerms>) {
        self.homes.peers.linked.retain(|home| terms.iter().any(|it| it.home == *home));
    }

    pub(crate) fn peer_up(&mut self, now: Timestamp, peer: &HomeId) {
        self.homes.peers.linked.insert(peer.clone());
        self.tokens_up(now, peer);
    }

    pub(crate) fn peer_down(&mut self, now: Timestamp, peer: &HomeId, _reason: String) {
        self.homes.peers.linked.remove(peer);
        self.asks_down(now, peer);
    }

    pub(crate) fn peer_said(&mut self, now: Timestamp, peer: &HomeId, message: LinkMessage) {
        match message {
            LinkMessage::Log(Log { seq, entry: Entry::Federation(said) }) => {
                self.federation_came(now, peer, said);
                self.put(Output::Note(vec![Record::Heard(peer.clone(), seq)]));
            }
            LinkMessage::Log(Log { seq, entry: Entry::Notification(told) }) => {
                self.notification_came(now, peer, told);
                self.put(Output::Note(vec![Record::Heard(peer.clone(), seq)]));
            }
            LinkMessage::Token(said) => self.token_came(now, peer, said),
            LinkMessage::Ask(ask) => self.ask_came(now, peer, ask),
            LinkMessage::Reply(reply) => self.reply_came(now, peer, reply),
            LinkMessage::Log(_)
            | LinkMessage::Hello(_)
            | LinkMessage::Beat(_)
            | LinkMessage::State(_)
            | LinkMessage::Bye => {}
        }
    }

    pub(crate) fn logged(&mut self, _now: Timestamp, _peer: &HomeId, _seq: u64) {}

    /// Acknowledges what is on disk of a peer's log.
    pub(crate) fn noted(&mut self, _now: Timestamp, _peer: &HomeId, _seq: u64) {}

    /// Goes back to what is on disk of a peer's log.
    pub(crate) fn not_noted(&mut self, _now: Timestamp, _peer: &HomeId) {}

    /// Says whether a peer is there and has said hello.
    pub(crate) fn is_linked(&self, peer: &HomeId) -> bool {
        self.homes.peers.linked.contains(peer)
    }

    /// Says something to a peer; lost if it is not there.
    pub(crate) fn say(&mut self, peer: &HomeId, message: LinkMessage) {
        self.put(Output::Say(peer.clone(), message));
    }

    /// Has something said to a peer that may not be lost before its time.
    pub(crate) fn log(&mut self, _now: Timestamp, peer: &HomeId, entry: Entry, until: Timestamp) {
        let seq = self.homes.peers.logged.entry(peer.clone()).or_default();
        *seq += 1;
        let log = Log { seq: *seq, entry };
        self.put(Output::Log(ParcelRecord { peer: peer.clone(), until, log }));
    }

    /// Tells a peer anew what it may see, because its guests have other rights.
    pub(crate) fn guests_changed(&mut self, _now: Timestamp, _peer: &HomeId) {}
}
