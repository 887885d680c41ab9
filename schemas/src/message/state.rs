//! What is retained about homes, clusters and devices, and what events carry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Datum, Timestamp};

/// Whether a gateway or a cluster is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It is there.
    Online,
    /// It is not.
    Offline,
}

/// Whether a device is there, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Availability {
    /// It can be reached.
    Online,
    /// It cannot.
    Offline,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// A gateway, on `<home>/$status`; its last will says offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HomeState {
    /// Whether it is there.
    pub state: Presence,
    /// How often it was started.
    pub epoch: u64,
    /// Since when.
    pub since: Timestamp,
}

/// A cluster, on `<home>/<cluster>/$status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterState {
    /// Whether it is there.
    pub state: Presence,
    /// Since when.
    pub since: Timestamp,
    /// What it last complained of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A device, on `<device>/$status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceState {
    /// Whether it is there.
    pub state: Availability,
    /// Who says so: the cluster's id.
    pub source: Box<str>,
    /// Since when.
    pub time: Timestamp,
}

/// An event of a device, on `<device>/event/<name>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceEvent {
    /// What happened: `single`, `double`.
    pub value: Datum,
    /// When.
    pub time: Timestamp,
}
