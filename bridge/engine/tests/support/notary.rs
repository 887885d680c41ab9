//! A notary for tests: its signatures cost nothing, and still a word that is altered is noticed.

use std::hash::{DefaultHasher, Hash, Hasher};

use hes_engine::homes::{Claims, Notary, NotaryError};
use hes_schemas::{HomeId, Timestamp, UserName, link::Statement};
use serde_json::{Value, json};

/// Signs as one home; knows how the others sign, as if it had their keys.
#[derive(Debug)]
pub(crate) struct Stamps(pub(crate) HomeId);

impl Stamps {
    /// Writes a text that only this home can have written: `<text>~<hash>`.
    fn seal(&self, kind: &str, body: &Value) -> String {
        let text = body.to_string();
        format!("{text}~{}", hash(&[kind, self.0.as_str(), &text]))
    }
}

impl Notary for Stamps {
    fn state(&self, statement: &Statement) -> Option<String> {
        Some(self.seal("statement", &serde_json::to_value(statement).ok()?))
    }

    fn verify(&self, now: Timestamp, peer: &HomeId, statement: &str) -> Result<Statement, NotaryError> {
        let statement: Statement = serde_json::from_value(open("statement", peer, statement)?).map_err(refused)?;
        let seconds = u64::try_from(now.as_millis() / 1000).unwrap_or(0);
        let holds = statement.iss == *peer && statement.aud == self.0;
        let is_due = statement.iat <= seconds && seconds < statement.exp;
        (holds && is_due).then_some(statement).ok_or_else(|| refused("not at the moment, or not for this home"))
    }

    fn issue(&self, claims: &Claims, bearer: &HomeId) -> Option<String> {
        Some(self.seal(
            "token",
            &json!([
                claims.sub,
                claims.act,
                claims.federation,
                claims.jti,
                claims.from,
                claims.until,
                claims.scope,
                bearer,
            ]),
        ))
    }

    fn check(&self, now: Timestamp, token: &str, bearer: &HomeId) -> Result<Claims, NotaryError> {
        let body = open("token", &self.0, token)?;
        let (sub, act, federation, jti, from, until, scope, bound): (_, _, _, _, Timestamp, Timestamp, _, HomeId) =
            serde_json::from_value(body).map_err(refused)?;
        let holds = bound == *bearer && from <= now && now < until;
        let claims = Claims { sub, act, federation, jti, from, until, scope };
        holds.then_some(claims).ok_or_else(|| refused("not at the moment, or not for this bearer"))
    }

    fn pairwise(&self, federation: &str, home: &HomeId, user: &UserName) -> UserName {
        let name = format!("g-{}", hash(&["guest", self.0.as_str(), federation, home.as_str(), user.as_str()]));
        UserName::new(&name).unwrap()
    }

    fn digest(&self, transcript: &[u8]) -> String {
        hash(&[transcript])
    }
}

fn open(kind: &str, by: &HomeId, sealed: &str) -> Result<Value, NotaryError> {
    let (text, seal) = sealed.rsplit_once('~').ok_or_else(|| refused("no seal"))?;
    if seal != hash(&[kind, by.as_str(), text]) {
        return Err(refused("another seal"));
    }
    serde_json::from_str(text).map_err(refused)
}

fn hash(what: &[impl Hash]) -> String {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn refused(why: impl ToString) -> NotaryError {
    NotaryError(why.to_string())
}
