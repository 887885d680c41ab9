//! One home: an engine or none, and what outlives it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use hes_engine::{Engine, Input, Limits, PeerTerms, clusters::zigbee2mqtt::Zigbee2Mqtt};
use hes_schemas::{
    ClusterId, Filter, HomeId, Millis, Root, Timestamp, Topic, UserName,
    rights::{Grants, Role},
};

use crate::{
    cluster::{Cluster, Told, ZIGBEE},
    disk::Disk,
    history::{Fact, Shown},
    notary,
    people::ANNA,
    topology::Name,
};

/// Small bounds, so that they are met.
const LANE: usize = 4;
const REQUESTS: usize = 12;
const ANSWERS: usize = 24;

/// A home.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) name: Name,
    pub(crate) peers: Vec<PeerTerms>,
    /// Nothing while the gateway is down.
    pub(crate) engine: Option<Engine>,
    pub(crate) disk: Disk,
    pub(crate) is_disk_full: bool,
    pub(crate) commit_at: Option<Timestamp>,
    pub(crate) cluster: Cluster,
    /// What the cluster is about to say.
    pub(crate) arriving: VecDeque<(Timestamp, Told)>,
    /// How far its clock is ahead.
    pub(crate) ahead: Millis,
    /// Where its owner may do something, in other homes.
    pub(crate) foreign: BTreeSet<Name>,
    held: BTreeMap<&'static str, usize>,
}

impl Home {
    pub(crate) fn new(name: Name, peers: Vec<PeerTerms>) -> Self {
        Self {
            name,
            peers,
            engine: None,
            disk: Disk::default(),
            is_disk_full: false,
            commit_at: None,
            cluster: Cluster::new(),
            arriving: VecDeque::new(),
            ahead: Millis::default(),
            foreign: BTreeSet::new(),
            held: BTreeMap::new(),
        }
    }

    /// Returns the time that its clock tells.
    pub(crate) fn clock(&self, now: Timestamp) -> Timestamp {
        now + self.ahead
    }

    /// Begins a life; what is to be told first is returned.
    pub(crate) fn begin(&mut self, now: Timestamp, is_clean: bool) -> Vec<Input<'static>> {
        let now = self.clock(now);
        let restored = self.disk.start(is_clean);
        let mut engine = Engine::new(home_id(self.name), Root::default(), limits(), restored, now);
        notary::give(&mut engine, self.name);
        let base = Topic::new("zigbee2mqtt").unwrap();
        engine.add_cluster(zigbee(), Box::new(Zigbee2Mqtt::new(base)), now);
        self.engine = Some(engine);
        self.foreign.clear();
        let owner = (UserName::new(ANNA).unwrap(), Arc::new(Grants::new(Role::Owner.grants())));
        vec![Input::Rights(vec![owner]), Input::Peers(self.peers.clone()), Input::Linked(zigbee())]
    }

    /// Ends a life.
    pub(crate) fn end(&mut self) {
        self.engine = None;
        self.disk.lose();
        self.commit_at = None;
        self.arriving.clear();
    }

    /// Returns when the engine wants to be woken, by the time of the world.
    pub(crate) fn wakes(&self) -> Option<Timestamp> {
        let at = self.engine.as_ref()?.poll_timeout()?;
        Some(Timestamp::from_millis(at.as_millis() - i64::try_from(self.ahead.get()).unwrap()))
    }

    /// Returns what is retained.
    pub(crate) fn shows(&self) -> Shown {
        let mut shown = Shown::new();
        let Some(engine) = &self.engine else { return shown };
        engine.retained(&Filter::new("hes/1/#").unwrap(), &mut |post| {
            let topic = post.topic.as_str().trim_start_matches("hes/1/").to_owned();
            shown.insert(topic, serde_json::from_slice(&post.payload).unwrap());
        });
        shown
    }

    /// Returns what the engine holds of what it did not hold so much or so little of before.
    pub(crate) fn holds(&mut self) -> Vec<Fact> {
        let Some(engine) = &self.engine else { return Vec::new() };
        let (load, limits) = (engine.load(), limits());
        let all = [
            ("requests", load.requests, limits.requests),
            ("things in one lane", load.longest_lane, limits.lane),
            ("answers", load.answers, limits.answers),
            ("subscriptions", load.subscriptions, limits.subscriptions),
            ("told values", load.told, limits.told),
        ];
        let is_new = |(what, count, _): &(&'static str, usize, usize)| self.held.insert(what, *count) != Some(*count);
        let new: Vec<_> = all.into_iter().filter(is_new).collect();
        new.into_iter().map(|(what, count, limit)| Fact::Holds { what, count, limit }).collect()
    }
}

/// Returns the limits of every engine.
pub(crate) fn limits() -> Limits {
    Limits { lane: LANE, requests: REQUESTS, answers: ANSWERS, devices: 6, ..Limits::default() }
}

pub(crate) fn home_id(name: Name) -> HomeId {
    HomeId::new(name).unwrap()
}

pub(crate) fn zigbee() -> ClusterId {
    ClusterId::new(ZIGBEE).unwrap()
}
