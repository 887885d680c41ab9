//! What is known of other homes' keys: their identities, which were confirmed by people, and what those vouch for.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use hes_schemas::{HomeId, Timestamp};
use rustc_hash::FxHashMap;

use super::keys::{Certificate, PublicKey};

/// How many signing keys of one home are remembered; the one that was learnt longest ago goes first.
const MOST: usize = 64;

/// The identities that there is trust in, and the signing keys that they have shown.
#[derive(Debug, Default)]
pub struct Book(RwLock<FxHashMap<HomeId, Entry>>);

#[derive(Debug)]
struct Entry {
    identity: PublicKey,
    learnt: VecDeque<Arc<Certificate>>,
}

impl Book {
    /// Trusts an identity, because people have confirmed it; it is the only one of that home.
    pub fn pin(&self, home: HomeId, identity: PublicKey) {
        let mut entries = self.write();
        if entries.get(&home).is_none_or(|entry| entry.identity != identity) {
            entries.insert(home, Entry { identity, learnt: VecDeque::new() });
        }
    }

    /// Ends the trust in a home: nothing that it signed holds from now on.
    pub fn unpin(&self, home: &HomeId) {
        self.write().remove(home);
    }

    /// Returns the identity of a home; nothing if there is no trust in it.
    #[must_use]
    pub fn identity(&self, home: &HomeId) -> Option<PublicKey> {
        self.read().get(home).map(|entry| entry.identity.clone())
    }

    /// Remembers a signing key that the identity of a home vouches for.
    pub(super) fn learn(&self, home: &HomeId, certificate: Certificate) {
        let mut entries = self.write();
        let Some(entry) = entries.get_mut(home) else { return };
        if entry.learnt.iter().any(|known| known.key() == certificate.key()) {
            return;
        }
        if entry.learnt.len() >= MOST {
            entry.learnt.pop_front();
        }
        entry.learnt.push_back(Arc::new(certificate));
    }

    /// Returns the signing key of a home that has that id, if it holds at the moment.
    pub(super) fn find(&self, home: &HomeId, kid: &str, now: Timestamp) -> Option<Arc<Certificate>> {
        let entries = self.read();
        let mut learnt = entries.get(home)?.learnt.iter();
        learnt.find(|known| known.key().id().as_str() == kid && known.holds(now)).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, FxHashMap<HomeId, Entry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, FxHashMap<HomeId, Entry>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
