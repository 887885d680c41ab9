//! What is signed: the hash of all that is agreed on, so that no word of it can be another elsewhere.

use hes_schemas::{
    Encoding, HomeId, Millis, Timestamp, UserName, encode,
    link::{Federation, Statement},
};
use serde::Serialize;

use crate::engine::Engine;

/// How long an agreement may be on its way: a home that was away for longer is told again when it refuses a token.
pub(super) const AGREEMENT: Millis = Millis::from_secs(30 * 86_400);

/// How long a wish for a token may be on its way.
const WISH: Millis = Millis::from_secs(300);

/// What a statement is for; one for one thing proves nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::homes) enum Purpose {
    /// To agree to a proposal.
    Agree,
    /// To be given a token.
    Token,
}

/// What is hashed, in CBOR: the fields in this order, lists in the order of the proposal.
#[derive(Debug, Serialize)]
struct Transcript<'t> {
    what: &'static str,
    purpose: Purpose,
    terms: &'t Federation,
}

impl Engine {
    /// Returns the hash that both identities sign.
    pub(in crate::homes) fn transcript(&self, purpose: Purpose, terms: &Federation) -> String {
        let transcript = Transcript { what: "hes federation 1", purpose, terms };
        self.homes.notary.digest(&encode(Encoding::Cbor, &transcript))
    }

    /// States to another home that this home's member agrees, or wants a token; nothing without a key.
    pub(in crate::homes) fn state(
        &self,
        now: Timestamp,
        purpose: Purpose,
        terms: &Federation,
        aud: &HomeId,
    ) -> Option<String> {
        let member = terms.members.iter().find(|member| member.home == self.home)?;
        let until = match purpose {
            Purpose::Agree => terms.until.min(now + AGREEMENT),
            Purpose::Token => terms.until.min(now + WISH),
        };
        self.homes.notary.state(&Statement {
            iss: self.home.clone(),
            aud: aud.clone(),
            sub: member.user.clone(),
            federation: terms.id.clone(),
            transcript: self.transcript(purpose, terms),
            iat: seconds(now),
            exp: seconds(until),
        })
    }

    /// Says whether a peer has signed, for this home, that the given user of it agrees to exactly this.
    pub(in crate::homes) fn is_stated(
        &self,
        now: Timestamp,
        purpose: Purpose,
        terms: &Federation,
        by: (&HomeId, &UserName),
        proof: &str,
    ) -> bool {
        let Ok(statement) = self.homes.notary.verify(now, by.0, proof) else { return false };
        statement.iss == *by.0
            && statement.aud == self.home
            && statement.sub == *by.1
            && statement.federation == terms.id
            && statement.transcript == self.transcript(purpose, terms)
    }
}

fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis() / 1000).unwrap_or(0)
}
