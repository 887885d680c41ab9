//! The signing keys that still count: the newest signs, the others verify what they signed.

use std::{fs, io, path::Path, sync::Arc};

use hes_schemas::{HomeId, Millis, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::{Certificate, OVERLAP, PublicKey, SecretKey};
use crate::tokens::{KeyError, place};

/// How many there may be; each is known until it ends, so that no rotation takes back what was signed before.
const MOST: usize = 64;

/// How much earlier a certificate begins than its key was made, for those whose clocks are behind.
const BACK: Millis = Millis::from_secs(60);

const PREFIX: &str = "signing-";
const SUFFIX: &str = ".key";

/// A key that signs, with the certificate that says so.
#[derive(Debug)]
pub struct SigningKey {
    secret: SecretKey,
    certificate: Certificate,
}

/// All of them, the newest last.
#[derive(Debug, Default)]
pub(super) struct Ring(Vec<Arc<SigningKey>>);

impl SigningKey {
    /// Makes one that signs for `life`, and is known for [`OVERLAP`] longer.
    pub(super) fn make(home: &HomeId, identity: &SecretKey, life: Millis, now: Timestamp) -> Result<Self, KeyError> {
        let secret = SecretKey::make()?;
        let from = Timestamp::from_millis(now.as_millis().saturating_sub_unsigned(BACK.get()));
        let certificate = Certificate::make(home, identity, secret.public(), (from, now + life + OVERLAP));
        let certificate = certificate.ok_or_else(|| KeyError::NoKey(super::IDENTITY.into()))?;
        Ok(Self { secret, certificate })
    }

    /// Returns what proves it to others.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub(in crate::peers) const fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// Keeps it: its certificate in the first line, then the key.
    pub(super) fn keep(&self, data: &Path) -> Result<(), KeyError> {
        let path = data.join(file(self.certificate.key()));
        let text = format!("{}\n{}", self.certificate.as_str(), self.secret.pem().expose_secret());
        place(data, &path, &SecretString::from(text))
    }

    fn open(path: &Path, home: &HomeId, identity: &PublicKey) -> Result<Option<Self>, KeyError> {
        let text = fs::read_to_string(path).map_err(|cause| KeyError::File { path: path.to_owned(), cause })?;
        let text = SecretString::from(text);
        let Some((certificate, pem)) = text.expose_secret().split_once('\n') else { return Ok(None) };
        let secret = SecretKey::read(SecretString::from(pem));
        let certificate = Certificate::read(certificate, home, identity).ok();
        let both = certificate.zip(secret).filter(|(certificate, secret)| certificate.key() == secret.public());
        Ok(both.map(|(certificate, secret)| Self { secret, certificate }))
    }

    fn made(&self) -> Timestamp {
        self.certificate.from() + BACK
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.certificate.until() < now && !self.certificate.holds(now)
    }

    /// Returns when the next one is to sign.
    fn retires(&self) -> Timestamp {
        let until = self.certificate.until().as_millis();
        Timestamp::from_millis(until.saturating_sub_unsigned(OVERLAP.get()))
    }
}

impl Ring {
    /// Opens all that are kept; what another identity vouched for, or nobody, counts for nothing.
    pub(super) fn open(data: &Path, home: &HomeId, identity: &SecretKey) -> Result<Self, KeyError> {
        let failed = |cause: io::Error| KeyError::File { path: data.to_owned(), cause };
        let mut keys = Vec::new();
        for entry in fs::read_dir(data).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if is_ours(&path) {
                keys.extend(SigningKey::open(&path, home, identity.public())?.map(Arc::new));
            }
        }
        keys.sort_by_key(|key| key.certificate.from());
        Ok(Self(keys))
    }

    /// Returns the one that signs.
    pub(super) fn current(&self, now: Timestamp) -> Option<Arc<SigningKey>> {
        self.holding(now).next_back().map(Arc::clone)
    }

    /// Returns all that hold, the newest last.
    pub(super) fn holding(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &Arc<SigningKey>> {
        self.0.iter().filter(move |key| key.certificate.holds(now))
    }

    /// Says whether there is one whose time to sign is not over.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.current(now).is_some_and(|key| now < key.retires())
    }

    /// Returns when the next one is to be made.
    pub(super) fn due(&self, now: Timestamp) -> Timestamp {
        self.current(now).map_or(now, |key| key.retires())
    }

    pub(super) const fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    pub(super) fn add(&mut self, key: SigningKey) {
        self.0.push(Arc::new(key));
    }

    /// Forgets those that have ended, and those that signed the last longer ago than [`OVERLAP`].
    pub(super) fn forget(&mut self, data: &Path, now: Timestamp) {
        let is_settled = |key: &&Arc<SigningKey>| key.made() + OVERLAP <= now;
        let settled = self.holding(now).filter(is_settled).map(|key| key.made()).max();
        self.0.retain(|key| {
            let is_over = key.is_over(now) || (key.certificate.holds(now) && settled.is_some_and(|it| key.made() < it));
            if is_over {
                // one that stays behind is forgotten again at the next start
                drop(fs::remove_file(data.join(file(key.certificate.key()))));
            }
            !is_over
        });
    }
}

fn file(key: &PublicKey) -> String {
    format!("{PREFIX}{}{SUFFIX}", key.id())
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}
