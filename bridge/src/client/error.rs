//! Why there is no answer.

use std::{io, sync::Arc, time::Duration};

use hes_schemas::{DecodeError, HomeId, Topic};
use rumqttc::v5::{ConnectionError, StateError, mqttbytes::v5::ConnectReturnCode};

use crate::remote::TlsFault;

/// Says why a client got no answer; an answer that says why a request failed is none of these.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there, or the network does not lead there.
    #[error("{address} cannot be reached")]
    Unreachable {
        /// Where.
        address: String,
        /// What the network said.
        #[source]
        cause: Arc<io::Error>,
    },
    /// Somebody listens, but does not speak in time.
    #[error("{address} did not answer within {} s", limit.as_secs_f64())]
    Silent {
        /// Where.
        address: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The broker wants other credentials.
    #[error("{address} refuses the user or the password")]
    Credentials {
        /// Where.
        address: String,
    },
    /// The broker wants to know who it is.
    #[error("{address} lets nobody in without an account")]
    Nameless {
        /// Where.
        address: String,
    },
    /// The broker refuses the connection for another reason.
    #[error("{address} refuses the connection: {reason}")]
    Refused {
        /// Where.
        address: String,
        /// Its word for it.
        reason: String,
    },
    /// TLS does not lead there.
    #[error("{address}: {fault}")]
    Tls {
        /// Where.
        address: String,
        /// Why not.
        fault: TlsFault,
    },
    /// Whatever listens there is no broker of this version.
    #[error("{address} does not speak MQTT 5: {reason}")]
    Foreign {
        /// Where.
        address: String,
        /// What is wrong with what it said.
        reason: String,
    },
    /// The broker does not let the user publish or subscribe there.
    #[error("the broker does not allow {topic}")]
    Denied {
        /// Which topic or filter.
        topic: String,
    },
    /// No gateway is announced at the broker.
    #[error("no home is announced at {address}")]
    NoHome {
        /// Where.
        address: String,
    },
    /// The gateway is announced as offline.
    #[error("the gateway of {home} is offline")]
    HomeOffline {
        /// Whose.
        home: HomeId,
    },
    /// The account is not told of any home.
    #[error("the account {user} may see no device, and so no home")]
    Blind {
        /// Which account.
        user: String,
    },
    /// The home that was named is not announced, but others are.
    #[error("there is no home {home} at that address, only {}", names(homes))]
    OtherHomes {
        /// Which was named.
        home: HomeId,
        /// Which there are.
        homes: Vec<HomeId>,
    },
    /// More than one home is announced.
    #[error("several homes are announced: {}", names(homes))]
    SeveralHomes {
        /// Which.
        homes: Vec<HomeId>,
    },
    /// No answer came.
    #[error("no answer to {topic} within {} s", limit.as_secs_f64())]
    NoAnswer {
        /// What was asked.
        topic: Topic,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The answer was neither JSON nor CBOR.
    #[error("the answer is neither JSON nor CBOR")]
    ContentType,
    /// The answer could not be read.
    #[error("the answer cannot be read")]
    Unreadable {
        /// Why not.
        #[source]
        cause: DecodeError,
    },
    /// The connection was lost.
    #[error("the connection to {address} was lost: {reason}")]
    Lost {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// The client has said farewell.
    #[error("the connection is closed")]
    Closed,
}

fn names(homes: &[HomeId]) -> String {
    homes.iter().map(HomeId::as_str).collect::<Vec<_>>().join(", ")
}

/// Words why the line is down, which it was before it was up, or after.
pub(super) fn lost(error: ConnectionError, fault: Option<TlsFault>, was_up: bool, address: String) -> ClientError {
    if let ConnectionError::ConnectionRefused(code) = error {
        return refused(code, address);
    }
    if let ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, reason_string }) = error {
        return ClientError::Lost { address, reason: reason_string.unwrap_or_else(|| format!("{reason_code:?}")) };
    }
    if let Some(fault) = fault {
        return broken(fault, was_up, address);
    }
    if was_up {
        return ClientError::Lost { address, reason: reason(error) };
    }
    if let ConnectionError::Io(cause) | ConnectionError::MqttState(StateError::Io(cause)) = error {
        return ClientError::Unreachable { address, cause: Arc::new(cause) };
    }
    if let ConnectionError::Timeout(_) = error {
        return ClientError::Unreachable { address, cause: Arc::new(io::ErrorKind::TimedOut.into()) };
    }
    ClientError::Foreign { address, reason: error.to_string() }
}

fn broken(fault: TlsFault, was_up: bool, address: String) -> ClientError {
    if was_up {
        return ClientError::Lost { address, reason: fault.to_string() };
    }
    if let TlsFault::Network(cause) = fault {
        return ClientError::Unreachable { address, cause };
    }
    ClientError::Tls { address, fault }
}

fn reason(error: ConnectionError) -> String {
    if let ConnectionError::MqttState(StateError::ConnectionAborted) = error {
        return "the broker closed it".to_owned();
    }
    if let ConnectionError::Io(cause) | ConnectionError::MqttState(StateError::Io(cause)) = error {
        return cause.to_string();
    }
    error.to_string()
}

fn refused(code: ConnectReturnCode, address: String) -> ClientError {
    if matches!(code, ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized) {
        return ClientError::Credentials { address };
    }
    ClientError::Refused { address, reason: format!("{code:?}") }
}
