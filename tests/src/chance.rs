//! Chance that a seed decides, so that a failure comes again.

/// A stream of numbers that look random.
///
/// Source: `SplitMix64` of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins a stream.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below a bound that is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.number() % bound).unwrap_or_default()
    }

    /// Returns any byte.
    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.number() & 0xff).unwrap_or_default()
    }

    /// Picks one of several.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        choices.get(self.below(choices.len())).expect("there is something to pick")
    }
}
