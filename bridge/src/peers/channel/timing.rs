//! What the channel does in time: it knocks, renews, repeats and ends.

use hes_schemas::Timestamp;

use super::{
    Channel, Event, REPEATS, SAME, Wish,
    credentials::Side,
    frame::{Frame, Kind},
    opening::Opening,
    session::Word,
    wait,
};

impl Channel {
    /// Wants another session, unless one is wanted already.
    pub(super) fn want(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        if self.wish.is_none() && self.candidate.is_none() {
            self.wish = Some(Wish { tries: 0, next: now });
            self.knock(now, events);
        }
    }

    /// Begins a handshake, or asks the peer to.
    pub(super) fn knock(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        let Some(wish) = &mut self.wish else { return };
        let tries = wish.tries;
        wish.tries = wish.tries.saturating_add(1);
        let noise = (self.way.station.chance)().map_or(0, |chance| u64::from(chance.first().copied().unwrap_or(0)));
        wish.next = now + wait(tries / SAME, noise);
        let frame = match self.way.side {
            Side::Opener => self.begin(tries),
            Side::Answerer | Side::Guest | Side::Host => self.ask(),
        };
        events.extend(frame.map(Event::Send));
    }

    pub(super) fn begin(&mut self, tries: u32) -> Option<Vec<u8>> {
        if self.opening.is_none() || tries.is_multiple_of(SAME) {
            self.figures.handshakes_begun += 1;
            self.opening = Opening::begin(&self.way);
        }
        self.opening.as_ref().map(Opening::frame)
    }

    /// Asks by the session that there is, which nobody can forge; by that alone nobody is heard whose session is lost.
    pub(super) fn ask(&mut self) -> Option<Vec<u8>> {
        let is_first = self.wish.as_ref().is_some_and(|wish| wish.tries <= SAME);
        let session = self.current.as_mut().filter(|_| is_first);
        let lost = || Frame { kind: Kind::Lost, session: 0, number: 0, body: &[] }.encode();
        session.and_then(|it| it.seal(Word::Renew, &[])).or_else(|| Some(lost()))
    }

    pub(super) fn end_old(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        self.previous.take_if(|(_, until)| *until <= now);
        if self.current.take_if(|session| session.is_over(now)).is_some() {
            events.push(Event::Down("the session is too old"));
            self.wish.get_or_insert(Wish { tries: 0, next: now });
        }
    }

    /// Wants another session if the one that there is has become old, or another key signs for this home.
    pub(super) fn renew_old(&mut self, now: Timestamp) {
        let Some(session) = &self.current else { return };
        let key = self.way.station.keys.current(now);
        let is_rotated = key.is_some_and(|key| *key.certificate().key().id() != session.key);
        if (is_rotated || session.is_old(now)) && self.wish.is_none() && self.candidate.is_none() {
            self.wish = Some(Wish { tries: 0, next: now });
        }
    }

    /// Sends the end of a handshake again, because the peer has not been heard on what it led to.
    pub(super) fn repeat_end(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        let Some(candidate) = self.candidate.as_mut().filter(|it| it.next <= now && it.tries < REPEATS) else { return };
        candidate.tries += 1;
        candidate.next = now + wait(candidate.tries / SAME, 0);
        let again = candidate.last.clone().or_else(|| candidate.session.seal(Word::Confirm, &[]));
        events.extend(again.map(Event::Send));
    }
}
