//! Which frames have come already.

/// How far behind the newest a frame may come.
pub(super) const WIDTH: u64 = 2_048;
const WORDS: usize = 32;

/// The frames that have come, among the newest.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    /// One more than the newest.
    next: u64,
    seen: [u64; WORDS],
}

impl Window {
    /// Says whether a frame has not come yet, and is not too old to tell.
    pub(super) fn is_new(&self, number: u64) -> bool {
        number >= self.next || (self.next - number <= WIDTH && !self.has(number))
    }

    /// Notes that it has come; only what is proven to be the peer's may be noted.
    pub(super) fn note(&mut self, number: u64) {
        if number >= self.next {
            let gap = number - self.next;
            for skipped in 0..gap.min(WIDTH) {
                self.put(self.next + skipped, 0);
            }
            self.next = number.saturating_add(1);
        }
        self.put(number, 1);
    }

    fn has(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.seen.get(word).is_some_and(|seen| seen >> bit & 1 == 1)
    }

    fn put(&mut self, number: u64, mark: u64) {
        let (word, bit) = place(number);
        if let Some(seen) = self.seen.get_mut(word) {
            *seen = *seen & !(1 << bit) | mark << bit;
        }
    }
}

fn place(number: u64) -> (usize, u64) {
    let at = number % WIDTH;
    (usize::try_from(at / 64).unwrap_or_default(), at % 64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_each_frame_once_however_they_are_mixed() {
        let leap = prop_oneof![0..8_u64, 0..3 * WIDTH];
        proptest!(|(steps in proptest::collection::vec((any::<bool>(), leap), 1..400))| {
            let (mut window, mut seen, mut newest) = (Window::default(), BTreeSet::new(), 0_u64);
            for (ahead, by) in steps {
                let number = if ahead { newest + by } else { newest.saturating_sub(by) };
                let is_told = number + WIDTH > newest || newest == 0;
                let is_new = window.is_new(number);
                prop_assert!(!is_new || !seen.contains(&number), "{number} twice");
                prop_assert!(is_new || seen.contains(&number) || !is_told, "{number} never");
                if is_new {
                    window.note(number);
                    seen.insert(number);
                    newest = newest.max(number);
                }
            }
        });
    }
}
