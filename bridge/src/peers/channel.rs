//! The sealed channel to one peer: what goes through it is the peer's, unchanged, once, and nobody else's to read.
//!
//! It moves bytes in and out and touches neither network nor clock; chance is drawn for handshakes alone. The home whose
//! id is lower opens, the other one asks it to, so that two handshakes never cross. A session goes on until a handshake
//! that both sides have proven themselves in has led to another, and each side has heard the other on it: whatever is
//! forged, lost or broken off before leaves it as it was. What is sealed costs no signature.

mod answering;
mod bucket;
mod credentials;
mod figures;
mod frame;
mod handshake;
mod noise;
mod opening;
mod session;
mod timing;
mod window;

use std::{cmp::Ordering, fmt, sync::Arc};

use hes_schemas::{HomeId, Millis, Timestamp};

use self::{
    answering::Answering,
    credentials::Credentials,
    opening::Opening,
    session::{Session, Word},
};
pub(super) use self::{
    bucket::Bucket,
    credentials::{Credentials as Proof, Side, verify},
    noise::{PAIRING, Terms, read, remote, write},
};
pub use self::{
    figures::{Figures, Refused},
    frame::{Frame, Kind, LARGEST_FRAME},
    noise::Voice,
};
use super::station::Station;

/// The largest message, in bytes.
pub const LARGEST: usize = 1_000_000;

/// How long the session before is still listened to.
const GRACE: Millis = Millis::from_secs(60);

/// How long to wait for an answer, at first and at most.
const SHORTEST: Millis = Millis::from_secs(1);
const LONGEST: Millis = Millis::from_secs(30);

/// How often the same beginning is sent before another one is made.
const SAME: u32 = 3;

/// How often the end of a handshake is sent again.
const REPEATS: u32 = 8;

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Send this frame to the peer.
    Send(Vec<u8>),
    /// The peer is there, and can be spoken to.
    Up,
    /// The peer says this.
    Message(Vec<u8>),
    /// The peer as it was is no more there; why.
    Down(&'static str),
}

/// Says why something cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The peer is not there.
    #[error("there is no session with the peer")]
    Down,
    /// It is too large.
    #[error("a message has {LARGEST} bytes at most")]
    TooLarge,
    /// The session is used up, and there is no other yet.
    #[error("the session is used up")]
    Spent,
}

/// The channel to one peer.
pub struct Channel {
    way: Way,
    own: Credentials,
    opening: Option<Opening>,
    answering: Answering,
    /// Both sides have proven themselves, and the peer has not been heard on it.
    candidate: Option<Candidate>,
    current: Option<Session>,
    previous: Option<(Session, Timestamp)>,
    wish: Option<Wish>,
    limits: Limits,
    figures: Figures,
}

/// Between whom it goes.
struct Way {
    station: Arc<Station>,
    peer: HomeId,
    side: Side,
}

struct Candidate {
    session: Session,
    /// The last frame of the handshake; the answerer has none.
    last: Option<Vec<u8>>,
    tries: u32,
    next: Timestamp,
}

/// Another session is wanted.
struct Wish {
    tries: u32,
    next: Timestamp,
}

/// How much of what anybody can send is listened to.
struct Limits {
    begun: Bucket,
    answered: Bucket,
    lost: Bucket,
    repeated: Bucket,
}

impl Channel {
    /// Makes the channel to a peer; nothing if it is this home itself.
    ///
    /// Who the peer is, is looked up in the station's book each time that it has to prove itself.
    #[must_use]
    pub fn new(station: Arc<Station>, peer: HomeId) -> Option<Self> {
        let side = match station.home().cmp(&peer) {
            Ordering::Less => Side::Opener,
            Ordering::Greater => Side::Answerer,
            Ordering::Equal => return None,
        };
        Some(Self {
            way: Way { station, peer, side },
            own: Credentials::default(),
            opening: None,
            answering: Answering::default(),
            candidate: None,
            current: None,
            previous: None,
            wish: None,
            limits: Limits::default(),
            figures: Figures::default(),
        })
    }

    /// Returns who is spoken to.
    #[must_use]
    pub const fn peer(&self) -> &HomeId {
        &self.way.peer
    }

    /// Says whether the peer can be spoken to.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.current.is_some()
    }

    /// Returns what was counted.
    #[must_use]
    pub const fn figures(&self) -> Figures {
        self.figures
    }

    /// Wants a session, and another one if there is one: to be called when there is a way to the peer, and when the keys
    /// have been rotated. It goes on trying until there is one.
    pub fn open(&mut self, now: Timestamp) -> Vec<Event> {
        self.opening = None;
        self.wish = Some(Wish { tries: 0, next: now });
        self.handle_timeout(now)
    }

    /// Takes a frame of the peer, or of somebody who says so.
    pub fn receive(&mut self, now: Timestamp, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let taken =
            Frame::decode(bytes).ok_or(Refused::Malformed).and_then(|frame| match (frame.kind, self.way.side) {
                (Kind::Sealed, _) => self.sealed(now, frame, &mut events),
                (Kind::Init, Side::Answerer) => self.begun(now, frame, &mut events),
                (Kind::Reply, Side::Opener) => self.answered(now, frame, &mut events),
                (Kind::Final, Side::Answerer) => self.finished(now, frame, &mut events),
                (Kind::Lost, Side::Opener) => self.lost(now, &mut events),
                (
                    Kind::Init
                    | Kind::Reply
                    | Kind::Final
                    | Kind::Lost
                    | Kind::PairInit
                    | Kind::PairReply
                    | Kind::PairFinal
                    | Kind::PairDone,
                    _,
                ) => Err(Refused::Unasked),
            });
        if let Err(why) = taken {
            self.figures.refuse(why);
        }
        events
    }

    /// Seals a message for the peer, as one frame.
    ///
    /// # Errors
    /// [`SealError`] if the peer is not there, or the message too large.
    pub fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        if message.len() > LARGEST {
            return Err(SealError::TooLarge);
        }
        let session = self.current.as_mut().ok_or(SealError::Down)?;
        let frame = session.seal(Word::Message, message).ok_or(SealError::Spent)?;
        self.figures.sealed += 1;
        Ok(frame)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        self.end_old(now, &mut events);
        self.renew_old(now);
        self.repeat_end(now, &mut events);
        if self.wish.as_ref().is_some_and(|wish| wish.next <= now) {
            self.knock(now, &mut events);
        }
        events
    }

    /// Returns when [`Channel::handle_timeout`] has something to do; nothing if never.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let wish = self.wish.as_ref().map(|wish| wish.next);
        let repeat = self.candidate.as_ref().filter(|it| it.tries < REPEATS).map(|it| it.next);
        let grace = self.previous.as_ref().map(|(_, until)| *until);
        let age = self.current.as_ref().map(|it| if self.wish.is_some() { it.ends() } else { it.ages() });
        [wish, repeat, grace, age].into_iter().flatten().min()
    }
}

impl Way {
    fn draw_id(&self) -> Option<u64> {
        let drawn = (self.station.chance)()?;
        drawn.first_chunk::<8>().copied().map(u64::from_be_bytes)
    }

    /// Returns what both sides have to agree on before anything else.
    fn prologue(&self) -> Vec<u8> {
        let (own, peer) = (self.station.home().as_str(), self.peer.as_str());
        let (opener, answerer) = if own < peer { (own, peer) } else { (peer, own) };
        format!("hes-link/1\n{}\n{opener}\n{answerer}", self.station.root.as_str()).into_bytes()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            begun: Bucket::new(16, Millis::from_secs(1)),
            answered: Bucket::new(32, Millis::new(250)),
            lost: Bucket::new(4, Millis::from_secs(5)),
            repeated: Bucket::new(16, Millis::new(250)),
        }
    }
}

/// Returns how long to wait after so many tries, with up to a quarter of chance in it.
fn wait(tries: u32, chance: u64) -> Millis {
    let span = SHORTEST.get().saturating_mul(1_u64.checked_shl(tries).unwrap_or(u64::MAX)).min(LONGEST.get());
    Millis::new(span + span * (chance % 256) / 1_024)
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let current = self.current.as_ref().map(Session::id);
        f.debug_struct("Channel").field("peer", &self.way.peer).field("current", &current).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
