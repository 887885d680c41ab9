//! Another broker, and how to get in.

use std::{fmt, time::Duration};

use rumqttc::{MqttOptions, NetworkOptions};
use secrecy::{ExposeSecret, SecretString};

/// The largest packet that is taken from, or given to, another broker: 4 MiB of payload and what surrounds it.
///
/// Five Zigbee devices already publish 230 KB in one retained message.
pub(crate) const PACKET: usize = 4 * 1024 * 1024 + 64 * 1024;

/// A broker's address and credentials.
#[derive(Clone)]
pub(crate) struct Remote {
    host: String,
    port: u16,
    url: String,
    credentials: Option<(String, SecretString)>,
}

impl Remote {
    pub(crate) fn new(host: String, port: u16, credentials: Option<(String, SecretString)>) -> Self {
        let url = format!("mqtt://{host}:{port}");
        Self { host, port, url, credentials }
    }

    /// Returns the address without credentials.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn options(&self, client: String) -> MqttOptions {
        let mut options = MqttOptions::new(client, &self.host, self.port);
        options.set_max_packet_size(PACKET, PACKET);
        options.set_keep_alive(KEEP_ALIVE);
        if let Some((user, password)) = &self.credentials {
            options.set_credentials(user, password.expose_secret());
        }
        options
    }

    pub(crate) fn options_v5(&self, client: String) -> rumqttc::v5::MqttOptions {
        let mut options = rumqttc::v5::MqttOptions::new(client, &self.host, self.port);
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
}

/// Words why a link is down, in a person's terms where a person has to act.
pub(crate) fn reason(error: &rumqttc::ConnectionError) -> String {
    use rumqttc::{ConnectReturnCode, ConnectionError};
    if let ConnectionError::ConnectionRefused(
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
    ) = error
    {
        return CREDENTIALS.to_owned();
    }
    error.to_string()
}

/// The same, with MQTT 5.
pub(crate) fn reason_v5(error: &rumqttc::v5::ConnectionError) -> String {
    use rumqttc::v5::{ConnectionError, mqttbytes::v5::ConnectReturnCode};
    if let ConnectionError::ConnectionRefused(
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
    ) = error
    {
        return CREDENTIALS.to_owned();
    }
    error.to_string()
}

const CREDENTIALS: &str = "the broker refuses the user or the password";

/// What is wrong when a broker lets us in, but does not let us hear what we have to.
pub(crate) const DEAF: &str = "the broker does not let this user subscribe";

/// How long a broker may be silent before it is asked for a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Returns the options of the socket: without `TCP_NODELAY` a request takes 44 ms.
pub(crate) fn network() -> NetworkOptions {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(5);
    network
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}
