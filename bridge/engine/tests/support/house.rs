//! The house: an engine, what is around it, and a check after every step.

use std::{collections::VecDeque, sync::Arc};

use hes_engine::{Engine, Input, Letter, Limits, Notice, Output, Post, cluster::Command, record::Restored};
use hes_schemas::{
    ClientId, ClusterId, Encoding, HomeId, Millis, Root, Timestamp, UserName, decode,
    message::{Answer, Notification},
    rights::{Grant, Grants, Role},
};
use serde_json::{Value, json};

use super::{ANNA, Ask, EVE, GUS, Plain, Published, Shelf, Thing, Ticket, ZIGBEE, cluster};

/// An engine in a house where time stands still until somebody moves it.
///
/// After every step, what was published is held against what is said to be retained.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) now: Timestamp,
    limits: Limits,
    clusters: Vec<ClusterId>,
    things: Vec<Thing>,
    rights: Vec<(UserName, Arc<Grants>)>,
    pub(crate) shelf: Shelf,
    store_refuses: bool,
    pub(crate) published: Published,
    pub(crate) posts: Vec<Post>,
    pub(crate) letters: Vec<Letter>,
    commands: Vec<(ClusterId, Command)>,
    told: Vec<(ClientId, Notification)>,
    pub(crate) notices: Vec<Notice>,
    asked: u32,
    steps: u32,
}

impl House {
    /// A house whose cluster is online and has these devices: id and shape.
    pub(crate) fn with(things: &[(&str, &str)]) -> Self {
        Self::limited(Limits::default(), things)
    }

    /// The same with other limits.
    pub(crate) fn limited(limits: Limits, things: &[(&str, &str)]) -> Self {
        let mut house = Self::empty(limits, &[ZIGBEE]);
        house.go_online();
        house.inventory(things.iter().map(|(id, shape)| Thing::new(id, shape)).collect());
        house.forget_outputs();
        house
    }

    /// A house whose clusters have not been heard of yet.
    pub(crate) fn empty(limits: Limits, clusters: &[&str]) -> Self {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let mut shelf = Shelf::default();
        let role = |user, role: Role| (UserName::new(user).unwrap(), Arc::new(Grants::new(role.grants())));
        let mut house = Self {
            engine: new_engine(limits, shelf.start_clean(), now),
            now,
            limits,
            clusters: clusters.iter().map(|id| cluster(id)).collect(),
            things: Vec::new(),
            rights: vec![role(ANNA, Role::Owner), role(GUS, Role::Guest)],
            shelf,
            store_refuses: false,
            published: Published::default(),
            posts: Vec::new(),
            letters: Vec::new(),
            commands: Vec::new(),
            told: Vec::new(),
            notices: Vec::new(),
            asked: 0,
            steps: 0,
        };
        house.rights.push((UserName::new(EVE).unwrap(), Arc::default()));
        house.begin_life();
        house
    }

    fn begin_life(&mut self) {
        for id in &self.clusters {
            self.engine.add_cluster(id.clone(), Box::new(Plain::new(id.as_str())), self.now);
        }
        self.published = Published::read_off(&self.engine);
        self.handle(Input::Rights(self.rights.clone()));
    }

    // the clusters

    /// Brings the cluster's link and the cluster itself up.
    pub(crate) fn go_online(&mut self) {
        self.handle(Input::Linked(cluster(ZIGBEE)));
        self.hears("presence", &json!("online"));
    }

    pub(crate) fn unlink(&mut self) {
        self.handle(Input::Unlinked(cluster(ZIGBEE), "the broker has gone".to_owned()));
    }

    /// Lets the cluster say something on a topic below its own name.
    pub(crate) fn hears(&mut self, topic: &str, payload: &Value) {
        self.hears_from(ZIGBEE, topic, payload);
    }

    pub(crate) fn hears_from(&mut self, id: &str, topic: &str, payload: &Value) {
        let (topic, payload) = (format!("{id}/{topic}"), payload.to_string());
        self.handle(Input::Heard { cluster: &cluster(id), topic: &topic, payload: payload.as_bytes() });
    }

    /// Lets the cluster list its devices.
    pub(crate) fn inventory(&mut self, things: Vec<Thing>) {
        self.hears("inventory", &json!(things));
        self.things = things;
    }

    /// Lets the cluster list its devices after one of them has become another.
    pub(crate) fn changes(&mut self, id: &str, change: impl FnOnce(&mut Thing)) {
        let mut things = self.things.clone();
        change(things.iter_mut().find(|thing| thing.id == id).unwrap());
        self.inventory(things);
    }

    pub(crate) fn renames(&mut self, id: &str, new_id: &str) {
        self.changes(id, |thing| (thing.id, thing.name) = (new_id.to_owned(), format!("The {new_id}")));
    }

    pub(crate) fn leaves(&mut self, id: &str) {
        let uid = self.uid(id);
        self.things.retain(|thing| thing.id != id);
        self.hears("left", &json!(uid));
    }

    pub(crate) fn joins(&mut self, thing: Thing) {
        self.hears("joined", &json!(thing));
        self.things.push(thing);
    }

    /// Lets a device report native values.
    pub(crate) fn reports(&mut self, id: &str, values: Value) {
        let topic = format!("{}/state", self.uid(id));
        self.hears(&topic, &values);
    }

    /// Lets the cluster complain of a command to a device.
    pub(crate) fn fails(&mut self, id: &str, native: Option<&str>, text: &str) {
        let topic = format!("{}/failed", self.uid(id));
        self.hears(&topic, &json!({"native": native, "text": text}));
    }

    /// Lets a device be `online`, `offline` or `unknown`.
    pub(crate) fn becomes(&mut self, id: &str, availability: &str) {
        let topic = format!("{}/available", self.uid(id));
        self.hears(&topic, &json!(availability));
    }

    /// Lets a device tell of an event.
    pub(crate) fn tells(&mut self, id: &str, event: &str, value: Value) {
        let topic = format!("{}/event", self.uid(id));
        self.hears(&topic, &json!({"name": event, "value": value}));
    }

    /// Lets the cluster's broker give back an event that it retains.
    pub(crate) fn gives_back(&mut self, id: &str, event: &str, value: Value) {
        let topic = format!("{ZIGBEE}/{}/event", self.uid(id));
        let payload = json!({"name": event, "value": value}).to_string();
        self.handle(Input::Retained { cluster: &cluster(ZIGBEE), topic: &topic, payload: payload.as_bytes() });
    }

    pub(crate) fn things(&self) -> Vec<Thing> {
        self.things.clone()
    }

    fn uid(&self, id: &str) -> String {
        self.things.iter().find(|thing| thing.id == id).map_or_else(|| format!("u-{id}"), |thing| thing.uid.clone())
    }

    // the people

    /// Asks as anna.
    pub(crate) fn ask(&mut self, topic: &str, body: &str) -> Ticket {
        self.send(Ask::new(topic, body))
    }

    pub(crate) fn ask_as(&mut self, user: &str, topic: &str, body: &str) -> Ticket {
        self.send(Ask::new(topic, body).by(user))
    }

    /// Sends a request, with new Correlation Data unless it brings its own.
    pub(crate) fn send(&mut self, ask: Ask) -> Ticket {
        self.asked += 1;
        let correlation = ask.correlation.clone().unwrap_or_else(|| format!("q{}", self.asked).into_bytes());
        let ask = ask.correlated(&correlation);
        self.handle(Input::Asked(ask.asked()));
        Ticket(correlation)
    }

    /// Sends a request without Correlation Data, as MQTT 3.1.1 does.
    pub(crate) fn send_plain(&mut self, ask: &Ask) {
        self.handle(Input::Asked(ask.asked()));
    }

    /// Returns all answers to a request so far.
    pub(crate) fn answers(&self, ticket: &Ticket) -> Vec<Answer> {
        let is_meant = |letter: &&Letter| letter.correlation.as_deref() == Some(&ticket.0);
        self.letters.iter().filter(is_meant).map(read).collect()
    }

    /// Returns the only answer to a request.
    pub(crate) fn answer(&self, ticket: &Ticket) -> Answer {
        let mut answers = self.answers(ticket);
        assert_eq!(answers.len(), 1, "answers to {ticket:?}: {answers:?}");
        answers.remove(0)
    }

    pub(crate) fn status(&self, ticket: &Ticket) -> u16 {
        self.answer(ticket).status.code()
    }

    /// Returns the status and the error of the only answer.
    pub(crate) fn error(&self, ticket: &Ticket) -> (u16, &'static str) {
        let answer = self.answer(ticket);
        (answer.status.code(), answer.error.map_or("none", |symbol| symbol.as_str()))
    }

    pub(crate) fn is_waiting(&self, ticket: &Ticket) -> bool {
        self.answers(ticket).is_empty()
    }

    /// Returns what was said to devices since the last call: `lamp set {"state":"ON"}`.
    pub(crate) fn commands(&mut self) -> Vec<String> {
        let commands = std::mem::take(&mut self.commands);
        let line = |(id, command): (ClusterId, Command)| {
            let topic = command.topic.as_str().trim_start_matches(id.as_str()).trim_start_matches("/u-").to_owned();
            format!("{} {}", topic.replace('/', " "), String::from_utf8(command.payload).unwrap())
        };
        commands.into_iter().map(line).collect()
    }

    /// Returns what subscribers were told since the last call.
    pub(crate) fn told(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.told).into_iter().map(|(_, notification)| notification).collect()
    }

    /// Returns the same in short: `property_changed zigbee/lamp on true`.
    pub(crate) fn news(&mut self) -> Vec<String> {
        let news = |it: Notification| {
            let kind = serde_json::to_value(it.event).unwrap();
            let words = [
                kind.as_str().map(str::to_owned),
                Some(it.device.trim_start_matches("oak/").to_owned()),
                it.property,
                it.value.map(|value| value.to_string()),
            ];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        self.told().into_iter().map(news).collect()
    }

    pub(crate) fn told_to(&self) -> Vec<&str> {
        self.told.iter().map(|(client, _)| client.as_str()).collect()
    }

    /// Gives somebody these rights and no others.
    pub(crate) fn grant(&mut self, user: &str, grants: Vec<Grant>) {
        let grants = Arc::new(Grants::new(grants));
        match self.rights.iter_mut().find(|(name, _)| name.as_str() == user) {
            Some((_, old)) => *old = grants,
            None => self.rights.push((UserName::new(user).unwrap(), grants)),
        }
        self.handle(Input::Rights(self.rights.clone()));
    }

    // what is around

    /// Returns what is retained on a topic below the home.
    pub(crate) fn retained(&self, topic: &str) -> Option<Value> {
        Published::read_off(&self.engine).json(&format!("hes/1/oak/{topic}"))
    }

    /// Lets time pass, with everything that is due on the way.
    pub(crate) fn later(&mut self, millis: u64) {
        let end = self.now + Millis::new(millis);
        while let Some(next) = self.engine.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.engine.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    pub(crate) fn refuse_to_store(&mut self) {
        self.store_refuses = true;
    }

    /// Stops and starts again, with everything written.
    pub(crate) fn restart(&mut self) {
        let restored = self.shelf.start_clean();
        self.start(restored);
    }

    /// Is killed and starts again, with only what was committed.
    pub(crate) fn crash(&mut self) {
        let restored = self.shelf.start_unclean();
        self.start(restored);
    }

    fn start(&mut self, restored: Restored) {
        self.engine = new_engine(self.limits, restored, self.now);
        self.begin_life();
        self.forget_outputs();
    }

    /// Forgets what came out so far.
    pub(crate) fn forget_outputs(&mut self) {
        self.posts.clear();
        self.letters.clear();
        self.commands.clear();
        self.told.clear();
        self.notices.clear();
    }

    pub(crate) fn handle(&mut self, input: Input<'_>) {
        self.engine.handle(self.now, input);
        self.settle();
    }

    /// Carries out what the engine wants done, and what is due at once; then everybody must believe the same.
    fn settle(&mut self) {
        self.drain();
        while self.engine.poll_timeout().is_some_and(|next| next <= self.now) {
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.steps += 1;
        // with many devices the look at all of them costs more than the step
        if self.engine.device_count() < 10 || self.steps.is_multiple_of(100) {
            self.check();
        }
    }

    /// Holds what was published against what is said to be retained.
    pub(crate) fn check(&self) {
        assert_eq!(self.published.difference(&self.engine), None);
    }

    fn drain(&mut self) {
        let mut refused = VecDeque::new();
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Publish(post) => {
                    self.published.hear(&post);
                    self.posts.push(post);
                }
                Output::Answer(letter) => self.letters.push(letter),
                Output::Keep { refused: letter, undo, .. } if self.store_refuses => {
                    self.letters.push(envelope(*letter));
                    refused.extend(undo);
                }
                Output::Keep { record, kept, .. } => {
                    self.shelf.save(record);
                    self.shelf.commit();
                    self.letters.push(envelope(*kept));
                }
                Output::Notify { client, post, .. } => self.told.push((client, notification(&post))),
                Output::Command(id, command) => self.commands.push((id, command)),
                Output::Save(record) => self.shelf.save(record),
                Output::Remember { .. } | Output::Recall(_) => {}
                Output::Say(..)
                | Output::Log(_)
                | Output::PublishOnce(..)
                | Output::NotifyOnce { .. }
                | Output::Note(_)
                | Output::Mirrored(..)
                | Output::Foreign(..)
                | Output::Errand(..) => {}
                Output::Notice(notice) => self.notices.push(notice),
            }
        }
        for sid in refused {
            self.handle(Input::NotKept(sid));
        }
    }
}

fn new_engine(limits: Limits, restored: Restored, now: Timestamp) -> Engine {
    Engine::new(HomeId::new("oak").unwrap(), Root::default(), limits, restored, now)
}

/// Returns the answer that is sent once a record is kept, or cannot be; in this house nobody asks from another home.
fn envelope(output: Output) -> Letter {
    let Output::Answer(letter) = output else { panic!("only answers follow here") };
    letter
}

/// Reads a letter.
pub(crate) fn read(letter: &Letter) -> Answer {
    decode(letter.encoding, &letter.payload, hes_schemas::Limits::CLUSTER).unwrap()
}

fn notification(post: &Post) -> Notification {
    decode(Encoding::Json, &post.payload, hes_schemas::Limits::CLUSTER).unwrap()
}
