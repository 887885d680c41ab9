//! Figures of measurements, and how they are printed.

use std::time::Duration;

/// The outcome of several rounds.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// What a figure is held against.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// It may be so much and no more.
    AtMost(f64),
    /// It has to be so much or more.
    AtLeast(f64),
}

impl Figure {
    /// Sums up rounds.
    #[must_use]
    pub fn of(mut rounds: Vec<f64>) -> Self {
        rounds.sort_by(f64::total_cmp);
        let at = |index: usize| rounds.get(index).copied().unwrap_or(f64::NAN);
        Self { median: at(rounds.len() / 2), least: at(0), most: at(rounds.len().saturating_sub(1)) }
    }

    /// Holds each round of one against the round of the other that ran beside it.
    #[must_use]
    pub fn ratio(these: &[f64], those: &[f64]) -> Self {
        Self::of(these.iter().zip(those).map(|(this, that)| this / that).collect())
    }

    /// Prints the figure beside its goal.
    pub fn against(self, goal: Goal, unit: &str, what: &str) {
        let verdict = if goal.is_met(self.median) { "  met " } else { "MISSED" };
        println!("{verdict}  goal {goal} {self}{unit}  {what}");
    }

    /// Prints the figure alone.
    pub fn alone(self, unit: &str, what: &str) {
        println!("                         {self}{unit}  {what}");
    }
}

impl Goal {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
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

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {most:<7}"),
            Self::AtLeast(least) => write!(f, ">= {least:<7}"),
        }
    }
}

/// Prints what the figures below it have in common.
pub fn heading(text: &str) {
    println!("\n{text}");
}

/// Prints that something could not be measured.
pub fn skipped(what: &str, why: &str) {
    println!("skipped: {what}, because {why}");
}

/// Returns a time in microseconds.
#[must_use]
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Returns the time that so many of a hundred do not exceed.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
