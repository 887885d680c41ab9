//! The notary: signatures, by keys that the engine never sees.

use std::fmt::Debug;

use hes_schemas::{HomeId, Timestamp, UserName, link::Statement};

/// Signs for this home, and verifies what others signed.
///
/// Architecture invariant: pure for given keys; the same question at the same time has the same answer.
pub trait Notary: Send + Sync + Debug {
    /// Signs a statement about a user of this home, as a compact JWS; nothing if there is no key.
    fn state(&self, statement: &Statement) -> Option<String>;

    /// Verifies a statement of a peer.
    ///
    /// # Errors
    /// [`NotaryError`] if it is not the peer's, not for this home, or does not hold at the moment.
    fn verify(&self, now: Timestamp, peer: &HomeId, statement: &str) -> Result<Statement, NotaryError>;

    /// Signs a token, bound to the key of the peer that will use it; nothing if there is no key.
    fn issue(&self, claims: &Claims, bearer: &HomeId) -> Option<String>;

    /// Verifies a token of this home that a peer shows.
    ///
    /// # Errors
    /// [`NotaryError`] if it is not this home's own, not bound to the peer's key, or does not hold at the moment.
    fn check(&self, now: Timestamp, token: &str, bearer: &HomeId) -> Result<Claims, NotaryError>;

    /// Makes the name by which one identity of a federation is known at this home, and at no other.
    fn pairwise(&self, federation: &str, home: &HomeId, user: &UserName) -> UserName;

    /// Returns the hash of what is agreed on, in hexadecimal.
    fn digest(&self, transcript: &[u8]) -> String;
}

/// What a token for another home's user says; `iss` and `aud` are this home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The pairwise name.
    pub sub: UserName,
    /// Whose gateway acts for it.
    pub act: HomeId,
    /// The federation.
    pub federation: String,
    /// Its id.
    pub jti: String,
    /// When it was issued.
    pub from: Timestamp,
    /// Until when it holds; ten minutes at most.
    pub until: Timestamp,
    /// What it gives, in the words of a token's scope.
    pub scope: String,
}

/// A signature that proves nothing; why is for the log alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotaryError(pub String);

/// The notary of a home without keys.
#[derive(Debug)]
pub(super) struct Nobody;

impl Notary for Nobody {
    fn state(&self, _statement: &Statement) -> Option<String> {
        None
    }

    fn verify(&self, _now: Timestamp, _peer: &HomeId, _statement: &str) -> Result<Statement, NotaryError> {
        Err(NotaryError("this home has no keys".to_owned()))
    }

    fn issue(&self, _claims: &Claims, _bearer: &HomeId) -> Option<String> {
        None
    }

    fn check(&self, _now: Timestamp, _token: &str, _bearer: &HomeId) -> Result<Claims, NotaryError> {
        Err(NotaryError("this home has no keys".to_owned()))
    }

    fn pairwise(&self, _federation: &str, _home: &HomeId, user: &UserName) -> UserName {
        user.clone()
    }

    fn digest(&self, _transcript: &[u8]) -> String {
        String::new()
    }
}
