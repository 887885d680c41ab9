//! The notary: signs for this home, and verifies what it and its peers signed.
//!
//! Statements and tokens are compact JWS by ES256, of types of their own. What the clock says comes in with the question.
//!
//! Source: RFC 7519; RFC 8725, 3; RFC 9068; RFC 7800 for `cnf`; RFC 8693, 4.1 for `act`.

use std::sync::Arc;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use hes_engine::homes::{Claims, Notary, NotaryError};
use hes_schemas::{HomeId, Timestamp, UserName, link::Statement};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    book::Book,
    jws::{Kind, Refusal, head},
    keys::{Certificate, Keys, LEEWAY, seconds, timestamp},
};
use crate::tokens::Words;

/// The longest that a token may hold, in seconds.
const LONGEST_TOKEN: u64 = 600;

/// The longest that a statement may hold, in seconds; the key that signed it ends long before.
const LONGEST_STATEMENT: u64 = 10 * 366 * 86_400;

/// How far the clocks of two homes may differ, in seconds; a certificate begins as much before its key.
const SKEW: u64 = 60;

/// The notary of a home.
#[derive(Debug, Clone)]
pub struct HomeNotary {
    keys: Arc<Keys>,
    book: Arc<Book>,
}

/// What a token says. `iss` and `aud` are the home that issued it, `act` is the home whose gateway may use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TokenClaims {
    iss: HomeId,
    aud: HomeId,
    sub: UserName,
    act: Actor,
    cnf: Confirmed,
    federation: String,
    scope: String,
    jti: String,
    iat: u64,
    nbf: u64,
    exp: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Actor {
    sub: HomeId,
}

/// Whose key the bearer has to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Confirmed {
    jkt: String,
}

impl HomeNotary {
    /// Makes the notary of a home.
    #[must_use]
    pub const fn new(keys: Arc<Keys>, book: Arc<Book>) -> Self {
        Self { keys, book }
    }

    fn read_statement(&self, now: Timestamp, peer: &HomeId, text: &str) -> Result<Statement, Refusal> {
        let certificate = self.certificate(now, peer, text)?;
        let said: Statement = self.keys.open(text, certificate.key())?;
        agree(&[(&said.iss, peer, "iss"), (&said.aud, self.keys.home(), "aud")])?;
        in_time(now, (said.iat, said.iat, said.exp), LONGEST_STATEMENT, SKEW)?;
        // what a key signed after its end is not its own
        if said.iat >= seconds(certificate.until()) { Err(Refusal::Time) } else { Ok(said) }
    }

    /// Finds the key of a peer that signed a text: one that is known, or that the text brings the proof for.
    fn certificate(&self, now: Timestamp, peer: &HomeId, text: &str) -> Result<Arc<Certificate>, Refusal> {
        let head = head(Kind::Statement, text)?;
        if let Some(known) = self.book.find(peer, &head.kid, now) {
            return Ok(known);
        }
        let (identity, brought) = self.book.identity(peer).zip(head.certificate).ok_or(Refusal::Key)?;
        let certificate = self.keys.read_certificate(&brought, peer, &identity)?;
        if certificate.key().id().as_str() != head.kid || !certificate.holds(now) {
            return Err(Refusal::Key);
        }
        self.book.learn(peer, certificate.clone());
        Ok(Arc::new(certificate))
    }

    fn read_token(&self, now: Timestamp, text: &str, bearer: &HomeId) -> Result<TokenClaims, Refusal> {
        let identity = self.book.identity(bearer).ok_or(Refusal::Key)?;
        let key = self.keys.find(&head(Kind::Token, text)?.kid, now).ok_or(Refusal::Key)?;
        let said: TokenClaims = self.keys.open(text, key.certificate().key())?;
        let home = self.keys.home();
        agree(&[(&said.iss, home, "iss"), (&said.aud, home, "aud"), (&said.act.sub, bearer, "act")])?;
        if said.cnf.jkt != identity.id().as_str() {
            return Err(Refusal::Claim("cnf"));
        }
        if said.jti.is_empty() || said.federation.is_empty() || said.scope.parse::<Words>().is_err() {
            return Err(Refusal::Claim("jti, federation or scope"));
        }
        in_time(now, (said.iat, said.nbf, said.exp), LONGEST_TOKEN, LEEWAY)?;
        Ok(said)
    }
}

impl Notary for HomeNotary {
    fn state(&self, statement: &Statement) -> Option<String> {
        let key = self.keys.current(timestamp(statement.iat))?;
        self.keys.sign(Kind::Statement, &key, Some(key.certificate().as_str()), statement)
    }

    fn verify(&self, now: Timestamp, peer: &HomeId, statement: &str) -> Result<Statement, NotaryError> {
        self.read_statement(now, peer, statement).map_err(|why| NotaryError(why.to_string()))
    }

    fn issue(&self, claims: &Claims, bearer: &HomeId) -> Option<String> {
        let key = self.keys.current(claims.from)?;
        let (iat, exp) = (seconds(claims.from), seconds(claims.until));
        let said = TokenClaims {
            iss: self.keys.home().clone(),
            aud: self.keys.home().clone(),
            sub: claims.sub.clone(),
            act: Actor { sub: claims.act.clone() },
            cnf: Confirmed { jkt: self.book.identity(bearer)?.id().to_string() },
            federation: claims.federation.clone(),
            scope: claims.scope.clone(),
            jti: claims.jti.clone(),
            iat,
            nbf: iat,
            exp: exp.min(iat.saturating_add(LONGEST_TOKEN)),
        };
        self.keys.sign(Kind::Token, &key, None, &said)
    }

    fn check(&self, now: Timestamp, token: &str, bearer: &HomeId) -> Result<Claims, NotaryError> {
        let said = self.read_token(now, token, bearer).map_err(|why| NotaryError(why.to_string()))?;
        Ok(Claims {
            sub: said.sub,
            act: said.act.sub,
            federation: said.federation,
            jti: said.jti,
            from: timestamp(said.iat),
            until: timestamp(said.exp),
            scope: said.scope,
        })
    }

    /// Shape: `guest-` and 32 signs of base32, the first 160 bits of an HMAC with a secret of this home.
    #[expect(clippy::expect_used, reason = "letters, digits and - are a user name, and these are 38")]
    fn pairwise(&self, federation: &str, home: &HomeId, user: &UserName) -> UserName {
        let mac = hmac(self.keys.pairwise(), &[federation, home.as_str(), user.as_str()]);
        let short: String = BASE32_NOPAD.encode(&mac).to_lowercase().chars().take(32).collect();
        UserName::new(&format!("guest-{short}")).expect("a user name")
    }

    fn digest(&self, transcript: &[u8]) -> String {
        HEXLOWER.encode(&Sha256::digest(transcript))
    }
}

/// Says which of some homes is another than it should be.
fn agree(claims: &[(&HomeId, &HomeId, &'static str)]) -> Result<(), Refusal> {
    let wrong = claims.iter().find(|(said, wanted, _)| said != wanted);
    wrong.map_or(Ok(()), |(.., claim)| Err(Refusal::Claim(claim)))
}

/// Says whether something holds at the moment, and for no longer than it may.
fn in_time(now: Timestamp, (iat, nbf, exp): (u64, u64, u64), longest: u64, leeway: u64) -> Result<(), Refusal> {
    let now = seconds(now);
    let has_begun = iat.max(nbf) <= now.saturating_add(leeway);
    let is_short = iat <= nbf && nbf < exp && exp - iat <= longest;
    let has_ended = exp.saturating_add(leeway) <= now;
    if has_begun && is_short && !has_ended { Ok(()) } else { Err(Refusal::Time) }
}

/// Each part comes with its length, so that no two lists of parts are the same text.
#[expect(clippy::expect_used, reason = "HMAC takes secrets of any length")]
fn hmac(secret: &[u8], parts: &[&str]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
    for part in parts {
        mac.update(&part.len().to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
