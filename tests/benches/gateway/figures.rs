//! Figures, and how they are printed.

use std::time::Duration;

/// The outcome of several rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    /// The middle one.
    pub(crate) median: f64,
    /// The least.
    pub(crate) least: f64,
    /// The most.
    pub(crate) most: f64,
}

impl Figure {
    /// Sums up rounds.
    pub(crate) fn of(mut rounds: Vec<f64>) -> Self {
        rounds.sort_by(f64::total_cmp);
        let at = |index: usize| rounds.get(index).copied().unwrap_or(f64::NAN);
        Self { median: at(rounds.len() / 2), least: at(0), most: at(rounds.len().saturating_sub(1)) }
    }

    /// Prints the figure beside its goal, which is the most that it may be.
    pub(crate) fn against(self, goal: f64, unit: &str, what: &str) {
        let verdict = if self.median <= goal { "  met " } else { "MISSED" };
        println!("{verdict}  goal <= {goal:<7} {self}{unit}  {what}");
    }

    /// Prints the figure alone.
    pub(crate) fn alone(self, unit: &str, what: &str) {
        println!("                         {self}{unit}  {what}");
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = if self.median < 20.0 { 2 } else { 0 };
        let Self { median, least, most } = self;
        if (most - least).abs() < f64::EPSILON {
            return write!(f, "{median:>8.digits$}");
        }
        write!(f, "{median:>8.digits$} ({least:.digits$} to {most:.digits$})")
    }
}

/// Prints what the figures below it have in common.
pub(crate) fn heading(text: &str) {
    println!("\n{text}");
}

/// Prints that something could not be measured.
pub(crate) fn skipped(what: &str, why: &str) {
    println!("skipped: {what}, because {why}");
}

/// Returns a time in microseconds.
pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Returns the time that so many of a hundred do not exceed.
pub(crate) fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
