//! Words what the broker has to report.

use std::net::SocketAddr;

use tracing::{debug, error, info, warn};

/// A fact worth a line in the log.
#[derive(Debug)]
pub(crate) enum Notice<'a> {
    /// A listener is open.
    Listening { address: SocketAddr, over: &'a str },
    /// A listener cannot take a connection.
    AcceptFailed { error: &'a std::io::Error },
    /// A connection was not let in.
    Refused { remote: SocketAddr, client: &'a str, reason: &'a str },
    /// A client is connected.
    Connected { remote: SocketAddr, client: &'a str, user: &'a str },
    /// A client has gone.
    Gone { client: &'a str, reason: &'a str },
    /// A client published where it may not.
    PublishRefused { client: &'a str, topic: &'a str },
    /// A client may not have a filter.
    SubscriptionRefused { client: &'a str, filter: &'a str },
    /// A retained message could not be stored.
    NotStored { topic: &'a str },
    /// Messages for a session without a connection are being lost.
    SessionFull { client: &'a str, topic: &'a str },
    /// A session was kept for an account that is no more.
    SessionDropped { client: &'a str, reason: &'a str },
    /// Sessions that have ended are still in the store.
    NotForgotten { sessions: usize },
    /// rumqttd's router was replaced.
    RouterReplaced { reason: &'a str },
    /// rumqttd's router did not start.
    RouterFailed { error: &'a str },
}

impl Notice<'_> {
    /// Writes the line.
    pub(crate) fn report(&self) {
        match self {
            Self::Listening { address, over } => info!(%address, over, "Listening for MQTT"),
            Self::AcceptFailed { error } => error!(%error, "Connection cannot be taken"),
            Self::Refused { remote, client, reason } => info!(%remote, client, reason, "Client refused"),
            Self::Connected { remote, client, user } => info!(%remote, client, user, "Client connected"),
            Self::Gone { client, reason } => info!(client, reason, "Client gone"),
            Self::PublishRefused { client, topic } => debug!(client, topic, "Publish refused"),
            Self::SubscriptionRefused { client, filter } => debug!(client, filter, "Subscription refused"),
            Self::NotStored { topic } => warn!(topic, "Retained message not stored"),
            Self::SessionFull { client, topic } => {
                warn!(client, topic, "Queue of a client that is away is full; messages for it are dropped");
            }
            Self::SessionDropped { client, reason } => info!(client, reason, "Session dropped"),
            Self::NotForgotten { sessions } => {
                warn!(sessions, "Ended sessions cannot be removed from the store; they come back with the next start");
            }
            Self::RouterReplaced { reason } => warn!(reason, "Router replaced"),
            Self::RouterFailed { error } => error!(error, "Router does not start"),
        }
    }
}
