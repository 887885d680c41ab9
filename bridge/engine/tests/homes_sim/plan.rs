//! A plan: what a seed decides before anything happens.

use std::{collections::BTreeSet, fmt};

use crate::{chance::Chance, topology::Topology};

/// One life of some homes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) homes: usize,
    pub(crate) topology: Topology,
    /// Everybody gives everything to everybody, and everything is passed on.
    pub(crate) is_open: bool,
    /// Which home is hostile.
    pub(crate) liar: Option<usize>,
    pub(crate) steps: u32,
    /// Steps that are left out.
    pub(crate) without: BTreeSet<u32>,
}

impl Plan {
    pub(crate) fn new(seed: u64, steps: u32) -> Self {
        let mut chance = Chance::of_step(seed, u32::MAX - 1);
        let homes = if chance.once_in(3) { 2 } else { 2 + chance.place(6) };
        let topology = Topology::any(&mut chance);
        let (is_open, is_hostile) = match chance.below(4) {
            0 => (true, false),
            1 => (false, true),
            _ => (false, false),
        };
        let liar = is_hostile.then(|| chance.place(homes));
        Self { seed, homes, topology, is_open, liar, steps, without: BTreeSet::new() }
    }
}

impl fmt::Display for Plan {
    /// Prints how to live it again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HES_SEED={} HES_STEPS={}", self.seed, self.steps)?;
        if !self.without.is_empty() {
            let list: Vec<String> = spans(&self.without);
            write!(f, " HES_WITHOUT={}", list.join(","))?;
        }
        write!(f, " cargo test -p hes-engine --test homes_sim")
    }
}

/// Writes numbers as `3,7-9`.
fn spans(numbers: &BTreeSet<u32>) -> Vec<String> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => spans.push((*number, *number)),
        }
    }
    let text = |(first, last): (u32, u32)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
    spans.into_iter().map(text).collect()
}

/// Reads what [`spans`] writes.
pub(crate) fn read_spans(text: &str) -> BTreeSet<u32> {
    let number = |text: &str| -> u32 { text.trim().parse().unwrap() };
    let span =
        |text: &str| text.split_once('-').map_or_else(|| number(text)..=number(text), |(a, b)| number(a)..=number(b));
    text.split(',').filter(|text| !text.is_empty()).flat_map(span).collect()
}

#[test]
fn left_out_steps_are_read_as_they_are_written() {
    let numbers: BTreeSet<u32> = [1, 2, 3, 7, 9, 10].into();
    assert_eq!(spans(&numbers).join(","), "1-3,7,9-10");
    assert_eq!(read_spans("1-3,7,9-10"), numbers);
}
