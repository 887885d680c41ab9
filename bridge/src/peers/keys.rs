//! The keys of this home: one that says who it is, for good, and signing keys that it vouches for, each for a day.
//!
//! In the data directory, for their owner's eyes only: `identity.key`, `signing-<id>.key` and `pairwise.key`. None ever
//! leaves it. The key of the accounts' own tokens, `token.key`, is another: what voids those is not to end the trust
//! between homes, and no other home is to take one for a token of its guests.

mod certificate;
mod key;
mod ring;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use hes_schemas::{HomeId, Millis, Timestamp, message::KeySet};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

pub(super) use self::certificate::{seconds, timestamp};
use self::ring::Ring;
pub use self::{
    certificate::Certificate,
    key::{KeyId, PublicKey, SecretKey},
    ring::SigningKey,
};
use super::jws::{self, Kind, Refusal};
use crate::tokens::{KeyError, place, unless_there};

/// How long a signing key signs, unless it is said otherwise.
pub const LIFE: Millis = Millis::from_secs(24 * 3_600);

/// How long what a key signed can be verified after it has signed the last.
pub const OVERLAP: Millis = Millis::from_secs(3_600);

/// How far clocks may differ, in seconds.
pub(super) const LEEWAY: u64 = 5;

const IDENTITY: &str = "identity.key";
const PAIRWISE: &str = "pairwise.key";

/// All keys of this home.
///
/// It can be shared, and is asked from any thread: a rotation takes effect with the next signature.
pub struct Keys {
    home: HomeId,
    data: PathBuf,
    life: Millis,
    identity: SecretKey,
    pairwise: SecretString,
    ring: RwLock<Ring>,
    signed: AtomicU64,
    verified: AtomicU64,
}

/// How much work keys have had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Signatures that were made.
    pub signed: u64,
    /// Signatures that were verified, or were found not to hold.
    pub verified: u64,
}

/// Says why there is no new signing key.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// It cannot be made or kept.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There are too many that still have to be known for what they signed.
    #[error("keys were rotated too often; the first of them ends within the hour")]
    TooOften,
}

impl Keys {
    /// Opens the keys of a data directory, and makes those that are missing.
    ///
    /// A signing key signs for `life`, which is [`LIFE`] unless the owner wants it otherwise.
    ///
    /// # Errors
    /// [`RotateError`] if one cannot be made, kept or read.
    pub fn open_or_make(data: &Path, home: &HomeId, life: Millis, now: Timestamp) -> Result<Self, RotateError> {
        let identity = SecretKey::open_or_make(data, IDENTITY)?;
        let ring = Ring::open(data, home, &identity)?;
        let keys = Self {
            home: home.clone(),
            data: data.to_owned(),
            life,
            identity,
            pairwise: open_pairwise(data)?,
            ring: RwLock::new(ring),
            signed: AtomicU64::new(0),
            verified: AtomicU64::new(0),
        };
        keys.tend(now)?;
        Ok(keys)
    }

    /// Returns whose keys they are.
    #[must_use]
    pub const fn home(&self) -> &HomeId {
        &self.home
    }

    /// Returns the key that says who this home is.
    #[must_use]
    pub const fn identity(&self) -> &PublicKey {
        self.identity.public()
    }

    /// Returns the hash of that key, by which people recognise it.
    #[must_use]
    pub const fn fingerprint(&self) -> &KeyId {
        self.identity().id()
    }

    /// Returns the key that signs at the moment; nothing if none holds, and [`Keys::tend`] is late.
    #[must_use]
    pub fn current(&self, now: Timestamp) -> Option<Arc<SigningKey>> {
        self.ring().current(now)
    }

    /// Makes a new signing key if it is time for it, and forgets those that have ended; says whether there is a new one.
    ///
    /// To be done at [`Keys::due`], and whenever the time of day has leapt.
    ///
    /// # Errors
    /// [`RotateError`] if it cannot be made or kept; the old one goes on signing until it ends.
    pub fn tend(&self, now: Timestamp) -> Result<bool, RotateError> {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.forget(&self.data, now);
        if ring.is_fresh(now) {
            return Ok(false);
        }
        self.add(&mut ring, now).map(|()| true)
    }

    /// Makes a new signing key now; what the one before signed holds as long as it would have.
    ///
    /// # Errors
    /// [`RotateError`] if it cannot be made or kept, or if too many were made in a short time.
    pub fn rotate(&self, now: Timestamp) -> Result<(), RotateError> {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.forget(&self.data, now);
        self.add(&mut ring, now)
    }

    /// Returns when there is to be a new signing key.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Timestamp {
        self.ring().due(now)
    }

    /// Returns the public signing keys that hold at the moment, as a JSON Web Key Set.
    ///
    /// Source: RFC 7517, 5.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> KeySet {
        KeySet { keys: self.ring().holding(now).map(|key| key.certificate().key().published()).collect() }
    }

    /// Returns how much work there was.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures { signed: self.signed.load(Ordering::Relaxed), verified: self.verified.load(Ordering::Relaxed) }
    }

    /// Returns the own key that a signed text names, if it still holds.
    pub(super) fn find(&self, kid: &str, now: Timestamp) -> Option<Arc<SigningKey>> {
        self.ring().holding(now).find(|key| key.certificate().key().id().as_str() == kid).map(Arc::clone)
    }

    /// Returns the secret that the names of guests are made with.
    pub(super) fn pairwise(&self) -> &[u8] {
        self.pairwise.expose_secret().as_bytes()
    }

    pub(super) fn sign(
        &self,
        kind: Kind,
        key: &SigningKey,
        extra: Option<&str>,
        claims: &impl Serialize,
    ) -> Option<String> {
        self.signed.fetch_add(1, Ordering::Relaxed);
        jws::sign(kind, key.secret(), extra, claims)
    }

    pub(super) fn open<T: DeserializeOwned>(&self, text: &str, key: &PublicKey) -> Result<T, Refusal> {
        self.verified.fetch_add(1, Ordering::Relaxed);
        jws::open(text, key)
    }

    /// Reads a certificate of another home's signing key; when it holds is not looked at.
    pub(super) fn read_certificate(
        &self,
        text: &str,
        home: &HomeId,
        identity: &PublicKey,
    ) -> Result<Certificate, Refusal> {
        self.verified.fetch_add(1, Ordering::Relaxed);
        Certificate::read(text, home, identity)
    }

    fn add(&self, ring: &mut Ring, now: Timestamp) -> Result<(), RotateError> {
        if ring.is_full() {
            return Err(RotateError::TooOften);
        }
        self.signed.fetch_add(1, Ordering::Relaxed);
        let key = SigningKey::make(&self.home, &self.identity, self.life, now)?;
        key.keep(&self.data)?;
        ring.add(key);
        Ok(())
    }

    fn ring(&self) -> std::sync::RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("home", &self.home).field("identity", self.fingerprint()).finish_non_exhaustive()
    }
}

/// Opens the secret that names of guests are made with, and makes it if there is none: another secret, other names.
fn open_pairwise(data: &Path) -> Result<SecretString, KeyError> {
    let path = data.join(PAIRWISE);
    let text = unless_there(&path, |path| {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
        let text = SecretString::from(data_encoding::HEXLOWER.encode(&bytes));
        place(data, path, &text).map(|()| text)
    })?;
    if text.expose_secret().len() < 64 { Err(KeyError::NoKey(path)) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
