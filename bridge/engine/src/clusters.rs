//! One file for each kind of cluster.

pub mod zigbee2mqtt;
