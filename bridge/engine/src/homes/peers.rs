//! The links to other homes: who is there, and what is said.

mod bounds;
mod line;
mod loads;

use std::collections::{BTreeMap, BTreeSet};

use hes_schemas::{
    HomeId, Millis, Timestamp,
    link::{Entry, Heard, LinkLimits, LinkMessage},
};

use self::bounds::can_be_said;
pub(super) use self::{bounds::TAKES, line::clock};
use super::{
    feed::Feed,
    inbox::Inbox,
    mirror::{Ear, Mirrors},
    origins::Origins,
    outbox::Outbox,
};
use crate::{
    engine::Engine,
    input::PeerTerms,
    notice::Notice,
    output::Output,
    record::{Record, Restored},
};

/// How often a sign of life is given.
const BEAT: Millis = Millis::from_secs(4);

/// After how long without a word a peer counts as gone.
const SILENCE: Millis = Millis::from_secs(12);

/// How long an acknowledgement waits for others.
const ACKNOWLEDGE: Millis = Millis::new(50);

/// How many wait together at most: a quarter of what a peer says before it waits for the first, so that it never stops.
const PROMPT: u32 = 16;

/// How often a hello is taken on one way.
const HELLO: Millis = Millis::from_secs(1);

/// The content type of this link.
const FORMAT: &str = "application/cbor";

/// All homes that there is trust with, and what is known of others by them.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    pub(super) known: BTreeMap<HomeId, Peer>,
    pub(super) mirrors: Mirrors,
    pub(super) origins: Origins,
    /// The number of the last change of what this home retains, in this life.
    pub(super) clock: u64,
    /// Those that something may be to be told to.
    pub(super) expectant: BTreeSet<HomeId>,
    /// Since when they have been waiting.
    pub(crate) waiting_since: Option<Timestamp>,
}

/// By how many ways the same may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ways {
    One,
    Several,
}

/// One peer.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) transit: bool,
    pub(super) line: Line,
    pub(super) feed: Feed,
    pub(super) ear: Ear,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    /// How often it said what no honest peer says.
    lies: u64,
    /// How much it was not told because it takes less.
    untold: u64,
    /// How many entries of the log to it were given up for want of room.
    dropped: u64,
}

/// How far the way to a peer is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Way {
    /// Not at all.
    #[default]
    Closed,
    /// What is said may arrive; the peer has not said hello, or has fallen silent.
    Open,
    /// It has said hello.
    Linked,
}

/// The way to a peer.
#[derive(Debug, Default)]
pub(super) struct Line {
    way: Way,
    heard_at: Timestamp,
    said_at: Timestamp,
    greeted_at: Option<Timestamp>,
    acknowledge_at: Option<Timestamp>,
    /// How much is to be acknowledged.
    unacknowledged: u32,
    due: Option<Timestamp>,
    epoch: u64,
    takes: LinkLimits,
    /// What its clock showed at some moment, at least, and when that was here.
    hands: Option<(u64, Timestamp)>,
}

impl Peers {
    /// Says by how many ways the same may be told: by several where any peer passes on what others say.
    pub(super) fn ways(&self) -> Ways {
        if self.known.values().any(|known| known.transit) { Ways::Several } else { Ways::One }
    }
}

impl Peer {
    pub(super) fn is_linked(&self) -> bool {
        self.line.way == Way::Linked
    }

    fn heard(&self) -> Heard {
        Heard { epoch: self.ear.epoch, state: self.ear.stands, log: self.inbox.noted() }
    }
}

impl Engine {
    /// Has exactly these peers; what others told, and what waits for them, goes.
    pub(crate) fn set_peers(&mut self, now: Timestamp, terms: Vec<PeerTerms>) {
        let others = terms.into_iter().filter(|terms| terms.home != self.home);
        let terms: BTreeMap<HomeId, PeerTerms> = others.map(|it| (it.home.clone(), it)).collect();
        let is_gone = |home: &&HomeId| !terms.contains_key(*home);
        let gone: Vec<HomeId> = self.homes.peers.known.keys().filter(is_gone).cloned().collect();
        for peer in &gone {
            self.peer_down(now, peer, "there is no trust any more".to_owned());
            self.forget_mirrors(peer, |_| true);
            self.disown(peer);
            if let Some(gone) = self.homes.peers.known.remove(peer) {
                self.put(Output::Save(Record::ParcelsGone(peer.clone(), gone.outbox.last())));
            }
        }
        let ways = self.homes.peers.ways();
        if ways == Ways::One {
            // what others tell by another way is still to be known again
            gone.iter().for_each(|peer| self.homes.peers.origins.let_go(peer));
        }
        for (home, PeerTerms { transit, .. }) in terms {
            let peer = self.homes.peers.known.entry(home.clone()).or_default();
            if std::mem::replace(&mut peer.transit, transit) != transit {
                self.forget_mirrors(&home, |told| !transit && !told.via.is_empty());
                self.guests_changed(now, &home);
            }
        }
        if (ways, self.homes.peers.ways()) == (Ways::One, Ways::Several) {
            self.keep_origins();
        }
    }

    pub(crate) fn peer_up(&mut self, now: Timestamp, peer: &HomeId) {
        self.unlink(now, peer, "there is a new way to it");
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        (known.line.way, known.line.heard_at, known.line.greeted_at) = (Way::Open, now, None);
        self.say_hello(now, peer);
        self.schedule(peer);
    }

    pub(crate) fn peer_down(&mut self, now: Timestamp, peer: &HomeId, reason: String) {
        self.unlink(now, peer, &reason);
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.line.way = Way::Closed;
        self.schedule(peer);
    }

    pub(crate) fn peer_said(&mut self, now: Timestamp, peer: &HomeId, message: LinkMessage) {
        let Some(known) = self.homes.peers.known.get_mut(peer).filter(|it| it.line.way != Way::Closed) else {
            return self.lied(peer, "it speaks and is not there");
        };
        if !can_be_said(&message) {
            return self.lied(peer, "it counts further than can be said");
        }
        let is_linked = known.is_linked();
        if is_linked {
            known.line.heard_at = now;
        }
        match message {
            LinkMessage::Hello(hello) => self.greeted(now, peer, &hello),
            LinkMessage::Bye => self.unlink(now, peer, "it says that it goes"),
            // numbered by itself, so that it needs no hello
            LinkMessage::Log(log) => self.log_came(now, peer, log),
            LinkMessage::Beat(_)
            | LinkMessage::State(_)
            | LinkMessage::Ask(_)
            | LinkMessage::Reply(_)
            | LinkMessage::Token(_)
                if !is_linked => {}
            LinkMessage::Beat(beat) => self.acknowledged(now, peer, beat),
            LinkMessage::State(state) => self.state_came(now, peer, state),
            LinkMessage::Ask(ask) => self.ask_came(now, peer, ask),
            LinkMessage::Reply(reply) => self.reply_came(now, peer, reply),
            LinkMessage::Token(message) => self.token_came(now, peer, message),
        }
    }

    /// Does what is due on the way to a peer.
    pub(crate) fn peer_due(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.line.due = None;
        if known.is_linked() && now.since(known.line.heard_at) >= SILENCE {
            self.unlink(now, peer, "it has been silent for 12 s");
        }
        let Some(known) = self.homes.peers.known.get(peer) else { return };
        let is_asked = known.line.acknowledge_at.is_some_and(|at| at <= now);
        let is_time = now.since(known.line.said_at) >= BEAT;
        match known.line.way {
            Way::Closed => return,
            Way::Open if is_time => self.say_hello(now, peer),
            Way::Linked if is_time || is_asked => self.say_beat(now, peer),
            Way::Open | Way::Linked => {}
        }
        self.say_again(now, peer);
        self.schedule(peer);
    }

    /// Says whether a peer is there and has said hello.
    pub(crate) fn is_linked(&self, peer: &HomeId) -> bool {
        self.homes.peers.known.get(peer).is_some_and(Peer::is_linked)
    }

    /// Says something to a peer; lost if it is not there.
    pub(crate) fn say(&mut self, peer: &HomeId, message: LinkMessage) {
        if self.is_linked(peer) {
            self.put(Output::Say(peer.clone(), message));
        }
    }

    /// Has something said to a peer that may not be lost before its time.
    pub(crate) fn log(&mut self, now: Timestamp, peer: &HomeId, entry: Entry, until: Timestamp) {
        let bound = self.limits.parcels;
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let (parcel, dropped) = known.outbox.add(now, peer, entry, until, bound);
        if let Some(dropped) = dropped {
            known.dropped += 1;
            self.counters.parcels_dropped += 1;
            self.put(Output::Save(Record::ParcelsGone(peer.clone(), dropped)));
        }
        self.put(Output::Log(parcel));
    }

    /// Counts something that no honest peer says.
    pub(super) fn lied(&mut self, peer: &HomeId, what: &'static str) {
        self.counters.lies += 1;
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.lies += 1;
        // one message can hold thousands, and whoever lies must not fill the log
        if known.lies.is_power_of_two() {
            let lies = known.lies;
            self.note(Notice::PeerLied(peer.clone(), what, lies));
        }
    }

    /// Has what was heard acknowledged soon.
    pub(super) fn acknowledge(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let is_first = known.line.acknowledge_at.is_none();
        if known.line.owe(now) && known.is_linked() {
            self.say_beat(now, peer);
        } else if !is_first {
            return;
        }
        self.schedule(peer);
    }

    pub(crate) fn restore_peers(&mut self, restored: &mut Restored) {
        let known = &mut self.homes.peers.known;
        for (peer, last) in std::mem::take(&mut restored.logged) {
            known.entry(peer).or_default().outbox.restore_last(last);
        }
        for parcel in std::mem::take(&mut restored.parcels) {
            known.entry(parcel.peer.clone()).or_default().outbox.restore(parcel);
        }
        for (peer, heard) in std::mem::take(&mut restored.heard) {
            known.entry(peer).or_default().inbox = Inbox::restored(heard);
        }
        self.restore_mirrors(std::mem::take(&mut restored.mirrors));
    }
}
