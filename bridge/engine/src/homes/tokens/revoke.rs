//! Tokens end early.

use hes_schemas::{
    Fault, HomeId, Symbol, Timestamp, UserName,
    link::{FederationId, LinkMessage, TokenMessage},
};

use super::{Issued, LIFE};
use crate::{
    engine::Engine,
    record::{Bar, FederationRecord},
};

/// Which tokens are meant; all that is said must fit.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) jti: Option<String>,
    pub(super) federation: Option<FederationId>,
    pub(super) home: Option<HomeId>,
}

impl Choice {
    fn is_meant(&self, jti: &str, issued: &Issued) -> bool {
        self.jti.as_ref().is_none_or(|it| it == jti)
            && self.federation.as_ref().is_none_or(|it| *it == issued.federation)
            && self.home.as_ref().is_none_or(|it| *it == issued.peer)
    }

    const fn is_empty(&self) -> bool {
        self.jti.is_none() && self.federation.is_none() && self.home.is_none()
    }
}

impl Engine {
    /// Revokes tokens, and gives their guests nothing until the last of them would have ended.
    ///
    /// A peer renews its tokens by itself, so a token alone cannot be taken away; what is to end for good is the consent.
    /// Returns how many there were, and the federation that was changed last, as it is to be kept.
    ///
    /// # Errors
    /// [`Symbol::Malformed`] if nothing is said to choose by, [`Symbol::Unknown`] if no token is meant.
    pub(super) fn revoke(&mut self, now: Timestamp, choice: &Choice) -> Result<(usize, FederationRecord), Fault> {
        if choice.is_empty() {
            return Err(Fault::new(Symbol::Malformed, "say which: a jti, a federation or a home"));
        }
        let issued = self.homes.tokens.issued.iter().filter(|(jti, it)| now < it.until && choice.is_meant(jti, it));
        let meant: Vec<Issued> = issued.map(|(_, it)| it.clone()).collect();
        for Issued { federation, peer, .. } in &meant {
            self.bar(now, federation, peer);
        }
        let last = meant.last().and_then(|it| self.homes.federations.known.get(&it.federation)).cloned();
        let last = last.ok_or_else(|| Fault::new(Symbol::Unknown, "there is no such token"))?;
        Ok((meant.len(), last))
    }

    /// Gives a home nothing by a federation for as long as a token can last; over restarts too.
    fn bar(&mut self, now: Timestamp, id: &str, home: &HomeId) {
        let Some(record) = self.homes.federations.known.get_mut(id) else { return };
        record.barred.retain(|bar| bar.home != *home);
        record.barred.push(Bar { home: home.clone(), until: now + LIFE });
        self.federation_changed(now, id);
    }

    /// Ends all tokens of a guest, and says so to its gateway.
    pub(in crate::homes) fn revoke_guest(&mut self, name: &UserName) {
        let issued = &mut self.homes.tokens.issued;
        let ended: Vec<(String, Issued)> = issued.extract_if(.., |_, it| it.guest == *name).collect();
        for (jti, Issued { peer, .. }) in ended {
            if self.is_linked(&peer) {
                self.say(&peer, LinkMessage::Token(TokenMessage::Revoked { jti }));
            }
        }
    }
}
