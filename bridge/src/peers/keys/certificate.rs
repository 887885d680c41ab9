//! What an identity says of a signing key: that it is its own, and from when to when.

use hes_schemas::{HomeId, Millis, Timestamp};
use serde::{Deserialize, Serialize};

use super::{LEEWAY, PublicKey, SecretKey};
use crate::peers::jws::{self, Kind, Refusal};

/// The longest that one may hold, in seconds.
const LONGEST: u64 = 32 * 86_400;

/// A certificate of a signing key; that it is the identity's own is proven.
///
/// Shape: a compact JWS of the type `hes-key+jwt` with `iss`, `nbf`, `exp` and `cnf.jwk`, signed by the identity key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    text: String,
    key: PublicKey,
    from: u64,
    until: u64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: HomeId,
    nbf: u64,
    exp: u64,
    cnf: Confirmed,
}

#[derive(Serialize, Deserialize)]
struct Confirmed {
    jwk: PublicKey,
}

impl Certificate {
    /// Vouches for a key, by the identity.
    pub(super) fn make(
        home: &HomeId,
        identity: &SecretKey,
        key: &PublicKey,
        (from, until): (Timestamp, Timestamp),
    ) -> Option<Self> {
        let (nbf, exp) = (seconds(from), seconds(until));
        let claims = Claims { iss: home.clone(), nbf, exp, cnf: Confirmed { jwk: key.clone() } };
        let text = jws::sign(Kind::Key, identity, None, &claims)?;
        Some(Self { text, key: key.clone(), from: nbf, until: exp })
    }

    /// Reads one, and verifies that the identity signed it for that home.
    pub(in crate::peers) fn read(text: &str, home: &HomeId, identity: &PublicKey) -> Result<Self, Refusal> {
        if jws::head(Kind::Key, text)?.kid != identity.id().as_str() {
            return Err(Refusal::Key);
        }
        let claims: Claims = jws::open(text, identity)?;
        if claims.iss != *home {
            return Err(Refusal::Claim("iss"));
        }
        // an identity that signs like a signing key could be had by whoever has a signing key
        if claims.cnf.jwk == *identity {
            return Err(Refusal::Key);
        }
        if claims.nbf >= claims.exp || claims.exp - claims.nbf > LONGEST {
            return Err(Refusal::Time);
        }
        Ok(Self { text: text.to_owned(), key: claims.cnf.jwk, from: claims.nbf, until: claims.exp })
    }

    /// Returns it as it is shown to others.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the key that it vouches for.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Says whether it holds at the moment; clocks may differ by some seconds.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        let now = seconds(now);
        self.from <= now.saturating_add(LEEWAY) && now < self.until.saturating_add(LEEWAY)
    }

    /// Returns from when it holds.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        timestamp(self.from)
    }

    /// Returns until when it holds.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        timestamp(self.until)
    }
}

/// Returns a time in whole seconds since 1970, as signed texts have it.
pub(in crate::peers) fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis() / 1_000).unwrap_or_default()
}

/// Returns a time in seconds since 1970 as ours.
pub(in crate::peers) fn timestamp(seconds: u64) -> Timestamp {
    Timestamp::from_millis(0) + Millis::new(seconds.min(MOST_SECONDS) * 1_000)
}

/// Beyond all years that can be written.
const MOST_SECONDS: u64 = 250_000_000_000;
