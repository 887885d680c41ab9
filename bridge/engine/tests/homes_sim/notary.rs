//! The notary of each home: what it signs is signed by saying so, because nobody here makes up a signature.

use std::sync::Arc;

use hes_engine::{
    Engine,
    homes::{Claims, Notary, NotaryError},
};
use hes_schemas::{HomeId, Millis, Timestamp, UserName, link::Statement};
use serde_json::{Value, json};

use crate::{home::home_id, topology::Name};

/// How far the clocks of two homes may be apart.
const LEEWAY: Millis = Millis::from_secs(60);

/// The notary of one home.
#[derive(Debug)]
struct Seal(HomeId);

/// Gives an engine its notary.
pub(crate) fn give(engine: &mut Engine, name: Name) {
    engine.set_notary(Arc::new(Seal(home_id(name))));
}

impl Notary for Seal {
    fn state(&self, statement: &Statement) -> Option<String> {
        Some(json!({"by": self.0, "states": statement}).to_string())
    }

    fn verify(&self, now: Timestamp, peer: &HomeId, statement: &str) -> Result<Statement, NotaryError> {
        let seal: Value = serde_json::from_str(statement).map_err(|error| NotaryError(error.to_string()))?;
        let said: Statement =
            serde_json::from_value(seal["states"].clone()).map_err(|error| NotaryError(error.to_string()))?;
        let is_theirs = seal["by"] == json!(peer) && said.iss == *peer && said.aud == self.0;
        let from = Timestamp::default() + Millis::new(said.iat * 1_000);
        let until = Timestamp::default() + Millis::new(said.exp * 1_000);
        if is_theirs && from <= now + LEEWAY && now < until + LEEWAY {
            Ok(said)
        } else {
            Err(NotaryError("it proves nothing".to_owned()))
        }
    }

    fn issue(&self, claims: &Claims, bearer: &HomeId) -> Option<String> {
        let Claims { sub, act, federation, jti, from, until, scope } = claims;
        Some(json!([self.0, bearer, sub, act, federation, jti, from, until, scope]).to_string())
    }

    fn check(&self, now: Timestamp, token: &str, bearer: &HomeId) -> Result<Claims, NotaryError> {
        type Parts = (HomeId, HomeId, UserName, HomeId, String, String, Timestamp, Timestamp, String);
        let parts: Parts = serde_json::from_str(token).map_err(|error| NotaryError(error.to_string()))?;
        let (by, shown_by, sub, act, federation, jti, from, until, scope) = parts;
        if by == self.0 && shown_by == *bearer && from <= now + LEEWAY && now < until {
            Ok(Claims { sub, act, federation, jti, from, until, scope })
        } else {
            Err(NotaryError("it gives nothing".to_owned()))
        }
    }

    fn pairwise(&self, federation: &str, home: &HomeId, user: &UserName) -> UserName {
        let text = format!("{}/{federation}/{home}/{user}", self.0);
        UserName::new(&format!("guest-{}", self.digest(text.as_bytes()))).unwrap()
    }

    /// Source: FNV-1a, Fowler, Noll and Vo.
    fn digest(&self, transcript: &[u8]) -> String {
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        format!("{:016x}", transcript.iter().fold(0xcbf2_9ce4_8422_2325_u64, mix))
    }
}
