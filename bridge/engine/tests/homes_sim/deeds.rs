//! What may happen in a step.

use hes_engine::{Asked, Asker, Delivery, Door, Input};
use hes_schemas::{ClientId, Millis, UserName};

use crate::{
    cluster::DEVICES,
    history::Fact,
    home::zigbee,
    people::{ANNA, Question, Sent},
    world::World,
};

type Deed = fn(&mut World);

/// How often each thing happens.
const DEEDS: [(u64, Deed); 23] = [
    (20, World::report),
    (16, World::press),
    (1, World::press_on),
    (12, World::write),
    (5, World::read),
    (5, World::again),
    (30, World::wait),
    (3, World::wait_long),
    (3, World::commit_now),
    (2, World::crash),
    (1, World::stop),
    (6, World::restart),
    (3, World::cut_some),
    (1, World::part_homes),
    (3, World::heal),
    (2, World::swap),
    (2, World::flip),
    (1, World::silence),
    (1, World::fill),
    (2, World::rename),
    (4, World::subscribe),
    (6, World::bind),
    (4, World::lie),
];

impl World {
    /// Lets one thing happen.
    pub(crate) fn live(&mut self) {
        if self.chance.once_in(150) {
            return self.rest();
        }
        let mut left = self.chance.below(DEEDS.iter().map(|(weight, _)| weight).sum());
        for (weight, deed) in DEEDS {
            if left < weight {
                deed(self);
                break;
            }
            left -= weight;
        }
        let pause = self.chance.below(40);
        self.pass(pause);
    }

    /// Ends a step.
    pub(crate) fn end_step(&mut self) {
        self.settle_bonds();
        for home in 0..self.homes.len() {
            for fact in self.homes[home].holds() {
                self.note(home, fact);
            }
        }
    }

    pub(crate) fn any_home(&mut self) -> usize {
        self.chance.place(self.homes.len())
    }

    pub(crate) fn any_link(&mut self) -> usize {
        self.chance.place(self.links.len())
    }

    // devices

    fn report(&mut self) {
        let (home, device, number) = (self.any_home(), self.chance.pick(&DEVICES), self.number());
        if self.homes[home].cluster.has(device) {
            let told = self.homes[home].cluster.report(device, number);
            self.hear(home, &told);
        }
    }

    fn press(&mut self) {
        let home = self.any_home();
        self.press_at(home);
    }

    /// Presses a button more often than anybody remembers.
    fn press_on(&mut self) {
        let home = self.any_home();
        for _ in 0..self.chance.below(150) {
            self.press_at(home);
        }
    }

    fn press_at(&mut self, home: usize) {
        let event = self.number();
        if self.homes[home].cluster.has("button") && self.is_alive(home) {
            self.note(home, Fact::Happened { event, device: "button" });
            let told = self.homes[home].cluster.press(event);
            self.hear(home, &told);
        }
    }

    fn swap(&mut self) {
        let (home, device) = (self.any_home(), self.chance.pick(&DEVICES));
        let told = self.homes[home].cluster.swap(device);
        self.hear(home, &told);
    }

    fn rename(&mut self) {
        let home = self.any_home();
        let told = self.homes[home].cluster.rename();
        for told in told {
            self.hear(home, &told);
        }
    }

    fn flip(&mut self) {
        let (home, device) = (self.any_home(), self.chance.pick(&DEVICES));
        if self.homes[home].cluster.has(device) {
            let told = self.homes[home].cluster.flip(device);
            self.hear(home, &told);
        }
    }

    fn silence(&mut self) {
        let home = self.any_home();
        if self.chance.once_in(2) {
            let cluster = &mut self.homes[home].cluster;
            cluster.is_online = !cluster.is_online;
            let told = cluster.presence();
            return self.hear(home, &told);
        }
        self.handle(home, Input::Unlinked(zigbee(), "the broker has gone".to_owned()));
        self.pass(500);
        self.handle(home, Input::Linked(zigbee()));
        for told in self.homes[home].cluster.retained() {
            self.hear(home, &told);
        }
    }

    // people

    /// Returns a home and one that it may ask about: itself, one that it knows, or now and then any other.
    fn asker_and_target(&mut self) -> (usize, usize) {
        let home = self.any_home();
        if self.chance.once_in(3) {
            return (home, home);
        }
        if self.chance.once_in(6) {
            return (home, self.any_home());
        }
        let peers = self.homes[home].peers.clone();
        let peer = &peers[self.chance.place(peers.len())].home;
        (home, self.home_of(peer).unwrap_or(home))
    }

    fn write(&mut self) {
        let (home, target) = self.asker_and_target();
        let topic = format!("{}/zigbee/lamp/property/label/set", self.name(target));
        let (ticket, seconds) = (self.numbers + 1, 1 + self.chance.below(8));
        self.ask(home, &topic, &format!("{{\"value\":\"t{ticket}\"}}"), seconds, Question::Plain);
    }

    fn read(&mut self) {
        let (home, target) = self.asker_and_target();
        let device = self.chance.pick(&DEVICES);
        let property = self.chance.pick(&["label", "temperature", "lock_state", "battery"]);
        let topic = format!("{}/zigbee/{device}/property/{property}/get", self.name(target));
        let body = self.chance.pick(&["{}", "{\"max_age\":0}"]);
        let seconds = 1 + self.chance.below(8);
        self.ask(home, &topic, body, seconds, Question::Plain);
    }

    fn subscribe(&mut self) {
        let (home, target) = self.asker_and_target();
        let topic = format!("{}/$req/subscribe", self.name(home));
        let body = format!("{{\"scope\":\"{}\",\"events\":[\"device_event\"],\"lease\":3600}}", self.name(target));
        self.ask(home, &topic, &body, 5, Question::Subscription(target));
    }

    /// Sends a request that is still under way, or was until just now, again, byte for byte.
    fn again(&mut self) {
        let recent: Vec<u64> = self.people.sent.keys().rev().take(8).copied().collect();
        if recent.is_empty() {
            return;
        }
        let ticket = self.chance.pick(&recent);
        let sent = self.people.sent[&ticket].clone();
        let still = sent.until.since(self.now);
        if still > Millis::new(0) && self.is_alive(sent.home) && sent.question == Question::Plain {
            self.note(sent.home, Fact::AskedAgain { ticket });
            self.send(ticket, &sent, still);
        }
    }

    /// Asks as the owner of a home; says whether anybody was there to ask.
    pub(crate) fn ask(&mut self, home: usize, topic: &str, body: &str, seconds: u64, question: Question) -> bool {
        let ticket = self.number();
        if !self.is_alive(home) {
            return false;
        }
        let ttl = Millis::new(seconds * 1_000);
        let until = self.now + ttl;
        let sent = Sent { home, topic: topic.to_owned(), body: body.to_owned(), until, question };
        self.people.sent.insert(ticket, sent.clone());
        self.note(home, Fact::Asked { ticket, until });
        self.send(ticket, &sent, ttl);
        true
    }

    fn send(&mut self, ticket: u64, sent: &Sent, ttl: Millis) {
        let (topic, correlation) = (format!("hes/1/{}", sent.topic), ticket.to_string());
        let door = Door::Own(ClientId::new("anna-1").ok());
        let asked = Asked {
            asker: Asker { user: UserName::new(ANNA).unwrap(), door },
            bounds: None,
            topic: &topic,
            payload: sent.body.as_bytes(),
            retained: false,
            content_type: None,
            response_topic: None,
            correlation: Some(correlation.as_bytes()),
            expiry: Some(ttl),
            trace: None,
            delivery: Delivery::AtLeastOnce,
        };
        self.handle(sent.home, Input::Asked(asked));
    }

    fn bind(&mut self) {
        let bond = self.any_link();
        if !self.is_open && self.chance.once_in(4) {
            return self.part(bond);
        }
        self.join(bond);
    }
}
