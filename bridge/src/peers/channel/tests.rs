use proptest::prelude::*;

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

#[test]
fn opens_from_either_side_and_carries_messages_both_ways() {
    let (elm, oak) = neighbours();
    for first in ["elm", "oak"] {
        let mut wire = Wire::new(&elm, &oak);
        let events = if first == "elm" { wire.elm.open(wire.now) } else { wire.oak.open(wire.now) };
        wire.take(first, events);
        wire.settle();
        assert_eq!(wire.told, [("elm", Told::Up), ("oak", Told::Up)], "{first}");
        assert!(wire.works());
        assert_eq!((wire.elm.figures().handshakes, wire.oak.figures().handshakes), (1, 1));
        assert_eq!(wire.elm.figures().all_refused() + wire.oak.figures().all_refused(), 0);
    }
}

#[test]
fn opens_once_when_both_sides_want_to_at_the_same_time() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::new(&elm, &oak);
    let (one, two) = (wire.elm.open(wire.now), wire.oak.open(wire.now));
    wire.take("elm", one);
    wire.take("oak", two);
    wire.settle();
    wire.pass(Millis::from_secs(120));
    assert_eq!(wire.elm.figures().handshakes, 1);
    assert!(wire.works());
}

#[test]
fn carries_messages_of_any_size_up_to_the_limit() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    for length in [0, 1, 65_513, 65_514, 65_515, 131_033, LARGEST] {
        let said = vec![7; length];
        let frame = wire.say("elm", &said);
        assert!(frame.len() <= LARGEST_FRAME);
        wire.give("oak", &frame);
        assert_eq!(wire.told.pop(), Some(("oak", Told::Heard(said))), "{length}");
    }
    assert_eq!(wire.elm.seal(&vec![7; LARGEST + 1]), Err(SealError::TooLarge));
}

#[test]
fn costs_no_signature_while_it_is_steady() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    let before = (elm.station.keys().figures(), oak.station.keys().figures());
    for _ in 0..100 {
        assert!(wire.works());
    }
    assert_eq!((elm.station.keys().figures(), oak.station.keys().figures()), before);
    assert_eq!((before.0.verified, before.1.verified), (2, 2), "a certificate and a voice each");
}

#[test]
fn takes_each_frame_once_and_in_any_order() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    let frames: Vec<_> = (0..50_u8).map(|number| wire.say("elm", &[number])).collect();
    for frame in frames.iter().rev().chain(&frames) {
        wire.give("oak", frame);
    }
    assert_eq!(wire.told.len(), 50);
    assert_eq!(wire.oak.figures().refused(Refused::Repeated), 50);
}

#[test]
fn refuses_a_frame_that_was_changed_anywhere() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    let frame = wire.say("elm", &[3; 40]);
    let long = wire.say("elm", &[3; 70_000]);
    for at in 0..frame.len() {
        let mut changed = frame.clone();
        changed[at] ^= 1;
        wire.give("oak", &changed);
    }
    for length in [0, 1, 17, 18, 30, frame.len() - 1] {
        wire.give("oak", &frame[..length]);
    }
    wire.give("oak", &long[..18 + 65_535]);
    wire.give("oak", &vec![1; LARGEST_FRAME + 1]);
    assert_eq!(wire.told, []);
    wire.give("oak", &frame);
    wire.give("oak", &long);
    assert_eq!(wire.told.len(), 2);
}

#[test]
fn opens_to_nobody_but_the_identity_that_was_pinned() {
    let (elm, oak) = neighbours();
    let stranger = House::new("elm");
    stranger.trust(&oak);
    let mut wire = Wire::new(&stranger, &oak);
    let events = wire.elm.open(wire.now);
    wire.take("elm", events);
    wire.settle();
    wire.pass(Millis::from_secs(10));
    assert!(!wire.oak.is_up() && !wire.elm.is_up());
    assert!(wire.oak.figures().refused(Refused::Unproven) > 0);
    oak.station.book().unpin(elm.station.home());
    let mut wire = Wire::new(&elm, &oak);
    let events = wire.elm.open(wire.now);
    wire.take("elm", events);
    wire.settle();
    assert!(!wire.oak.is_up(), "the trust has ended");
}

#[test]
fn opens_with_no_key_whose_time_is_over_or_to_come() {
    let (elm, oak) = neighbours();
    for day in [-1_i64, 2] {
        let mut wire = Wire::new(&elm, &oak);
        let events = wire.elm.open(noon());
        let mut events: Vec<Event> = events;
        while let Some(Event::Send(frame)) = events.pop() {
            // oak's clock is wrong
            let at = Timestamp::from_millis(noon().as_millis() + day * 86_400_000);
            assert_eq!(wire.oak.receive(at, &frame), [], "{day}");
        }
        assert!(!wire.oak.is_up());
    }
}

#[test]
fn goes_on_with_another_signing_key_without_a_break() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    for (round, house) in [&elm, &oak].into_iter().enumerate() {
        house.station.keys().rotate(wire.now).unwrap();
        let under_way = wire.say("elm", b"sealed before");
        wire.tick();
        while !wire.to_elm.is_empty() || !wire.to_oak.is_empty() {
            for frame in std::mem::take(&mut wire.to_oak) {
                wire.give("oak", &frame);
                let said = wire.say("oak", b"meanwhile");
                wire.to_elm.push(said);
            }
            for frame in std::mem::take(&mut wire.to_elm) {
                wire.give("elm", &frame);
            }
        }
        wire.give("oak", &under_way);
        assert!(wire.told.iter().all(|(_, told)| matches!(told, Told::Heard(_))), "{:?}", wire.told);
        assert!(wire.told.contains(&("oak", Told::Heard(b"sealed before".to_vec()))));
        assert_eq!(wire.elm.figures().handshakes, 2 + u64::try_from(round).unwrap());
        assert!(wire.works());
    }
    let kid = oak.station.keys().current(wire.now).unwrap().certificate().key().id().to_string();
    assert!(elm.station.book().find(oak.station.home(), &kid, wire.now).is_some());
}

#[test]
fn changes_the_session_every_day_and_ends_one_that_cannot_be_changed() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    wire.pass(Millis::from_secs(23 * 3_600));
    for house in [&elm, &oak] {
        house.station.keys().tend(wire.now).unwrap();
    }
    wire.pass(Millis::from_secs(2 * 3_600));
    assert!(wire.elm.figures().handshakes >= 2);
    assert_eq!(wire.told, []);
    assert!(wire.works());
    wire.told.clear();
    // nothing arrives any more
    wire.now = wire.now + Millis::from_secs(26 * 3_600);
    wire.tick();
    assert_eq!(wire.told, [("elm", Told::Down), ("oak", Told::Down)]);
    assert_eq!(wire.elm.seal(b"x"), Err(SealError::Down));
}

#[test]
fn tells_when_the_peer_has_started_anew() {
    for which in ["elm", "oak"] {
        let (mut elm, mut oak) = neighbours();
        let mut wire = Wire::up(&elm, &oak);
        let other = if which == "elm" {
            elm.restart();
            wire.elm = Channel::new(Arc::clone(&elm.station), home("oak")).unwrap();
            let events = wire.elm.open(wire.now);
            wire.take("elm", events);
            "oak"
        } else {
            oak.restart();
            wire.oak = Channel::new(Arc::clone(&oak.station), home("elm")).unwrap();
            // elm does not know, and goes on
            let frame = wire.say("elm", b"lost");
            wire.give("oak", &frame);
            "elm"
        };
        wire.settle();
        let told: Vec<_> = wire.told.iter().filter(|(who, _)| *who == other).map(|(_, told)| told.clone()).collect();
        assert_eq!(told, [Told::Down, Told::Up], "{which}");
        assert!(wire.works());
    }
}

#[test]
fn keeps_the_session_whatever_anybody_begins() {
    let (elm, oak) = neighbours();
    let mut wire = Wire::up(&elm, &oak);
    for number in 0..2_000_u64 {
        let body = number.to_be_bytes().repeat(4);
        for kind in [Kind::Init, Kind::Reply, Kind::Final, Kind::Lost, Kind::Sealed] {
            let frame = Frame { kind, session: number, number, body: &body }.encode();
            wire.give("oak", &frame);
            wire.give("elm", &frame);
        }
        assert!(wire.elm.is_up() && wire.oak.is_up());
    }
    assert!(wire.oak.figures().refused(Refused::TooMany) > 1_900, "strangers cost little");
    assert!(wire.oak.figures().handshakes_begun <= 17);
    assert!(wire.told.is_empty() && wire.works());
    wire.to_elm.clear();
    wire.to_oak.clear();
    wire.pass(Millis::from_secs(300));
    assert!(wire.works());
}

#[test]
fn holds_a_forged_answer_against_nobody_but_the_forger() {
    let (elm, oak) = neighbours();
    let forger = House::new("oak");
    forger.trust(&elm);
    let mut wire = Wire::new(&elm, &oak);
    let mut other = Wire::new(&elm, &forger);
    let events = wire.elm.open(wire.now);
    wire.take("elm", events);
    let init = wire.to_oak.pop().unwrap();
    // somebody else answers first, with a handshake that is right but for who makes it
    other.give("oak", &init);
    let forged = other.to_elm.pop().unwrap();
    for _ in 0..5 {
        wire.give("elm", &forged);
    }
    wire.give("oak", &init);
    let reply = wire.to_elm.pop().unwrap();
    let mut broken = reply.clone();
    *broken.last_mut().unwrap() ^= 1;
    wire.give("elm", &broken);
    wire.give("elm", &reply);
    let last = wire.to_oak.pop().unwrap();
    for at in [18, 40, 70, last.len() - 1] {
        let mut broken = last.clone();
        broken[at] ^= 1;
        wire.give("oak", &broken);
    }
    wire.give("oak", &last);
    wire.settle();
    assert!(wire.works());
    assert_eq!(wire.elm.figures().refused(Refused::Unproven), 5);
    assert_eq!((wire.elm.figures().handshakes, wire.oak.figures().refused(Refused::Broken)), (1, 4));
}

/// What the network does next.
#[derive(Debug, Clone)]
enum Fate {
    Deliver(usize),
    Double(usize),
    Lose(usize),
    Change(usize, usize),
    Replay(usize),
    Say,
    Pass(u64),
    Rotate,
    Reopen,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        8 => any::<usize>().prop_map(Fate::Deliver),
        1 => any::<usize>().prop_map(Fate::Double),
        2 => any::<usize>().prop_map(Fate::Lose),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(which, at)| Fate::Change(which, at)),
        2 => any::<usize>().prop_map(Fate::Replay),
        4 => Just(Fate::Say),
        2 => (1..4_000_u64).prop_map(Fate::Pass),
        1 => Just(Fate::Rotate),
        1 => Just(Fate::Reopen),
    ];
    proptest::collection::vec(fate, 1..80)
}

/// A network that does what it is told to, and remembers all that ever went through it.
struct Network {
    wire: Wire,
    houses: (House, House),
    /// What travels: to whom, and what.
    travelling: Vec<(&'static str, Vec<u8>)>,
    seen: Vec<(&'static str, Vec<u8>)>,
    said: Vec<(&'static str, Vec<u8>)>,
}

impl Network {
    fn collect(&mut self) {
        let (to_elm, to_oak) = (std::mem::take(&mut self.wire.to_elm), std::mem::take(&mut self.wire.to_oak));
        let sent = to_elm.into_iter().map(|it| ("elm", it)).chain(to_oak.into_iter().map(|it| ("oak", it)));
        let sent: Vec<_> = sent.collect();
        self.seen.extend(sent.iter().cloned());
        self.travelling.extend(sent);
    }

    fn meet(&mut self, fate: Fate) {
        let count = self.travelling.len().max(1);
        let at = |which: usize| which % count;
        match fate {
            Fate::Deliver(which) if !self.travelling.is_empty() => {
                let (to, frame) = self.travelling.remove(at(which));
                self.wire.give(to, &frame);
            }
            Fate::Double(which) if !self.travelling.is_empty() => {
                let (to, frame) = self.travelling[at(which)].clone();
                self.wire.give(to, &frame);
            }
            Fate::Lose(which) if !self.travelling.is_empty() => drop(self.travelling.remove(at(which))),
            Fate::Change(which, place) if !self.travelling.is_empty() => {
                let (to, mut frame) = self.travelling[at(which)].clone();
                let place = place % frame.len();
                frame[place] ^= 1;
                self.wire.give(to, &frame);
            }
            Fate::Replay(which) if !self.seen.is_empty() => {
                let (to, frame) = self.seen[which % self.seen.len()].clone();
                self.wire.give(to, &frame);
                self.wire.give(if to == "elm" { "oak" } else { "elm" }, &frame);
            }
            Fate::Say => self.say(),
            Fate::Pass(millis) => {
                self.wire.now = self.wire.now + Millis::new(millis);
                self.wire.tick();
            }
            Fate::Rotate => drop(self.houses.1.station.keys().rotate(self.wire.now)),
            Fate::Reopen => {
                let events = self.wire.oak.open(self.wire.now);
                self.wire.take("oak", events);
            }
            Fate::Deliver(_) | Fate::Double(_) | Fate::Lose(_) | Fate::Change(..) | Fate::Replay(_) => {}
        }
        self.collect();
    }

    fn say(&mut self) {
        for (from, to) in [("elm", "oak"), ("oak", "elm")] {
            let message = format!("{from} {}", self.said.len()).into_bytes();
            let channel = if from == "elm" { &mut self.wire.elm } else { &mut self.wire.oak };
            if let Ok(frame) = channel.seal(&message) {
                self.said.push((to, message));
                self.seen.push((to, frame.clone()));
                self.travelling.push((to, frame));
            }
        }
    }

    /// Whatever was heard was said, to that side, and was heard once; and nobody was ever taken away.
    fn hold(&self) {
        let heard = self.wire.told.iter().filter_map(|(who, told)| match told {
            Told::Heard(message) => Some((*who, message.clone())),
            Told::Up | Told::Down => None,
        });
        let mut heard: Vec<_> = heard.collect();
        let count = heard.len();
        heard.sort();
        heard.dedup();
        assert_eq!(heard.len(), count, "something was heard twice");
        assert!(heard.iter().all(|it| self.said.contains(it)), "something was heard that was never said");
        assert!(!self.wire.told.iter().any(|(_, told)| *told == Told::Down), "the peer was there all the time");
    }
}

#[test]
fn holds_over_a_network_that_loses_doubles_mixes_and_forges() {
    // each case is two homes with keys of their own
    let cases = ProptestConfig::default().cases.div_ceil(16);
    let config = ProptestConfig { cases, ..ProptestConfig::default() };
    proptest!(config, |(fates in fates())| {
        let houses = neighbours();
        let wire = Wire::new(&houses.0, &houses.1);
        let mut network = Network { wire, houses, travelling: vec![], seen: vec![], said: vec![] };
        let events = network.wire.elm.open(noon());
        network.wire.take("elm", events);
        network.collect();
        for fate in fates {
            network.meet(fate);
            network.hold();
        }
        // the network is well again
        let late = std::mem::take(&mut network.travelling);
        late.into_iter().for_each(|(to, frame)| network.wire.give(to, &frame));
        network.wire.settle();
        network.wire.pass(Millis::from_secs(180));
        network.hold();
        prop_assert!(network.wire.works());
    });
}
