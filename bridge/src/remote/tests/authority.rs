//! Certificates for the tests.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Who signs.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What is signed.
pub(super) struct Leaf<'l> {
    pub(super) names: &'l [&'l str],
    /// The years from and until which it is valid.
    pub(super) not_before: i32,
    pub(super) not_after: i32,
}

/// A certificate with its key.
pub(super) struct Signed {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    /// Makes one, with a name of its own.
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes its certificate under a name.
    pub(super) fn write(self, folder: &Path, name: &str) -> Self {
        fs::write(folder.join(format!("{name}.crt")), self.0.pem()).unwrap();
        self
    }

    pub(super) fn sign(&self, leaf: &Leaf<'_>) -> Signed {
        let names: Vec<String> = leaf.names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(leaf.not_before, 1, 2);
        params.not_after = rcgen::date_time_ymd(leaf.not_after, 1, 2);
        let key = KeyPair::generate().unwrap();
        Signed { certificate: params.signed_by(&key, &self.0).unwrap(), key }
    }
}

impl Signed {
    /// Writes it, and its key, under a name.
    pub(super) fn write(&self, folder: &Path, name: &str) {
        fs::write(folder.join(format!("{name}.crt")), self.certificate.pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), self.key.serialize_pem()).unwrap();
    }

    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        Self { names: &["localhost", "127.0.0.1"], not_before: 2000, not_after: 2999 }
    }
}
