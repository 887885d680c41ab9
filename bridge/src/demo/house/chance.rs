//! Chance that repeats itself for the same seed.

use hes_schemas::Millis;

/// A small generator of numbers that look random (xorshift*); never for secrets.
///
/// Source: G. Marsaglia, "Xorshift RNGs", 2003; the multiplier is S. Vigna's.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Starts from a seed; zero, from which it would never move, becomes one.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(if seed == 0 { 1 } else { seed })
    }

    /// Picks a number from `low` up to but without `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        const STEPS: f64 = 4_294_967_296.0;
        let step = u32::try_from(self.draw() >> 32).unwrap_or(0);
        low + (high - low) * (f64::from(step) / STEPS)
    }

    /// Picks a span from `low` up to but without `high` seconds.
    pub(crate) fn seconds(&mut self, low: u32, high: u32) -> Millis {
        let width = Millis::from_secs(high.saturating_sub(low)).get().max(1);
        Millis::new(Millis::from_secs(low).get().saturating_add(self.draw() % width))
    }

    /// Picks one of some; nothing if there is none.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let count = u64::try_from(choices.len()).ok()?;
        let pick = usize::try_from(self.draw().checked_rem(count)?).ok()?;
        choices.get(pick).copied()
    }

    const fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_picks() {
        let picks = |seed| {
            let mut chance = Chance::new(seed);
            (0..20).map(|_| chance.between(-1.0, 1.0)).collect::<Vec<_>>()
        };
        assert_eq!(picks(7), picks(7));
        assert_ne!(picks(7), picks(8));
    }

    #[test]
    fn picks_stay_within_their_bounds() {
        let mut chance = Chance::new(0);
        for _ in 0..1000 {
            assert!((5.0..6.0).contains(&chance.between(5.0, 6.0)));
            assert!((2000..3000).contains(&chance.seconds(2, 3).get()));
            assert!(chance.one_of(&[1, 2]).is_some());
        }
        assert_eq!(chance.one_of::<u8>(&[]), None);
    }
}
