//! Which accounts are other homes', and what they may say and hear.

use std::sync::{PoisonError, RwLock};

use hes_schemas::{Address, HomeId, Root};
use rustc_hash::FxHashMap;

/// Who comes to our broker from another home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The gateway of a home that there is trust with.
    Peer(HomeId),
    /// Somebody with an invitation, and the home that has used it.
    Invited(Option<HomeId>),
}

/// The accounts of other homes.
#[derive(Debug, Default)]
pub(crate) struct Roster(RwLock<Names>);

#[derive(Debug, Default)]
struct Names {
    callers: FxHashMap<Box<str>, Caller>,
    peers: Vec<HomeId>,
}

impl Roster {
    /// Returns whose an account is, if it is another home's.
    pub(crate) fn caller(&self, account: &str) -> Option<Caller> {
        self.read().callers.get(account).cloned()
    }

    /// Says whether an account that is another home's may hear what this home says to one.
    pub(crate) fn may_hear(&self, root: &Root, own: &HomeId, account: &str, topic: &str) -> bool {
        let Some(Address::Link(from, to)) = root.parse(topic) else { return false };
        from == *own && self.may_be(account, &to)
    }

    /// Returns which home says something on a topic, if the account may say it.
    pub(crate) fn speaker(&self, root: &Root, own: &HomeId, account: &str, topic: &str) -> Option<HomeId> {
        let Some(Address::Link(from, to)) = root.parse(topic) else { return None };
        (to == *own && from != *own && self.may_be(account, &from)).then_some(from)
    }

    /// Says whether an account may speak as a home; who was invited may be any that there is no trust with, until it has
    /// shown which one it is.
    fn may_be(&self, account: &str, home: &HomeId) -> bool {
        let names = self.read();
        match names.callers.get(account) {
            Some(Caller::Peer(peer) | Caller::Invited(Some(peer))) => peer == home,
            Some(Caller::Invited(None)) => !names.peers.contains(home),
            None => false,
        }
    }

    pub(crate) fn add(&self, account: &str, caller: Caller) {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        names.callers.insert(account.into(), caller);
    }

    pub(crate) fn remove(&self, account: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).callers.remove(account);
    }

    pub(crate) fn set_peers(&self, peers: Vec<HomeId>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).peers = peers;
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Names> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(home: &str) -> HomeId {
        HomeId::new(home).unwrap()
    }

    fn roster() -> Roster {
        let roster = Roster::default();
        roster.set_peers(vec![home("elm"), home("fir")]);
        roster.add("peer-elm", Caller::Peer(home("elm")));
        roster.add("invited-new", Caller::Invited(None));
        roster.add("invited-ash", Caller::Invited(Some(home("ash"))));
        roster
    }

    #[test]
    fn a_home_says_and_hears_what_is_its_own_alone() {
        let (root, own) = (Root::default(), home("oak"));
        for (account, from, is_allowed) in [
            ("peer-elm", "elm", true),
            ("peer-elm", "fir", false),
            ("peer-elm", "oak", false),
            ("invited-new", "ash", true),
            ("invited-new", "elm", false),
            ("invited-ash", "ash", true),
            ("invited-ash", "new", false),
            ("owner", "elm", false),
        ] {
            let said = roster().speaker(&root, &own, account, &format!("hes/1/$link/{from}/oak"));
            assert_eq!(said.is_some(), is_allowed, "{account} as {from}");
            let heard = roster().may_hear(&root, &own, account, &format!("hes/1/$link/oak/{from}"));
            assert_eq!(heard, is_allowed && from != "oak", "{account} as {from}");
        }
    }

    #[test]
    fn nothing_else_is_anybodys_there() {
        let (root, own) = (Root::default(), home("oak"));
        for topic in ["hes/1/$link/elm/fir", "hes/1/$link/oak/oak", "hes/1/oak/z/a/set", "hes/1/$link/elm", "x"] {
            assert_eq!(roster().speaker(&root, &own, "peer-elm", topic), None, "{topic}");
            assert!(!roster().may_hear(&root, &own, "peer-elm", topic), "{topic}");
        }
    }
}
