//! TLS 1.2 and 1.3 of a listener, whose certificate may change while it serves.

mod certificate;

use std::{fmt, io, sync::Arc};

use arc_swap::ArcSwap;
use bytestring::ByteString;
use rustls::{
    InconsistentKeys, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier, danger::ClientCertVerifier},
    version::{TLS12, TLS13},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::Transport;

/// What a listener shows and whom it lets in; a clone is the same one.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ArcSwap<ServerConfig>>,
}

/// What TLS is made of, in PEM.
#[derive(Clone)]
pub struct TlsMaterial {
    /// What the TLS is below; the client is told by ALPN.
    pub transport: Transport,
    /// The certificate, and those that lead from it to one that clients know.
    pub certificate: Vec<u8>,
    /// The key of the certificate.
    pub key: Vec<u8>,
    /// Whether clients have certificates.
    pub clients: ClientCertificates,
}

/// Whether clients have to show a certificate; what is here are those who may have signed it, in PEM.
#[derive(Clone)]
pub enum ClientCertificates {
    /// They are not asked for one.
    Unasked,
    /// They may have one; one that does not hold ends the connection.
    Optional(Vec<u8>),
    /// Without one they do not come in.
    Required(Vec<u8>),
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// There is no certificate, or what there is cannot be read.
    #[error("there is no certificate that can be read")]
    Certificate,
    /// There is no key, or it cannot be read.
    #[error("there is no private key that can be read")]
    Key,
    /// The key is that of another certificate.
    #[error("the key does not belong to the certificate")]
    Mismatch,
    /// Those who may sign the clients' certificates cannot be read.
    #[error("there is no certificate of a client authority that can be read")]
    Clients,
    /// It is not fit for use.
    #[error("the certificate or its key cannot be used: {0}")]
    Unfit(rustls::Error),
}

impl Tls {
    /// Makes the TLS of a listener.
    ///
    /// # Errors
    /// [`TlsError`] with what is wrong.
    pub fn new(material: &TlsMaterial) -> Result<Self, TlsError> {
        Ok(Self { config: Arc::new(ArcSwap::from_pointee(material.config()?)) })
    }

    /// Has all who come from here on see other material; who is connected stays so.
    ///
    /// # Errors
    /// [`TlsError`] with what is wrong; then nothing has changed.
    pub fn replace(&self, material: &TlsMaterial) -> Result<(), TlsError> {
        self.config.store(Arc::new(material.config()?));
        Ok(())
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.config.load_full()).accept(stream).await
    }

    /// Returns the name in the certificate that a client has shown, which was found to hold.
    pub(crate) fn subject(stream: &TlsStream<TcpStream>) -> Option<ByteString> {
        let (_, connection) = stream.get_ref();
        certificate::subject(connection.peer_certificates()?.first()?)
    }
}

impl TlsMaterial {
    /// Returns until when the certificate holds, in seconds since 1970; nothing if it cannot be read.
    #[must_use]
    pub fn expiry(&self) -> Option<i64> {
        certificate::expiry(certificates(&self.certificate)?.first()?)
    }

    /// # Source
    /// The names for ALPN are those registered with IANA.
    fn config(&self) -> Result<ServerConfig, TlsError> {
        let chain = certificates(&self.certificate).ok_or(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_unreadable| TlsError::Key)?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(TlsError::Unfit)?;
        let verifier = self.clients.verifier(provider)?;
        let has_verifier = verifier.is_some();
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(unfit)?;
        if has_verifier {
            // a resumed session is not verified again, and a certificate may have expired since
            config.session_storage = Arc::new(NoServerSessionStorage {});
        }
        config.alpn_protocols = vec![match self.transport {
            Transport::Tcp => b"mqtt".to_vec(),
            Transport::WebSocket => b"http/1.1".to_vec(),
        }];
        Ok(config)
    }
}

impl ClientCertificates {
    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
        let (pem, is_required) = match self {
            Self::Unasked => return Ok(None),
            Self::Optional(pem) => (pem, false),
            Self::Required(pem) => (pem, true),
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates(pem).ok_or(TlsError::Clients)? {
            roots.add(authority).map_err(|_unfit| TlsError::Clients)?;
        }
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let builder = if is_required { builder } else { builder.allow_unauthenticated() };
        builder.build().map(Some).map_err(|_unfit: VerifierBuilderError| TlsError::Clients)
    }
}

/// Reads certificates; nothing if there are none, or one cannot be read.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|read| !read.is_empty())
}

fn unfit(error: rustls::Error) -> TlsError {
    if error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) {
        return TlsError::Mismatch;
    }
    TlsError::Unfit(error)
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl fmt::Debug for TlsMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsMaterial").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unasked => "Unasked",
            Self::Optional(_) => "Optional",
            Self::Required(_) => "Required",
        })
    }
}
