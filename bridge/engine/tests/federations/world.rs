//! Homes that are joined in memory, in a time that moves only when told.
//!
//! The world stands in for the log between two homes: it keeps what is logged until there is a way, and numbers what arrives
//! in the order of its arrival, so that what federations say can be doubled and disordered below the link's own order.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use hes_engine::{
    Asked, Asker, Delivery, Door, Engine, Input, Letter, Limits, Notice, Output, PeerTerms, Post,
    cluster::Command,
    homes::Notary,
    record::{FederationRecord, Record, Restored, SubscriptionRecord},
};
use hes_schemas::{
    ClusterId, HomeId, Millis, Root, Sid, Timestamp, UserName, decode,
    link::{Beat, Entry, FederationMessage, Hello, LinkMessage, Log},
    message::Answer,
    rights::{Action, Grant, Grants, Role, Safety, Scope},
};
use serde_json::{Value, json};

use crate::{
    notary::Stamps,
    support::{Plain, Thing, ZIGBEE},
};

/// The end of most federations.
pub(crate) const UNTIL: &str = "2027-06-01T00:00:00.000Z";

/// What is on its way between two homes.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) from: HomeId,
    pub(crate) to: HomeId,
    pub(crate) message: LinkMessage,
}

/// Several homes, the ways between them, and what is on its way.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) homes: BTreeMap<HomeId, Home>,
    cut: BTreeSet<(HomeId, HomeId)>,
    pub(crate) air: VecDeque<Packet>,
    /// What is logged and has no way.
    waiting: Vec<Packet>,
    /// What has arrived, in that order.
    pub(crate) arrived: Vec<Packet>,
    /// Homes of which nothing arrives, though nobody has been told so.
    pub(crate) mute: BTreeSet<HomeId>,
    /// What is said about tokens while that is held back.
    pub(crate) held_tokens: Option<Vec<Packet>>,
    /// Requests between homes do not arrive, but come in here.
    pub(crate) held_asks: Option<Vec<Packet>>,
}

/// One home, and what is around it.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) engine: Engine,
    accounts: BTreeMap<String, Vec<Grant>>,
    peers: BTreeSet<HomeId>,
    pub(crate) shelf: BTreeMap<String, FederationRecord>,
    /// The subscriptions that are kept.
    pub(crate) subscriptions: BTreeMap<Sid, SubscriptionRecord>,
    pub(crate) letters: Vec<Letter>,
    /// How many answers waited until something was kept for good.
    pub(crate) kept: usize,
    /// What clients were told on their topics.
    pub(crate) told: Vec<Post>,
    /// What was said to devices.
    pub(crate) commands: Vec<Command>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) foreign: BTreeMap<(HomeId, UserName), Arc<Grants>>,
    epoch: u64,
    asked: u32,
    /// How much of the logs of others has arrived.
    heard: BTreeMap<HomeId, u64>,
}

impl Packet {
    /// Says whether it is kept until it arrives.
    pub(crate) fn is_logged(&self) -> bool {
        matches!(self.message, LinkMessage::Log(_))
    }
}

impl World {
    /// Homes of these names, each with an owner called `anna-<home>`, all joined with each other.
    pub(crate) fn of(names: &[&str]) -> Self {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let mut world = Self {
            now,
            homes: BTreeMap::new(),
            cut: BTreeSet::new(),
            air: VecDeque::new(),
            waiting: Vec::new(),
            arrived: Vec::new(),
            mute: BTreeSet::new(),
            held_tokens: None,
            held_asks: None,
        };
        for name in names {
            let peers = names.iter().filter(|other| *other != name).map(|other| home(other)).collect();
            let accounts = BTreeMap::from([(anna(name), Role::Owner.grants())]);
            world.homes.insert(home(name), Home::new(name, accounts, peers, now));
        }
        for name in names {
            world.settle_in(name);
        }
        world.deliver();
        world
    }

    fn settle_in(&mut self, name: &str) {
        self.furnish(name);
        self.tell_rights(name);
        self.tell_peers(name);
        let peers: Vec<HomeId> = self.homes[&home(name)].peers.iter().cloned().collect();
        for peer in peers {
            if self.is_joined(&home(name), &peer) {
                self.handle(name, Input::PeerUp(peer));
            }
        }
    }

    /// Gives a home a lamp, a heater and a door.
    fn furnish(&mut self, at: &str) {
        let zigbee: ClusterId = ZIGBEE.parse().unwrap();
        self.handle(at, Input::Linked(zigbee));
        self.hears(at, "presence", &json!("online"));
        let things: Vec<Thing> = ["lamp", "heater", "door"].map(|id| Thing::new(id, id)).into();
        self.hears(at, "inventory", &json!(things));
        self.hears(at, "u-lamp/state", &json!({"state": "ON"}));
    }

    /// Lets the cluster of a home say something.
    pub(crate) fn hears(&mut self, at: &str, topic: &str, payload: &Value) {
        let (topic, payload) = (format!("{ZIGBEE}/{topic}"), payload.to_string());
        let zigbee: ClusterId = ZIGBEE.parse().unwrap();
        self.handle(at, Input::Heard { cluster: &zigbee, topic: &topic, payload: payload.as_bytes() });
    }

    /// Asks as a guest, whose door does not matter to its rights; returns the status, nothing while a device is awaited.
    pub(crate) fn guest_asks(&mut self, at: &str, guest: &UserName, topic: &str, payload: &str) -> Option<u16> {
        let before = self.homes[&home(at)].letters.len();
        let topic = format!("hes/1/{at}/{topic}");
        self.handle(
            at,
            Input::Asked(Asked {
                asker: Asker { user: guest.clone(), door: Door::Own("guest".parse().ok()) },
                bounds: None,
                topic: &topic,
                payload: payload.as_bytes(),
                retained: false,
                content_type: None,
                response_topic: None,
                correlation: None,
                expiry: None,
                trace: None,
                delivery: Delivery::AtLeastOnce,
            }),
        );
        Some(self.homes[&home(at)].letters.get(before)?.status.code())
    }

    /// Says whether anna of one home may read the lamp of another.
    pub(crate) fn reads(&mut self, who: &str, at: &str, id: &str) -> bool {
        let guest = guest(at, id, who, &anna(who));
        self.guest_asks(at, &guest, "zigbee/lamp/property/on/get", "") == Some(200)
    }

    // what people do

    /// Asks as somebody, and returns the answer.
    pub(crate) fn ask(&mut self, at: &str, user: &str, operation: &str, what: Value) -> Answer {
        let before = self.homes[&home(at)].letters.len();
        self.ask_through(at, user, operation, what, Door::Own(format!("{user}-1").parse().ok()), None);
        let letters = &self.homes[&home(at)].letters;
        assert_eq!(letters.len(), before + 1, "answers to {user} of {at}");
        decode(letters[before].encoding, &letters[before].payload, hes_schemas::Limits::CLUSTER).unwrap()
    }

    /// Asks through another door, or with a part of one's rights.
    pub(crate) fn ask_through(
        &mut self,
        at: &str,
        user: &str,
        operation: &str,
        what: Value,
        door: Door,
        bounds: Option<Arc<Grants>>,
    ) -> Option<Answer> {
        let place = self.homes.get_mut(&home(at)).unwrap();
        place.asked += 1;
        let (correlation, before) = (place.asked.to_string(), place.letters.len());
        let (topic, payload) = (format!("hes/1/{at}/$req/{operation}"), json!({"do": what}).to_string());
        self.handle(
            at,
            Input::Asked(Asked {
                asker: Asker { user: UserName::new(user).unwrap(), door },
                bounds,
                topic: &topic,
                payload: payload.as_bytes(),
                retained: false,
                content_type: None,
                response_topic: None,
                correlation: Some(correlation.as_bytes()),
                expiry: None,
                trace: None,
                delivery: Delivery::AtLeastOnce,
            }),
        );
        let letter = self.homes[&home(at)].letters.get(before)?;
        decode(letter.encoding, &letter.payload, hes_schemas::Limits::CLUSTER).ok()
    }

    /// Asks for something about federations; returns what is told.
    pub(crate) fn does(&mut self, at: &str, user: &str, what: Value) -> Value {
        let answer = self.ask(at, user, "federate", what);
        assert_eq!(answer.status.code(), 200, "{at} {user}: {:?}", answer.detail);
        serde_json::to_value(answer.info).unwrap()
    }

    /// Asks for something about federations that is refused; returns the error.
    pub(crate) fn fails(&mut self, at: &str, user: &str, what: Value) -> (u16, &'static str) {
        let answer = self.ask(at, user, "federate", what);
        (answer.status.code(), answer.error.map_or("none", |symbol| symbol.as_str()))
    }

    /// Has anna of one home propose a federation with anna of another; both would give `zigbee/lamp`. Returns its id.
    pub(crate) fn create(&mut self, at: &str, with: &str) -> String {
        self.create_as(at, &anna(at), with, &anna(with))
    }

    pub(crate) fn create_as(&mut self, at: &str, user: &str, with: &str, other: &str) -> String {
        let what = json!({"create": {
            "with": with, "user": other, "give": [lamp()], "want": [lamp()], "purpose": "my lights", "until": UNTIL,
        }});
        self.does(at, user, what)["id"].as_str().unwrap().to_owned()
    }

    /// Joins anna of one home with anna of another.
    pub(crate) fn join(&mut self, at: &str, with: &str) -> String {
        let id = self.create(at, with);
        self.deliver();
        self.does(with, &anna(with), json!({"accept": {"federation": id}}));
        self.deliver();
        self.later(10_000);
        id
    }

    /// Has anna of one home propose anna of another as a further identity, to whom all give `zigbee/lamp`.
    pub(crate) fn add(&mut self, at: &str, id: &str, with: &str) -> Value {
        let members = self.does(at, &anna(at), json!({"show": {"federation": id}}))["members"].clone();
        let active = members.as_array().unwrap().iter().filter(|member| member["state"] == "active");
        let gives: Vec<Value> = active.map(|it| json!({"home": it["home"], "grants": [lamp()]})).collect();
        self.does(
            at,
            &anna(at),
            json!({"add": {
                "federation": id, "with": with, "user": anna(with), "want": [lamp()], "gives": gives,
            }}),
        )
    }

    pub(crate) fn accept(&mut self, at: &str, id: &str) -> Value {
        self.does(at, &anna(at), json!({"accept": {"federation": id}}))
    }

    /// Returns how a federation stands: `active`.
    pub(crate) fn standing(&mut self, at: &str, id: &str) -> String {
        let info = self.does(at, &anna(at), json!({"show": {"federation": id}}));
        info["state"].as_str().unwrap().to_owned()
    }

    /// Returns what may be done across: `oak may elm` for each home whose anna may do something in another.
    pub(crate) fn may(&self) -> Vec<String> {
        let line = |name: &HomeId, home: &Home| {
            home.foreign.keys().map(|(other, _)| format!("{name} may {other}")).collect::<Vec<_>>()
        };
        self.homes.iter().flat_map(|(name, home)| line(name, home)).collect()
    }

    // accounts and trust

    /// Gives somebody an account with these rights, or others.
    pub(crate) fn account(&mut self, at: &str, user: &str, grants: Vec<Grant>) {
        self.homes.get_mut(&home(at)).unwrap().accounts.insert(user.to_owned(), grants);
        self.tell_rights(at);
    }

    pub(crate) fn close_account(&mut self, at: &str, user: &str) {
        self.homes.get_mut(&home(at)).unwrap().accounts.remove(user);
        self.tell_rights(at);
    }

    fn tell_rights(&mut self, at: &str) {
        let accounts = self.homes[&home(at)].accounts.iter();
        let all = accounts.map(|(user, grants)| (UserName::new(user).unwrap(), Arc::new(Grants::new(grants.clone()))));
        let all = all.collect();
        self.handle(at, Input::Rights(all));
    }

    /// Ends the trust of one home in another.
    pub(crate) fn distrust(&mut self, at: &str, other: &str) {
        self.homes.get_mut(&home(at)).unwrap().peers.remove(&home(other));
        self.tell_peers(at);
    }

    fn tell_peers(&mut self, at: &str) {
        let terms = |peer: &HomeId| PeerTerms { home: peer.clone(), transit: false };
        let terms = self.homes[&home(at)].peers.iter().map(terms).collect();
        self.handle(at, Input::Peers(terms));
    }

    // what is around

    /// Cuts the way between two homes; what is on it and not logged is lost.
    pub(crate) fn cut(&mut self, one: &str, other: &str) {
        self.cut.insert(pair(&home(one), &home(other)));
        self.air
            .retain(|packet| packet.is_logged() || pair(&packet.from, &packet.to) != pair(&home(one), &home(other)));
        self.handle(one, Input::PeerDown(home(other), "cut".to_owned()));
        self.handle(other, Input::PeerDown(home(one), "cut".to_owned()));
    }

    pub(crate) fn mend(&mut self, one: &str, other: &str) {
        self.cut.remove(&pair(&home(one), &home(other)));
        self.air.extend(std::mem::take(&mut self.waiting));
        self.handle(one, Input::PeerUp(home(other)));
        self.handle(other, Input::PeerUp(home(one)));
        self.deliver();
    }

    fn is_joined(&self, one: &HomeId, other: &HomeId) -> bool {
        let trusts = |one, other| self.homes.get(one).is_some_and(|home: &Home| home.peers.contains(other));
        trusts(one, other) && trusts(other, one) && !self.cut.contains(&pair(one, other))
    }

    /// Lets all that is on its way arrive, in its order.
    pub(crate) fn deliver(&mut self) {
        while let Some(packet) = self.air.pop_front() {
            self.arrive(packet);
        }
    }

    pub(crate) fn arrive(&mut self, mut packet: Packet) {
        if !self.is_joined(&packet.from, &packet.to) {
            self.waiting.extend(packet.is_logged().then_some(packet));
            return;
        }
        if self.mute.contains(&packet.from) {
            return;
        }
        if let Some(held) = self.held_tokens.as_mut().filter(|_| matches!(packet.message, LinkMessage::Token(_))) {
            return held.push(packet);
        }
        if let Some(held) = self.held_asks.as_mut().filter(|_| matches!(packet.message, LinkMessage::Ask(_))) {
            return held.push(packet);
        }
        self.arrived.push(packet.clone());
        if let LinkMessage::Log(log) = &mut packet.message {
            let heard = self.homes.get_mut(&packet.to).unwrap().heard.entry(packet.from.clone()).or_default();
            *heard += 1;
            log.seq = *heard;
        }
        let to = packet.to.as_str().to_owned();
        self.handle(&to, Input::PeerSaid(&packet.from, packet.message));
    }

    /// Lets a peer say something about a federation that no engine said.
    pub(crate) fn forge(&mut self, from: &str, to: &str, message: FederationMessage) {
        let message = LinkMessage::Log(Log { seq: 0, entry: Entry::Federation(message) });
        self.arrive(Packet { from: home(from), to: home(to), message });
        self.deliver();
    }

    /// Lets time pass, with all that is due on the way.
    pub(crate) fn later(&mut self, millis: u64) {
        let end = self.now + Millis::new(millis);
        self.deliver();
        while let Some(next) =
            self.homes.values().filter_map(|it| it.engine.poll_timeout()).min().filter(|it| *it <= end)
        {
            self.now = self.now.max(next);
            for name in self.names() {
                self.homes.get_mut(&home(&name)).unwrap().engine.handle_timeout(self.now);
                self.drain(&name);
            }
            self.deliver();
        }
        self.now = end;
    }

    fn names(&self) -> Vec<String> {
        self.homes.keys().map(|name| name.as_str().to_owned()).collect()
    }

    /// Kills a home and starts it again, with what it had kept.
    pub(crate) fn restart(&mut self, at: &str) {
        let others: Vec<HomeId> = self.homes[&home(at)].peers.iter().cloned().collect();
        self.air.retain(|packet| packet.is_logged() || (packet.from != home(at) && packet.to != home(at)));
        for other in &others {
            self.handle(other.as_str(), Input::PeerDown(home(at), "killed".to_owned()));
        }
        let now = self.now;
        let place = self.homes.get_mut(&home(at)).unwrap();
        place.start(at, now);
        self.settle_in(at);
        for other in &others {
            self.handle(other.as_str(), Input::PeerUp(home(at)));
        }
        self.deliver();
    }

    pub(crate) fn handle(&mut self, at: &str, input: Input<'_>) {
        let now = self.now;
        self.homes.get_mut(&home(at)).unwrap().engine.handle(now, input);
        self.drain(at);
        while self.homes[&home(at)].engine.poll_timeout().is_some_and(|next| next <= now) {
            self.homes.get_mut(&home(at)).unwrap().engine.handle_timeout(now);
            self.drain(at);
        }
    }

    fn drain(&mut self, at: &str) {
        loop {
            let place = self.homes.get_mut(&home(at)).unwrap();
            let Some(output) = place.engine.poll_output() else { break };
            match output {
                // the world says what is logged, and nobody ever hears that it was heard
                Output::Say(_, LinkMessage::Log(_)) => {}
                Output::Say(to, mut message) => {
                    if let LinkMessage::Hello(Hello { heard, .. }) | LinkMessage::Beat(Beat { heard, .. }) =
                        &mut message
                    {
                        heard.log = 0;
                    }
                    self.air.push_back(Packet { from: home(at), to, message });
                }
                Output::Log(parcel) => {
                    let (to, seq) = (parcel.peer.clone(), parcel.log.seq);
                    let message = LinkMessage::Log(parcel.log);
                    self.air.push_back(Packet { from: home(at), to: to.clone(), message });
                    self.handle(at, Input::Logged(to, seq));
                }
                Output::Note(records) => self.note(at, records),
                Output::NotifyOnce { post, records, .. } => {
                    place.told.push(post);
                    self.note(at, records);
                }
                Output::Keep { record, kept, .. } => {
                    place.keep(record);
                    place.kept += 1;
                    match *kept {
                        Output::Answer(letter) => place.letters.push(letter),
                        Output::Say(to, message) => self.air.push_back(Packet { from: home(at), to, message }),
                        other => panic!("{other:?} is no answer"),
                    }
                }
                Output::Save(record) => place.keep(record),
                Output::Answer(letter) => place.letters.push(letter),
                Output::Notify { post, .. } => place.told.push(post),
                Output::Command(_, command) => place.commands.push(command),
                Output::Notice(notice) => place.notices.push(notice),
                Output::Foreign(other, user, Some(grants)) => drop(place.foreign.insert((other, user), grants)),
                Output::Foreign(other, user, None) => drop(place.foreign.remove(&(other, user))),
                _ => {}
            }
        }
    }

    fn note(&mut self, at: &str, records: Vec<Record>) {
        for record in records {
            if let Record::Heard(peer, seq) = record {
                self.handle(at, Input::Noted(peer, seq));
            }
        }
    }
}

impl Home {
    fn new(name: &str, accounts: BTreeMap<String, Vec<Grant>>, peers: BTreeSet<HomeId>, now: Timestamp) -> Self {
        let mut home = Self {
            engine: engine(name, Restored::default(), now),
            accounts,
            peers,
            shelf: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            letters: Vec::new(),
            kept: 0,
            told: Vec::new(),
            commands: Vec::new(),
            notices: Vec::new(),
            foreign: BTreeMap::new(),
            epoch: 0,
            asked: 0,
            heard: BTreeMap::new(),
        };
        home.start(name, now);
        home
    }

    fn start(&mut self, name: &str, now: Timestamp) {
        self.epoch += 1;
        let federations = self.shelf.values().cloned().collect();
        let heard = self.heard.clone().into_iter().collect();
        let subscriptions = self.subscriptions.values().cloned().collect();
        let restored = Restored { federations, heard, subscriptions, epoch: self.epoch, ..Restored::default() };
        self.engine = engine(name, restored, now);
        self.foreign.clear();
    }

    /// Keeps a record as a store does: as bytes.
    fn keep(&mut self, record: Record) {
        match record {
            Record::Federation(record) => {
                let text = serde_json::to_string(&record).unwrap();
                self.shelf.insert(record.id.clone(), serde_json::from_str(&text).unwrap());
            }
            Record::FederationGone(id) => drop(self.shelf.remove(&id)),
            Record::Subscription(record) => drop(self.subscriptions.insert(record.sid.clone(), record)),
            Record::SubscriptionGone(sid) => drop(self.subscriptions.remove(&sid)),
            _ => {}
        }
    }
}

fn engine(name: &str, restored: Restored, now: Timestamp) -> Engine {
    let mut engine = Engine::new(home(name), Root::default(), Limits::default(), restored, now);
    engine.set_notary(Arc::new(Stamps(home(name))));
    engine.add_cluster(ZIGBEE.parse().unwrap(), Box::new(Plain::new(ZIGBEE)), now);
    engine
}

fn pair(one: &HomeId, other: &HomeId) -> (HomeId, HomeId) {
    if one < other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) }
}

pub(crate) fn home(name: &str) -> HomeId {
    HomeId::new(name).unwrap()
}

/// How a home calls a member of a federation that lives elsewhere.
pub(crate) fn guest(at: &str, id: &str, other: &str, user: &str) -> UserName {
    Stamps(home(at)).pairwise(id, &home(other), &UserName::new(user).unwrap())
}

/// The owner of a home.
pub(crate) fn anna(home: &str) -> String {
    format!("anna-{home}")
}

/// What most consents give.
pub(crate) fn lamp() -> Value {
    json!(everyday("zigbee/lamp"))
}

pub(crate) fn everyday(scope: &str) -> Grant {
    let actions = vec![Action::Read, Action::Write, Action::Notify];
    Grant { actions, scope: Scope::new(scope).unwrap(), safety: Safety::S1, until: None }
}
