//! Chance that a seed decides, so that a failure comes again.

/// A stream of numbers that look random.
///
/// Source: `SplitMix64` of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Begins the stream of one step, which is the same whatever other steps there are.
    pub(crate) fn of_step(seed: u64, step: u32) -> Self {
        let mut mixed = Self(seed ^ (u64::from(step) << 32));
        Self(mixed.number())
    }

    pub(crate) const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below a bound that is not 0.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// Says yes once in so many times.
    pub(crate) const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Returns a place in a list that is not empty.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.place(choices.len())]
    }

    /// Returns a span in milliseconds that is mostly short and now and then as long as it may be.
    pub(crate) const fn span(&mut self, longest: u64) -> u64 {
        let bound = if self.once_in(8) { longest } else { longest / 8 + 1 };
        1 + self.below(bound)
    }
}
