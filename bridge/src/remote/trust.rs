//! Who is believed over TLS, and who we say that we are.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// The files of TLS as a client, in PEM; they are read anew for each connection, so that renewed ones are used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The certificates of those who sign for brokers; without it, those that this machine knows.
    pub authority: Option<PathBuf>,
    /// What is shown to a broker that asks who we are: a certificate, with those that lead from it to one that the broker
    /// knows, and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Says why files make no TLS.
///
/// A cause is part of the text, because complaints are one line.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// One cannot be read.
    #[error("{path} cannot be read: {cause}", path = .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// There is no certificate in it.
    #[error("{path} holds no certificate that can be read", path = .0.display())]
    Certificate(PathBuf),
    /// There is no key in it.
    #[error("{path} holds no private key that can be read", path = .0.display())]
    Key(PathBuf),
    /// The certificate and its key cannot be used.
    #[error("{path} cannot be used: {cause}", path = .path.display())]
    Unfit {
        /// Where the certificate is.
        path: PathBuf,
        /// Why.
        cause: rustls::Error,
    },
    /// The system names nobody who signs certificates.
    #[error("this machine knows nobody who signs certificates")]
    Nobody,
    /// What there is of TLS cannot be put together.
    #[error(transparent)]
    Tls(rustls::Error),
}

impl Trust {
    /// Makes TLS 1.2 and 1.3 of what the files hold at this moment.
    ///
    /// # Errors
    /// [`TrustError`] with the file that is wrong.
    pub(crate) fn load(&self) -> Result<ClientConfig, TrustError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(TrustError::Tls)?;
        let builder = builder.with_root_certificates(self.roots()?);
        let Some((certificate, key)) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let (chain, key) = (certificates(certificate)?, private_key(key)?);
        let path = certificate.clone();
        builder.with_client_auth_cert(chain, key).map_err(|cause| TrustError::Unfit { path, cause })
    }

    fn roots(&self) -> Result<RootCertStore, TrustError> {
        let mut roots = RootCertStore::empty();
        match &self.authority {
            Some(file) => {
                for authority in certificates(file)? {
                    roots.add(authority).map_err(|_unfit| TrustError::Certificate(file.clone()))?;
                }
            }
            // some that a system knows are too old for anybody to use
            None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        }
        if roots.is_empty() { Err(TrustError::Nobody) } else { Ok(roots) }
    }
}

impl TrustError {
    /// Returns the file that it is about.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Unreadable { path, .. } | Self::Certificate(path) | Self::Key(path) | Self::Unfit { path, .. } => {
                Some(path)
            }
            Self::Nobody | Self::Tls(_) => None,
        }
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let pem = read(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.ok().filter(|found| !found.is_empty());
    found.ok_or_else(|| TrustError::Certificate(file.to_owned()))
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TrustError> {
    PrivateKeyDer::from_pem_slice(&read(file)?).map_err(|_unreadable| TrustError::Key(file.to_owned()))
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    fs::read(path).map_err(|cause| TrustError::Unreadable { path: path.to_owned(), cause })
}
