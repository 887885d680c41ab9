//! The way to another broker, for one connection.

use std::{sync::Arc, time::Duration};

use rumqttc::{MqttOptions, NetworkOptions, Transport};
use secrecy::{ExposeSecret, SecretString};

use super::{PACKET, Remote, fault::TlsFault, tunnel::Tunnel};

/// Where rumqttc connects, and as whom; good for one connection, and for as long as it is held.
#[derive(Debug)]
pub(crate) struct Way {
    host: String,
    port: u16,
    credentials: Option<(String, SecretString)>,
    tunnel: Option<Tunnel>,
}

impl Way {
    /// # Errors
    /// [`TlsFault::Socket`] with whatever prevents the socket to a broker with TLS.
    pub(super) fn open(remote: &Remote) -> Result<Self, TlsFault> {
        let tunnel = remote.far_end().map(Tunnel::open).transpose();
        let tunnel = tunnel.map_err(|error| TlsFault::Socket(Arc::new(error)))?;
        let host = tunnel.as_ref().map_or(remote.host.as_str(), Tunnel::path).to_owned();
        Ok(Self { host, port: remote.port, credentials: remote.credentials.clone(), tunnel })
    }

    /// Returns the options of a client of MQTT 3.1.1.
    pub(crate) fn options(&self, client: String) -> MqttOptions {
        let mut options = MqttOptions::new(client, &self.host, self.port);
        if self.tunnel.is_some() {
            options.set_transport(Transport::Unix);
        }
        options.set_max_packet_size(PACKET, PACKET);
        options.set_keep_alive(KEEP_ALIVE);
        if let Some((user, password)) = &self.credentials {
            options.set_credentials(user, password.expose_secret());
        }
        options
    }

    /// Returns the options of a client of MQTT 5.
    pub(crate) fn options_v5(&self, client: String) -> rumqttc::v5::MqttOptions {
        let mut options = rumqttc::v5::MqttOptions::new(client, &self.host, self.port);
        if self.tunnel.is_some() {
            options.set_transport(Transport::Unix);
        }
        options.set_max_packet_size(u32::try_from(PACKET).ok());
        options.set_keep_alive(KEEP_ALIVE);
        // without a limit rumqttc makes room for 65,535 messages in flight, 13 MB
        options.set_outgoing_inflight_upper_limit(256);
        options.set_topic_alias_max(Some(0));
        options.set_network_options(network());
        if let Some((user, password)) = &self.credentials {
            options.set_credentials(user, password.expose_secret());
        }
        options
    }

    /// Returns why TLS does not lead there, if it is that.
    pub(crate) fn fault(&self) -> Option<TlsFault> {
        self.tunnel.as_ref().and_then(Tunnel::fault)
    }

    /// Words why a link is down, in a person's terms where a person has to act.
    pub(crate) fn reason(&self, error: &rumqttc::ConnectionError) -> String {
        use rumqttc::{ConnectReturnCode, ConnectionError};
        if let ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) = error
        {
            return CREDENTIALS.to_owned();
        }
        self.fault().map_or_else(|| error.to_string(), |fault| fault.in_settings())
    }

    /// The same, with MQTT 5.
    pub(crate) fn reason_v5(&self, error: &rumqttc::v5::ConnectionError) -> String {
        use rumqttc::v5::{ConnectionError, StateError, mqttbytes::v5::ConnectReturnCode};
        if let ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) = error
        {
            return CREDENTIALS.to_owned();
        }
        if let ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, reason_string }) = error {
            let why = reason_string.clone().unwrap_or_else(|| format!("{reason_code:?}"));
            return format!("the broker has ended the connection: {why}");
        }
        self.fault().map_or_else(|| error.to_string(), |fault| fault.in_settings())
    }

    /// Waits until what was said has gone to the broker; to be asked once rumqttc has left.
    pub(crate) async fn closed(&mut self) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.closed().await;
        }
    }
}

/// What is wrong when a broker does not let us in.
pub(crate) const CREDENTIALS: &str = "the broker refuses the user or the password";

/// How long a broker may be silent before it is asked for a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Returns the options of the socket: without `TCP_NODELAY` a request takes 44 ms.
pub(crate) fn network() -> NetworkOptions {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(5);
    network
}
