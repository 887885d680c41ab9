//! Which figure is told on which topic.

use std::time::Duration;

use super::load::Load;
use crate::figures::Figures;

/// The figures of a moment.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) figures: Figures,
    pub(crate) uptime: Duration,
    pub(crate) loads: Vec<Load>,
}

/// Returns all topics behind `$SYS/broker/`, each with what is told there; those below `hes/` are ours alone.
pub(crate) fn topics(moment: &Moment) -> impl Iterator<Item = (String, String)> {
    let seconds = format!("{} seconds", moment.uptime.as_secs());
    let fixed = [("version", concat!("hes-bridge ", env!("CARGO_PKG_VERSION")).to_owned()), ("uptime", seconds)];
    let fixed = fixed.into_iter().map(|(topic, payload)| (topic.to_owned(), payload));
    let counts = counts(&moment.figures).into_iter().map(|(topic, count)| (topic.to_owned(), count.to_string()));
    let loads = moment.loads.iter().flat_map(|load| {
        let name = load.name;
        load.averages().map(move |(span, value)| (format!("load/{name}/{span}"), format!("{value:.2}")))
    });
    fixed.chain(counts).chain(loads.collect::<Vec<_>>())
}

fn counts(figures: &Figures) -> Vec<(&'static str, u64)> {
    let Figures {
        connected,
        most_connected,
        accepted,
        refused,
        violations,
        taken_over,
        slowed,
        too_slow,
        packets_in,
        packets_out,
        messages_in,
        messages_out,
        bytes_in,
        bytes_out,
        kept_sessions,
        away,
        queued,
        subscriptions,
        dropped_queue_full,
        dropped_session_full,
        dropped_away,
        dropped_unshared,
        dropped_not_permitted,
        dropped_expired,
        dropped_too_large,
        dropped_router_full,
        refused_publishes,
        refused_subscriptions,
        retained,
        filters,
        router_rebuilds,
    } = *figures;
    vec![
        ("clients/connected", connected),
        ("clients/disconnected", away),
        ("clients/total", connected + away),
        ("clients/maximum", most_connected),
        ("messages/received", packets_in),
        ("messages/sent", packets_out + messages_out),
        ("messages/stored", retained + queued),
        ("publish/messages/received", messages_in),
        ("publish/messages/sent", messages_out),
        ("publish/messages/dropped", figures.dropped()),
        ("bytes/received", bytes_in),
        ("bytes/sent", bytes_out),
        ("subscriptions/count", subscriptions),
        ("retained messages/count", retained),
        ("hes/connections/accepted", accepted),
        ("hes/connections/refused", refused),
        ("hes/connections/broken_rules", violations),
        ("hes/connections/taken_over", taken_over),
        ("hes/connections/too_slow", too_slow),
        ("hes/sessions/kept", kept_sessions),
        ("hes/queued/messages", queued),
        ("hes/publishers_slowed", slowed),
        ("hes/refused/publishes", refused_publishes),
        ("hes/refused/subscriptions", refused_subscriptions),
        ("hes/dropped/queue_full", dropped_queue_full),
        ("hes/dropped/session_full", dropped_session_full),
        ("hes/dropped/away", dropped_away),
        ("hes/dropped/unshared", dropped_unshared),
        ("hes/dropped/not_permitted", dropped_not_permitted),
        ("hes/dropped/expired", dropped_expired),
        ("hes/dropped/too_large", dropped_too_large),
        ("hes/dropped/router_full", dropped_router_full),
        ("hes/filters", filters),
        ("hes/router/rebuilds", router_rebuilds),
    ]
}
