//! What channels count.

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is no frame of this version, or is too large.
    Malformed,
    /// It is nothing that this side is told, or was not asked for.
    Unasked,
    /// It belongs to a session that is not known.
    Unknown,
    /// It came before, or is too old to tell.
    Repeated,
    /// Its seal is not the peer's.
    Forged,
    /// The handshake does not go on like this.
    Broken,
    /// The handshake does not prove that it is the peer's.
    Unproven,
    /// The peer has proven itself by a key that does not hold at this time of day.
    Untimely,
    /// There are too many of its kind.
    TooMany,
}

/// How much of what there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Handshakes that were begun or answered.
    pub handshakes_begun: u64,
    /// Handshakes that both sides proved themselves in.
    pub handshakes: u64,
    /// Messages that were sealed.
    pub sealed: u64,
    /// Messages that were opened.
    pub opened: u64,
    refused: [u64; 9],
}

impl Refused {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 9] = [
        Self::Malformed,
        Self::Unasked,
        Self::Unknown,
        Self::Repeated,
        Self::Forged,
        Self::Broken,
        Self::Unproven,
        Self::Untimely,
        Self::TooMany,
    ];

    /// Returns the name that figures have it under.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unasked => "unasked",
            Self::Unknown => "unknown",
            Self::Repeated => "repeated",
            Self::Forged => "forged",
            Self::Broken => "broken",
            Self::Unproven => "unproven",
            Self::Untimely => "untimely",
            Self::TooMany => "too_many",
        }
    }
}

impl Figures {
    /// Returns how many frames were refused for a reason.
    #[must_use]
    pub fn refused(&self, why: Refused) -> u64 {
        self.refused_of(why).unwrap_or_default()
    }

    /// Returns how many frames were refused.
    #[must_use]
    pub fn all_refused(&self) -> u64 {
        self.refused.iter().sum()
    }

    pub(super) fn refuse(&mut self, why: Refused) {
        let at = Refused::ALL.into_iter().position(|it| it == why);
        if let Some(count) = at.and_then(|at| self.refused.get_mut(at)) {
            *count += 1;
        }
    }

    fn refused_of(&self, why: Refused) -> Option<u64> {
        let at = Refused::ALL.into_iter().position(|it| it == why)?;
        self.refused.get(at).copied()
    }
}
