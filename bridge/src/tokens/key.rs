//! The key of a home, in a file of its data directory.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use jsonwebtoken::{DecodingKey, EncodingKey};
use p256::{
    SecretKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding},
};
use secrecy::{ExposeSecret, SecretString};

/// The name of the file: PKCS #8 in PEM, for its owner's eyes only.
const FILE: &str = "token.key";

/// The key that signs the tokens of a home, and verifies them.
pub struct TokenKey {
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// Says why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("key file {path} cannot be used")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The file holds no key.
    #[error("key file {0} holds no key for ES256; remove it, and one is made anew")]
    NoKey(PathBuf),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

impl TokenKey {
    /// Opens the key of a data directory.
    ///
    /// # Errors
    /// [`KeyError`] if there is none, or it cannot be used.
    pub fn open(data: &Path) -> Result<Self, KeyError> {
        let path = data.join(FILE);
        match fs::read_to_string(&path) {
            Ok(pem) => Self::read(&SecretString::from(pem)).ok_or(KeyError::NoKey(path)),
            Err(cause) => Err(KeyError::File { path, cause }),
        }
    }

    /// Opens the key of a data directory, and makes it if there is none.
    ///
    /// # Errors
    /// As [`TokenKey::open`].
    pub fn open_or_make(data: &Path) -> Result<Self, KeyError> {
        match Self::open(data) {
            Err(KeyError::File { path, cause }) if cause.kind() == io::ErrorKind::NotFound => {
                let pem = make()?;
                match place(data, &path, &pem) {
                    // somebody else was quicker
                    Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Self::open(data),
                    Err(cause) => Err(KeyError::File { path, cause }),
                    Ok(()) => Self::read(&pem).ok_or(KeyError::NoKey(path)),
                }
            }
            opened => opened,
        }
    }

    pub(super) const fn signing(&self) -> &EncodingKey {
        &self.signing
    }

    pub(super) const fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }

    fn read(pem: &SecretString) -> Option<Self> {
        let secret = SecretKey::from_pkcs8_pem(pem.expose_secret()).ok()?;
        let public = secret.public_key().to_public_key_pem(LineEnding::LF).ok()?;
        Some(Self {
            signing: EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).ok()?,
            verifying: DecodingKey::from_ec_pem(public.as_bytes()).ok()?,
        })
    }
}

/// Makes a key; nearly every number of that length is one.
fn make() -> Result<SecretString, KeyError> {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
        let secret = SecretKey::from_slice(&bytes);
        if let Some(pem) = secret.ok().and_then(|secret| secret.to_pkcs8_pem(LineEnding::LF).ok()) {
            return Ok(SecretString::from(pem.as_str()));
        }
    }
}

/// Puts a key in its place whole, or not at all.
fn place(data: &Path, path: &Path, pem: &SecretString) -> io::Result<()> {
    let file = tempfile::Builder::new().prefix(FILE).tempfile_in(data)?;
    io::Write::write_all(&mut file.as_file(), pem.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}
