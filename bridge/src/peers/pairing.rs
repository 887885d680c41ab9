//! Pairing: how two homes come to know each other's identity, with an invitation and two people.
//!
//! `Noise_XXpsk3`, with the secret of the invitation. The guest knows the host's fingerprint from the code; the host knows
//! of the guest that it has seen the code. Whether it was the guest alone is for the owners to say, who compare a number
//! computed from both identities. It is short, so neither side may choose what goes into it after it has seen the other's:
//! the guest commits itself in the first message to what it shows in the third, and the host shows its own in between.
//!
//! Architecture invariant: a pairing gives no trust; that is for whoever pins what it leads to.

mod card;
mod hosting;
mod joining;

use std::fmt;

use hes_schemas::HomeId;
use sha2::{Digest, Sha256};

pub use self::{
    hosting::{Hosting, Used},
    joining::Joining,
};
use super::keys::PublicKey;

/// What a pairing leads to, if both owners see the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paired {
    /// The other home.
    pub home: HomeId,
    /// Its identity, to be pinned once the number is confirmed.
    pub identity: PublicKey,
    /// The number that both owners are to see.
    pub number: Number,
}

/// A number for people to compare.
///
/// Shape: `123 456`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(u32);

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairEvent {
    /// Send this frame to the other home.
    Send(Vec<u8>),
    /// The other home has shown who it is; its owner sees the same number, if it is the right one.
    Paired(Box<Paired>),
    /// It cannot come to anything; why.
    Failed(&'static str),
}

/// One side of what the number is computed from.
#[derive(Clone, Copy)]
struct Shown<'s> {
    home: &'s HomeId,
    identity: &'s PublicKey,
    nonce: &'s [u8; 32],
}

impl Number {
    /// Says whether a person has read this number; spaces do not count.
    #[must_use]
    pub fn is_read(self, text: &str) -> bool {
        let digits: String = text.chars().filter(|sign| !sign.is_whitespace() && *sign != '-').collect();
        digits == format!("{:06}", self.0)
    }

    /// Reads one as it is written, with spaces or without; nothing if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = Self(text.split_whitespace().collect::<String>().parse().ok()?);
        number.is_read(text).then_some(number)
    }

    fn of(guest: Shown<'_>, host: Shown<'_>) -> Self {
        let mut hash = Sha256::new_with_prefix("hes-pair/1 number");
        for Shown { home, identity, nonce } in [guest, host] {
            hash.update(format!("\n{home}\n{}\n", identity.id()));
            hash.update(nonce);
        }
        let first = hash.finalize().first_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
        Self(u32::try_from(first % 1_000_000).unwrap_or_default())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

/// Returns what the guest commits itself by.
fn commitment(identity: &PublicKey, nonce: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix("hes-pair/1 commitment");
    hash.update(format!("\n{}\n", identity.id()));
    hash.update(nonce);
    hash.finalize().into()
}

fn prologue(root: &str, guest: &HomeId, host: &HomeId) -> Vec<u8> {
    format!("hes-pair/1\n{root}\n{guest}\n{host}").into_bytes()
}

#[cfg(test)]
mod tests;
