//! Listeners with rules of their own, `[[broker.listener]]`: as they are written, and as they are.

mod check;
mod settle;

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU32, path::PathBuf};

use hes_broker::{Allowance, Transport};
use serde::{Deserialize, Serialize};

pub(super) use self::{check::check, settle::settle};

use super::{
    key::Key,
    measure::{Count, Size},
    word,
};
use crate::certificates::TlsFiles;

/// A listener.
#[derive(Debug, Clone)]
pub struct ListenerSettings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where that was said, as a complaint about it begins: `bridge.toml:7: broker.listener.address: `.
    pub place: String,
    /// What carries MQTT.
    pub transport: Transport,
    /// The files that its TLS is made of, if it has any.
    pub(crate) tls: Option<TlsFiles>,
    /// Whether the name in a client's certificate is its account.
    pub certificate_is_user: bool,
    /// Whether clients on this machine may come in without a user name.
    pub anonymous: bool,
    /// What may be taken here, beside what accounts and all may take.
    pub allowance: Allowance,
    /// How many connections are taken in a second, if that is limited.
    pub connection_rate: Option<NonZeroU32>,
    /// Where the web pages come from that may connect.
    pub origins: Vec<String>,
}

impl ListenerSettings {
    /// Says whether there is TLS.
    #[must_use]
    pub const fn has_tls(&self) -> bool {
        self.tls.is_some()
    }
}

/// A listener with rules of its own; one `[[broker.listener]]` for each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListenerSheet {
    /// Address with port.
    #[serde(with = "word::address")]
    pub(super) address: SocketAddr,
    /// What carries MQTT: `tcp`, or `websocket`.
    #[serde(default)]
    pub(super) transport: TransportWord,
    /// File with the certificate, and those that lead from it to one that clients know; with one there is TLS.
    #[serde(default)]
    pub(super) certificate: Option<PathBuf>,
    /// File with the key of the certificate.
    #[serde(default)]
    pub(super) key: Option<PathBuf>,
    /// File with the certificates of those who may sign the clients' certificates.
    #[serde(default)]
    pub(super) client_ca: Option<PathBuf>,
    /// Whether clients show a certificate: `none` are asked, or it is `optional` or `required`.
    #[serde(default)]
    pub(super) client_certificate: ClientCertificateWord,
    /// Whether the common name in a client's certificate is its account, which then needs no password.
    #[serde(default)]
    pub(super) certificate_is_user: bool,
    /// Whether clients on this machine may come in here without a user name, with the role that the broker names.
    #[serde(default)]
    pub(super) anonymous: bool,
    /// How many clients may be connected here.
    #[serde(default = "everybody")]
    pub(super) max_connections: Count<1, 1_000_000>,
    /// How many connections are taken in a second, the others wait; 0 is no limit.
    #[serde(default = "unlimited")]
    pub(super) connection_rate: Count<0, 1_000_000>,
    /// How many messages the clients here may publish in a second, all together; 0 is no limit.
    #[serde(default = "unlimited_messages")]
    pub(super) message_rate: Count<0, 100_000_000>,
    /// How much the clients here may publish in a second, all together; `0B` is no limit.
    #[serde(default = "unlimited_bytes")]
    pub(super) byte_rate: Size<0, 1_073_741_824>,
    /// How many filters one client may hold that is connected here.
    #[serde(default = "any_subscriptions")]
    pub(super) max_subscriptions: Count<1, 100_000>,
    /// How many messages one client may have unacknowledged that is connected here.
    #[serde(default = "any_inflight")]
    pub(super) max_inflight: Count<1, 65_535>,
    /// How many bytes may wait for one client that is connected here, or was last.
    #[serde(default = "any_size")]
    pub(super) max_queued_size: Size<1_024, 1_073_741_824>,
    /// Where the web pages come from that may connect.
    #[serde(default)]
    pub(super) origins: Vec<String>,
}

/// What carries MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TransportWord {
    /// TCP.
    #[default]
    Tcp,
    /// WebSocket.
    WebSocket,
}

/// Whether clients show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClientCertificateWord {
    /// They are not asked for one.
    #[default]
    None,
    /// They may.
    Optional,
    /// They must.
    Required,
}

/// Returns the listeners in the order of their numbers, each with the key of its section.
pub(super) fn in_order(listeners: &BTreeMap<String, ListenerSheet>) -> Vec<(Key, &ListenerSheet)> {
    let mut numbered: Vec<_> = listeners.iter().collect();
    numbered.sort_by_key(|(number, _)| number.parse::<u16>().unwrap_or(u16::MAX));
    let keyed = |(number, sheet): (&String, _)| (Key::new(["broker", "listener", number.as_str()]), sheet);
    numbered.into_iter().map(keyed).collect()
}

const fn everybody() -> Count<1, 1_000_000> {
    Count::new(1_000_000)
}

const fn unlimited() -> Count<0, 1_000_000> {
    Count::new(0)
}

const fn unlimited_messages() -> Count<0, 100_000_000> {
    Count::new(0)
}

const fn unlimited_bytes() -> Size<0, 1_073_741_824> {
    Size::new(0)
}

const fn any_subscriptions() -> Count<1, 100_000> {
    Count::new(100_000)
}

const fn any_inflight() -> Count<1, 65_535> {
    Count::new(65_535)
}

const fn any_size() -> Size<1_024, 1_073_741_824> {
    Size::new(1_073_741_824)
}
