//! What is on the page.

mod engine;

use std::fmt;

use hes_broker::Figures;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text::encode},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

use crate::{
    gateway::peers::{LineFigures, PeersFigures},
    peers::channel::Refused,
    store::Figures as StoreFigures,
};

/// One figure: its name, what it says, and how it is read.
type Figure<F> = (&'static str, &'static str, fn(&F) -> u64);

/// A reason why messages were dropped, and how their number is read.
type Drop = (&'static str, fn(&Figures) -> u64);

const GAUGES: [Figure<Figures>; 8] = [
    ("clients_connected", "Clients that are connected", |it| it.connected),
    ("clients_away", "Sessions without a connection", |it| it.away),
    ("clients_maximum", "Most clients that were connected at a time", |it| it.most_connected),
    ("sessions_kept", "Sessions that outlive their connection", |it| it.kept_sessions),
    ("messages_queued", "Messages that wait for clients", |it| it.queued),
    ("messages_retained", "Retained messages of clients", |it| it.retained),
    ("subscriptions", "Subscriptions", |it| it.subscriptions),
    ("filters", "Distinct filters with a wildcard", |it| it.filters),
];

const COUNTERS: [Figure<Figures>; 16] = [
    ("connections_accepted", "Connections that were accepted", |it| it.accepted),
    ("connections_refused", "Connections that were refused", |it| it.refused),
    ("connections_broken_rules", "Connections ended because the client broke a rule", |it| it.violations),
    ("connections_taken_over", "Connections ended because another took the client id", |it| it.taken_over),
    ("connections_too_slow", "Connections ended because the client did not read", |it| it.too_slow),
    ("publishers_slowed", "Times that a client waited because its account published too fast", |it| it.slowed),
    ("packets_received", "Packets of any kind from clients", |it| it.packets_in),
    ("packets_sent", "Packets of any kind to clients", |it| it.packets_out + it.messages_out),
    ("messages_received", "Messages from clients", |it| it.messages_in),
    ("messages_sent", "Messages to clients", |it| it.messages_out),
    ("bytes_received", "Bytes from clients", |it| it.bytes_in),
    ("bytes_sent", "Bytes to clients", |it| it.bytes_out),
    ("publishes_refused", "Messages that clients may not publish", |it| it.refused_publishes),
    ("subscriptions_refused", "Filters that clients may not have", |it| it.refused_subscriptions),
    ("router_rebuilds", "Times that the router was replaced", |it| it.router_rebuilds),
    ("messages_dropped", "Messages dropped, for whatever reason", |it| it.dropped()),
];

/// Why messages were dropped.
const DROPS: [Drop; 8] = [
    ("queue_full", |it| it.dropped_queue_full),
    ("session_full", |it| it.dropped_session_full),
    ("away", |it| it.dropped_away),
    ("unshared", |it| it.dropped_unshared),
    ("not_permitted", |it| it.dropped_not_permitted),
    ("expired", |it| it.dropped_expired),
    ("too_large", |it| it.dropped_too_large),
    ("router_full", |it| it.dropped_router_full),
];

const STORE: [Figure<StoreFigures>; 4] = [
    ("commits", "Groups of changes that were written", |it| it.commits),
    ("failures", "Groups of changes that could not be written at once", |it| it.failures),
    ("refused", "Changes refused because the store was closed or full", |it| it.refused),
    ("panics", "Faults of the store itself", |it| it.panics),
];

const LINES: [Figure<LineFigures>; 5] = [
    ("handshakes_begun", "Handshakes that were begun or answered", |it| it.channel.handshakes_begun),
    ("handshakes", "Handshakes that both sides proved themselves in", |it| it.channel.handshakes),
    ("messages_sealed", "Messages that were sealed for another home", |it| it.channel.sealed),
    ("messages_opened", "Messages of another home that were opened", |it| it.channel.opened),
    ("messages_malformed", "Messages of another home that were set aside", |it| it.malformed),
];

const PEERS: [Figure<PeersFigures>; 4] = [
    ("publishes_refused", "Messages that accounts of other homes may not publish", |it| it.refused),
    ("lies", "What other homes said that no honest one says", |it| it.counters.lies),
    ("signatures", "Signatures that were made", |it| it.keys.signed),
    ("verifications", "Signatures that were verified", |it| it.keys.verified),
];

/// The figures of one moment.
#[derive(Debug)]
struct Snapshot {
    broker: Option<Figures>,
    store: StoreFigures,
    peers: PeersFigures,
}

/// Writes the page.
pub(in crate::gateway) fn page(broker: Option<Figures>, store: StoreFigures, peers: PeersFigures) -> String {
    let mut registry = Registry::with_prefix("hes");
    registry.register_collector(Box::new(Snapshot { broker, store, peers }));
    let mut text = String::new();
    // writing into a String cannot fail
    let _infallible: fmt::Result = encode(&mut text, &registry);
    text
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, read) in STORE {
            write(&mut encoder, &format!("store_{name}"), help, &ConstCounter::new(read(&self.store)))?;
        }
        self.engine(&mut encoder)?;
        self.peers(&mut encoder)?;
        let Some(figures) = &self.broker else { return Ok(()) };
        for (name, help, read) in GAUGES {
            let value = i64::try_from(read(figures)).unwrap_or(i64::MAX);
            write(&mut encoder, &format!("broker_{name}"), help, &ConstGauge::new(value))?;
        }
        for (name, help, read) in COUNTERS {
            write(&mut encoder, &format!("broker_{name}"), help, &ConstCounter::new(read(figures)))?;
        }
        let counter = ConstCounter::new(0_u64);
        let kind = counter.metric_type();
        let mut drops = encoder.encode_descriptor("broker_drops", "Messages dropped, by reason", None, kind)?;
        for (reason, read) in DROPS {
            let labels = [("reason", reason)];
            ConstCounter::new(read(figures)).encode(drops.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl Snapshot {
    fn peers(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, read) in PEERS {
            write(encoder, &format!("peers_{name}"), help, &ConstCounter::new(read(&self.peers)))?;
        }
        let gauge = ConstGauge::new(0_i64);
        let mut up =
            encoder.encode_descriptor("peer_up", "Whether another home is linked", None, gauge.metric_type())?;
        for (home, figures) in &self.peers.lines {
            let labels = [("peer", home.as_str())];
            ConstGauge::new(i64::from(figures.is_up)).encode(up.encode_family(&labels)?)?;
        }
        self.waits(encoder)?;
        for (name, help, read) in LINES {
            self.lines(encoder, &format!("peer_{name}"), help, read)?;
        }
        let counter = ConstCounter::new(0_u64);
        let (help, kind) = ("Frames that were not taken, by reason", counter.metric_type());
        let mut refused = encoder.encode_descriptor("peer_frames_refused", help, None, kind)?;
        for (home, figures) in &self.peers.lines {
            for why in Refused::ALL {
                let labels = [("peer", home.as_str()), ("reason", why.as_str())];
                ConstCounter::new(figures.channel.refused(why)).encode(refused.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    /// Writes how long a word takes to each peer, and what waits for it.
    fn waits(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let kind = ConstGauge::new(0_f64).metric_type();
        let help = "Seconds that a word takes to another home and back";
        let mut trips = encoder.encode_descriptor("peer_round_trip_seconds", help, None, kind)?;
        for (home, figures) in &self.peers.lines {
            if let Some(took) = figures.round_trip {
                let labels = [("peer", home.as_str())];
                ConstGauge::new(took.as_secs_f64()).encode(trips.encode_family(&labels)?)?;
            }
        }
        let help = "Entries of the log to another home that it has not acknowledged";
        let mut queued = encoder.encode_descriptor("peer_queued", help, None, kind)?;
        for load in &self.peers.loads {
            let labels = [("peer", load.home.as_str())];
            let count = i64::try_from(load.queued).unwrap_or(i64::MAX);
            ConstGauge::new(count).encode(queued.encode_family(&labels)?)?;
        }
        let kind = ConstCounter::new(0_u64).metric_type();
        let help = "What was not told to another home, by reason";
        let mut dropped = encoder.encode_descriptor("peer_dropped", help, None, kind)?;
        let lines = self.peers.lines.iter().flat_map(|(home, figures)| {
            [(home, "too_large", figures.too_large), (home, "queue_full", figures.overflows)]
        });
        let logs = self.peers.loads.iter().map(|load| (&load.home, "log_full", load.dropped));
        for (home, reason, count) in lines.chain(logs) {
            let labels = [("peer", home.as_str()), ("reason", reason)];
            ConstCounter::new(count).encode(dropped.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn lines(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        read: fn(&LineFigures) -> u64,
    ) -> fmt::Result {
        let kind = ConstCounter::new(0_u64).metric_type();
        let mut family = encoder.encode_descriptor(name, help, None, kind)?;
        for (home, figures) in &self.peers.lines {
            let labels = [("peer", home.as_str())];
            ConstCounter::new(read(figures)).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn write(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

#[cfg(test)]
mod tests {
    use hes_engine::{Counters, Load, PeerLoad};

    use super::*;

    #[test]
    fn names_each_figure_with_its_kind() {
        let broker = Figures { connected: 3, messages_in: 7, dropped_away: 2, ..Figures::default() };
        let store = StoreFigures { commits: 5, failures: 0, refused: 0, panics: 0 };
        let elm = LineFigures { is_up: true, malformed: 4, overflows: 2, ..LineFigures::default() };
        let elm = LineFigures { round_trip: Some(std::time::Duration::from_millis(20)), ..elm };
        let home = || "elm".parse().unwrap();
        let peers = || PeersFigures {
            lines: vec![(home(), elm)],
            loads: vec![PeerLoad { home: home(), is_linked: true, queued: 6, dropped: 1 }],
            counters: Counters { events_repeated: 8, ..Counters::default() },
            load: Load { mirrored: 9, ..Load::default() },
            ..PeersFigures::default()
        };
        let text = page(Some(broker), store, peers());
        for line in [
            "# TYPE hes_broker_clients_connected gauge",
            "hes_broker_clients_connected 3",
            "hes_broker_messages_received_total 7",
            "hes_broker_drops_total{reason=\"away\"} 2",
            "hes_broker_messages_dropped_total 2",
            "hes_store_commits_total 5",
            "hes_peer_up{peer=\"elm\"} 1",
            "hes_peer_messages_malformed_total{peer=\"elm\"} 4",
            "hes_peers_lies_total 0",
            "hes_peers_signatures_total 0",
            "hes_peer_round_trip_seconds{peer=\"elm\"} 0.02",
            "hes_peer_queued{peer=\"elm\"} 6",
            "hes_peer_dropped_total{peer=\"elm\",reason=\"queue_full\"} 2",
            "hes_peer_dropped_total{peer=\"elm\",reason=\"log_full\"} 1",
            "hes_peer_frames_refused_total{peer=\"elm\",reason=\"repeated\"} 0",
            "hes_engine_homes_events_repeated_total 8",
            "hes_engine_mirrored 9",
            "# EOF",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        assert!(!page(None, store, peers()).contains("broker"));
    }
}
