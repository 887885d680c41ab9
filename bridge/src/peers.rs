//! Other homes' gateways: who they are, and how they are spoken to without anybody else hearing or changing it.
//!
//! `keys` are this home's own, `book` holds what is known of others', `notary` signs and verifies for the engine. A
//! `channel` seals what goes to one peer, over whatever carries it; `pairing` is how two homes come to know each other's
//! keys, with an `invitation`.
//!
//! Architecture invariant: nothing in here opens a socket or looks at a clock.

pub mod book;
pub mod channel;
pub mod invitation;
mod jws;
pub mod keys;
pub mod notary;
pub mod pairing;
pub mod station;
#[cfg(test)]
mod trial;
pub mod words;
