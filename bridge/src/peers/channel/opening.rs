//! The opener's side of a handshake.

use hes_schemas::Timestamp;
use snow::HandshakeState;

use super::{
    Way,
    credentials::{Credentials, verify},
    figures::Refused,
    frame::{Frame, Kind},
    noise::{CHANNEL, Terms, read, remote, write},
    session::Session,
};
use crate::peers::jws::Refusal;

/// A handshake that was begun, and has not been answered yet.
///
/// It holds no state but the chance that it began with, so that any number of answers can be held against it.
#[derive(Debug)]
pub(super) struct Opening {
    id: u64,
    chance: [u8; 32],
    init: Vec<u8>,
}

impl Opening {
    pub(super) fn begin(way: &Way) -> Option<Self> {
        let (id, chance) = (way.draw_id()?, (way.station.chance)()?);
        let (_, message) = start(way, chance).ok()?;
        let init = Frame { kind: Kind::Init, session: id, number: 0, body: &message }.encode();
        Some(Self { id, chance, init })
    }

    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn frame(&self) -> Vec<u8> {
        self.init.clone()
    }

    /// Takes the answer; returns the session that it leads to, and the last frame of the handshake.
    pub(super) fn answered(
        &self,
        way: &Way,
        own: &mut Credentials,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(Session, Vec<u8>), Refused> {
        let broken = |_why| Refused::Broken;
        let (mut state, _) = start(way, self.chance).map_err(broken)?;
        let payload = read(&mut state, body).map_err(broken)?;
        let voice = remote(&state).ok_or(Refused::Broken)?;
        way.prove(&voice, &payload, now)?;
        let (key, shown) = own.show(&way.station, &way.peer, way.side, now).ok_or(Refused::Broken)?;
        let message = write(&mut state, shown.as_bytes()).map_err(broken)?;
        let last = Frame { kind: Kind::Final, session: self.id, number: 0, body: &message }.encode();
        let session = Session::new(self.id, state, key, now).ok_or(Refused::Broken)?;
        Ok((session, last))
    }
}

fn start(way: &Way, chance: [u8; 32]) -> Result<(HandshakeState, Vec<u8>), snow::Error> {
    let prologue = way.prologue();
    let terms = Terms { pattern: CHANNEL, voice: &way.station.voice, prologue: &prologue, secret: None, chance };
    let mut state = terms.initiator()?;
    let message = write(&mut state, &[])?;
    Ok((state, message))
}

impl Way {
    /// Verifies that a voice is the peer's, and remembers what that shows.
    pub(super) fn prove(&self, voice: &[u8; 32], payload: &[u8], now: Timestamp) -> Result<(), Refused> {
        let identity = self.station.book.identity(&self.peer).ok_or(Refused::Unproven)?;
        let text = std::str::from_utf8(payload).map_err(|_why| Refused::Unproven)?;
        let proven = verify(&self.station, (&self.peer, &identity), self.side.other(), voice, text, now);
        let certificate = proven.map_err(|why| match why {
            Refusal::Time => Refused::Untimely,
            Refusal::Form | Refusal::Key | Refusal::Signature | Refusal::Claim(_) => Refused::Unproven,
        })?;
        self.station.book.learn(&self.peer, certificate);
        Ok(())
    }
}
