//! What the broker counts, and where below `$SYS` it is told; what lies below `hes/` there is ours alone.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident $(= $topic:literal)?),* $(,)?) => {
        /// What the broker has counted since its start, and what it holds at this moment.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Figures {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Figures {
            /// Returns the figures that have a topic of their own behind `$SYS/broker/`.
            pub(crate) fn told(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$($(($topic, self.$name),)?)*].into_iter()
            }
        }

        /// The counters behind [`Figures`].
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: AtomicU64,)*
        }

        impl Counters {
            /// Reads all counters.
            pub(crate) fn read(&self) -> Figures {
                Figures { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

figures! {
    /// Clients connected at this moment.
    connected = "clients/connected",
    /// The most clients that were connected at one moment.
    most_connected = "clients/maximum",
    /// Connections that were accepted.
    accepted = "hes/connections/accepted",
    /// Connections that were refused, with a CONNACK or without.
    refused = "hes/connections/refused",
    /// Connections that the broker ended because the client broke the protocol.
    violations = "hes/connections/broken_rules",
    /// Connections that the broker ended because another took the client id over.
    taken_over = "hes/connections/taken_over",
    /// Times that a client had to wait because its account published faster than it may.
    slowed = "hes/publishers_slowed",
    /// Connections that the broker ended because the client did not read what it had asked for.
    too_slow = "hes/connections/too_slow",
    /// Packets of any kind read from clients, CONNECT aside.
    packets_in = "messages/received",
    /// Packets written to clients, messages aside.
    packets_out,
    /// Messages that clients published.
    messages_in = "publish/messages/received",
    /// Messages that were written to clients.
    messages_out = "publish/messages/sent",
    /// Bytes read from clients.
    bytes_in = "bytes/received",
    /// Bytes written to clients.
    bytes_out = "bytes/sent",
    /// Sessions without a connection at this moment.
    away = "clients/disconnected",
    /// Messages that wait for clients at this moment.
    queued = "hes/queued/messages",
    /// Subscriptions at this moment, without those to a client's own answers.
    subscriptions = "subscriptions/count",
    /// Sessions that outlive their connection, with or without one at this moment.
    kept_sessions = "hes/sessions/kept",
    /// Messages dropped because the client's queue was full: those of `QoS` 0, and the one of another for which a
    /// client that does not read was told to go.
    dropped_queue_full = "hes/dropped/queue_full",
    /// Messages of `QoS` 1 and 2 dropped because the queue of a session without a connection was full.
    dropped_session_full = "hes/dropped/session_full",
    /// Messages of `QoS` 0 dropped because the session had no connection.
    dropped_away = "hes/dropped/away",
    /// Messages for a shared subscription that none of its members could take.
    dropped_unshared = "hes/dropped/unshared",
    /// Messages dropped because the client might no longer see them when their turn came.
    dropped_not_permitted = "hes/dropped/not_permitted",
    /// Messages dropped because they were older than their expiry.
    dropped_expired = "hes/dropped/expired",
    /// Messages dropped because the client does not take packets of that size.
    dropped_too_large = "hes/dropped/too_large",
    /// Messages dropped because the router had too many to do.
    dropped_router_full = "hes/dropped/router_full",
    /// Messages that clients published where they may not.
    refused_publishes = "hes/refused/publishes",
    /// Filters that clients asked for and may not have.
    refused_subscriptions = "hes/refused/subscriptions",
    /// Retained messages stored at this moment.
    retained = "retained messages/count",
    /// Distinct wildcard filters at this moment.
    filters = "hes/filters",
    /// Times that the router was replaced.
    router_rebuilds = "hes/router/rebuilds",
}

impl Figures {
    /// Returns how many messages were dropped, for whatever reason.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped_queue_full
            + self.dropped_session_full
            + self.dropped_away
            + self.dropped_unshared
            + self.dropped_not_permitted
            + self.dropped_expired
            + self.dropped_too_large
            + self.dropped_router_full
    }
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

/// Counts several.
pub(crate) fn add(counter: &AtomicU64, many: usize) {
    counter.fetch_add(u64::try_from(many).unwrap_or(0), Ordering::Relaxed);
}

/// Takes back one of what is counted at a moment.
pub(crate) fn uncount(counter: &AtomicU64) {
    counter.fetch_sub(1, Ordering::Relaxed);
}
