//! A session: what one handshake led to, and what is sealed by it.

use std::fmt;

use hes_schemas::{Millis, Timestamp};
use snow::{HandshakeState, StatelessTransportState};

use super::{
    LARGEST,
    figures::Refused,
    frame::{Frame, Kind},
    noise::remote,
    window::Window,
};
use crate::peers::keys::KeyId;

/// How many frames one side seals by one session, at most.
const FRAMES: u64 = 1 << 32;

/// How many are kept back, for the time that another handshake takes.
const RESERVE: u64 = 1 << 20;

/// How old a session becomes before another is wanted.
const OLD: Millis = Millis::from_secs(24 * 3_600);

/// How old it becomes at most.
const END: Millis = Millis::from_secs(25 * 3_600);

/// The bytes that are sealed at once, and those that the seal adds.
const PIECE: usize = 65_519;
const SEAL: usize = 16;

/// The bytes before what is said: which word, and how long it is.
const HEAD: usize = 5;

/// What a sealed frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// It carries a message.
    Message,
    /// Do you hear me on this session? Say so.
    Confirm,
    /// I do.
    Confirmed,
    /// Please begin another handshake.
    Renew,
}

pub(super) struct Session {
    id: u64,
    noise: StatelessTransportState,
    /// By which voice the other side spoke in the handshake.
    pub(super) voice: [u8; 32],
    /// Which own key vouched for this side.
    pub(super) key: KeyId,
    made: Timestamp,
    sent: u64,
    window: Window,
}

impl Word {
    const ALL: [(Self, u8); 4] = [(Self::Message, 0), (Self::Confirm, 1), (Self::Confirmed, 2), (Self::Renew, 3)];

    fn code(self) -> u8 {
        Self::ALL.into_iter().find(|(word, _)| *word == self).map_or(u8::MAX, |(_, code)| code)
    }
}

impl Session {
    /// Makes one of a handshake that is complete; whose voice it is has been proven.
    pub(super) fn new(id: u64, state: HandshakeState, key: KeyId, now: Timestamp) -> Option<Self> {
        let voice = remote(&state)?;
        let noise = state.into_stateless_transport_mode().ok()?;
        Some(Self { id, noise, voice, key, made: now, sent: 0, window: Window::default() })
    }

    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    /// Says whether another is wanted.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        now.since(self.made) >= OLD || self.sent >= FRAMES - RESERVE
    }

    /// Says whether it may not be used any more.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.made) >= END
    }

    /// Returns when another is wanted.
    pub(super) fn ages(&self) -> Timestamp {
        self.made + OLD
    }

    /// Returns when it ends.
    pub(super) fn ends(&self) -> Timestamp {
        self.made + END
    }

    /// Seals a frame; nothing if the session is used up.
    pub(super) fn seal(&mut self, word: Word, said: &[u8]) -> Option<Vec<u8>> {
        if self.sent >= FRAMES || said.len() > LARGEST {
            return None;
        }
        let number = self.sent;
        self.sent += 1;
        let mut plain = Vec::with_capacity(HEAD + said.len());
        plain.push(word.code());
        plain.extend(u32::try_from(said.len()).ok()?.to_be_bytes());
        plain.extend(said);
        let mut body = Vec::with_capacity(plain.len() + SEAL * (plain.len() / PIECE + 1));
        for (nonce, piece) in nonces(number).zip(plain.chunks(PIECE)) {
            let at = body.len();
            body.resize(at + piece.len() + SEAL, 0);
            self.noise.write_message(nonce, piece, body.get_mut(at..)?).ok()?;
        }
        Some(Frame { kind: Kind::Sealed, session: self.id, number, body: &body }.encode())
    }

    /// Opens a frame, once.
    pub(super) fn open(&mut self, number: u64, body: &[u8]) -> Result<(Word, Vec<u8>), Refused> {
        if number >= FRAMES || !self.window.is_new(number) {
            return Err(Refused::Repeated);
        }
        let mut plain = Vec::with_capacity(body.len());
        for (nonce, piece) in nonces(number).zip(body.chunks(PIECE + SEAL)) {
            let at = plain.len();
            plain.resize(at + piece.len(), 0);
            let room = plain.get_mut(at..).ok_or(Refused::Forged)?;
            let length = self.noise.read_message(nonce, piece, room).map_err(|_why| Refused::Forged)?;
            plain.truncate(at + length);
        }
        let opened = split(&plain).ok_or(Refused::Forged)?;
        self.window.note(number);
        Ok(opened)
    }
}

/// Returns the nonces of the pieces of a frame; no two frames of a side have one in common.
fn nonces(number: u64) -> impl Iterator<Item = u64> {
    (0..16).map(move |piece| number << 4 | piece)
}

/// Takes what was sealed apart; a frame that was cut short between two pieces has the wrong length.
fn split(plain: &[u8]) -> Option<(Word, Vec<u8>)> {
    let (&[code, a, b, c, d], said) = plain.split_first_chunk::<HEAD>()?;
    let (word, _) = Word::ALL.into_iter().find(|(_, it)| *it == code)?;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    (length == said.len()).then(|| (word, said.to_vec()))
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("sent", &self.sent).finish_non_exhaustive()
    }
}
