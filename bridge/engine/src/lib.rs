//! The mind of hes-bridge: messages in, messages out; no sockets, no clock, no files, no randomness.

pub mod cluster;
pub mod clusters;
pub mod record;
