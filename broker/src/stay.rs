//! How sessions begin, wait for their clients, go on and end.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rmqtt_codec::v5::ConnectAckReason as Code;
use tokio::sync::oneshot;

use crate::{
    Change, Client, Publish, Qos, Will,
    figures::{count, uncount},
    hub::Hub,
    luggage::Luggage,
    presence::State,
    session::Session,
    sync::write,
    terms::Terms,
    wire::{Connect, Violation},
};

/// How long a client waits at most for the disk until it is told that it is connected.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a session does not begin: the reason for CONNACK, and its text.
pub(crate) type Rejection = (Code, &'static str);

/// A client's session, with what an earlier connection left in it.
pub(crate) type Seat = (Arc<Session>, Option<Box<Luggage>>);

/// What becomes of a client that wants a session.
enum Turn {
    /// It has one; another one has ended with that.
    Seated(Seat, Option<(Arc<Session>, Box<Luggage>)>),
    /// Another connection has to let go first.
    Wait(Arc<Session>),
}

impl Hub {
    /// Gives a client its session: the one that was kept, if there is one and the client wants it, or a new one.
    ///
    /// A connection of the same account that has the session must let go of it first. If the session is to be kept,
    /// that is on disk when this returns, unless the disk is very slow.
    ///
    /// # Errors
    /// [`Rejection`] if the client id is another account's, or there is no room.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        connect: &Connect,
        client: Client,
        terms: Terms,
    ) -> Result<Seat, Rejection> {
        let ((session, luggage), ended) = loop {
            match self.try_begin(connect, &client, terms)? {
                Turn::Seated(seat, ended) => break (seat, ended),
                Turn::Wait(old) => {
                    if old.mailbox.end(Violation::TAKEN_OVER) {
                        count(&self.counters.taken_over);
                    }
                    old.presence.freed().await;
                }
            }
        };
        let is_new_to_store = ended.as_ref().is_some_and(|(old, _)| old.is_stored());
        if let Some((old, luggage)) = ended {
            self.end(&old, *luggage);
        }
        if session.is_stored() || is_new_to_store {
            self.keep_begin(&session, connect.will.clone()).await;
        }
        Ok((session, luggage))
    }

    async fn keep_begin(&self, session: &Session, will: Option<Will>) {
        let (tell, told) = oneshot::channel();
        let done = Box::new(move |is_stored| {
            let _gone = tell.send(is_stored);
        });
        let changes = if session.is_stored() { vec![Change::Session(session.record(will))] } else { Vec::new() };
        self.backend.keep(changes, Some(done));
        // a session that cannot be stored is still good for as long as the broker lives
        let _late_or_failed = tokio::time::timeout(PATIENCE, told).await;
    }

    fn try_begin(&self, connect: &Connect, client: &Client, terms: Terms) -> Result<Turn, Rejection> {
        let mut sessions = write(&self.sessions);
        // checked under the lock, so that none is missed by those who tell all sessions to go
        if self.stop.is_cancelled() {
            return Err((Code::ServerUnavailable, "server is shutting down"));
        }
        let old = sessions.get(client.id()).map(Arc::clone);
        if let Some(old) = &old {
            if old.client().rights().user() != client.rights().user() {
                return Err((Code::ClientIdentifierNotValid, "client id is in use by another account"));
            }
            if old.presence.is_here() {
                return Ok(Turn::Wait(Arc::clone(old)));
            }
        }
        let expiry = self.expiry(connect.session_expiry());
        self.permit_session(if old.is_some() { 0 } else { expiry })?;
        let left = old.and_then(|old| old.presence.open(!connect.clean_start).map(|luggage| (old, luggage)));
        let (seat, ended) = match left {
            Some((old, luggage)) if !connect.clean_start => ((old, Some(luggage)), None),
            ended => {
                let key = self.next_key();
                let counters = Arc::clone(&self.counters);
                let session = Session::new(key, client.clone(), terms, &self.limits, counters);
                ((Arc::new(session), None), ended)
            }
        };
        let session = &seat.0;
        session.seat(client.clone(), terms, &self.limits, expiry, self.now());
        sessions.insert(Arc::clone(&session.id), Arc::clone(session));
        self.counters.connected.fetch_add(1, Ordering::AcqRel);
        if expiry > 0 && !session.note_stored(true) {
            self.counters.kept_sessions.fetch_add(1, Ordering::AcqRel);
        }
        Ok(Turn::Seated(seat, ended))
    }

    fn permit_session(&self, expiry: u32) -> Result<(), Rejection> {
        let is_full = |now: u64, limit: usize| usize::try_from(now).is_ok_and(|now| now >= limit);
        if is_full(self.counters.connected.load(Ordering::Acquire), self.limits.connections) {
            return Err((Code::ServerBusy, "too many clients"));
        }
        if expiry > 0 && is_full(self.counters.kept_sessions.load(Ordering::Acquire), self.limits.kept_sessions) {
            return Err((Code::QuotaExceeded, "too many sessions are kept"));
        }
        Ok(())
    }

    /// Returns how long a session outlives its connection, in seconds, if a client asks for so long.
    pub(crate) fn expiry(&self, asked: u32) -> u32 {
        asked.min(self.limits.session_expiry)
    }

    /// Lets go of a session whose connection has ended: it waits for its client, or ends.
    pub(crate) fn leave(self: &Arc<Self>, session: &Arc<Session>, mut luggage: Luggage) {
        if !session.is_kept() || !self.holds(session, &mut luggage) {
            return self.end(session, luggage);
        }
        if let Some(will) = luggage.will.take_if(|will| will.delay == 0) {
            self.publish_will(session, will.publish);
        }
        drop_passing(session, &mut luggage);
        self.backend.keep(vec![Change::Session(session.record(luggage.will.clone()))], None);
        session.mailbox.leave();
        let now = self.now();
        session.presence.with(|state| *state = State::Away(now, Box::new(luggage)));
    }

    /// Says whether a session without a connection may go on.
    ///
    /// If the token that its client came with has expired, it goes on within the bounds of that and without a will: nothing
    /// is delivered before the client has proved again who it is.
    fn holds(&self, session: &Session, luggage: &mut Luggage) -> bool {
        let client = session.client();
        if client.rights().is_live() {
            return true;
        }
        luggage.will = None;
        let rights = client.rights();
        let rights = rights.has_expired().then(|| self.backend.rights(rights.user(), rights.bounds())).flatten();
        rights.map(|rights| session.change_rights(&client, rights)).is_some()
    }

    /// Ends a session: it leaves the hub as if it had never been there, and its will is published if that is due.
    pub(crate) fn end(self: &Arc<Self>, session: &Arc<Session>, luggage: Luggage) {
        for subscription in luggage.subscriptions.values() {
            self.unsubscribe(session, subscription);
        }
        session.presence.with(|state| *state = State::Ended);
        self.forget(session);
        let left = session.close(self);
        for delivery in luggage.window.into_unacknowledged().chain(luggage.waiting).chain(left) {
            self.hand_over(&delivery);
        }
        // behind what was handed over, so that a crash in between loses none of it
        if session.note_stored(false) {
            uncount(&self.counters.kept_sessions);
            self.ended.forget(self.backend.as_ref(), session.key);
        }
        if let Some(will) = luggage.will {
            self.publish_will(session, will.publish);
        }
    }

    /// Removes a session, unless another has taken its client id.
    fn forget(&self, session: &Session) {
        let mut sessions = write(&self.sessions);
        if sessions.get(&session.id).is_some_and(|current| current.key == session.key) {
            sessions.remove(&session.id);
        }
    }

    /// Looks after a session without a connection: its will may be due, it may have waited long enough, or its account
    /// may be no more.
    pub(crate) fn look_after(self: &Arc<Self>, session: &Arc<Session>, now: u64) {
        let (mut ended, mut due) = (None, None);
        session.presence.with(|state| {
            let State::Away(since, luggage) = state else { return };
            let passed = |seconds: u32| now.saturating_sub(*since) >= u64::from(seconds) * 1000;
            let holds = self.holds(session, luggage);
            if !holds || (session.expiry() < u32::MAX && passed(session.expiry())) {
                ended = Some(std::mem::take(luggage));
                *state = State::Ended;
            } else {
                due = luggage.will.take_if(|will| passed(will.delay));
                if due.is_some() {
                    // before the next connection can leave another will
                    self.backend.keep(vec![Change::Session(session.record(None))], None);
                }
            }
        });
        if let Some(luggage) = ended {
            return self.end(session, *luggage);
        }
        if let Some(will) = due {
            self.publish_will(session, will.publish);
        }
    }

    fn publish_will(&self, session: &Session, will: Publish) {
        let client = session.client();
        if client.rights().is_live() && self.may_publish(&session.id, client.rights().as_ref(), &will.topic) {
            let pledge = self.own_pledge(will.qos);
            // a full store keeps the will from being kept, not from being heard about in the figures
            let _full = self.publish_open(will, session.key, pledge);
        }
    }
}

/// Drops what was taken from the mailbox and does not outlive the connection.
fn drop_passing(session: &Session, luggage: &mut Luggage) {
    let (mut messages, mut bytes) = (0, 0);
    luggage.waiting.retain(|delivery| {
        let is_passing = delivery.qos() == Qos::AtMostOnce;
        messages += usize::from(is_passing);
        bytes += if is_passing { delivery.weight() } else { 0 };
        !is_passing
    });
    session.mailbox.written(messages, bytes);
}
