//! Stories of both ends of a channel, and of what travels between them.

mod forgers;
mod network;
mod sessions;

use super::{super::trial::*, *};

/// Both ends of a channel, and what travels between them.
struct Wire {
    now: Timestamp,
    elm: Channel,
    oak: Channel,
    to_elm: Vec<Vec<u8>>,
    to_oak: Vec<Vec<u8>>,
    told: Vec<(&'static str, Told)>,
}

/// What an end told its shell.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Up,
    Down,
    Heard(Vec<u8>),
}

impl Wire {
    fn new(elm: &House, oak: &House) -> Self {
        let channel =
            |from: &House, to: &House| Channel::new(Arc::clone(&from.station), to.station.home().clone()).unwrap();
        let (elm, oak) = (channel(elm, oak), channel(oak, elm));
        Self { now: noon(), elm, oak, to_elm: Vec::new(), to_oak: Vec::new(), told: Vec::new() }
    }

    fn up(elm: &House, oak: &House) -> Self {
        let mut wire = Self::new(elm, oak);
        let events = wire.elm.open(wire.now);
        wire.take("elm", events);
        wire.settle();
        assert!(wire.elm.is_up() && wire.oak.is_up());
        wire.told.clear();
        wire
    }

    fn take(&mut self, who: &'static str, events: Vec<Event>) {
        for event in events {
            let told = match event {
                Event::Send(frame) => {
                    if who == "elm" { &mut self.to_oak } else { &mut self.to_elm }.push(frame);
                    continue;
                }
                Event::Up => Told::Up,
                Event::Down(_) => Told::Down,
                Event::Message(said) => Told::Heard(said),
            };
            self.told.push((who, told));
        }
    }

    fn give(&mut self, who: &'static str, frame: &[u8]) {
        let channel = if who == "elm" { &mut self.elm } else { &mut self.oak };
        let events = channel.receive(self.now, frame);
        self.take(who, events);
    }

    /// Delivers everything, in order, until nobody has anything to say.
    fn settle(&mut self) {
        while !self.to_elm.is_empty() || !self.to_oak.is_empty() {
            for frame in std::mem::take(&mut self.to_oak) {
                self.give("oak", &frame);
            }
            for frame in std::mem::take(&mut self.to_elm) {
                self.give("elm", &frame);
            }
        }
    }

    /// Lets time pass, in steps of what is due.
    fn pass(&mut self, span: Millis) {
        let until = self.now + span;
        while let Some(next) = self.next().filter(|next| *next <= until) {
            self.now = next.max(self.now);
            self.tick();
            self.settle();
        }
        self.now = until;
    }

    fn next(&self) -> Option<Timestamp> {
        [self.elm.next_timeout(), self.oak.next_timeout()].into_iter().flatten().min()
    }

    fn tick(&mut self) {
        let events = self.elm.handle_timeout(self.now);
        self.take("elm", events);
        let events = self.oak.handle_timeout(self.now);
        self.take("oak", events);
    }

    fn say(&mut self, who: &'static str, message: &[u8]) -> Vec<u8> {
        let channel = if who == "elm" { &mut self.elm } else { &mut self.oak };
        channel.seal(message).unwrap()
    }

    /// Both ends hear each other at once.
    fn works(&mut self) -> bool {
        self.told.clear();
        for (from, to) in [("elm", "oak"), ("oak", "elm")] {
            let frame = self.say(from, b"hello");
            self.give(to, &frame);
        }
        let heard = |who| (who, Told::Heard(b"hello".to_vec()));
        self.told == [heard("oak"), heard("elm")]
    }
}
