//! The side that was invited.

use std::{fmt, sync::Arc};

use hes_schemas::{Millis, Timestamp};
use snow::{HandshakeState, StatelessTransportState};

use super::{Number, PairEvent, Paired, Shown, card, commitment, prologue};
use crate::peers::{
    channel::{Bucket, Frame, Kind, PAIRING, Side, Terms, read, remote, write},
    invitation::Invitation,
    station::Station,
};

/// How long to wait before the same is sent again.
const AGAIN: Millis = Millis::from_secs(1);

/// How often the last frame is sent before another attempt is made beside: the host may have forgotten the first ones.
const LAST: u32 = 5;

/// A pairing that this home was invited to.
pub struct Joining {
    station: Arc<Station>,
    invitation: Invitation,
    attempt: Attempt,
    /// One whose end has not been answered.
    former: Option<Attempt>,
    next: Timestamp,
    is_over: bool,
    answers: Bucket,
}

/// One way through the handshake.
struct Attempt {
    id: u64,
    chance: [u8; 32],
    nonce: [u8; 32],
    /// What is sent until it is answered.
    frame: Vec<u8>,
    /// How often that was.
    tries: u32,
    shown: Option<(StatelessTransportState, Paired)>,
}

impl Joining {
    /// Begins a pairing; the first frame is sent at the first timeout.
    ///
    /// Nothing if the invitation is this home's own or has expired, or if there is no chance to be had.
    #[must_use]
    pub fn begin(station: Arc<Station>, invitation: Invitation, now: Timestamp) -> Option<Self> {
        if invitation.home() == station.home() || invitation.until() <= now {
            return None;
        }
        let answers = Bucket::new(32, Millis::new(250));
        let attempt = Attempt::begin(&station, &invitation)?;
        Some(Self { station, invitation, attempt, former: None, next: now, is_over: false, answers })
    }

    /// Returns the invitation that it uses.
    #[must_use]
    pub const fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// Takes a frame of the home that has invited, or of somebody who says so.
    pub fn receive(&mut self, now: Timestamp, bytes: &[u8]) -> Vec<PairEvent> {
        let Some(frame) = Frame::decode(bytes).filter(|_| !self.is_over && self.answers.take(now)) else {
            return Vec::new();
        };
        let is_former = self.former.as_ref().is_some_and(|former| former.id == frame.session);
        let is_meant = is_former || self.attempt.id == frame.session;
        let done = match frame.kind {
            Kind::PairReply if is_meant && !is_former && self.attempt.shown.is_none() => self.replied(now, frame.body),
            Kind::PairDone if is_meant => self.done(&frame),
            Kind::PairReply
            | Kind::PairDone
            | Kind::Init
            | Kind::Reply
            | Kind::Final
            | Kind::Sealed
            | Kind::Lost
            | Kind::PairInit
            | Kind::PairFinal => None,
        };
        done.into_iter().collect()
    }

    /// Sends again what was not answered, and ends when the invitation does.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Vec<PairEvent> {
        if self.is_over || self.next > now {
            return Vec::new();
        }
        if self.invitation.until() <= now {
            self.is_over = true;
            return vec![PairEvent::Failed("the invitation has expired")];
        }
        self.next = now + AGAIN;
        if self.attempt.shown.is_some() && self.attempt.tries >= LAST {
            self.begin_anew();
        }
        self.attempt.tries += 1;
        let frames = self.former.iter().chain([&self.attempt]).map(|attempt| attempt.frame.clone());
        frames.map(PairEvent::Send).collect()
    }

    /// Returns when [`Joining::handle_timeout`] has something to do; nothing once it is over.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        (!self.is_over).then_some(self.next)
    }

    fn begin_anew(&mut self) {
        if let Some(attempt) = Attempt::begin(&self.station, &self.invitation) {
            self.former = Some(std::mem::replace(&mut self.attempt, attempt));
        }
    }

    /// The host has shown itself; what is not the host's is as if it had not come.
    fn replied(&mut self, now: Timestamp, body: &[u8]) -> Option<PairEvent> {
        let Self { station, invitation, attempt, .. } = self;
        let (mut state, _) = attempt.start(station, invitation).ok()?;
        let payload = read(&mut state, body).ok()?;
        let host = invitation.home();
        let card = card::read(station, host, Side::Host, &remote(&state)?, &payload, now)?;
        if card.identity.id() != invitation.fingerprint() {
            return None;
        }
        let own = card::show(station, host, Side::Guest, &attempt.nonce, now)?;
        let message = write(&mut state, &own).ok()?;
        let guest = Shown { home: station.home(), identity: station.keys.identity(), nonce: &attempt.nonce };
        let number = Number::of(guest, Shown { home: host, identity: &card.identity, nonce: &card.nonce });
        let paired = Paired { home: host.clone(), identity: card.identity, number };
        attempt.shown = Some((state.into_stateless_transport_mode().ok()?, paired));
        attempt.frame = Frame { kind: Kind::PairFinal, session: attempt.id, number: 0, body: &message }.encode();
        attempt.tries = 1;
        self.next = now + AGAIN;
        // the host goes on with this one, and shows its number
        self.former = None;
        Some(PairEvent::Send(attempt.frame.clone()))
    }

    fn done(&mut self, frame: &Frame<'_>) -> Option<PairEvent> {
        let attempts = [Some(&self.attempt), self.former.as_ref()];
        let attempt = attempts.into_iter().flatten().find(|attempt| attempt.id == frame.session)?;
        let (sealed, paired) = attempt.shown.as_ref()?;
        sealed.read_message(0, frame.body, &mut vec![0; frame.body.len()]).ok()?;
        self.is_over = true;
        Some(PairEvent::Paired(Box::new(paired.clone())))
    }
}

impl Attempt {
    fn begin(station: &Station, invitation: &Invitation) -> Option<Self> {
        let (chance, nonce, id) = ((station.chance)()?, (station.chance)()?, (station.chance)()?);
        let id = id.first_chunk::<8>().copied().map(u64::from_be_bytes)?;
        let mut attempt = Self { id, chance, nonce, frame: Vec::new(), tries: 0, shown: None };
        let (_, message) = attempt.start(station, invitation).ok()?;
        attempt.frame = Frame { kind: Kind::PairInit, session: id, number: 0, body: &message }.encode();
        Some(attempt)
    }

    fn start(&self, station: &Station, invitation: &Invitation) -> Result<(HandshakeState, Vec<u8>), snow::Error> {
        let prologue = prologue(station.root.as_str(), station.home(), invitation.home());
        let (voice, secret) = (&station.voice, invitation.secret());
        let terms = Terms { pattern: PAIRING, voice, prologue: &prologue, secret, chance: self.chance };
        let mut state = terms.initiator()?;
        let message = write(&mut state, &commitment(station.keys.identity(), &self.nonce))?;
        Ok((state, message))
    }
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joining").field("invitation", &self.invitation).finish_non_exhaustive()
    }
}
