//! How much happens in a minute, on the average of the last 1, 5 and 15.

use std::time::{Duration, Instant};

use crate::figures::Figures;

/// The averages that are kept, by their names.
const SPANS: [(&str, f64); 3] = [("1min", 60.0), ("5min", 300.0), ("15min", 900.0)];

/// What is counted by the minute, and how it is read.
type Measure = (&'static str, fn(&Figures) -> u64);

const MEASURES: [Measure; 7] = [
    ("messages/received", |figures| figures.packets_in),
    ("messages/sent", |figures| figures.packets_out + figures.messages_out),
    ("publish/received", |figures| figures.messages_in),
    ("publish/sent", |figures| figures.messages_out),
    ("bytes/received", |figures| figures.bytes_in),
    ("bytes/sent", |figures| figures.bytes_out),
    ("connections", |figures| figures.accepted),
];

/// One thing's averages by the minute.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) name: &'static str,
    last: u64,
    averages: [f64; 3],
}

/// All averages.
#[derive(Debug)]
pub(crate) struct Loads {
    at: Instant,
    loads: Vec<Load>,
}

impl Load {
    /// Returns the averages with their names.
    pub(crate) fn averages(&self) -> impl Iterator<Item = (&'static str, f64)> {
        SPANS.into_iter().map(|(name, _)| name).zip(self.averages)
    }

    /// An average forgets what is older than its span, the older the more.
    fn look(&mut self, count: u64, passed: Duration) {
        let more = u32::try_from(count.saturating_sub(self.last)).unwrap_or(u32::MAX);
        let by_minute = f64::from(more) / passed.as_secs_f64().max(0.001) * 60.0;
        self.last = count;
        for (average, (_, span)) in self.averages.iter_mut().zip(SPANS) {
            *average = by_minute + (*average - by_minute) * (-passed.as_secs_f64() / span).exp();
        }
    }
}

impl Loads {
    pub(crate) fn new(now: Instant) -> Self {
        let loads = MEASURES.map(|(name, _)| Load { name, last: 0, averages: [0.0; 3] });
        Self { at: now, loads: loads.to_vec() }
    }

    /// Takes in what has been counted until now, and returns the averages.
    pub(crate) fn look(&mut self, now: Instant, figures: &Figures) -> Vec<Load> {
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        for (load, (_, read)) in self.loads.iter_mut().zip(MEASURES) {
            load.look(read(figures), passed);
        }
        self.loads.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_come_near_to_what_goes_on_and_forget_what_does_not() {
        let start = Instant::now();
        let mut loads = Loads::new(start);
        let mut at = |minutes: u32, messages_in: u64| {
            let figures = Figures { messages_in, ..Figures::default() };
            let loads = loads.look(start + Duration::from_secs(60) * minutes, &figures);
            let load = loads.iter().find(|load| load.name == "publish/received").unwrap();
            load.averages().map(|(_, average)| average).collect::<Vec<_>>()
        };
        for minute in 1..=60 {
            at(minute, u64::from(minute) * 100);
        }
        assert!(at(61, 6_100).into_iter().all(|average| (98.0..=100.0).contains(&average)));
        let later = at(66, 6_100);
        assert!(later[0] < 1.0 && (30.0..40.0).contains(&later[1]) && later[2] > 60.0, "{later:?}");
    }
}
