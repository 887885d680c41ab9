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

/// A pairing that this home was invited to.
pub struct Joining {
    station: Arc<Station>,
    invitation: Invitation,
    id: u64,
    chance: [u8; 32],
    nonce: [u8; 32],
    /// What is sent until it is answered; nothing once it is over.
    frame: Option<Vec<u8>>,
    next: Timestamp,
    shown: Option<(StatelessTransportState, Paired)>,
    answers: Bucket,
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
        let (chance, nonce, id) = ((station.chance)()?, (station.chance)()?, (station.chance)()?);
        let id = id.first_chunk::<8>().copied().map(u64::from_be_bytes)?;
        let answers = Bucket::new(32, Millis::new(250));
        let mut joining = Self { station, invitation, id, chance, nonce, frame: None, next: now, shown: None, answers };
        let (_, message) = joining.start().ok()?;
        joining.frame = Some(Frame { kind: Kind::PairInit, session: id, number: 0, body: &message }.encode());
        Some(joining)
    }

    /// Returns the invitation that it uses.
    #[must_use]
    pub const fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// Takes a frame of the home that has invited, or of somebody who says so.
    pub fn receive(&mut self, now: Timestamp, bytes: &[u8]) -> Vec<PairEvent> {
        let frame = Frame::decode(bytes).filter(|frame| frame.session == self.id && self.frame.is_some());
        let Some(frame) = frame.filter(|_| self.answers.take(now)) else { return Vec::new() };
        let done = match frame.kind {
            Kind::PairReply if self.shown.is_none() => self.replied(now, frame.body),
            Kind::PairDone => self.done(frame.body),
            Kind::PairReply
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
        if self.frame.is_none() || self.next > now {
            return Vec::new();
        }
        if self.invitation.until() <= now {
            self.frame = None;
            return vec![PairEvent::Failed("the invitation has expired")];
        }
        self.next = now + AGAIN;
        self.frame.iter().cloned().map(PairEvent::Send).collect()
    }

    /// Returns when [`Joining::handle_timeout`] has something to do; nothing once it is over.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        self.frame.as_ref().map(|_| self.next)
    }

    fn start(&self) -> Result<(HandshakeState, Vec<u8>), snow::Error> {
        let prologue = prologue(self.station.root.as_str(), self.station.home(), self.invitation.home());
        let (voice, secret) = (&self.station.voice, self.invitation.secret());
        let terms = Terms { pattern: PAIRING, voice, prologue: &prologue, secret, chance: self.chance };
        let mut state = terms.initiator()?;
        let message = write(&mut state, &commitment(self.station.keys.identity(), &self.nonce))?;
        Ok((state, message))
    }

    /// The host has shown itself; what is not the host's is as if it had not come.
    fn replied(&mut self, now: Timestamp, body: &[u8]) -> Option<PairEvent> {
        let (mut state, _) = self.start().ok()?;
        let payload = read(&mut state, body).ok()?;
        let (host, station) = (self.invitation.home(), &self.station);
        let card = card::read(station, host, Side::Host, &remote(&state)?, &payload, now)?;
        if card.identity.id() != self.invitation.fingerprint() {
            return None;
        }
        let own = card::show(station, host, Side::Guest, &self.nonce, now)?;
        let message = write(&mut state, &own).ok()?;
        let guest = Shown { home: station.home(), identity: station.keys.identity(), nonce: &self.nonce };
        let number = Number::of(guest, Shown { home: host, identity: &card.identity, nonce: &card.nonce });
        let paired = Paired { home: host.clone(), identity: card.identity, number };
        self.shown = Some((state.into_stateless_transport_mode().ok()?, paired));
        let frame = Frame { kind: Kind::PairFinal, session: self.id, number: 0, body: &message }.encode();
        self.frame = Some(frame.clone());
        self.next = now + AGAIN;
        Some(PairEvent::Send(frame))
    }

    fn done(&mut self, body: &[u8]) -> Option<PairEvent> {
        let (sealed, paired) = self.shown.as_ref()?;
        sealed.read_message(0, body, &mut vec![0; body.len()]).ok()?;
        self.frame = None;
        Some(PairEvent::Paired(Box::new(paired.clone())))
    }
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joining").field("invitation", &self.invitation).finish_non_exhaustive()
    }
}
