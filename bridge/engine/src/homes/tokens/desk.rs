//! What people ask about tokens.

use hes_schemas::{
    Datum, Fault, HomeId, Symbol, Timestamp, datum_of,
    message::{Answer, TokenAction, TokenInfo, Verdict},
    rights::{Action, Grant},
};

use super::{Issued, WantKey, revoke::Choice, words};
use crate::{engine::Engine, input::Door, intake::Request, record::Record};

impl Engine {
    /// Does what a user asks about tokens between homes.
    pub(crate) fn token(&mut self, now: Timestamp, action: TokenAction, request: &Request) {
        if matches!(request.asker.door, Door::Link(..)) {
            return self.fail(request, no_federation());
        }
        let told = match action {
            TokenAction::Issue { home } => match self.issue_for(now, &home, request) {
                Ok(None) => return,
                Ok(Some(info)) => Ok(info),
                Err(fault) => Err(fault),
            },
            TokenAction::Verify { token } => self.verify(now, &token, request),
            TokenAction::List => Ok(self.list_tokens(now, request)),
            TokenAction::Revoke { jti, federation, home } => {
                match self.revoke_for(now, &Choice { jti, federation, home }, request) {
                    Ok(()) => return,
                    Err(fault) => Err(fault),
                }
            }
        };
        match told {
            Ok(info) => {
                let answer = Answer { info: Some(info), ..Answer::default() };
                self.answer(&request.reply, answer, request.memo.as_ref());
            }
            Err(fault) => self.fail(request, fault),
        }
    }

    /// Returns the token that the asker holds of another home; nothing if it was asked for and is waited for.
    fn issue_for(&mut self, now: Timestamp, home: &HomeId, request: &Request) -> Result<Option<Datum>, Fault> {
        let user = &request.asker.user;
        if let Some(key) = self.homes.tokens.key_for(now, home, user).cloned() {
            return Ok(self.held_info(now, &key).map(|info| datum_of(&info)));
        }
        let mut keys = self.homes.tokens.wants.keys();
        let key = keys.find(|key| key.0 == *home && key.1 == *user).cloned().ok_or_else(no_federation)?;
        if !self.is_linked(home) {
            return Err(Fault::new(Symbol::HomeOffline, "the other home cannot be reached"));
        }
        let errand = self.await_errand(now, request)?;
        self.homes.tokens.waiting.push((key.clone(), errand));
        self.want(now, &key);
        Ok(None)
    }

    /// Answers those who wait for a token.
    pub(super) fn answer_waiting(&mut self, now: Timestamp, key: &WantKey, result: Result<(), Fault>) {
        let waiting: Vec<_> = self.homes.tokens.waiting.extract_if(.., |(other, _)| other == key).collect();
        let info = self.held_info(now, key).map(|info| datum_of(&info)).unwrap_or_default();
        for (_, errand) in waiting {
            self.errand_done(errand, result.clone().map(|()| info.clone()));
        }
    }

    /// Says whether a token is one of this home that holds, whichever peer it was given to.
    fn verify(&self, now: Timestamp, token: &str, request: &Request) -> Result<Datum, Fault> {
        check_manager(now, request)?;
        let peers = self.homes.federations.trusted.iter().flatten();
        let claims = peers.filter_map(|peer| self.homes.notary.check(now, token, peer).ok()).next();
        let held = claims.and_then(|claims| {
            let is_meant = |it: &&Issued| it.guest == claims.sub && it.federation == claims.federation;
            let issued = self.homes.tokens.issued.get(&claims.jti).filter(is_meant)?;
            self.guest(now, &issued.peer, &claims.jti)?;
            Some(self.issued_info(&claims.jti, issued))
        });
        Ok(datum_of(&Verdict { holds: held.is_some(), token: held }))
    }

    /// Lists the tokens in force: all for one who may manage the home, else those that the asker gave or holds.
    fn list_tokens(&self, now: Timestamp, request: &Request) -> Datum {
        let user = &request.asker.user;
        let sees_all = check_manager(now, request).is_ok();
        let federations = &self.homes.federations.known;
        let is_own = |issued: &Issued| {
            let own = federations.get(&issued.federation).and_then(|record| record.own(&self.home));
            own.is_some_and(|own| own.user == *user)
        };
        let issued = self.homes.tokens.issued.iter();
        let issued = issued.filter(|(_, it)| now < it.until && (sees_all || is_own(it)));
        let issued = issued.map(|(jti, it)| self.issued_info(jti, it));
        let held = self.homes.tokens.wants.keys().filter(|key| sees_all || key.1 == *user);
        let all = issued.chain(held.filter_map(|key| self.held_info(now, key)));
        Datum::from(all.map(|info| datum_of(&info)).collect::<Vec<_>>())
    }

    /// Revokes tokens for one who may manage the home, or whose federation it is; who asked hears of it when it is kept for
    /// good.
    fn revoke_for(&mut self, now: Timestamp, choice: &Choice, request: &Request) -> Result<(), Fault> {
        let own = |id: &String| self.homes.federations.known.get(id).and_then(|record| record.own(&self.home));
        let gives = choice.federation.as_ref().and_then(own).is_some_and(|own| own.user == request.asker.user);
        if !gives || request.grants.is_narrowed() {
            check_manager(now, request)?;
        }
        let (count, last) = self.revoke(now, choice)?;
        let info = [("revoked", Datum::from(i64::try_from(count).unwrap_or(i64::MAX)))].into_iter().collect();
        let answer = Answer { info: Some(info), ..Answer::default() };
        let fault = Fault::new(Symbol::Internal, "the store cannot keep it; it holds until the gateway stops");
        // the store keeps in order, so what was saved before is kept with it
        self.keep_or(Record::Federation(Box::new(last)), request, answer, None, fault);
        Ok(())
    }

    fn issued_info(&self, jti: &str, issued: &Issued) -> TokenInfo {
        TokenInfo {
            jti: jti.to_owned(),
            issuer: self.home.clone(),
            bearer: issued.peer.clone(),
            federation: issued.federation.clone(),
            user: issued.user.clone(),
            until: issued.until,
            scope: issued.scope.clone(),
        }
    }

    fn held_info(&self, now: Timestamp, key: &WantKey) -> Option<TokenInfo> {
        let want = self.homes.tokens.wants.get(key)?;
        let held = want.held.as_ref().filter(|held| now < held.until)?;
        let grants: Vec<Grant> = want.grants.iter().flat_map(|grants| grants.iter().cloned()).collect();
        let (issuer, user, federation) = key.clone();
        Some(TokenInfo {
            jti: held.jti.clone(),
            issuer,
            bearer: self.home.clone(),
            federation,
            user,
            until: held.until,
            scope: words(&grants),
        })
    }
}

fn check_manager(now: Timestamp, request: &Request) -> Result<(), Fault> {
    let denied = || Fault::new(Symbol::Denied, "only who may manage the home can do that");
    request.grants.find_everything(now, Action::Manage).map(drop).ok_or_else(denied)
}

fn no_federation() -> Fault {
    Fault::new(Symbol::Unknown, "you have no federation with such a home")
}
