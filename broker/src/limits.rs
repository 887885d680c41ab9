//! What a client may take of the broker.

use std::{num::NonZeroU32, time::Duration};

/// The limits of a broker; each has a default that suits one home.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest packet in bytes, in either direction: 4 MiB and 64 KiB for what surrounds the payload.
    pub packet: usize,
    /// How long a connection may take until it is accepted: 10 s.
    pub connect_deadline: Duration,
    /// How many clients may be connected: 10,000.
    pub connections: usize,
    /// How many sessions may outlive their connections: 10,000.
    pub kept_sessions: usize,
    /// For how many seconds a session may outlive its connection: for ever, which is `u32::MAX`.
    pub session_expiry: u32,
    /// The longest keep-alive in seconds that a client may have; zero means any, also none: zero.
    pub keep_alive: u16,
    /// How many filters one client may hold: 1,000.
    pub subscriptions: usize,
    /// How many messages may wait for one client: 10,000.
    ///
    /// Beyond it, and beyond [`Limits::queue_bytes`], messages of `QoS` 0 are dropped and counted; one of `QoS` 1 or 2
    /// ends the connection (MQTT 5: reason 0x97), because the client could not know of the loss otherwise. If the client
    /// of a session that is kept is away, the newest messages are dropped, counted and reported.
    pub queue_messages: usize,
    /// How many bytes may wait for one client: 16 MiB.
    pub queue_bytes: usize,
    /// How many messages may wait for one client together with the retained ones that it subscribes to: 250,000.
    ///
    /// Retained messages count against no other limit; beyond this one the connection is ended, as above.
    pub snapshot: usize,
    /// How many messages of `QoS` 1 and 2 one client may have unacknowledged, in either direction: 256.
    pub receive_maximum: u16,
    /// How many topic aliases there may be on one connection, in either direction: 64.
    pub topic_aliases: u16,
    /// How many clients of one account may be connected: as many as may be at all. This and the next three hold for all
    /// clients of an account together; [`crate::Rights::allowance`] may say otherwise of one.
    pub user_connections: Option<u32>,
    /// How many times the clients of one account may connect in a minute: without limit.
    pub user_connects: Option<NonZeroU32>,
    /// How many messages the clients of one account may publish in a second: without limit.
    ///
    /// Who publishes faster is not read from until it may go on.
    pub user_messages: Option<NonZeroU32>,
    /// How many bytes of messages the clients of one account may publish in a second: without limit.
    pub user_bytes: Option<NonZeroU32>,
    /// How often the figures are told below `$SYS`: every 10 s; nothing means never.
    pub system_interval: Option<Duration>,
    /// How many retained messages are kept: 100,000.
    pub retained: usize,
    /// How many filters that nobody holds any more rumqttd's router may know before it is replaced: 512. It never
    /// forgets one by itself.
    pub router_filters: usize,
    /// How many topics rumqttd's router may have seen before it is replaced: 64,000. It never forgets one either.
    pub router_topics: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet: 4 * 1024 * 1024 + 64 * 1024,
            connect_deadline: Duration::from_secs(10),
            connections: 10_000,
            kept_sessions: 10_000,
            session_expiry: u32::MAX,
            keep_alive: 0,
            subscriptions: 1_000,
            queue_messages: 10_000,
            queue_bytes: 16 * 1024 * 1024,
            snapshot: 250_000,
            receive_maximum: 256,
            topic_aliases: 64,
            user_connections: None,
            user_connects: None,
            user_messages: None,
            user_bytes: None,
            system_interval: Some(Duration::from_secs(10)),
            retained: 100_000,
            router_filters: 512,
            router_topics: 64_000,
        }
    }
}
