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
        let path = data.join(FILE);
        let pem = unless_there(&path, |path| {
            let pem = make()?;
            place(data, path, &pem).map(|()| pem)
        })?;
        Self::read(&pem).ok_or(KeyError::NoKey(path))
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

/// Reads the file of a secret, and makes it if there is none.
///
/// # Errors
/// [`KeyError`] if it can be neither read nor made.
pub(crate) fn unless_there(
    path: &Path,
    make: impl FnOnce(&Path) -> Result<SecretString, KeyError>,
) -> Result<SecretString, KeyError> {
    let read = || fs::read_to_string(path).map(SecretString::from);
    let made = match read() {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => make(path),
        read => return read.map_err(|cause| KeyError::File { path: path.to_owned(), cause }),
    };
    match made {
        // somebody else was quicker
        Err(KeyError::File { path, cause }) if cause.kind() == io::ErrorKind::AlreadyExists => {
            read().map_err(|cause| KeyError::File { path, cause })
        }
        made => made,
    }
}

/// Makes a key, in PEM; nearly every number of that length is one.
///
/// # Errors
/// [`KeyError::Random`] if the system gives no random numbers.
pub(crate) fn make() -> Result<SecretString, KeyError> {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
        let secret = SecretKey::from_slice(&bytes);
        if let Some(pem) = secret.ok().and_then(|secret| secret.to_pkcs8_pem(LineEnding::LF).ok()) {
            return Ok(SecretString::from(pem.as_str()));
        }
    }
}

/// Puts a secret in its place, for its owner's eyes only: whole, or not at all, and never over another.
///
/// # Errors
/// [`KeyError::File`] if it cannot be.
pub(crate) fn place(data: &Path, path: &Path, secret: &SecretString) -> Result<(), KeyError> {
    let placed = try_place(data, path, secret);
    placed.map_err(|cause| KeyError::File { path: path.to_owned(), cause })
}

fn try_place(data: &Path, path: &Path, secret: &SecretString) -> io::Result<()> {
    let file = tempfile::Builder::new().prefix(".key").tempfile_in(data)?;
    io::Write::write_all(&mut file.as_file(), secret.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}
