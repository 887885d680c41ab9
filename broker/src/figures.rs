//! What the broker counts.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What the broker has counted since its start, and what it holds at this moment.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Figures {
            $($(#[$doc])* pub $name: u64,)*
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
    connected,
    /// The most clients that were connected at one moment.
    most_connected,
    /// Connections that were accepted.
    accepted,
    /// Connections that were refused, with a CONNACK or without.
    refused,
    /// Connections that the broker ended because the client broke the protocol.
    violations,
    /// Connections that the broker ended because another took the client id over.
    taken_over,
    /// Times that a client had to wait because its account published faster than it may.
    slowed,
    /// Connections that the broker ended because the client did not read what it had asked for.
    too_slow,
    /// Packets of any kind read from clients, CONNECT aside.
    packets_in,
    /// Packets written to clients, messages aside.
    packets_out,
    /// Messages that clients published.
    messages_in,
    /// Messages that were written to clients.
    messages_out,
    /// Bytes read from clients.
    bytes_in,
    /// Bytes written to clients.
    bytes_out,
    /// Sessions without a connection at this moment.
    away,
    /// Messages that wait for clients at this moment.
    queued,
    /// Subscriptions at this moment, without those to a client's own answers.
    subscriptions,
    /// Sessions that outlive their connection, with or without one at this moment.
    kept_sessions,
    /// Messages dropped because the client's queue was full: those of `QoS` 0, and the one of another for which a
    /// client that does not read was told to go.
    dropped_queue_full,
    /// Messages of `QoS` 1 and 2 dropped because the queue of a session without a connection was full.
    dropped_session_full,
    /// Messages of `QoS` 0 dropped because the session had no connection.
    dropped_away,
    /// Messages for a shared subscription that none of its members could take.
    dropped_unshared,
    /// Messages dropped because the client might no longer see them when their turn came.
    dropped_not_permitted,
    /// Messages dropped because they were older than their expiry.
    dropped_expired,
    /// Messages dropped because the client does not take packets of that size.
    dropped_too_large,
    /// Messages dropped because the router had too many to do.
    dropped_router_full,
    /// Messages that clients published where they may not.
    refused_publishes,
    /// Filters that clients asked for and may not have.
    refused_subscriptions,
    /// Retained messages stored at this moment.
    retained,
    /// Distinct wildcard filters at this moment.
    filters,
    /// Times that the router was replaced.
    router_rebuilds,
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
