//! Invitations that wait to be used, and pairings that wait for two people.

use std::{collections::BTreeMap, sync::Arc};

use hes_schemas::{HomeId, Millis, Timestamp, UserName};
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::{Caller, Ear, Outgoing, Peers};
use crate::peers::{
    invitation::Invitation,
    pairing::{Hosting, PairEvent, Paired},
};

/// How many invitations, and how many pairings, there may be at a time.
pub(super) const MOST: usize = 16;

/// For how long a pairing can be confirmed.
const PATIENCE: Millis = Millis::from_secs(15 * 60);

/// How long an account that was confirmed waits to be exchanged for the peer's own.
const EXCHANGE: Millis = Millis::from_secs(24 * 3_600);

/// How often a wrong number may be given.
const ATTEMPTS: u8 = 3;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Pairings {
    open: Vec<Open>,
    waiting: BTreeMap<HomeId, Waiting>,
    /// Accounts that were confirmed, until the peer has its own; by home.
    leaving: BTreeMap<HomeId, (UserName, Timestamp)>,
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

/// A pairing that waits to be confirmed.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) paired: Paired,
    pub(super) until: Timestamp,
    pub(super) side: Side,
    attempts: u8,
}

/// Which side of a pairing this home is.
#[derive(Debug, Clone)]
pub(super) enum Side {
    /// It has invited to its own broker, with this account.
    Host(UserName),
    /// It has invited to another broker.
    HostElsewhere(String),
    /// It was invited.
    Guest(Invitation),
}

/// What becomes of a number that somebody has read.
#[derive(Debug)]
pub(super) enum Reading {
    /// It is the right one.
    Right(Box<Waiting>),
    /// It is another one; it may be tried again.
    Wrong,
    /// It was wrong too often.
    GivenUp(Option<UserName>),
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

    pub(super) fn wait_for(&mut self, paired: Paired, side: Side, now: Timestamp) -> Option<UserName> {
        let until = now + PATIENCE;
        let home = paired.home.clone();
        if self.waiting.len() >= MOST && !self.waiting.contains_key(&home) {
            return side.account();
        }
        let waiting = Waiting { paired, until, side, attempts: 0 };
        self.waiting.insert(home, waiting).and_then(|before| before.side.account())
    }

    pub(super) fn read(&mut self, home: &HomeId, number: &str) -> Reading {
        let Some(waiting) = self.waiting.get_mut(home) else { return Reading::Unknown };
        if waiting.paired.number.is_read(number) {
            return self.waiting.remove(home).map_or(Reading::Unknown, |waiting| Reading::Right(Box::new(waiting)));
        }
        waiting.attempts += 1;
        if waiting.attempts < ATTEMPTS {
            return Reading::Wrong;
        }
        Reading::GivenUp(self.waiting.remove(home).and_then(|waiting| waiting.side.account()))
    }

    /// Keeps the account of an invitation until the peer has its own.
    pub(super) fn exchange(&mut self, home: HomeId, account: UserName, now: Timestamp) {
        self.leaving.insert(home, (account, now + EXCHANGE));
    }

    /// Returns the account of an invitation that is not needed any more.
    pub(super) fn exchanged(&mut self, home: &HomeId) -> Option<UserName> {
        self.leaving.remove(home).map(|(account, _)| account)
    }

    /// Forgets what is too late, and returns the accounts that end with that.
    pub(super) fn end_late(&mut self, now: Timestamp) -> Vec<UserName> {
        let mut ended = Vec::new();
        for open in self.open.extract_if(.., |open| open.hosting.invitation().until() <= now) {
            ended.extend(open.place.end());
        }
        for (_, waiting) in self.waiting.extract_if(.., |_, waiting| waiting.until <= now) {
            ended.extend(waiting.side.account());
        }
        for (_, (account, _)) in self.leaving.extract_if(.., |_, (_, until)| *until <= now) {
            ended.push(account);
        }
        ended
    }

    pub(super) fn invitations(&self) -> impl Iterator<Item = &Invitation> {
        self.open.iter().map(|open| open.hosting.invitation())
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.values()
    }
}

impl Place {
    /// Ends the connection, or returns the account that ends.
    fn end(self) -> Option<UserName> {
        match self {
            Self::Own(account) => Some(account),
            Self::Elsewhere(_, cancel) => {
                cancel.cancel();
                None
            }
        }
    }
}

impl Side {
    fn account(&self) -> Option<UserName> {
        match self {
            Self::Host(account) => Some(account.clone()),
            Self::HostElsewhere(_) | Self::Guest(_) => None,
        }
    }
}

/// Hears those who use an invitation on another broker.
pub(super) struct Lobby(pub(super) std::sync::Weak<Peers>);

impl Ear for Lobby {
    fn up(&self) {}

    fn heard(&self, from: &HomeId, frame: &[u8]) {
        if let Some(peers) = self.0.upgrade() {
            peers.pairing_frame(None, from, frame);
        }
    }

    fn down(&self, reason: &str) {
        super::report::lobby_down(reason);
    }
}

impl Peers {
    /// Gives a frame of a pairing to the invitations of an account, or to those on other brokers.
    pub(super) fn pairing_frame(self: &Arc<Self>, account: Option<&str>, from: &HomeId, bytes: &[u8]) {
        if self.line(from).is_some() {
            return;
        }
        let now = self.now();
        let mut pairings = self.pairings();
        let mut paired = None;
        for (at, open) in pairings.open.iter_mut().enumerate() {
            let is_meant = match &open.place {
                Place::Own(own) => account == Some(own.as_str()),
                Place::Elsewhere(..) => account.is_none(),
            };
            if !is_meant {
                continue;
            }
            for event in open.hosting.receive(now, from, bytes) {
                match event {
                    PairEvent::Send(frame) => self.answer(&open.place, from, frame),
                    PairEvent::Paired(with) => paired = Some((at, *with)),
                    PairEvent::Failed(reason) => super::report::pairing_failed(from, reason),
                }
            }
        }
        let Some((at, with)) = paired else { return };
        let Some(open) = pairings.open.get(at) else { return };
        let side = match &open.place {
            Place::Own(account) => Side::Host(account.clone()),
            Place::Elsewhere(..) => Side::HostElsewhere(open.hosting.invitation().url().to_owned()),
        };
        if let Side::Host(account) = &side {
            self.roster.add(account.as_str(), Caller::Invited(Some(from.clone())));
        }
        super::report::paired(from);
        let superseded = pairings.wait_for(with, side, now);
        drop(pairings);
        superseded.into_iter().for_each(|account| self.end_soon(account));
    }

    pub(super) fn end_soon(self: &Arc<Self>, account: UserName) {
        let me = Arc::clone(self);
        self.spawn(&self.around.cancel, async move { me.end_invited(&account).await });
    }

    fn answer(&self, place: &Place, to: &HomeId, frame: Vec<u8>) {
        match place {
            Place::Own(_) => self.publish_to(to, frame),
            // one that is lost is sent again when it is asked for again
            Place::Elsewhere(queue, _) => drop(queue.try_send(Outgoing { to: to.clone(), frame })),
        }
    }
}
