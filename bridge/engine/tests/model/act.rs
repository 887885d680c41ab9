//! From a step to what the engine is told, and what the model makes of it.

use std::collections::BTreeMap;

use hes_engine::{Input, Notice};
use hes_schemas::{ClusterId, Millis, Uid};
use serde_json::{Value, json};

use crate::{
    people::Way,
    requests::Request,
    step::{Lie, Step, What},
    support::{ANNA, Ask, Thing, cluster},
    values::Key,
    world::{LIMITS, World},
};

const IDS: [&str; 4] = ["a", "b", "c", "d"];

impl World {
    pub(crate) fn act(&mut self, step: &Step) {
        match step {
            Step::Ask { who, what, device, ttl, id } => self.ask(*who, *what, *device, *ttl, *id),
            Step::Again(number) => self.again(*number),
            Step::Lie { who, lie, device } => self.lie(*who, *lie, *device),
            Step::Report { device, level, label, secret } => {
                let mut report = BTreeMap::new();
                report.extend(level.map(|level| ("meter".to_owned(), json!(level))));
                report.extend(label.map(|label| ("label".to_owned(), json!(format!("by hand {label}")))));
                report.extend(secret.map(|secret| ("secret".to_owned(), json!(format!("psst {secret}")))));
                self.report(&key(*device), report);
            }
            Step::Obey(device) => {
                let label = self.orders.label(&key(*device)).unwrap_or("idle").to_owned();
                self.report(&key(*device), [("label".to_owned(), json!(label))].into());
            }
            Step::Fail { device, is_named } => {
                let native = is_named.then_some("label");
                self.hear_of(&key(*device), "failed", &json!({"native": native, "text": "no"}));
            }
            Step::Event(device) => {
                self.hear_of(&key(*device), "event", &json!({"name": "action", "value": "single"}));
            }
            Step::Available { device, how } => {
                let how = ["online", "offline", "unknown"][usize::from(*how)];
                if self.is_audible(&key(*device).0) {
                    self.values.available(&key(*device), how);
                }
                self.hear_of(&key(*device), "available", &json!(how));
            }
            Step::Join { device, id, lacks } => self.join(*device, *id, *lacks),
            Step::Leave(device) => self.leave(*device),
            Step::Inventory { cluster, without, turn } => self.list(*cluster, *without, *turn),
            Step::Presence { cluster, is_online } => {
                let id = which(*cluster);
                if self.is_audible(&id) {
                    self.values.presence(&id, *is_online);
                }
                self.hear(&id, "presence", &json!(if *is_online { "online" } else { "offline" }));
            }
            Step::Link { cluster, is_up } => self.link(*cluster, *is_up),
            Step::Later(millis) => self.later(*millis),
            Step::Sleep(millis) => self.sleep(*millis),
            Step::Rights(how) => {
                self.people.change(*how);
                self.tell(Input::Rights(self.people.all()));
            }
            Step::Disk { is_full } => self.fill_disk(*is_full),
            Step::Commit => self.commit(),
            Step::Restart { is_clean } => self.restart(*is_clean),
        }
    }

    fn report(&mut self, key: &Key, report: BTreeMap<String, Value>) {
        if self.is_audible(&key.0) {
            for property in self.values.hear(key, &report) {
                self.news.changed(key, &property);
            }
        }
        self.hear_of(key, "state", &json!(report));
    }

    fn hear_of(&mut self, key: &Key, what: &str, payload: &Value) {
        self.hear(&key.0, &format!("{}/{what}", key.1), payload);
    }

    /// Lets a cluster say something, if its link is up.
    fn hear(&mut self, id: &ClusterId, topic: &str, payload: &Value) {
        if self.is_audible(id) {
            let (topic, payload) = (format!("{id}/{topic}"), payload.to_string());
            self.tell(Input::Heard { cluster: id, topic: &topic, payload: payload.as_bytes() });
        }
    }

    fn is_audible(&self, id: &ClusterId) -> bool {
        self.values.is_linked(id)
    }

    fn link(&mut self, number: u8, is_up: bool) {
        let id = which(number);
        if is_up || self.values.is_linked(&id) {
            self.values.link(&id, is_up);
            self.tell(if is_up { Input::Linked(id) } else { Input::Unlinked(id, "gone".to_owned()) });
        }
    }

    fn join(&mut self, device: u8, id: u8, lacks: u8) {
        let (id, (cluster, uid)) = (IDS[usize::from(id)], key(device));
        let lacks = ["meter", "label"].into_iter().take(usize::from(lacks % 3)).map(str::to_owned).collect();
        let thing = Thing { uid: uid.to_string(), lacks, ..Thing::new(id, "box") };
        let things = self.things.entry(cluster.clone()).or_default();
        things.retain(|other| other.uid != thing.uid);
        things.push(thing.clone());
        if self.is_audible(&cluster) {
            self.values.join(&cluster, &thing);
            self.news.gone(&self.values);
        }
        self.hear(&cluster, "joined", &json!(thing));
    }

    fn leave(&mut self, device: u8) {
        let key = key(device);
        self.things.entry(key.0.clone()).or_default().retain(|thing| thing.uid != key.1.as_str());
        self.hear(&key.0, "left", &json!(key.1));
        if self.is_audible(&key.0) {
            self.values.leave(&key);
            self.news.gone(&self.values);
        }
    }

    fn list(&mut self, number: u8, without: u8, turn: u8) {
        let id = which(number);
        let things = self.things.entry(id.clone()).or_default();
        if usize::from(without) < things.len() {
            things.remove(usize::from(without));
        }
        let mut ids: Vec<String> = things.iter().map(|thing| thing.id.clone()).collect();
        let turn = usize::from(turn).checked_rem(ids.len()).unwrap_or(0);
        ids.rotate_left(turn);
        things.iter_mut().zip(ids).for_each(|(thing, id)| thing.id = id);
        let things = things.clone();
        // those that go are told of as they were, and then all is as it is
        self.hear(&id, "inventory", &json!(things));
        if self.is_audible(&id) {
            self.values.inventory(&id, &things);
            self.news.gone(&self.values);
        }
    }

    fn ask(&mut self, who: u8, what: What, device: u8, ttl: Option<u32>, id: Option<u8>) {
        let tag = self.requests.next_tag();
        let (path, tags) = (self.path(device), [(tag.clone(), key(device))]);
        let (topic, body, tags) = match what {
            What::Get { property, max_age } => {
                let property = ["label", "meter", "sound", "secret", "nosuch"][usize::from(property)];
                (format!("{path}/property/{property}/get"), json!({ "max_age": max_age }), Vec::new())
            }
            What::GetAll => (format!("{path}/get"), json!({}), Vec::new()),
            What::GetNative => (format!("{path}/native/label/get"), json!({}), Vec::new()),
            What::SetLabel { if_version } => {
                let version = if_version.then(|| self.values.version(&key(device), "label"));
                let body = json!({ "value": tag, "if_version": version });
                (format!("{path}/property/label/set"), body, tags.into())
            }
            What::SetNative => (format!("{path}/native/label/set"), json!({ "value": tag }), tags.into()),
            What::SetSound => (format!("{path}/property/sound/set"), json!({ "value": tag }), tags.into()),
            What::SetDanger { value } => (format!("{path}/property/danger/set"), json!({ "value": value }), Vec::new()),
            What::SetReadOnly => (format!("{path}/property/meter/set"), json!({ "value": 1 }), Vec::new()),
            What::SetMany => (format!("{path}/set"), json!({ "values": {"label": tag, "meter": 1} }), tags.into()),
            What::SetTwo => {
                let other = (device + 1) % 4;
                let second = format!("{tag}b");
                let updates = json!([
                    {"target": format!("{path}/label"), "value": tag},
                    {"target": format!("{}/label", self.path(other)), "value": second},
                ]);
                let tags = tags.into_iter().chain([(second, key(other))]).collect();
                ("$req/update".to_owned(), json!({ "updates": updates }), tags)
            }
            What::ByName => {
                let targets = ["The a/label", "nobody/label", "zigbee/a"];
                ("$req/retrieve".to_owned(), json!({ "targets": targets }), Vec::new())
            }
            What::Devices => ("$req/devices".to_owned(), json!({ "limit": 2 }), Vec::new()),
            What::Subscribe { scope, interval, delta, initial } => {
                let scope = ["#", "#", "zigbee", "+/+/meter", "hue/a", "zigbee/a/label"][usize::from(scope)];
                let (interval, delta) = ([0, 2, 30][usize::from(interval)], delta.then_some(2));
                let body = json!({
                    "scope": scope, "min_interval": interval, "lease": 40, "delta": delta, "initial": initial,
                });
                ("$req/subscribe".to_owned(), body, Vec::new())
            }
            What::Renew(number) => ("$req/renew".to_owned(), json!({ "sid": self.sid(number) }), Vec::new()),
            What::Unsubscribe(number) => {
                ("$req/unsubscribe".to_owned(), json!({ "sid": self.sid(number) }), Vec::new())
            }
        };
        let mut body = body;
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        if let Some(id) = id {
            body["id"] = json!(format!("k{id}"));
        }
        let acts = topic.ends_with("set") || topic.ends_with("update") || topic.ends_with("subscribe");
        let mut ask = Ask::new(&topic, &body.to_string());
        ask.expiry = ttl.map(Millis::from_secs);
        let is_remembered = acts && who != 4;
        self.send(Way::of(who), ask, is_remembered, tags, &[]);
    }

    fn send(&mut self, way: Way, ask: Ask, is_remembered: bool, tags: Vec<(String, Key)>, expects: &'static [u16]) {
        self.requests.count += 1;
        let correlation = format!("c{}", self.requests.count).into_bytes();
        let mut ask = ask.by(way.user).through(way.door.clone()).correlated(&correlation);
        ask.response_topic = ask.response_topic.or_else(|| way.response_topic.clone());
        let ttl = ask.expiry.unwrap_or(LIMITS.ttl);
        let request = Request {
            ask: ask.clone(),
            way,
            correlations: vec![correlation],
            order: self.requests.count,
            asked: self.now,
            deadline: self.now + ttl,
            is_remembered,
            tags,
            acted: std::collections::BTreeSet::new(),
            answers: 0,
            allowed: 1,
            first_answer: None,
            expects,
            is_lost: false,
        };
        self.requests.all.push(request);
        self.is_danger_asked = ask.user == ANNA && ask.topic.contains("/danger/");
        self.tell(Input::Asked(ask.asked()));
        self.join_with_former();
    }

    /// Makes the last request one with a former one that it turned out to be, if that is still under way.
    fn join_with_former(&mut self) {
        if !self.notices.contains(&Notice::Repeated) || self.requests.all.last().is_none_or(|last| last.answers > 0) {
            return;
        }
        let last = self.requests.all.pop().unwrap();
        let is_same =
            |other: &&mut Request| !other.is_lost && other.way == last.way && body_of(other) == body_of(&last);
        let former = self.requests.all.iter_mut().rev().find(is_same).unwrap();
        former.correlations = last.correlations;
    }

    /// Sends a former request again: it is the same request, unless too much has happened since.
    fn again(&mut self, number: u8) {
        self.later(0);
        let count = self.requests.all.len();
        let Some(back) = usize::from(number).checked_rem(count) else { return };
        let chosen = &self.requests.all[count - 1 - back];
        let is_same = |other: &Request| other.way == chosen.way && body_of(other) == body_of(chosen);
        let place = self.requests.all.iter().rposition(is_same).unwrap();
        match self.memory_of(place) {
            Memory::Unsure => {}
            Memory::Gone => {
                let former = &mut self.requests.all[place];
                former.is_lost |= former.is_remembered;
                let (way, ask, tags) = (former.way.clone(), former.ask.clone(), former.tags.clone());
                let (is_remembered, expects) = (former.is_remembered, former.expects);
                self.send(way, ask, is_remembered, tags, expects);
            }
            Memory::Kept => {
                let former = &mut self.requests.all[place];
                let stored = u32::from(former.answers > 0);
                former.allowed += stored;
                let (ask, before) = (former.ask.clone(), former.answers);
                self.tell(Input::Asked(ask.asked()));
                assert!(self.notices.contains(&Notice::Repeated), "it acted again: {:?}", self.requests.all[place]);
                assert_eq!(self.requests.all[place].answers, before + stored);
            }
        }
    }

    fn memory_of(&self, place: usize) -> Memory {
        let former = &self.requests.all[place];
        if !former.is_remembered {
            return if former.tags.is_empty() { Memory::Gone } else { Memory::Unsure };
        }
        if former.is_lost || self.now >= former.asked + LIMITS.remember {
            return Memory::Gone;
        }
        let is_refused_as_a_whole = former.first_answer.is_some() && former.acted.is_empty();
        let id = |request: &Request| id_of(&request.ask);
        let is_shared = |other: &&Request| other.way == former.way && id(other).is_some() && id(other) == id(former);
        if is_refused_as_a_whole || self.has_forgotten() || self.requests.all.iter().filter(is_shared).count() > 1 {
            return Memory::Unsure;
        }
        Memory::Kept
    }

    fn lie(&mut self, who: u8, lie: Lie, device: u8) {
        let mut way = Way::of(who);
        let tag = self.requests.next_tag();
        let path = self.path(device);
        let set = Ask::new(&format!("{path}/property/label/set"), &json!({ "value": tag }).to_string());
        let (ask, expects): (Ask, &[u16]) = match lie {
            Lie::Retained => (set.retained(), &[400]),
            Lie::Foreign => {
                way.space = way.space.filter(|_| who != 5);
                (set.respond_to("hes/1/elm/$res/somebody"), if who == 5 { &[] } else { &[403] })
            }
            Lie::ContentType => (set.content_type("text/plain"), &[415]),
            Lie::Broken => (Ask { payload: b"{".to_vec(), ..set }, &[400]),
            Lie::Large => (Ask { payload: vec![b' '; 17_000], ..set }, &[413]),
            Lie::Unknown => (Ask { topic: format!("{}/more", set.topic), ..set }, &[404]),
            Lie::Type => {
                let topic = set.topic.replace("label", "danger");
                (Ask { topic, payload: b"perhaps".to_vec(), ..set }, &[422, 403, 404])
            }
            Lie::Late => (set.expiring(0), &[408]),
            Lie::Binary(bits) => {
                let topic = "hes/1/oak/$req/update".to_owned();
                (Ask { topic, payload: bits.to_be_bytes().to_vec(), ..set }, &[400])
            }
        };
        self.send(way, ask, false, vec![(tag, key(device))], expects);
    }

    fn path(&self, device: u8) -> String {
        let key = key(device);
        let id = self.id_of(&key).map_or("nobody", |id| id.as_str());
        format!("{}/{id}", key.0)
    }

    /// Returns a subscription, anybody's.
    fn sid(&self, number: u8) -> String {
        let sids = self.news.sids();
        let place = usize::from(number).checked_rem(sids.len());
        place.map_or_else(|| "s0-0".to_owned(), |place| sids[place].0.to_string())
    }
}

/// What the engine should remember of a former request.
enum Memory {
    Kept,
    Gone,
    /// It may have been forgotten for want of room, or because it came to nothing.
    Unsure,
}

fn body_of(request: &Request) -> (&str, &[u8]) {
    (&request.ask.topic, &request.ask.payload)
}

fn id_of(ask: &Ask) -> Option<String> {
    let body: Value = serde_json::from_slice(&ask.payload).ok()?;
    body["id"].as_str().map(str::to_owned)
}

fn key(device: u8) -> Key {
    (which(device / 2 % 2), Uid::new(&format!("u-{device}")).unwrap())
}

fn which(number: u8) -> ClusterId {
    cluster(["zigbee", "hue"][usize::from(number % 2)])
}
