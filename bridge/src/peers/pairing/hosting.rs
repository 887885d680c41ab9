//! The side that has invited.

use std::{collections::VecDeque, fmt, sync::Arc};

use hes_schemas::{HomeId, Millis, Timestamp};
use snow::HandshakeState;

use super::{Number, PairEvent, Paired, Shown, card, commitment, prologue};
use crate::peers::{
    channel::{Bucket, Frame, Kind, PAIRING, Side, Terms, read, remote, write},
    invitation::Invitation,
    keys::PublicKey,
    station::Station,
};

/// How many pairings may be half done for one invitation; who has not seen it gets no further.
const MOST: usize = 8;

/// An invitation that waits to be used.
pub struct Hosting {
    station: Arc<Station>,
    invitation: Invitation,
    halves: VecDeque<Half>,
    used: Option<Used>,
    limit: Bucket,
    ends: Bucket,
}

/// By whom an invitation has been used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Which home.
    pub home: HomeId,
    /// Its identity.
    pub identity: PublicKey,
    /// What is said again to it, if it has not heard that it was.
    pub done: Vec<u8>,
}

struct Half {
    from: HomeId,
    id: u64,
    init: Vec<u8>,
    reply: Vec<u8>,
    chance: [u8; 32],
    nonce: [u8; 32],
    card: Vec<u8>,
}

/// A handshake after the second message.
struct Replied {
    state: HandshakeState,
    commitment: Vec<u8>,
    message: Vec<u8>,
}

impl Hosting {
    /// Waits for somebody to use an invitation of this home.
    #[must_use]
    pub const fn new(station: Arc<Station>, invitation: Invitation) -> Self {
        Self::restored(station, invitation, None)
    }

    /// Goes on with an invitation that an earlier run has made.
    #[must_use]
    pub const fn restored(station: Arc<Station>, invitation: Invitation, used: Option<Used>) -> Self {
        let limit = Bucket::new(16, Millis::from_secs(1));
        let ends = Bucket::new(32, Millis::new(250));
        Self { station, invitation, halves: VecDeque::new(), used, limit, ends }
    }

    /// Returns the invitation.
    #[must_use]
    pub const fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// Returns by whom it has been used: nobody else can use it.
    ///
    /// The same home can begin anew, with the same identity and another number: its gateway may have stopped before it knew
    /// that it was through.
    #[must_use]
    pub const fn used(&self) -> Option<&Used> {
        self.used.as_ref()
    }

    /// Takes a frame of a home, or of somebody who says so.
    ///
    /// One that belongs to another invitation has no effect, so each can be given to all of them.
    pub fn receive(&mut self, now: Timestamp, from: &HomeId, bytes: &[u8]) -> Vec<PairEvent> {
        let is_over = self.invitation.until() <= now || from == self.station.home();
        let Some(frame) = Frame::decode(bytes).filter(|_| !is_over) else { return Vec::new() };
        let events = match frame.kind {
            Kind::PairInit if self.used.as_ref().is_none_or(|used| used.home == *from) => {
                self.begun(now, from, frame).map(|event| vec![event])
            }
            Kind::PairFinal => self.finished(now, from, frame),
            Kind::PairInit
            | Kind::Init
            | Kind::Reply
            | Kind::Final
            | Kind::Sealed
            | Kind::Lost
            | Kind::PairReply
            | Kind::PairDone => None,
        };
        events.unwrap_or_default()
    }

    fn begun(&mut self, now: Timestamp, from: &HomeId, frame: Frame<'_>) -> Option<PairEvent> {
        if !self.limit.take(now) {
            return None;
        }
        let is_same = |half: &&Half| half.id == frame.session && half.from == *from && half.init == frame.body;
        if let Some(half) = self.halves.iter().find(is_same) {
            return Some(PairEvent::Send(half.reply.clone()));
        }
        let half = self.answer(now, from, frame)?;
        let reply = half.reply.clone();
        if self.halves.len() >= MOST {
            self.halves.pop_front();
        }
        self.halves.push_back(half);
        Some(PairEvent::Send(reply))
    }

    fn answer(&self, now: Timestamp, from: &HomeId, frame: Frame<'_>) -> Option<Half> {
        let (chance, nonce) = ((self.station.chance)()?, (self.station.chance)()?);
        let card = card::show(&self.station, from, Side::Host, &nonce, now)?;
        let message = self.reply(from, chance, frame.body, &card).ok()?.message;
        let reply = Frame { kind: Kind::PairReply, session: frame.session, number: 0, body: &message }.encode();
        let (id, init) = (frame.session, frame.body.to_vec());
        Some(Half { from: from.clone(), id, init, reply, chance, nonce, card })
    }

    fn reply(&self, from: &HomeId, chance: [u8; 32], init: &[u8], card: &[u8]) -> Result<Replied, snow::Error> {
        let prologue = prologue(self.station.root.as_str(), from, self.station.home());
        let (voice, secret) = (&self.station.voice, self.invitation.secret());
        let terms = Terms { pattern: PAIRING, voice, prologue: &prologue, secret, chance };
        let mut state = terms.responder()?;
        let commitment = read(&mut state, init)?;
        let message = write(&mut state, card)?;
        Ok(Replied { state, commitment, message })
    }

    fn finished(&mut self, now: Timestamp, from: &HomeId, frame: Frame<'_>) -> Option<Vec<PairEvent>> {
        let is_through = |used: &&Used| used.home == *from && used.session() == Some(frame.session);
        if let Some(used) = self.used.as_ref().filter(is_through) {
            return self.limit.take(now).then(|| vec![PairEvent::Send(used.done.clone())]);
        }
        if !self.ends.take(now) {
            return None;
        }
        let is_meant = |half: &Half| half.id == frame.session && half.from == *from;
        let at = self.halves.iter().position(is_meant)?;
        let half = self.halves.get(at)?;
        let mut replied = self.reply(from, half.chance, &half.init, &half.card).ok()?;
        // only who knows the secret, and began this, gets further than here
        let payload = read(&mut replied.state, frame.body).ok()?;
        let half = self.halves.remove(at)?;
        let card = card::read(&self.station, from, Side::Guest, &remote(&replied.state)?, &payload, now)?;
        if commitment(&card.identity, &card.nonce) != *replied.commitment {
            return Some(vec![PairEvent::Failed("somebody who has seen the invitation is not honest")]);
        }
        if self.used.as_ref().is_some_and(|used| used.identity != card.identity) {
            return Some(vec![PairEvent::Failed("somebody else has used the invitation under the same name")]);
        }
        let host = Shown { home: self.station.home(), identity: self.station.keys.identity(), nonce: &half.nonce };
        let number = Number::of(Shown { home: from, identity: &card.identity, nonce: &card.nonce }, host);
        let done = seal_done(half.id, replied.state)?;
        self.used = Some(Used { home: from.clone(), identity: card.identity.clone(), done: done.clone() });
        self.halves.clear();
        let paired = Paired { home: from.clone(), identity: card.identity, number };
        Some(vec![PairEvent::Send(done), PairEvent::Paired(Box::new(paired))])
    }
}

impl Used {
    fn session(&self) -> Option<u64> {
        Frame::decode(&self.done).map(|frame| frame.session)
    }
}

fn seal_done(id: u64, state: HandshakeState) -> Option<Vec<u8>> {
    let sealed = state.into_stateless_transport_mode().ok()?;
    let mut body = vec![0; 16];
    sealed.write_message(0, &[], &mut body).ok()?;
    Some(Frame { kind: Kind::PairDone, session: id, number: 0, body: &body }.encode())
}

impl fmt::Debug for Hosting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosting").field("invitation", &self.invitation).finish_non_exhaustive()
    }
}
