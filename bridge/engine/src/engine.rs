//! The engine: what happens, in order.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use hes_schemas::{
    ClusterId, HomeId, Root, Timestamp, UserName,
    message::{HomeState, Presence},
    rights::Grants,
};
use rustc_hash::FxHashMap;

use crate::{
    challenges::Challenges,
    cluster::{Cluster, Report},
    device::Device,
    directory::Directory,
    homes::Homes,
    input::Input,
    lanes::Lanes,
    limits::Limits,
    notice::{Counters, Load, Notice},
    output::Output,
    record::{Record, Restored},
    requests::Requests,
    seat::Seat,
    subscriptions::{SEQUENCE_BLOCK, Subscriptions, first_seq},
    timers::{Timer, Timers},
};

/// For how many outputs there is room even when none waits.
const ROOM: usize = 256;

/// The mind of one gateway.
///
/// Architecture invariant: no I/O, no clock, no randomness. The same inputs at the same times give the same outputs.
/// It never fails: bad news is an output.
#[derive(Debug)]
pub struct Engine {
    pub(crate) home: HomeId,
    pub(crate) root: Root,
    pub(crate) limits: Limits,
    pub(crate) epoch: u64,
    pub(crate) since: Timestamp,
    /// The version of a property that is heard for the first time is above this; it is above all that was let go.
    pub(crate) floor: u64,
    pub(crate) directory: Directory,
    pub(crate) seats: BTreeMap<ClusterId, Seat>,
    pub(crate) rights: FxHashMap<UserName, Arc<Grants>>,
    pub(crate) requests: Requests,
    pub(crate) lanes: Lanes,
    pub(crate) challenges: Challenges,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) timers: Timers,
    pub(crate) homes: Homes,
    pub(crate) counters: Counters,
    outputs: VecDeque<Output>,
}

impl Engine {
    /// Makes an engine for a home, with what was kept of its last life.
    #[must_use]
    pub fn new(home: HomeId, root: Root, limits: Limits, restored: Restored, now: Timestamp) -> Self {
        let mut engine = Self {
            home,
            root,
            limits,
            epoch: restored.epoch,
            since: now,
            floor: restored.floor,
            directory: Directory::default(),
            seats: BTreeMap::new(),
            rights: FxHashMap::default(),
            requests: Requests::default(),
            lanes: Lanes::default(),
            challenges: Challenges::default(),
            subscriptions: Subscriptions::new(restored.epoch),
            timers: Timers::default(),
            homes: Homes::default(),
            counters: Counters::default(),
            outputs: VecDeque::new(),
        };
        engine.restore(restored, now);
        engine
    }

    /// Gives a cluster its adapter; to be done before the cluster's first input.
    pub fn add_cluster(&mut self, id: ClusterId, adapter: Box<dyn Cluster>, now: Timestamp) {
        self.seats.insert(id, Seat::new(adapter, now));
    }

    /// Takes in what happened, after what was due before.
    ///
    /// What other homes are to be told of it waits for [`Self::handle_timeout`], which is wanted at once then: what happens
    /// together is told together.
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>) {
        self.do_due(now);
        match input {
            Input::Linked(cluster) => self.linked(now, &cluster),
            Input::Unlinked(cluster, reason) => self.unlinked(now, &cluster, reason),
            Input::Heard { cluster, topic, payload } => self.heard(now, cluster, topic, payload, |_| true),
            Input::Retained { cluster, topic, payload } => self.heard(now, cluster, topic, payload, Report::is_state),
            Input::Asked(asked) => self.asked(now, &asked),
            Input::Rights(rights) => self.set_rights(now, rights),
            Input::NotKept(sid) => self.not_kept(&sid),
            Input::Keys(keys) => self.set_keys(keys),
            Input::Peers(terms) => {
                self.set_trusted(now, &terms);
                self.set_peers(now, terms);
            }
            Input::PeerUp(peer) => self.peer_up(now, &peer),
            Input::PeerDown(peer, reason) => self.peer_down(now, &peer, reason),
            Input::PeerSaid(peer, message) => self.peer_said(now, peer, message),
            Input::Logged(peer, seq) => self.logged(&peer, seq),
            Input::Noted(peer, seq) => self.noted(now, &peer, seq),
            Input::NotNoted(peer) => self.not_noted(now, &peer),
            Input::Errand(key, result) => self.errand_done(key, result),
        }
        self.tell_peers_later(now);
    }

    /// Does what is due; what is put off on the way waits for the next call, so that none takes long.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.do_due(now);
        self.tell_peers(now);
    }

    fn do_due(&mut self, now: Timestamp) {
        for timer in self.timers.take_due(now) {
            match timer {
                Timer::Deadline(request) => self.deadline(now, request),
                Timer::ReadBack(work) => self.read_back(work),
                Timer::Settle(work) => self.settle(now, work),
                Timer::Lease(sid) => self.lease_ended(now, &sid),
                Timer::Interval(sid, slot, property) => self.interval_over(now, &sid, slot, &property),
                Timer::Initial(sid, from) => self.tell_initial(now, sid, from),
                Timer::Sweep(cluster, from) => self.sweep(now, cluster, from),
                Timer::States(cluster, from) => self.tell_states(now, cluster, from),
                Timer::Natives(cluster, from) => self.tell_natives(now, cluster, from),
                Timer::Recall(cluster) => self.recall(&cluster),
                Timer::Forget => self.forget(now),
                Timer::Errand(key) => self.errand_late(key),
                Timer::Ask(id) => self.ask_late(id),
                Timer::Peer(peer) => self.peer_due(now, &peer),
                Timer::Mirror(peer, after) => self.tell_mirrors(now, peer, &after),
                Timer::Federation(id) => self.federation_due(now, &id),
                Timer::Token(key) => self.token_due(now, &key),
            }
        }
    }

    /// Returns the next thing to be done outside.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() {
            // the list of a large house leaves room behind that nothing else needs
            self.outputs.shrink_to(ROOM);
        }
        output
    }

    /// Returns when [`Self::handle_timeout`] is wanted next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timers.next().into_iter().chain(self.homes.peers.waiting_since).min()
    }

    /// Returns how often things happened.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns how much is under way or remembered; it walks the lanes, so it is for metrics, not for each request.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            requests: self.requests.pending.len(),
            longest_lane: self.lanes.longest(),
            answers: self.requests.answer_count(),
            subscriptions: self.subscriptions.len(),
            told: self.subscriptions.told_count(),
            mirrored: self.mirrored(),
            parcels: self.parcels(),
            timers: self.timers.len(),
        }
    }

    /// Returns how many devices there are.
    #[must_use]
    pub fn device_count(&self) -> usize {
        self.directory.len()
    }

    /// Returns what a cluster's link is to subscribe to.
    #[must_use]
    pub fn filters_of(&self, cluster: &ClusterId) -> Vec<hes_schemas::Filter> {
        self.seats.get(cluster).map(|seat| seat.adapter.filters()).unwrap_or_default()
    }

    /// Returns the home that the engine minds.
    #[must_use]
    pub const fn home(&self) -> &HomeId {
        &self.home
    }

    /// Returns the root of its topics.
    #[must_use]
    pub const fn root(&self) -> &Root {
        &self.root
    }

    /// Returns the state of the gateway, as it is retained, or left behind as its last will.
    #[must_use]
    pub const fn home_state(&self, state: Presence) -> HomeState {
        HomeState { state, epoch: self.epoch, since: self.since }
    }

    pub(crate) fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn note(&mut self, notice: Notice) {
        self.put(Output::Notice(notice));
    }

    pub(crate) fn grants(&self, user: &UserName) -> Arc<Grants> {
        self.rights.get(user).cloned().unwrap_or_default()
    }

    fn forget(&mut self, now: Timestamp) {
        if self.requests.forget_old(now) {
            self.timers.set(now + self.limits.remember, Timer::Forget);
        }
    }

    fn restore(&mut self, mut restored: Restored, now: Timestamp) {
        self.restore_peers(&mut restored);
        for mut record in restored.devices {
            record.id = self.directory.free_id(&record.cluster, &record.id, &record.uid);
            self.directory.insert(Device::restored(record, now));
        }
        for record in restored.values {
            let slot = self.directory.by_uid(&record.cluster, &record.uid);
            let Some((slot, device)) = slot.and_then(|slot| Some((slot, self.directory.device_mut(slot)?))) else {
                continue;
            };
            device.restore(record.values, restored.leap);
            if restored.leap.is_some() {
                self.save_values(slot);
            }
        }
        self.restore_federations(restored.federations, now);
        let own = self.restore_abroad(restored.subscriptions);
        for mut record in own {
            self.timers.set(record.until, Timer::Lease(record.sid.clone()));
            let seq = first_seq(&record, restored.epoch);
            record.next_seq = seq.saturating_add(SEQUENCE_BLOCK);
            self.put(Output::Save(Record::Subscription(record.clone())));
            self.subscriptions.insert(record, seq, None);
        }
    }
}
