//! The figures of the engine.

use std::fmt;

use hes_engine::{Counters, Load};
use prometheus_client::{
    encoding::DescriptorEncoder,
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

use super::{Figure, Snapshot, write};

/// What the engine is at.
const LOAD: [Figure<Load>; 8] = [
    ("requests", "Requests that wait for devices", |it| count(it.requests)),
    ("lane_longest", "Requests that wait for the device for which most do", |it| count(it.longest_lane)),
    ("answers", "Answers remembered for requests that come again", |it| count(it.answers)),
    ("subscriptions", "Subscriptions to notifications", |it| count(it.subscriptions)),
    ("values_told", "Values remembered for subscriptions with an interval or a delta", |it| count(it.told)),
    ("mirrored", "What other homes retain, as it is shown here", |it| count(it.mirrored)),
    ("parcels", "What waits for the home for which most does", |it| count(it.parcels)),
    ("timers", "What is to be done later", |it| count(it.timers)),
];

const EVENTS: [Figure<Counters>; 27] = [
    ("requests_received", "Requests that came in", |it| it.requests),
    ("answers_sent", "Final answers that went out", |it| it.answers),
    ("requests_unanswerable", "Requests without a place for an answer", |it| it.unanswerable),
    ("requests_repeated", "Requests that came again and were not carried out again", |it| it.repeated),
    ("requests_retained", "Retained requests refused", |it| it.retained_refused),
    ("changes", "Changes of properties", |it| it.changes),
    ("notifications_sent", "Notifications sent", |it| it.notifications),
    ("reports_unreadable", "Messages of clusters that could not be understood", |it| it.unreadable),
    ("reports_unknown", "Reports about what nobody described", |it| it.unknown_reports),
    ("answers_forgotten", "Answers forgotten before their time for want of room", |it| it.answers_forgotten),
    ("intervals_forgotten", "Values told without being remembered, for want of room", |it| it.intervals_forgotten),
    ("homes_states_repeated", "Parts of states that were not the next ones", |it| it.states_repeated),
    ("homes_entries_repeated", "Entries of logs that were not the next ones", |it| it.entries_repeated),
    ("homes_entries_lost", "Times that a log told of entries that its home had given up", |it| it.entries_lost),
    ("homes_parcels_dropped", "Entries of logs given up for want of room", |it| it.parcels_dropped),
    ("homes_events_repeated", "Events of other homes that came again by another way", |it| it.events_repeated),
    ("homes_events_dropped", "Events of other homes that there was no room to remember", |it| it.events_dropped),
    ("homes_mirrors_dropped", "What other homes retain that there was no room for", |it| it.mirrors_dropped),
    ("homes_unproven", "What was said of federations and tokens without right or proof", |it| it.unproven),
    ("homes_federations_forgotten", "Ended federations forgotten for want of room", |it| it.federations_forgotten),
    ("homes_tokens_issued", "Tokens issued to other homes", |it| it.tokens_issued),
    ("homes_tokens_refused", "Tokens refused to other homes", |it| it.tokens_refused),
    ("homes_tokens_dropped", "Wishes for tokens that came too fast", |it| it.tokens_dropped),
    ("homes_left_out", "Things not told because they are larger than the other home takes", |it| it.left_out),
    ("homes_asks_refused", "Requests of other homes that were not looked at", |it| it.asks_refused),
    ("homes_replies_unknown", "Answers of other homes to what they were not asked", |it| it.replies_unknown),
    ("homes_notifications_refused", "Notifications that are not the sender's, or late", |it| it.notifications_refused),
];

impl Snapshot {
    pub(super) fn engine(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, read) in LOAD {
            let value = i64::try_from(read(&self.peers.load)).unwrap_or(i64::MAX);
            write(encoder, &format!("engine_{name}"), help, &ConstGauge::new(value))?;
        }
        for (name, help, read) in EVENTS {
            write(encoder, &format!("engine_{name}"), help, &ConstCounter::new(read(&self.peers.counters)))?;
        }
        Ok(())
    }
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
