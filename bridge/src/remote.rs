//! Another broker, and how to get in.

mod fault;
#[cfg(test)]
mod tests;
mod trust;
mod tunnel;
mod way;

use std::fmt;

use secrecy::SecretString;

pub use fault::TlsFault;
pub use trust::{Trust, TrustError};
pub(crate) use way::{CREDENTIALS, Way, network};

use self::tunnel::FarEnd;

/// The largest packet that is taken from, or given to, another broker: 4 MiB of payload and what surrounds it.
///
/// Five Zigbee devices already publish 230 KB in one retained message.
pub(crate) const PACKET: usize = 4 * 1024 * 1024 + 64 * 1024;

/// What is wrong when a broker lets us in, but does not let us hear what we have to.
pub(crate) const DEAF: &str = "the broker does not let this user subscribe";

/// A broker's address and credentials.
#[derive(Clone)]
pub(crate) struct Remote {
    host: String,
    port: u16,
    url: String,
    credentials: Option<(String, SecretString)>,
    trust: Option<Trust>,
}

impl Remote {
    pub(crate) fn new(host: String, port: u16, credentials: Option<(String, SecretString)>) -> Self {
        let url = format!("mqtt://{host}:{port}");
        Self { host, port, url, credentials, trust: None }
    }

    /// Speaks TLS to it.
    pub(crate) fn with_tls(self, trust: Trust) -> Self {
        let url = format!("mqtts://{}:{}", self.host, self.port);
        Self { url, trust: Some(trust), ..self }
    }

    /// Returns the address without credentials.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Opens a way there for one connection.
    ///
    /// # Errors
    /// [`TlsFault::Socket`] if there is TLS to be spoken and no socket for it.
    pub(crate) fn way(&self) -> Result<Way, TlsFault> {
        Way::open(self)
    }

    fn far_end(&self) -> Option<FarEnd> {
        let trust = self.trust.clone()?;
        Some(FarEnd { host: self.host.clone(), port: self.port, trust })
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}
