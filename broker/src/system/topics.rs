//! All that is told below `$SYS`.

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

/// Returns all topics behind `$SYS/broker/`, each with what is told there.
pub(crate) fn topics(moment: &Moment) -> impl Iterator<Item = (String, String)> {
    let seconds = format!("{} seconds", moment.uptime.as_secs());
    let fixed = [("version", concat!("hes-bridge ", env!("CARGO_PKG_VERSION")).to_owned()), ("uptime", seconds)];
    let fixed = fixed.into_iter().map(|(topic, payload)| (topic.to_owned(), payload));
    let counts = moment.figures.told().chain(sums(&moment.figures));
    let counts = counts.map(|(topic, count)| (topic.to_owned(), count.to_string()));
    let loads = moment.loads.iter().flat_map(|load| {
        let name = load.name;
        load.averages().map(move |(span, value)| (format!("load/{name}/{span}"), format!("{value:.2}")))
    });
    fixed.chain(counts).chain(loads.collect::<Vec<_>>())
}

/// Returns what other brokers tell too and is a sum here.
fn sums(figures: &Figures) -> [(&'static str, u64); 4] {
    [
        ("clients/total", figures.connected + figures.away),
        ("messages/sent", figures.packets_out + figures.messages_out),
        ("messages/stored", figures.retained + figures.queued),
        ("publish/messages/dropped", figures.dropped()),
    ]
}
