//! The devices and groups that there are, found by name and by uid.

use std::sync::Arc;

use hes_schemas::Uid;
use rustc_hash::FxHashMap;

use super::model::Model;

/// A device or a group.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) uid: Uid,
    /// Its name in topics, which may hold `/`.
    pub(super) name: Arc<str>,
    pub(super) model: Arc<Model>,
    pub(super) is_group: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Peers {
    by_name: FxHashMap<Arc<str>, Arc<Peer>>,
    by_uid: FxHashMap<Uid, Arc<Peer>>,
}

impl Peers {
    pub(super) fn named(&self, name: &str) -> Option<&Arc<Peer>> {
        self.by_name.get(name)
    }

    pub(super) fn with_uid(&self, uid: &Uid) -> Option<&Arc<Peer>> {
        self.by_uid.get(uid)
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.by_uid.values().filter(|peer| peer.is_group)
    }

    /// Takes one in; of two with one name or uid the first stays.
    pub(super) fn add(&mut self, peer: Peer) -> bool {
        if self.by_name.contains_key(&peer.name) || self.by_uid.contains_key(&peer.uid) {
            return false;
        }
        let peer = Arc::new(peer);
        self.by_name.insert(peer.name.clone(), peer.clone());
        self.by_uid.insert(peer.uid.clone(), peer);
        true
    }

    pub(super) fn clear(&mut self) {
        self.by_name.clear();
        self.by_uid.clear();
    }

    pub(super) fn clear_groups(&mut self) {
        self.by_name.retain(|_, peer| !peer.is_group);
        self.by_uid.retain(|_, peer| !peer.is_group);
    }
}
