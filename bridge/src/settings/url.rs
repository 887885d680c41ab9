//! The address of another broker.

use serde::{Deserialize, Serialize};

use crate::client::{Connection, UrlError};

/// Where another broker is: `mqtt://host[:port]`, or with TLS `mqtts://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct BrokerUrl {
    host: String,
    port: u16,
    is_tls: bool,
}

/// Says why a text is not the address of a broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BrokerUrlError {
    /// No address looks so.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The account is part of it, and would be seen wherever the address is.
    #[error("an address holds no account here: use user and password_file")]
    Account,
}

impl BrokerUrl {
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) const fn is_tls(&self) -> bool {
        self.is_tls
    }
}

impl TryFrom<String> for BrokerUrl {
    type Error = BrokerUrlError;

    fn try_from(text: String) -> Result<Self, BrokerUrlError> {
        let connection = Connection::new(&text)?;
        if connection.user().is_some() || connection.has_password() {
            return Err(BrokerUrlError::Account);
        }
        Ok(Self { host: connection.host().to_owned(), port: connection.port(), is_tls: connection.is_tls() })
    }
}

impl From<BrokerUrl> for String {
    fn from(url: BrokerUrl) -> Self {
        format!("{}://{}:{}", if url.is_tls { "mqtts" } else { "mqtt" }, url.host, url.port)
    }
}
