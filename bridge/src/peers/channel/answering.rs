//! The answerer's side of handshakes.

use std::{collections::VecDeque, fmt};

use hes_schemas::{Millis, Timestamp};
use snow::HandshakeState;

use super::{
    Way,
    credentials::Credentials,
    figures::Refused,
    frame::{Frame, Kind},
    noise::{CHANNEL, Terms, read, remote, write},
    session::Session,
};
use crate::peers::keys::KeyId;

/// How many handshakes may be half done; anybody who can publish can begin one.
const MOST: usize = 8;

/// How long one is kept from those that come after it.
const PATIENCE: Millis = Millis::from_secs(5);

/// Handshakes that were answered, and have not been proven to be the peer's.
#[derive(Debug, Default)]
pub(super) struct Answering(VecDeque<Half>);

/// A handshake after the second message.
///
/// It holds what that was made of, and no state of its own, so that any number of last messages can be held against it.
struct Half {
    id: u64,
    init: Vec<u8>,
    chance: [u8; 32],
    shown: String,
    key: KeyId,
    reply: Vec<u8>,
    made: Timestamp,
}

impl Answering {
    /// Returns what was answered to the same beginning before.
    pub(super) fn repeated(&self, id: u64, body: &[u8]) -> Option<Vec<u8>> {
        self.0.iter().find(|half| half.id == id && half.init == body).map(|half| half.reply.clone())
    }

    /// Answers the beginning of a handshake.
    pub(super) fn begun(
        &mut self,
        way: &Way,
        own: &mut Credentials,
        (id, body): (u64, &[u8]),
        now: Timestamp,
    ) -> Result<Vec<u8>, Refused> {
        self.make_room(now)?;
        let chance = (way.station.chance)().ok_or(Refused::Broken)?;
        let (key, shown) = own.show(&way.station, &way.peer, way.side, now).ok_or(Refused::Broken)?;
        let (_, message) = reply(way, chance, body, &shown).map_err(|_why| Refused::Broken)?;
        let reply = Frame { kind: Kind::Reply, session: id, number: 0, body: &message }.encode();
        self.0.push_back(Half { id, init: body.to_vec(), chance, shown, key, reply: reply.clone(), made: now });
        Ok(reply)
    }

    /// Takes the last message of a handshake; returns the session that it leads to.
    pub(super) fn finished(&mut self, way: &Way, id: u64, body: &[u8], now: Timestamp) -> Result<Session, Refused> {
        let mut refused = Refused::Unknown;
        for at in 0..self.0.len() {
            let Some(half) = self.0.get(at).filter(|half| half.id == id) else { continue };
            let Ok((state, payload)) = half.ended(way, body) else {
                refused = Refused::Broken;
                continue;
            };
            // whoever wrote this also began it: there is nobody else to wait for
            let half = self.0.remove(at).ok_or(Refused::Broken)?;
            let voice = remote(&state).ok_or(Refused::Broken)?;
            way.prove(&voice, &payload, now)?;
            return Session::new(id, state, half.key, now).ok_or(Refused::Broken);
        }
        Err(refused)
    }

    fn make_room(&mut self, now: Timestamp) -> Result<(), Refused> {
        if self.0.len() < MOST {
            return Ok(());
        }
        if self.0.front().is_some_and(|oldest| now.since(oldest.made) < PATIENCE) {
            return Err(Refused::TooMany);
        }
        self.0.pop_front();
        Ok(())
    }
}

impl Half {
    fn ended(&self, way: &Way, body: &[u8]) -> Result<(HandshakeState, Vec<u8>), snow::Error> {
        let (mut state, _) = reply(way, self.chance, &self.init, &self.shown)?;
        let payload = read(&mut state, body)?;
        Ok((state, payload))
    }
}

/// Takes the first message and writes the second.
fn reply(way: &Way, chance: [u8; 32], init: &[u8], shown: &str) -> Result<(HandshakeState, Vec<u8>), snow::Error> {
    let prologue = way.prologue();
    let terms = Terms { pattern: CHANNEL, voice: &way.station.voice, prologue: &prologue, secret: None, chance };
    let mut state = terms.responder()?;
    read(&mut state, init)?;
    let message = write(&mut state, shown.as_bytes())?;
    Ok((state, message))
}

impl fmt::Debug for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Half").field("id", &self.id).finish_non_exhaustive()
    }
}
