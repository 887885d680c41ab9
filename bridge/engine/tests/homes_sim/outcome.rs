//! What engines want done, and what disks have done.

use hes_engine::{Input, Letter, Output, Post, cluster::Command, record::ParcelRecord};
use hes_schemas::{
    Encoding, HomeId, Limits, Millis, decode, encode,
    link::{Entry, LinkMessage},
    message::Answer,
};
use serde_json::Value;

use crate::{
    cluster::ticket_of,
    disk::{Disk, Done, Job, Told},
    history::Fact,
    people::Question,
    topology::{Name, home_named},
    world::World,
};

/// What a hostile home makes up begins so, with its name.
pub(crate) const FORGED: &str = "forged by ";

impl World {
    /// Carries out what an engine wants done.
    pub(crate) fn drain(&mut self, home: usize) {
        let mut outputs = 0;
        while let Some(output) = self.homes[home].engine.as_mut().and_then(hes_engine::Engine::poll_output) {
            outputs += 1;
            self.carry_out(home, output);
        }
        self.note(home, Fact::Worked { outputs });
    }

    fn carry_out(&mut self, home: usize, output: Output) {
        match output {
            Output::Publish(post) => self.published(home, &post),
            Output::Answer(letter) => self.answered(home, &letter),
            Output::Keep { record, kept, refused, undo } => self.put(home, Job::Keep { record, kept, refused, undo }),
            Output::Command(_, command) => self.command(home, &command),
            Output::Save(record) => self.put(home, Job::Save(record)),
            Output::Log(parcel) => self.log(home, parcel),
            Output::PublishOnce(post, records) => self.put(home, Job::Once(Told::Listeners(post), records)),
            Output::NotifyOnce { post, records, .. } => self.put(home, Job::Once(Told::Subscriber(post), records)),
            Output::Note(records) => self.put(home, Job::Note(records)),
            Output::Say(peer, message) => self.said(home, &peer, &message),
            Output::Foreign(peer, _, grants) => {
                let Some(name) = home_named(peer.as_str()) else { return };
                if grants.is_some() {
                    self.homes[home].foreign.insert(name);
                } else {
                    self.homes[home].foreign.remove(name);
                }
            }
            Output::Notify { post, .. } => self.notified(home, &post),
            Output::Remember { .. }
            | Output::Recall(_)
            | Output::Mirrored(..)
            | Output::Errand(..)
            | Output::Notice(_) => {}
        }
    }

    fn put(&mut self, home: usize, job: Job) {
        let at = self.now + Millis::new(self.chance.span(250));
        let home = &mut self.homes[home];
        home.disk.put(job);
        home.commit_at.get_or_insert(at);
    }

    fn log(&mut self, home: usize, parcel: ParcelRecord) {
        if let (Entry::Event(event), Some(to)) = (&parcel.log.entry, home_named(parcel.peer.as_str()))
            && let Some(number) = event_in(&serde_json::to_string(&event.body).unwrap())
        {
            self.note(home, Fact::Kept { event: number, to, until: event.until });
        }
        self.put(home, Job::Log(parcel));
    }

    /// Lets a message go the way of all messages, by its bytes.
    fn said(&mut self, home: usize, peer: &HomeId, message: &LinkMessage) {
        let bytes = encode(Encoding::Cbor, message);
        let again: LinkMessage = decode(Encoding::Cbor, &bytes, Limits::CLUSTER).unwrap();
        assert_eq!(again, *message, "what is said is what is heard");
        if let Some(to) = self.home_of(peer) {
            self.say(home, to, again);
        }
    }

    fn command(&mut self, home: usize, command: &Command) {
        if let Some(ticket) = ticket_of(command) {
            self.note(home, Fact::Acted { ticket });
        }
        if self.chance.once_in(16) {
            return;
        }
        let at = self.now + Millis::new(self.chance.span(2_500));
        let home = &mut self.homes[home];
        let at = home.arriving.back().map_or(at, |(last, _)| at.max(*last));
        home.arriving.extend(home.cluster.obey(command).map(|told| (at, told)));
    }

    /// Writes what waits, or refuses what may not wait because the disk is full, and tells the engine.
    pub(crate) fn commit(&mut self, home: usize) {
        self.homes[home].commit_at = None;
        let is_full = self.homes[home].is_disk_full;
        let disk = &mut self.homes[home].disk;
        let done = if is_full { disk.refuse() } else { disk.commit() };
        self.note(home, if is_full { Fact::Full } else { Fact::Committed });
        for done in done {
            match done {
                Done::Answer(output) => self.carry_out(home, *output),
                Done::Heard(told) => self.told(home, &told),
                Done::Logged(peer, seq) => self.handle(home, Input::Logged(peer, seq)),
                Done::Noted(peer, seq) => self.handle(home, Input::Noted(peer, seq)),
                Done::NotKept(sid) => self.handle(home, Input::NotKept(sid)),
                Done::NotNoted(peer) => self.handle(home, Input::NotNoted(peer)),
            }
        }
    }

    /// Writes what waits just before a crash, so that nobody in the house learns of it but those who listen.
    pub(crate) fn written_too_late(&mut self, home: usize) {
        let done = Disk::commit(&mut self.homes[home].disk);
        self.note(home, Fact::Committed);
        for done in done {
            if let Done::Heard(told) = done {
                self.told(home, &told);
            }
        }
    }

    fn told(&mut self, home: usize, told: &Told) {
        match told {
            Told::Listeners(post) => self.published(home, post),
            Told::Subscriber(post) => self.notified(home, post),
        }
    }

    /// Notes what a subscriber is told.
    fn notified(&mut self, home: usize, post: &Post) {
        let told: Value = serde_json::from_slice(&post.payload).unwrap();
        let text = String::from_utf8_lossy(&post.payload);
        let of = told["device"].as_str().and_then(|device| home_named(device.split('/').next()?));
        let (Some(of), Some(sid), Some(seq)) = (of, told["sid"].as_str(), told["seq"].as_u64()) else {
            panic!("{} tells {text}", self.name(home));
        };
        if let Some(by) = forger(&text) {
            self.note(home, Fact::Forged { by, of });
        }
        self.note(home, Fact::Notified { sid: sid.to_owned(), seq, of, event: event_in(&text) });
    }

    /// Notes what those who listen see or hear.
    pub(crate) fn published(&mut self, home: usize, post: &Post) {
        let levels: Vec<&str> = post.topic.as_str().trim_start_matches("hes/1/").split('/').collect();
        let Some(of) = levels.first().and_then(|level| home_named(level)) else { return };
        let text = String::from_utf8_lossy(&post.payload);
        if let Some(by) = forger(&text) {
            self.note(home, Fact::Forged { by, of });
        }
        match levels.as_slice() {
            [_, _, _, "event", _] => {
                if let Some(event) = event_in(&text) {
                    self.note(home, Fact::Event { of, event });
                }
            }
            [_, "$notify", ..] => self.notified(home, post),
            [_, _, device, "property", property] if !post.payload.is_empty() => {
                let (device, property) = ((*device).to_owned(), (*property).to_owned());
                let body: Value = serde_json::from_slice(&post.payload).unwrap();
                let version = body["version"].as_u64().unwrap_or_default();
                self.note(home, Fact::Value { of, device, property, version });
            }
            _ => {}
        }
    }

    fn answered(&mut self, home: usize, letter: &Letter) {
        let ticket = letter.correlation.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()?.parse().ok());
        let Some(ticket) = ticket else { return };
        self.note(home, Fact::Answered { ticket, status: letter.status.code() });
        let answer: Answer = decode(letter.encoding, &letter.payload, Limits::CLUSTER).unwrap();
        match self.people.sent.get(&ticket).map(|sent| sent.question) {
            Some(Question::Bond(bond)) => self.bond_answered(home, bond, &answer),
            Some(Question::Subscription(target)) => {
                if let (Some(_), Some(lease)) = (answer.sid, answer.lease) {
                    let (to, until) = (self.name(target), self.now + lease);
                    self.note(home, Fact::Subscribed { to, until });
                }
            }
            Some(Question::Plain) | None => {}
        }
    }
}

fn event_in(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("recall_")?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn forger(text: &str) -> Option<Name> {
    let (_, rest) = text.split_once(FORGED)?;
    home_named(rest.get(..3)?)
}
