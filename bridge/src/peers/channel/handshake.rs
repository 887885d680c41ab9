//! What the channel hears, sealed or on the way to a session.

use hes_schemas::Timestamp;

use super::{
    Candidate, Channel, Event, GRACE, REPEATS, SHORTEST,
    figures::Refused,
    frame::Frame,
    session::{Session, Word},
    wait,
};

impl Channel {
    pub(super) fn sealed(&mut self, now: Timestamp, frame: Frame<'_>, events: &mut Vec<Event>) -> Result<(), Refused> {
        let opened = self.open_sealed(now, frame, events)?;
        match opened {
            (Word::Message, said) => {
                self.figures.opened += 1;
                events.push(Event::Message(said));
            }
            (Word::Confirm, _) => {
                let session = self.session(frame.session);
                events.extend(session.and_then(|it| it.seal(Word::Confirmed, &[])).map(Event::Send));
            }
            (Word::Confirmed, _) => {}
            (Word::Renew, _) => self.want(now, events),
        }
        Ok(())
    }

    pub(super) fn open_sealed(
        &mut self,
        now: Timestamp,
        frame: Frame<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(Word, Vec<u8>), Refused> {
        let Some(session) = self.session(frame.session) else {
            // the peer speaks by what this side has lost
            if self.limits.lost.take(now) {
                self.want(now, events);
            }
            return Err(Refused::Unknown);
        };
        let opened = session.open(frame.number, frame.body)?;
        if self.candidate.as_ref().is_some_and(|it| it.session.id() == frame.session) {
            self.promote(now, events);
        }
        Ok(opened)
    }

    pub(super) fn session(&mut self, id: u64) -> Option<&mut Session> {
        let candidate = self.candidate.as_mut().map(|it| &mut it.session);
        let previous = self.previous.as_mut().map(|(session, _)| session);
        let mut all = [self.current.as_mut(), candidate, previous].into_iter().flatten();
        all.find(|session| session.id() == id)
    }

    /// The peer has been heard on the candidate: from here on it is spoken to by that.
    pub(super) fn promote(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        let Some(Candidate { session, .. }) = self.candidate.take() else { return };
        self.wish = None;
        self.opening = None;
        self.figures.handshakes += 1;
        let voice = session.voice;
        let before = self.current.replace(session);
        let is_same = before.as_ref().map(|before| before.voice == voice);
        if is_same == Some(false) {
            events.push(Event::Down("the peer has started anew"));
        }
        if is_same != Some(true) {
            events.push(Event::Up);
        }
        self.previous = before.map(|before| (before, now + GRACE));
    }

    pub(super) fn begun(&mut self, now: Timestamp, frame: Frame<'_>, events: &mut Vec<Event>) -> Result<(), Refused> {
        if let Some(reply) = self.answering.repeated(frame.session, frame.body) {
            let may = self.limits.repeated.take(now);
            events.extend(may.then_some(Event::Send(reply)));
            return if may { Ok(()) } else { Err(Refused::TooMany) };
        }
        if !self.limits.begun.take(now) {
            return Err(Refused::TooMany);
        }
        self.figures.handshakes_begun += 1;
        let reply = self.answering.begun(&self.way, &mut self.own, (frame.session, frame.body), now)?;
        events.push(Event::Send(reply));
        Ok(())
    }

    pub(super) fn answered(
        &mut self,
        now: Timestamp,
        frame: Frame<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(), Refused> {
        let opening = self.opening.as_ref().filter(|it| it.id() == frame.session).ok_or(Refused::Unasked)?;
        if !self.limits.answered.take(now) {
            return Err(Refused::TooMany);
        }
        let (session, last) = opening.answered(&self.way, &mut self.own, frame.body, now)?;
        self.opening = None;
        events.push(Event::Send(last.clone()));
        self.nominate(session, Some(last), now);
        Ok(())
    }

    pub(super) fn finished(
        &mut self,
        now: Timestamp,
        frame: Frame<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(), Refused> {
        if self.session(frame.session).is_none() {
            if !self.limits.answered.take(now) {
                return Err(Refused::TooMany);
            }
            let session = self.answering.finished(&self.way, frame.session, frame.body, now)?;
            self.nominate(session, None, now);
        } else if !self.limits.repeated.take(now) {
            return Err(Refused::TooMany);
        }
        let session = self.session(frame.session);
        events.extend(session.and_then(|it| it.seal(Word::Confirm, &[])).map(Event::Send));
        Ok(())
    }

    pub(super) fn lost(&mut self, now: Timestamp, events: &mut Vec<Event>) -> Result<(), Refused> {
        if !self.limits.lost.take(now) {
            return Err(Refused::TooMany);
        }
        self.want(now, events);
        Ok(())
    }

    pub(super) fn nominate(&mut self, session: Session, last: Option<Vec<u8>>, now: Timestamp) {
        self.candidate = Some(Candidate { session, last, tries: 0, next: now + SHORTEST });
        // another is not begun while this one may still be confirmed
        if let Some(wish) = &mut self.wish {
            wish.next = now + wait(REPEATS, 0);
        }
    }
}
