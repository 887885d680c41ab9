//! Invitations that wait to be used, and pairings that wait for two people.
//!
//! Both are in the store too: they outlive the gateway, and end when they said that they would.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use hes_schemas::{Fault, HomeId, Millis, Symbol, Timestamp, UserName};
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::{
    super::report,
    Peers,
    dial::{Ear, Outgoing},
    roster::Caller,
};
use crate::{
    peers::{
        invitation::Invitation,
        pairing::{Hosting, PairEvent, Paired},
    },
    store::{InvitationRow, PairingRow, PairingSide, StoreError},
};

/// How many invitations, and how many pairings, there may be at a time.
pub(super) const MOST: usize = 16;

/// For how long a pairing can be confirmed.
const PATIENCE: Millis = Millis::from_secs(15 * 60);

/// How often a wrong number may be given.
const ATTEMPTS: u8 = 3;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Pairings {
    open: Vec<Open>,
    waiting: BTreeMap<HomeId, PairingRow>,
}

/// An invitation.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) hosting: Hosting,
    pub(super) place: Place,
}

/// Where an invitation leads to.
#[derive(Debug)]
pub(super) enum Place {
    /// To our broker, with this account.
    Own(UserName),
    /// To another one, with this connection.
    Elsewhere(Sender<Outgoing>, CancellationToken),
}

/// What becomes of a number that somebody has read.
#[derive(Debug)]
pub(super) enum Reading {
    /// It is the right one.
    Right(Box<PairingRow>),
    /// It is another one; it may be tried again.
    Wrong(Box<PairingRow>),
    /// It was wrong too often.
    GivenUp(Box<PairingRow>),
    /// Nothing waits to be confirmed.
    Unknown,
}

impl Pairings {
    pub(super) const fn is_full(&self) -> bool {
        self.open.len() >= MOST
    }

    pub(super) fn invite(&mut self, open: Open) {
        self.open.push(open);
    }

    /// Has a pairing wait; returns the one before with the same home.
    ///
    /// # Errors
    /// [`Symbol::TooMany`].
    pub(super) fn wait_for(&mut self, row: PairingRow) -> Result<Option<PairingRow>, Fault> {
        let home = row.paired.home.clone();
        if self.waiting.len() >= MOST && !self.waiting.contains_key(&home) {
            return Err(Fault::new(Symbol::TooMany, "too many pairings wait to be confirmed; try again later"));
        }
        Ok(self.waiting.insert(home, row))
    }

    pub(super) fn read(&mut self, home: &HomeId, number: &str) -> Reading {
        let Some(waiting) = self.waiting.get_mut(home) else { return Reading::Unknown };
        let is_right = waiting.paired.number.is_read(number);
        if !is_right {
            waiting.attempts += 1;
            if waiting.attempts < ATTEMPTS {
                return Reading::Wrong(Box::new(waiting.clone()));
            }
        }
        match self.waiting.remove(home) {
            Some(waiting) if is_right => Reading::Right(Box::new(waiting)),
            Some(waiting) => Reading::GivenUp(Box::new(waiting)),
            None => Reading::Unknown,
        }
    }

    /// Forgets an invitation of this home.
    pub(super) fn end_invitation(&mut self, invitation: &Invitation) {
        let account = invitation.account().0;
        for open in self.open.extract_if(.., |open| open.hosting.invitation().account().0 == account) {
            open.place.end();
        }
    }

    /// Forgets what is too late; says whether anything was.
    pub(super) fn end_late(&mut self, now: Timestamp) -> bool {
        let before = self.open.len() + self.waiting.len();
        for open in self.open.extract_if(.., |open| open.hosting.invitation().until() <= now) {
            open.place.end();
        }
        self.waiting.retain(|_, waiting| waiting.until > now);
        self.open.len() + self.waiting.len() < before
    }

    /// Returns the invitations that nobody has used.
    pub(super) fn invitations(&self) -> impl Iterator<Item = &Invitation> {
        self.open.iter().filter(|open| open.hosting.used().is_none()).map(|open| open.hosting.invitation())
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &PairingRow> {
        self.waiting.values()
    }
}

impl Place {
    fn end(self) {
        match self {
            Self::Own(_) => {}
            Self::Elsewhere(_, cancel) => cancel.cancel(),
        }
    }
}

/// Hears those who use an invitation on another broker.
pub(super) struct Lobby(pub(super) Weak<Peers>);

impl Ear for Lobby {
    fn up(&self) {}

    fn heard(&self, from: &HomeId, frame: &[u8]) {
        if let Some(peers) = self.0.upgrade() {
            peers.pairing_frame(None, from, frame);
        }
    }

    fn down(&self, reason: &str) {
        report::lobby_down(reason);
    }
}

/// What a frame of a pairing has led to.
struct Through {
    invitation: InvitationRow,
    paired: Paired,
}

impl Peers {
    /// Gives a frame of a pairing to the invitations of an account, or to those on other brokers.
    pub(super) fn pairing_frame(self: &Arc<Self>, account: Option<&str>, from: &HomeId, bytes: &[u8]) {
        if self.line(from).is_some() {
            return;
        }
        let (mut answers, mut through) = (Vec::new(), None);
        {
            let mut pairings = self.pairings();
            for Open { hosting, place } in &mut pairings.open {
                let queue = match place {
                    Place::Own(own) if account == Some(own.as_str()) => None,
                    Place::Elsewhere(queue, _) if account.is_none() => Some(queue.clone()),
                    Place::Own(_) | Place::Elsewhere(..) => continue,
                };
                for event in hosting.receive(self.now(), from, bytes) {
                    match event {
                        PairEvent::Send(frame) => answers.push((queue.clone(), frame)),
                        PairEvent::Paired(paired) => {
                            let (invitation, used) = (hosting.invitation().clone(), hosting.used().cloned());
                            through = Some(Through { invitation: InvitationRow { invitation, used }, paired: *paired });
                        }
                        PairEvent::Failed(reason) => report::pairing_failed(from, reason),
                    }
                }
            }
        }
        let (me, to) = (Arc::clone(self), from.clone());
        let Some(through) = through else { return me.answer(&to, answers) };
        self.spawn(&self.around.cancel, async move {
            // kept before the other side hears of it: it must not be through with somebody who has forgotten it
            me.came_through(through).await;
            me.answer(&to, answers);
        });
    }

    async fn came_through(&self, Through { invitation: used, paired }: Through) {
        let (home, invitation) = (paired.home.clone(), used.invitation.clone());
        if self.third_broker(invitation.url()).is_none() {
            self.roster.add(&invitation.account().0, Caller::Invited(Some(home.clone())));
        }
        let kept = self.around.store.ledger().keep_invitation(&used).await;
        kept.unwrap_or_else(|error| report::pairing_not_kept(&home, &error));
        match self.note_pairing(paired, PairingSide::Host, invitation).await {
            Ok(_) => report::paired(&home),
            Err(fault) => report::pairing_failed(&home, &fault.detail),
        }
    }

    /// Has a pairing wait to be confirmed.
    ///
    /// # Errors
    /// [`Symbol::TooMany`].
    pub(super) async fn note_pairing(
        &self,
        paired: Paired,
        side: PairingSide,
        invitation: Invitation,
    ) -> Result<PairingRow, Fault> {
        let row = PairingRow { paired, until: self.now() + PATIENCE, attempts: 0, side, invitation };
        let before = self.pairings().wait_for(row.clone())?;
        let kept = self.around.store.ledger().keep_pairing(&row).await;
        kept.unwrap_or_else(|error| report::pairing_not_kept(&row.paired.home, &error));
        let account = row.invitation.account().0;
        if let Some(before) = before.filter(|before| before.invitation.account().0 != account) {
            self.end_invitation(&before).await;
        }
        Ok(row)
    }

    /// Ends a pairing, and with it the invitation of ours that has led to it.
    pub(super) async fn end_pairing(&self, row: &PairingRow) {
        let ended = self.around.store.ledger().end_pairing(&row.paired.home).await;
        ended.unwrap_or_else(|error| report::pairing_not_kept(&row.paired.home, &error));
        self.end_invitation(row).await;
    }

    async fn end_invitation(&self, row: &PairingRow) {
        if row.side == PairingSide::Guest {
            return;
        }
        self.pairings().end_invitation(&row.invitation);
        let ended = self.around.store.ledger().end_invitation(&row.invitation).await;
        ended.unwrap_or_else(|error| report::pairing_not_kept(&row.paired.home, &error));
        self.end_invited().await;
    }

    /// Ends the accounts of those who were invited, and need none any more.
    pub(super) async fn end_invited(&self) {
        let ended = async {
            let ended = self.around.store.ledger().end_invited(self.now()).await?;
            ended.iter().for_each(|account| self.roster.remove(account));
            if ended.is_empty() { Ok(()) } else { self.around.accounts.reload().await }
        };
        ended.await.unwrap_or_else(|error: StoreError| report::accounts_stay(&error));
    }

    /// Goes on with what an earlier run has begun.
    pub(super) fn restore_pairings(self: &Arc<Self>, invitations: Vec<InvitationRow>, waiting: Vec<PairingRow>) {
        for InvitationRow { invitation, used } in invitations {
            let Ok(account) = UserName::new(&invitation.account().0) else { continue };
            let place = match self.third_broker(invitation.url()) {
                Some(remote) => self.wait_elsewhere(remote),
                None => {
                    let home = used.as_ref().map(|used| used.home.clone());
                    self.roster.add(account.as_str(), Caller::Invited(home));
                    Place::Own(account)
                }
            };
            let hosting = Hosting::restored(Arc::clone(&self.around.station), invitation, used);
            self.pairings().invite(Open { hosting, place });
        }
        for row in waiting.into_iter().filter(|row| self.line(&row.paired.home).is_none()) {
            if row.side == PairingSide::Host && self.third_broker(row.invitation.url()).is_none() {
                self.roster.add(&row.invitation.account().0, Caller::Invited(Some(row.paired.home.clone())));
            }
            // there were no more than there may be
            drop(self.pairings().wait_for(row));
        }
    }

    fn answer(&self, to: &HomeId, answers: Vec<(Option<Sender<Outgoing>>, Vec<u8>)>) {
        for (queue, frame) in answers {
            match queue {
                None => self.publish_to(to, frame),
                // one that is lost is sent again when it is asked for again
                Some(queue) => drop(queue.try_send(Outgoing { to: to.clone(), frame })),
            }
        }
    }
}
