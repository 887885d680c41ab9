//! The ways to other homes, and how trust with them begins and ends.
//!
//! A `line` leads to each peer; frames come and go by our own broker, or by a `dial` to another one. The `roster` says which
//! accounts are other homes'; `pairing` holds invitations, and pairings until two people have compared a number; `trust` is
//! what follows from that.

mod carry;
mod dial;
mod errands;
mod figures;
mod heir;
mod joining;
mod line;
mod pairing;
pub(crate) mod roster;
mod tending;
mod trust;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use hes_broker::{Broker, Publish};
use hes_engine::{Input, PeerTerms};
use hes_schemas::{HomeId, Root, Timestamp, link::LinkMessage};
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::{figures::PeersFigures, line::LineFigures};
use self::{
    joining::Joinings,
    line::Line,
    pairing::Pairings,
    roster::{Caller, Roster},
};
use super::{clock::Clock, mind::Mind, report};
use crate::{
    accounts::Accounts,
    peers::{channel::Frame, station::Station},
    settings::PeersSettings,
    store::{InvitationRow, Ledger, PairingRow, PeerRow, Store, StoreError},
};

/// How many messages may wait for a peer on another broker.
const ROOM: usize = 4_096;

/// What the ways to other homes need of the house.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) station: Arc<Station>,
    pub(crate) root: Root,
    pub(crate) clock: Arc<Clock>,
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) settings: PeersSettings,
    pub(crate) tasks: TaskTracker,
    pub(crate) cancel: CancellationToken,
}

/// All ways to other homes.
pub(crate) struct Peers {
    around: Surroundings,
    roster: Arc<Roster>,
    mind: OnceLock<Weak<Mind>>,
    broker: OnceLock<Broker>,
    lines: RwLock<BTreeMap<HomeId, Held>>,
    pairings: Mutex<Pairings>,
    joinings: Mutex<Joinings>,
    /// Errands that change what is trusted are done one after the other.
    turn: tokio::sync::Mutex<()>,
    refused: AtomicU64,
    runtime: Handle,
}

/// What an earlier run has kept of other homes.
#[derive(Debug)]
pub(crate) struct Kept {
    peers: Vec<PeerRow>,
    invitations: Vec<InvitationRow>,
    pairings: Vec<PairingRow>,
}

/// A way, with what ends it.
struct Held {
    line: Arc<Line>,
    row: PeerRow,
    cancel: CancellationToken,
    /// Ends the connection to another broker alone.
    way: CancellationToken,
}

impl Kept {
    /// Reads it, and ends what is too late.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be used.
    pub(crate) async fn read(ledger: &Ledger, now: Timestamp) -> Result<Self, StoreError> {
        ledger.end_invited(now).await?;
        let (peers, invitations) = (ledger.peers().await?, ledger.invitations().await?);
        Ok(Self { peers, invitations, pairings: ledger.pairings().await? })
    }
}

impl Peers {
    /// Makes them, in the runtime that they are to live in.
    pub(crate) fn new(around: Surroundings) -> Arc<Self> {
        Arc::new(Self {
            around,
            roster: Arc::default(),
            mind: OnceLock::new(),
            broker: OnceLock::new(),
            lines: RwLock::default(),
            pairings: Mutex::default(),
            joinings: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            refused: AtomicU64::new(0),
            runtime: Handle::current(),
        })
    }

    pub(crate) const fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// Opens the ways to all peers.
    pub(crate) fn start(self: &Arc<Self>, mind: &Arc<Mind>, broker: Option<Broker>, kept: Kept) {
        drop(self.mind.set(Arc::downgrade(mind)));
        broker.into_iter().for_each(|broker| drop(self.broker.set(broker)));
        for row in kept.peers {
            self.hold(row);
        }
        self.restore_pairings(kept.invitations, kept.pairings);
        self.tell_terms();
        self.spawn(&self.around.cancel, Arc::clone(self).keep_house());
    }

    /// Says something to a peer.
    pub(crate) fn say(&self, peer: &HomeId, messages: &[LinkMessage]) {
        if let Some(line) = self.line(peer) {
            line.say(messages);
        }
    }

    /// Takes what an account of another home publishes on our broker; says whether it is one.
    pub(crate) fn take(self: &Arc<Self>, account: &str, publish: &Publish) -> bool {
        let Some(caller) = self.roster.caller(account) else { return false };
        let own = self.around.station.home();
        let from = self.roster.speaker(&self.around.root, own, account, publish.topic.as_str());
        let frame = Frame::decode(&publish.payload);
        match (from.filter(|_| !publish.retain), frame, caller) {
            (Some(from), Some(frame), Caller::Invited(_)) if frame.kind.is_pairing() => {
                self.pairing_frame(Some(account), &from, &publish.payload);
            }
            (Some(from), frame, caller) if frame.is_none_or(|frame| !frame.kind.is_pairing()) => {
                if let Some(line) = self.line(&from) {
                    if matches!(caller, Caller::Peer(_)) && line.has_taken_over() {
                        self.handed_over(&from);
                    }
                    line.receive(&publish.payload);
                }
            }
            _ => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                report::peer_refused(account, publish.topic.as_str());
            }
        }
        true
    }

    /// Takes note that a client of another home has gone from our broker.
    pub(crate) fn gone(&self, account: &str) {
        if let Some(Caller::Peer(home)) = self.roster.caller(account)
            && let Some(line) = self.line(&home)
        {
            line.close("its connection has ended");
        }
    }

    /// Says goodbye to all who are there.
    pub(crate) fn leave(&self) {
        let lines: Vec<_> = self.lines().values().map(|held| Arc::clone(&held.line)).collect();
        lines.iter().for_each(|line| line.leave());
    }

    /// Opens the way to a peer, in the place of one that there is.
    fn hold(self: &Arc<Self>, row: PeerRow) {
        let around = &self.around;
        around.station.book().pin(row.home.clone(), row.identity.clone());
        let (mind, fingerprint) = (self.mind.get().cloned().unwrap_or_default(), row.identity.id().clone());
        let about = (&around.root, row.home.clone(), fingerprint);
        let Some(line) = Line::new(&around.station, about, &around.clock, mind) else { return };
        self.let_go(&row.home);
        let cancel = around.cancel.child_token();
        self.spawn(&cancel, Arc::clone(&line).tend());
        let way = cancel.child_token();
        self.carry(&line, &row, &way);
        let held = Held { line, cancel, way, row: row.clone() };
        self.lines.write().unwrap_or_else(PoisonError::into_inner).insert(row.home, held);
        self.note_peers();
    }

    /// Closes the way to a peer; says whether there was one.
    fn let_go(&self, home: &HomeId) -> bool {
        let held = self.lines.write().unwrap_or_else(PoisonError::into_inner).remove(home);
        self.note_peers();
        let Some(Held { line, row, cancel, .. }) = held else { return false };
        line.leave();
        line.close("there is no trust with it any more");
        cancel.cancel();
        row.account.iter().chain(&row.invited).for_each(|account| self.roster.remove(account.as_str()));
        true
    }

    /// Tells the engine with whom there is trust.
    fn tell_terms(&self) {
        let terms = self.lines().keys().map(|home| self.terms(home)).collect();
        self.tell(Input::Peers(terms));
    }

    fn terms(&self, home: &HomeId) -> PeerTerms {
        PeerTerms { home: home.clone(), transit: self.around.settings.transit.contains(home) }
    }

    fn tell(&self, input: Input<'_>) {
        if let Some(mind) = self.mind.get().and_then(Weak::upgrade) {
            mind.handle(input);
        }
    }

    fn note_peers(&self) {
        self.roster.set_peers(self.lines().keys().cloned().collect());
    }

    fn line(&self, home: &HomeId) -> Option<Arc<Line>> {
        self.lines().get(home).map(|held| Arc::clone(&held.line))
    }

    fn row(&self, home: &HomeId) -> Option<PeerRow> {
        self.lines().get(home).map(|held| held.row.clone())
    }

    /// Notes what is kept of a peer, whose way stays as it is.
    fn set_row(&self, row: PeerRow) {
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = lines.get_mut(&row.home) {
            held.row = row;
        }
    }

    fn lines(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<HomeId, Held>> {
        self.lines.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn pairings(&self) -> MutexGuard<'_, Pairings> {
        self.pairings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn joinings(&self) -> MutexGuard<'_, Joinings> {
        self.joinings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.around.clock.now()
    }

    /// Runs a task in the gateway's runtime until it is cancelled, from any thread.
    fn spawn(&self, cancel: &CancellationToken, task: impl Future<Output = ()> + Send + 'static) {
        self.around.tasks.spawn_on(cancel.clone().run_until_cancelled_owned(task), &self.runtime);
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers").field("home", self.around.station.home()).finish_non_exhaustive()
    }
}
