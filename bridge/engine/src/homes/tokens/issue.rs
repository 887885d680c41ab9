//! A home issues tokens to its guests' gateways.

use hes_schemas::{
    HomeId, Millis, Timestamp, UserName,
    link::{FederationId, LinkMessage, TokenMessage},
};

use super::{Issued, LIFE, OF_PEER, words};
use crate::{
    engine::Engine,
    homes::{Claims, federations::Purpose, guests::Guest},
};

/// How many tokens a peer may want, or show, within [`MINUTE`].
const PER_MINUTE: u32 = 2 * 256;
const MINUTE: Millis = Millis::from_secs(60);

/// How often a peer has wanted something lately.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    since: Timestamp,
    count: u32,
}

impl Engine {
    /// A peer wants a token for one of its users; why it gets none is not told.
    pub(super) fn token_wanted(
        &mut self,
        now: Timestamp,
        peer: &HomeId,
        federation: FederationId,
        user: UserName,
        statement: &str,
    ) {
        if !self.keeps_pace(now, peer) {
            return;
        }
        let name = self.entitled(now, peer, &federation, &user, statement);
        if let Some(given) = name.and_then(|name| self.issue(now, &name)) {
            return self.say(peer, LinkMessage::Token(given));
        }
        self.counters.tokens_refused += 1;
        self.say(peer, LinkMessage::Token(TokenMessage::Refused { federation, user }));
    }

    /// Says whether a peer may want another token already; each costs a signature.
    fn keeps_pace(&mut self, now: Timestamp, peer: &HomeId) -> bool {
        if !self.homes.federations.is_trusted(peer) {
            return false;
        }
        let paces = &mut self.homes.tokens.paces;
        let pace = paces.entry(peer.clone()).or_insert(Pace { since: now, count: 0 });
        if now.since(pace.since) >= MINUTE || now < pace.since {
            *pace = Pace { since: now, count: 0 };
        }
        pace.count = pace.count.saturating_add(1);
        let is_slow = pace.count <= PER_MINUTE;
        self.counters.tokens_dropped += u64::from(!is_slow);
        is_slow
    }

    /// Returns the guest that a peer has stated to speak for, if it is one.
    fn entitled(
        &self,
        now: Timestamp,
        peer: &HomeId,
        federation: &str,
        user: &UserName,
        statement: &str,
    ) -> Option<UserName> {
        let name = self.homes.notary.pairwise(federation, peer, user);
        let guest = self.homes.federations.guests.get(&name)?;
        let is_theirs = guest.peer == *peer && guest.user == *user && guest.federation == federation;
        let record = self.homes.federations.known.get(federation).filter(|_| is_theirs)?;
        let is_stated = |terms| self.is_stated(now, Purpose::Token, terms, (peer, user), statement);
        record.bonds(now, &self.home, peer).any(|bond| is_stated(&bond.terms)).then_some(name)
    }

    /// Makes a token for a guest.
    pub(super) fn issue(&mut self, now: Timestamp, name: &UserName) -> Option<TokenMessage> {
        let guest = self.homes.federations.guests.get(name)?.clone();
        self.make_token_room(now, name, &guest.peer)?;
        self.homes.tokens.last += 1;
        let jti = format!("{}-{}", self.epoch, self.homes.tokens.last);
        let grants = self.told_grants(now, &guest);
        if grants.is_empty() {
            return None;
        }
        let issued = self.issued_to(now, name, guest, words(&grants))?;
        let claims = claims(now, &jti, &issued);
        let token = self.homes.notary.issue(&claims, &issued.peer)?;
        let (federation, user, until) = (issued.federation.clone(), issued.user.clone(), issued.until);
        self.homes.tokens.issued.insert(jti.clone(), issued);
        self.counters.tokens_issued += 1;
        Some(TokenMessage::Given { federation, user, token, jti, until, grants })
    }

    fn issued_to(&self, now: Timestamp, name: &UserName, guest: Guest, scope: String) -> Option<Issued> {
        let record = self.homes.federations.known.get(&guest.federation)?;
        let end = record.bonds(now, &self.home, &guest.peer).map(|bond| bond.terms.until).max()?;
        let Guest { peer, federation, user, .. } = guest;
        Some(Issued { peer, federation, user, guest: name.clone(), until: end.min(now + LIFE), scope })
    }

    /// Lets go of what is over, and of all but the newest token of a guest; nothing if a peer has too many all the same.
    fn make_token_room(&mut self, now: Timestamp, name: &UserName, peer: &HomeId) -> Option<()> {
        let issued = &mut self.homes.tokens.issued;
        issued.retain(|_, it| now < it.until);
        let newest = issued.values().filter(|it| it.guest == *name).map(|it| it.until).max();
        issued.retain(|_, it| it.guest != *name || Some(it.until) == newest);
        let is_full = issued.values().filter(|it| it.peer == *peer).count() >= OF_PEER;
        (!is_full).then_some(())
    }

    /// Gives a guest another token, because its rights are others; the one that it has says what is no longer so.
    pub(in crate::homes) fn give_anew(&mut self, now: Timestamp, name: &UserName) {
        let mut held = self.homes.tokens.issued.values().filter(|it| it.guest == *name && now < it.until);
        let Some(peer) = held.next().map(|it| it.peer.clone()) else { return };
        match self.issue(now, name) {
            Some(given) if self.is_linked(&peer) => self.say(&peer, LinkMessage::Token(given)),
            Some(_) => {}
            None => self.revoke_guest(name),
        }
    }

    /// A peer shows a token on a new link; what does not hold is revoked, whatever is wrong with it.
    pub(super) fn token_shown(&mut self, now: Timestamp, peer: &HomeId, jti: String, token: &str) {
        if !self.keeps_pace(now, peer) {
            return;
        }
        match self.readmitted(now, peer, &jti, token) {
            Some(issued) => drop(self.homes.tokens.issued.insert(jti, issued)),
            None => self.say(peer, LinkMessage::Token(TokenMessage::Revoked { jti })),
        }
    }

    /// Returns what a token of this home stands for, if its guest is one still; it may be of an earlier life.
    fn readmitted(&self, now: Timestamp, peer: &HomeId, jti: &str, token: &str) -> Option<Issued> {
        let claims = self.homes.notary.check(now, token, peer).ok()?;
        let guest = self.homes.federations.guests.get(&claims.sub)?;
        let holds = claims.jti == *jti
            && claims.act == *peer
            && guest.peer == *peer
            && guest.federation == claims.federation
            && now < claims.until;
        let of_peer = self.homes.tokens.issued.values().filter(|it| it.peer == *peer).count();
        let has_room = of_peer < OF_PEER || self.homes.tokens.issued.contains_key(jti);
        (holds && has_room).then(|| Issued {
            peer: peer.clone(),
            federation: claims.federation,
            user: guest.user.clone(),
            guest: claims.sub,
            until: claims.until,
            scope: claims.scope,
        })
    }

    /// Returns the guest that a token stands for.
    pub(crate) fn guest(&self, now: Timestamp, peer: &HomeId, jti: &str) -> Option<UserName> {
        let issued = self.homes.tokens.issued.get(jti).filter(|it| it.peer == *peer && now < it.until)?;
        self.homes.federations.guests.contains_key(&issued.guest).then(|| issued.guest.clone())
    }
}

fn claims(now: Timestamp, jti: &str, issued: &Issued) -> Claims {
    Claims {
        sub: issued.guest.clone(),
        act: issued.peer.clone(),
        federation: issued.federation.clone(),
        jti: jti.to_owned(),
        from: now,
        until: issued.until,
        scope: issued.scope.clone(),
    }
}
