//! The world: two engines that live the same life, and everything around them.

use std::collections::BTreeMap;

use hes_engine::{Engine, Input, Limits, Notice, Output, Post, record::Record};
use hes_schemas::{ClusterId, DeviceId, HomeId, Millis, Root, Sid, Timestamp, Uid};
use serde_json::{Value, json};

use crate::{
    answers,
    news::{self, News, Scene},
    orders::Orders,
    people::People,
    requests::Requests,
    step::Step,
    support::{Plain, Published, Shelf, Thing, cluster},
    values::{Key, Values},
};

/// Small bounds, so that they are met.
pub(crate) const LIMITS: Limits = Limits {
    lane: 3,
    requests: 6,
    answers: 8,
    answer_bytes: 4_000,
    subscriptions: 5,
    subscriptions_per_client: 3,
    told: 1_000,
    targets: 3,
    devices: 3,
    ttl: Millis::from_secs(10),
    max_ttl: Millis::from_secs(600),
    dangerous_ttl: Millis::from_secs(10),
    read_back: Millis::from_secs(1),
    settle: Millis::from_secs(2),
    event_life: Millis::from_secs(3_600),
    mirrored: 1_000,
    mirrored_bytes: 1 << 20,
    parcels: 1_000,
    remember: Millis::from_secs(120),
};

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    engines: [Engine; 2],
    pub(crate) now: Timestamp,
    shelf: Shelf,
    is_disk_full: bool,
    /// Time has passed that the engines have not been told of.
    is_asleep: bool,
    pub(crate) things: BTreeMap<ClusterId, Vec<Thing>>,
    pub(crate) people: People,
    pub(crate) values: Values,
    pub(crate) requests: Requests,
    pub(crate) orders: Orders,
    pub(crate) news: News,
    heard: Published,
    /// Who is known under which id, from the documents that were published.
    ids: BTreeMap<(ClusterId, DeviceId), Uid>,
    pub(crate) notices: Vec<Notice>,
    /// A dangerous command may go out in this step, because one who may has just asked for it.
    pub(crate) is_danger_asked: bool,
    steps: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let mut shelf = Shelf::default();
        let restored = shelf.start_clean();
        let engine = || Engine::new(HomeId::new("oak").unwrap(), Root::default(), LIMITS, restored.clone(), now);
        let mut world = Self {
            engines: [engine(), engine()],
            now,
            shelf,
            is_disk_full: false,
            is_asleep: false,
            things: BTreeMap::new(),
            people: People::new(),
            values: Values::new(LIMITS.devices),
            requests: Requests::default(),
            orders: Orders::default(),
            news: News::default(),
            heard: Published::default(),
            ids: BTreeMap::new(),
            notices: Vec::new(),
            is_danger_asked: false,
            steps: 0,
        };
        world.begin_life();
        for id in ["zigbee", "hue"] {
            world.live(&Step::Link { cluster: u8::from(id == "hue"), is_up: true });
            world.live(&Step::Presence { cluster: u8::from(id == "hue"), is_online: true });
        }
        world.live(&Step::Join { device: 0, id: 0, lacks: 0 });
        world.live(&Step::Join { device: 2, id: 0, lacks: 0 });
        world
    }

    fn begin_life(&mut self) {
        for engine in &mut self.engines {
            for id in ["zigbee", "hue"] {
                engine.add_cluster(cluster(id), Box::new(Plain::new(id)), self.now);
            }
        }
        self.heard = Published::read_off(&self.engines[0]);
        self.ids.clear();
        for topic in self.heard.topics().map(str::to_owned).collect::<Vec<_>>() {
            self.learn_id(&topic);
        }
        self.tell(Input::Rights(self.people.all()));
    }

    /// Lets one thing happen.
    pub(crate) fn live(&mut self, step: &Step) {
        self.steps += 1;
        self.is_danger_asked = false;
        self.notices.clear();
        self.act(step);
        if !self.is_asleep {
            self.check();
        }
    }

    /// Lets everything end that has begun, and looks whether everybody knows how things are.
    pub(crate) fn come_to_rest(&mut self) {
        self.is_disk_full = false;
        self.live(&Step::Later(61_000));
        let heard = self.heard.difference(&self.engines[0]);
        assert_eq!(heard, None);
        answers::check_deadlines(self.now, &self.requests);
        self.news.check_complete(&self.values);
        assert_eq!(self.engines[0].load().requests, 0, "nothing is under way for ever");
    }

    fn check(&mut self) {
        answers::check_deadlines(self.now, &self.requests);
        if self.steps.is_multiple_of(4) {
            assert_eq!(self.heard.difference(&self.engines[0]), None);
        }
        let load = self.engines[0].load();
        assert!(load.requests <= LIMITS.requests && load.longest_lane <= LIMITS.lane, "{load:?}");
        assert!(load.answers <= LIMITS.answers && load.subscriptions <= LIMITS.subscriptions, "{load:?}");
        assert!(load.told <= LIMITS.told && load.timers <= 200, "{load:?}");
        assert_eq!(self.engines[0].device_count(), self.values.devices.len());
    }

    /// Gives both engines the same input, and takes in what they want done.
    pub(crate) fn tell(&mut self, input: Input<'_>) {
        for engine in &mut self.engines {
            engine.handle(self.now, input.clone());
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.drain();
        self.is_asleep = false;
        while self.engines[0].poll_timeout().is_some_and(|next| next <= self.now) {
            self.engines.iter_mut().for_each(|engine| engine.handle_timeout(self.now));
            self.drain();
        }
    }

    fn drain(&mut self) {
        let mut refused = Vec::new();
        loop {
            let [one, other] = &mut self.engines;
            let (output, same) = (one.poll_output(), other.poll_output());
            assert_eq!(output, same, "the same life, and yet not the same");
            let Some(output) = output else { break };
            self.take(output, &mut refused);
        }
        assert_eq!(self.engines[0].poll_timeout(), self.engines[1].poll_timeout());
        for sid in refused {
            self.tell(Input::NotKept(sid.clone()));
            self.news.end(&sid);
        }
    }

    fn take(&mut self, output: Output, refused: &mut Vec<Sid>) {
        match output {
            Output::Publish(post) => self.take_post(&post),
            Output::Answer(letter) => answers::take(&letter, &mut self.requests, &self.values),
            Output::Keep { refused: letter, undo, record, .. } if self.is_disk_full => {
                // until it is told otherwise, the engine goes by what it wanted kept
                self.note(&record);
                refused.extend(undo);
                self.take(*letter, refused);
            }
            Output::Keep { kept, record, .. } => {
                self.note(&record);
                self.shelf.save(record);
                self.shelf.commit();
                self.take(*kept, refused);
            }
            Output::Save(record) => {
                self.note(&record);
                self.shelf.save(record);
            }
            Output::Notify { client, post, .. } => self.take_news(&client, &post),
            Output::Command(id, command) => self.take_command(&id, command.topic.as_str(), &command.payload),
            Output::Notice(notice) => self.notices.push(notice),
            Output::Remember { .. } | Output::Recall(_) => {}
            Output::Say(..)
            | Output::Log(_)
            | Output::PublishOnce(..)
            | Output::NotifyOnce { .. }
            | Output::Note(_)
            | Output::Mirrored(..)
            | Output::Foreign(..)
            | Output::Errand(..) => {}
        }
    }

    fn note(&mut self, record: &Record) {
        match record {
            Record::Subscription(record) => self.news.keep(record),
            Record::SubscriptionGone(sid) => self.news.end(sid),
            Record::Device(_) | Record::Values(_) | Record::DeviceGone(..) => {}
            Record::ParcelsGone(..)
            | Record::Heard(..)
            | Record::Mirror(_)
            | Record::MirrorGone(_)
            | Record::Federation(_)
            | Record::FederationGone(_) => {}
        }
    }

    fn take_post(&mut self, post: &Post) {
        let topic = post.topic.as_str().to_owned();
        self.heard.hear(post);
        self.learn_id(&topic);
        let levels: Vec<&str> = topic.split('/').skip(3).collect();
        match *levels.as_slice() {
            [id, device, "property", name] if !post.payload.is_empty() => {
                let key = self.key_of(id, device);
                self.values.check_reading(&key, name, &serde_json::from_slice(&post.payload).unwrap());
            }
            ["$status"] | [_, "$status"] | [_, _, "$doc" | "$status"] | [_, _, "property" | "native", _] => {
                assert!(post.retain, "{topic}");
            }
            [_, _, "event", _] => assert!(!post.retain, "{topic}"),
            _ => panic!("nothing is published on {topic}"),
        }
    }

    /// Learns from a document who has an id.
    fn learn_id(&mut self, topic: &str) {
        let levels: Vec<&str> = topic.split('/').skip(3).collect();
        if let [id, device, "$doc"] = *levels.as_slice() {
            let key = (cluster(id), DeviceId::new(device).unwrap());
            match self.heard.json(topic) {
                Some(document) => {
                    let uid: Uid = serde_json::from_value(document["uid"].clone()).unwrap();
                    self.ids.insert(key, uid);
                }
                None => drop(self.ids.remove(&key)),
            }
        }
    }

    fn key_of(&self, id: &str, device: &str) -> Key {
        let place = (cluster(id), DeviceId::new(device).unwrap());
        let uid = self.ids.get(&place).unwrap_or_else(|| panic!("nobody is called {id}/{device}"));
        (place.0, uid.clone())
    }

    /// Returns the id by which a device can be asked.
    pub(crate) fn id_of(&self, key: &Key) -> Option<&DeviceId> {
        self.ids.iter().find(|((id, _), uid)| (id, *uid) == (&key.0, &key.1)).map(|((_, device), _)| device)
    }

    fn take_news(&mut self, client: &hes_schemas::ClientId, post: &Post) {
        let notification = news::notification(post);
        let topic = format!("hes/1/oak/$notify/{client}/{}", notification.sid);
        assert!(post.topic.as_str() == topic && !post.retain, "{post:?}");
        let path: Vec<&str> = notification.device.split('/').collect();
        let key = self.key_of(path[1], path[2]);
        let id = DeviceId::new(path[2]).unwrap();
        let scene = Scene {
            now: self.now,
            is_waking: self.is_asleep,
            values: &self.values,
            people: &self.people,
            key: &key,
            id: &id,
        };
        self.news.take(scene, client, &notification);
    }

    fn take_command(&mut self, id: &ClusterId, topic: &str, payload: &[u8]) {
        let levels: Vec<&str> = topic.split('/').collect();
        assert_eq!(levels[0], id.as_str());
        let [_, uid, verb] = *levels.as_slice() else { return assert_eq!(levels[1], "hello") };
        let said: Value = serde_json::from_slice(payload).unwrap();
        if verb == "set" {
            assert!(said.get("danger") != Some(&json!(true)) || self.is_danger_asked, "a dangerous command had waited");
            let key = (id.clone(), Uid::new(uid).unwrap());
            self.orders.take(self.now, &key, &said, &mut self.requests);
        }
    }

    /// Lets time pass, with what is due on the way.
    pub(crate) fn later(&mut self, millis: u32) {
        let end = self.now + Millis::new(millis.into());
        self.settle();
        while let Some(next) = self.engines[0].poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = end;
    }

    /// Lets time pass that nobody notices.
    pub(crate) fn sleep(&mut self, millis: u32) {
        self.now = self.now + Millis::new(millis.into());
        self.is_asleep = true;
    }

    /// Says whether an answer was forgotten for want of room in this life.
    pub(crate) fn has_forgotten(&self) -> bool {
        self.engines[0].counters().answers_forgotten > 0
    }

    pub(crate) fn fill_disk(&mut self, is_full: bool) {
        self.is_disk_full = is_full;
    }

    pub(crate) fn commit(&mut self) {
        self.shelf.commit();
    }

    /// Ends this life and begins another.
    pub(crate) fn restart(&mut self, is_clean: bool) {
        let restored = if is_clean { self.shelf.start_clean() } else { self.shelf.start_unclean() };
        self.values.restart(restored.devices.iter(), restored.values.iter(), !is_clean);
        self.requests.restart();
        self.orders.restart();
        self.news.restart(restored.subscriptions.iter());
        let engine = || Engine::new(HomeId::new("oak").unwrap(), Root::default(), LIMITS, restored.clone(), self.now);
        self.engines = [engine(), engine()];
        self.is_asleep = true;
        self.begin_life();
    }
}
