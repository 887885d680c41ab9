//! The configuration as it is written: every key, its unit and its default.
//!
//! These comments are the manual; `config/hes-bridge.toml` repeats them for whoever edits the file.

mod peers;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use hes_broker::RouterKind;
use hes_schemas::{ClusterId, HomeId, Topic, UserName, rights::Role};
use serde::{Deserialize, Serialize};

pub(super) use self::peers::PeersSheet;
use super::{
    listener::ListenerSheet,
    measure::{Count, Size, Span},
    url::BrokerUrl,
    word,
};

/// The whole configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sheet {
    /// Id of the home, a level of its topics.
    pub(super) home: HomeId,
    /// Name of the home for people; the id if there is none.
    pub(super) name: Option<String>,
    /// Directory for what outlives the gateway: `$XDG_DATA_HOME/hes-bridge`, or `~/.local/share/hes-bridge`.
    pub(super) data: Option<PathBuf>,
    /// First levels of all topics of the interface.
    #[serde(with = "word::root")]
    pub(super) root: hes_schemas::Root,
    pub(super) broker: BrokerSheet,
    pub(super) cluster: BTreeMap<ClusterId, ClusterSheet>,
    pub(super) alongside: Option<AlongsideSheet>,
    pub(super) peers: PeersSheet,
    pub(super) store: StoreSheet,
    pub(super) metrics: MetricsSheet,
    pub(super) log: LogSheet,
}

/// The built-in broker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BrokerSheet {
    /// Addresses to listen on; none means that there is no built-in broker. Port 0 takes any that is free.
    #[serde(with = "word::addresses")]
    pub(super) listen: Vec<SocketAddr>,
    /// More listeners, by their number.
    pub(super) listener: BTreeMap<String, ListenerSheet>,
    /// Which router finds the receivers of a message: `rumqttd`, or our own, `direct`.
    #[serde(with = "word::router")]
    pub(super) router: RouterKind,
    /// Role of clients on this machine that give no user name: `none` refuses them. Other machines always need one.
    #[serde(with = "word::role_or_none")]
    pub(super) anonymous: Option<Role>,
    /// Largest packet, in either direction.
    pub(super) max_packet_size: Size<1_024, 268_435_456>,
    /// How long a connection may take until it is accepted.
    pub(super) connect_timeout: Span<100, 600_000>,
    /// How many clients may be connected.
    pub(super) max_connections: Count<1, 1_000_000>,
    /// How many sessions may outlive their connections.
    pub(super) max_sessions: Count<0, 1_000_000>,
    /// For how long a session may outlive its connection; for as long as its client asks if there is none.
    pub(super) max_session_expiry: Option<Span<1_000, 4_294_967_000_000>>,
    /// The longest keep-alive of a client of MQTT 5; any if there is none.
    pub(super) max_keep_alive: Option<Span<1_000, 65_535_000>>,
    /// How many filters one client may hold.
    pub(super) max_subscriptions: Count<1, 100_000>,
    /// How many messages may wait for one client.
    pub(super) max_queued_messages: Count<1, 1_000_000>,
    /// How many bytes may wait for one client.
    pub(super) max_queued_size: Size<1_024, 1_073_741_824>,
    /// How many messages one client may have unacknowledged.
    pub(super) max_inflight: Count<1, 65_535>,
    /// How many clients of one account may be connected: 0 means as many as may be at all.
    pub(super) max_user_connections: Count<0, 1_000_000>,
    /// How many times the clients of one account may connect in a minute: 0 means without limit.
    pub(super) max_user_connects: Count<0, 1_000_000>,
    /// How many messages the clients of one account may publish in a second: 0 means without limit.
    pub(super) max_user_messages: Count<0, 100_000_000>,
    /// How much the clients of one account may publish in a second: `0B` means without limit.
    pub(super) max_user_size: Size<0, 1_073_741_824>,
    /// How many retained messages of clients are kept.
    pub(super) max_retained: Count<0, 10_000_000>,
    /// How often the figures below `$SYS` are told.
    pub(super) sys_interval: Span<1_000, 3_600_000>,
}

/// A home cluster system; one `[[cluster]]` for each, with its `id`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterSheet {
    /// What it is: `zigbee2mqtt`.
    pub(super) kind: ClusterKind,
    /// First levels of its own topics.
    #[serde(default = "zigbee2mqtt")]
    pub(super) base: Topic,
    /// The broker that it is on; the built-in one if there is none.
    #[serde(default)]
    pub(super) url: Option<BrokerUrl>,
    /// User name there.
    #[serde(default)]
    pub(super) user: Option<String>,
    /// File whose first line is the password there.
    #[serde(default)]
    pub(super) password_file: Option<PathBuf>,
    /// File with the certificates of those who sign for that broker, if it is `mqtts://`; without it, those that this
    /// machine knows.
    #[serde(default)]
    pub(super) ca: Option<PathBuf>,
    /// File with the certificate that is shown there, if it asks who we are.
    #[serde(default)]
    pub(super) certificate: Option<PathBuf>,
    /// File with its key.
    #[serde(default)]
    pub(super) key: Option<PathBuf>,
}

/// Which kind of cluster it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClusterKind {
    /// Zigbee2MQTT.
    Zigbee2Mqtt,
}

/// Another broker that the interface is served on too.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlongsideSheet {
    /// Where it is.
    pub(super) url: BrokerUrl,
    /// User name there.
    #[serde(default)]
    pub(super) user: Option<String>,
    /// File whose first line is the password there.
    #[serde(default)]
    pub(super) password_file: Option<PathBuf>,
    /// File with the certificates of those who sign for that broker, if it is `mqtts://`; without it, those that this
    /// machine knows.
    #[serde(default)]
    pub(super) ca: Option<PathBuf>,
    /// File with the certificate that is shown there, if it asks who we are.
    #[serde(default)]
    pub(super) certificate: Option<PathBuf>,
    /// File with its key.
    #[serde(default)]
    pub(super) key: Option<PathBuf>,
    /// Account whose rights all have that may publish there, because that broker does not tell who it was.
    pub(super) acts_as: UserName,
}

/// The store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StoreSheet {
    /// How old a value may be on disk; what was acknowledged is always there.
    pub(super) save_interval: Span<10, 600_000>,
}

/// The figures for machines, at `/metrics`, in the words of `OpenMetrics`; nobody is asked who reads them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MetricsSheet {
    /// Addresses where they are shown; none means nowhere.
    #[serde(with = "word::addresses")]
    pub(super) listen: Vec<SocketAddr>,
}

/// The log, on the standard error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LogSheet {
    /// The least that is said: `error`, `warn`, `info`, `debug` or `trace`.
    pub(super) level: LogLevel,
    /// How it is written: `text`, or `json` with one object a line.
    pub(super) format: LogFormat,
}

/// The least that is said in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// The house cannot go on.
    Error,
    /// Something was given up.
    Warn,
    /// Links come and go.
    #[default]
    Info,
    /// Each decision.
    Debug,
    /// Each message.
    Trace,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            home: home(),
            name: None,
            data: None,
            root: hes_schemas::Root::default(),
            broker: BrokerSheet::default(),
            cluster: BTreeMap::new(),
            alongside: None,
            peers: PeersSheet::default(),
            store: StoreSheet::default(),
            metrics: MetricsSheet::default(),
            log: LogSheet::default(),
        }
    }
}

impl Default for BrokerSheet {
    fn default() -> Self {
        Self {
            listen: vec![(std::net::Ipv4Addr::LOCALHOST, 1883).into()],
            listener: BTreeMap::new(),
            router: RouterKind::default(),
            anonymous: None,
            max_packet_size: Size::new(4 * 1_048_576 + 65_536),
            connect_timeout: Span::new(10_000),
            max_connections: Count::new(10_000),
            max_sessions: Count::new(10_000),
            max_session_expiry: None,
            max_keep_alive: None,
            max_subscriptions: Count::new(1_000),
            max_queued_messages: Count::new(10_000),
            max_queued_size: Size::new(16 * 1_048_576),
            max_inflight: Count::new(256),
            max_user_connections: Count::new(0),
            max_user_connects: Count::new(0),
            max_user_messages: Count::new(0),
            max_user_size: Size::new(0),
            max_retained: Count::new(100_000),
            sys_interval: Span::new(10_000),
        }
    }
}

impl BrokerSheet {
    /// Says whether it has no door, which means that there is none.
    pub(super) fn is_absent(&self) -> bool {
        self.listen.is_empty() && self.listener.is_empty()
    }
}

impl Default for StoreSheet {
    fn default() -> Self {
        Self { save_interval: Span::new(1_000) }
    }
}

impl Default for LogSheet {
    fn default() -> Self {
        Self { level: LogLevel::Info, format: LogFormat::Text }
    }
}

#[expect(clippy::expect_used, reason = "home is a word")]
fn home() -> HomeId {
    HomeId::new("home").expect("home is a word")
}

#[expect(clippy::expect_used, reason = "a word is a topic")]
fn zigbee2mqtt() -> Topic {
    Topic::new("zigbee2mqtt").expect("a word is a topic")
}
