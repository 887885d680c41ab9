//! Why TLS does not lead to a broker.

use std::{io, sync::Arc};

use rustls::{AlertDescription, CertificateError, Error};

use super::trust::TrustError;

/// Says why TLS does not lead to a broker, with the way out where it is the same for a file and a command line.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TlsFault {
    /// Our own files are not fit for use.
    #[error("{0}")]
    Files(Arc<TrustError>),
    /// Nobody is there, or the network fails.
    #[error("{0}")]
    Network(Arc<io::Error>),
    /// The private socket to the connection cannot be made.
    #[error("a private socket cannot be made in the directory for temporary files (TMPDIR): {0}")]
    Socket(Arc<io::Error>),
    /// The host is neither a name nor an address.
    #[error("{0} is no name that a certificate could have")]
    Host(String),
    /// The certificate is too old.
    #[error("its certificate has expired: renew it there, unless the clock here is wrong")]
    Expired,
    /// The certificate is too new.
    #[error("its certificate is not valid yet: is the clock here wrong?")]
    NotYetValid,
    /// The certificate is signed by nobody who is trusted.
    #[error("its certificate is signed by nobody who is trusted here")]
    UnknownIssuer,
    /// The certificate is for other names.
    #[error("its certificate is not for {host}{}", instead(names))]
    WrongName {
        /// The name by which it was called.
        host: String,
        /// Those in the certificate.
        names: Vec<String>,
    },
    /// The certificate does not hold for another reason.
    #[error("its certificate does not hold: {0}")]
    Certificate(CertificateError),
    /// It wants to see a certificate of ours.
    #[error("it lets in only who shows a certificate")]
    Unshown,
    /// It does not accept our certificate.
    #[error("it does not accept the certificate that it is shown: {0:?}")]
    Refused(AlertDescription),
    /// Whatever is there does not speak TLS.
    #[error("it does not speak TLS: a port without it is mqtt://")]
    Plain,
    /// TLS fails otherwise.
    #[error("TLS fails: {0}")]
    Other(Error),
}

impl TlsFault {
    /// Says what ended a connection; nothing if it ended in order.
    pub(super) fn of_connection(error: io::Error, host: &str) -> Option<Self> {
        match Self::of_tls(&error, host) {
            Some(fault) => Some(fault),
            // many brokers leave without the farewell of TLS
            None if error.kind() == io::ErrorKind::UnexpectedEof => None,
            None => Some(Self::Network(Arc::new(error))),
        }
    }

    /// Says why a connection did not come about.
    pub(super) fn of_handshake(error: io::Error, host: &str) -> Self {
        match Self::of_tls(&error, host) {
            Some(fault) => fault,
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Plain,
            None => Self::Network(Arc::new(error)),
        }
    }

    fn of_tls(error: &io::Error, host: &str) -> Option<Self> {
        let error: &Error = error.get_ref()?.downcast_ref()?;
        if let Error::InvalidCertificate(reason) = error {
            return Some(Self::of_certificate(reason, host));
        }
        if let Error::AlertReceived(alert) = error {
            return Some(Self::of_alert(*alert, error));
        }
        let is_plain = matches!(error, Error::InvalidMessage(_));
        Some(if is_plain { Self::Plain } else { Self::Other(error.clone()) })
    }

    fn of_certificate(reason: &CertificateError, host: &str) -> Self {
        use CertificateError as Reason;
        if let Reason::NotValidForNameContext { presented, .. } = reason {
            return Self::WrongName { host: host.to_owned(), names: presented.iter().map(|name| bare(name)).collect() };
        }
        if matches!(reason, Reason::NotValidForName) {
            return Self::WrongName { host: host.to_owned(), names: Vec::new() };
        }
        if matches!(reason, Reason::Expired | Reason::ExpiredContext { .. }) {
            return Self::Expired;
        }
        if matches!(reason, Reason::NotValidYet | Reason::NotValidYetContext { .. }) {
            return Self::NotYetValid;
        }
        // an authority that was made anew has the name of the old one, and another key
        if matches!(reason, Reason::UnknownIssuer | Reason::BadSignature) {
            return Self::UnknownIssuer;
        }
        Self::Certificate(reason.clone())
    }

    /// Source: RFC 8446, 6.2.
    fn of_alert(alert: AlertDescription, error: &Error) -> Self {
        use AlertDescription as Alert;
        if matches!(alert, Alert::CertificateRequired | Alert::NoCertificate) {
            return Self::Unshown;
        }
        let is_about_ours = matches!(
            alert,
            Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
        );
        if is_about_ours { Self::Refused(alert) } else { Self::Other(error.clone()) }
    }

    /// Words it for a link that is made by a configuration.
    pub(super) fn in_settings(&self) -> String {
        if matches!(self, Self::UnknownIssuer) {
            return format!("{self}; name the file of who signed it in the key ca");
        }
        if matches!(self, Self::Unshown) {
            return format!("{self}; name one in the keys certificate and key");
        }
        self.to_string()
    }
}

/// Takes the name out of how rustls writes it: `DnsName("oak.example")`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}

fn instead(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": call it by what it is for, {}", names.join(", ")) }
}
