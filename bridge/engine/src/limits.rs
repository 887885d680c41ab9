//! What the engine holds at most, and how long it waits.

use hes_schemas::Millis;

/// The bounds of one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Updates and questions that wait for one device.
    pub lane: usize,
    /// Requests under way altogether.
    pub requests: usize,
    /// Answers remembered for requests that come again.
    pub answers: usize,
    /// The size of those answers altogether, in bytes.
    pub answer_bytes: usize,
    /// Subscriptions altogether.
    pub subscriptions: usize,
    /// Subscriptions of one client.
    pub subscriptions_per_client: usize,
    /// Values remembered altogether for subscriptions with an interval or a delta.
    pub told: usize,
    /// Targets of one request.
    pub targets: usize,
    /// Things that one peer may tell of what is retained elsewhere.
    pub mirrored: usize,
    /// The size of those, in bytes.
    pub mirrored_bytes: usize,
    /// Entries that wait to be told to one peer.
    pub parcels: usize,
    /// How long an event is worth telling to other homes.
    pub event_life: Millis,
    /// Devices altogether.
    pub devices: usize,
    /// How long a request may act if it does not say.
    pub ttl: Millis,
    /// How long a request may act at most.
    pub max_ttl: Millis,
    /// How long a dangerous command may act at most.
    pub dangerous_ttl: Millis,
    /// After how long without a report the device is asked whether an update took effect.
    ///
    /// A Zigbee lamp reports within some 100 ms; asking earlier would double the radio traffic.
    pub read_back: Millis,
    /// After how long without an objection a command that nothing reports counts as taken.
    pub settle: Millis,
    /// How long an answer is remembered.
    pub remember: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lane: 32,
            requests: 10_000,
            answers: 10_000,
            answer_bytes: 8 * 1024 * 1024,
            subscriptions: 10_000,
            subscriptions_per_client: 200,
            told: 100_000,
            targets: 100,
            mirrored: 50_000,
            mirrored_bytes: 32 * 1024 * 1024,
            parcels: 10_000,
            event_life: Millis::from_secs(3_600),
            devices: 100_000,
            ttl: Millis::from_secs(10),
            max_ttl: Millis::from_secs(600),
            dangerous_ttl: Millis::from_secs(10),
            read_back: Millis::from_secs(1),
            settle: Millis::from_secs(2),
            remember: Millis::from_secs(120),
        }
    }
}
