//! Who listens, some of the time, and has a session for the rest of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io,
    net::SocketAddr,
};

use hes_tests::{
    chance::Chance,
    patience::until,
    wire::{self, Message, Packet, Qos, Version},
};

use crate::{
    ledger::Ledger,
    line::{Line, Peer},
    publisher::Kind,
};

/// What is listened to; the last one is retained and so has its own story.
const FILTERS: [&str; 2] = ["one/#", "two/+"];

/// How many messages are taken at most before leaving.
const STAY: usize = 300;

/// How many messages are acknowledged at most before coming back.
const AWAY: usize = 200;

/// A client that listens.
#[derive(Debug)]
pub(crate) struct Listener {
    index: usize,
    peer: Peer,
    qos: Qos,
    heard: BTreeMap<Kind, Vec<usize>>,
    /// Messages that nothing followed for the time being.
    ends: BTreeSet<(Kind, usize)>,
    /// What was taken and may come again until it is released.
    unreleased: HashSet<u16>,
    chance: Chance,
}

impl Listener {
    pub(crate) fn new(index: usize, name: &'static str, version: Version, qos: Qos) -> Self {
        Self {
            index,
            peer: Peer::new(name, version),
            qos,
            heard: BTreeMap::new(),
            ends: BTreeSet::new(),
            unreleased: HashSet::new(),
            chance: Chance::new(u64::try_from(index).unwrap_or_default()),
        }
    }

    /// Has its session begin.
    pub(crate) fn subscribe(&mut self, address: SocketAddr) {
        let version = self.peer.version;
        let answer = self.peer.connect(address).and_then(|mut line| {
            line.send(&wire::subscribe(version, 1, &FILTERS, self.qos))?;
            line.receive()
        });
        assert_eq!(answer.expect("the gateway is there"), Packet::SubAck(1, vec![self.qos.number(); FILTERS.len()]));
        self.peer.is_known();
    }

    /// Comes and goes until the gateway is gone.
    pub(crate) fn live(&mut self, address: SocketAddr, ledger: &Ledger) {
        while self.stay(address, ledger).is_ok() && !ledger.is_cut() {
            let back = ledger.acknowledged() + self.chance.below(AWAY);
            until("it is time to come back", || (ledger.is_cut() || ledger.acknowledged() >= back).then_some(()));
        }
    }

    fn stay(&mut self, address: SocketAddr, ledger: &Ledger) -> io::Result<()> {
        let mut line = self.peer.connect(address)?;
        for _ in 0..self.chance.below(STAY) {
            self.take_in(&mut line, ledger)?;
        }
        if self.chance.below(2) == 0 { line.send(&wire::disconnect()) } else { Ok(()) }
    }

    /// Listens until each publisher has said so many times that nothing follows.
    pub(crate) fn live_to_the_end(&mut self, address: SocketAddr, ledger: &Ledger, end: usize) {
        let mut line = self.peer.connect(address).expect("the gateway is there");
        while [Kind::One, Kind::Two].iter().any(|kind| self.ends_of(*kind).count() < end) {
            self.take_in(&mut line, ledger).expect("the gateway is there");
        }
    }

    fn ends_of(&self, kind: Kind) -> impl Iterator<Item = usize> {
        self.ends.iter().filter(move |(of, _)| *of == kind).map(|(_, number)| *number)
    }

    fn take_in(&mut self, line: &mut Line, ledger: &Ledger) -> io::Result<()> {
        match line.receive()? {
            Packet::Publish(message) => {
                let id = message.packet_id;
                match message.qos {
                    Qos::Two => {
                        if self.unreleased.insert(id) {
                            self.hear(&message, ledger);
                        }
                        line.send(&wire::pubrec(id))
                    }
                    Qos::One => {
                        self.hear(&message, ledger);
                        line.send(&wire::puback(id))
                    }
                    Qos::Zero => panic!("{message:?} may get lost"),
                }
            }
            Packet::PubRel(id) => {
                self.unreleased.remove(&id);
                line.send(&wire::pubcomp(id))
            }
            other => panic!("{} got {other:?}", self.peer.name),
        }
    }

    fn hear(&mut self, message: &Message, ledger: &Ledger) {
        let (kind, number, is_end) = Kind::read(&message.text()).expect("only numbers are published");
        self.heard.entry(kind).or_default().push(number);
        self.ends.extend(is_end.then_some((kind, number)));
        ledger.hear(self.index, number);
    }

    /// Checks that each number has come, in order, and none of `QoS` 2 twice.
    pub(crate) fn check(&self) {
        for (kind, numbers) in &self.heard {
            let last = self.ends_of(*kind).max().expect("its end was awaited");
            let mut known = HashSet::new();
            let (first, again): (Vec<usize>, Vec<usize>) = numbers.iter().partition(|number| known.insert(**number));
            let missing: Vec<usize> = (0..=last).filter(|number| !known.contains(number)).collect();
            let name = self.peer.name;
            assert!(missing.is_empty(), "{name}: of {last} of {kind:?} these never came: {missing:?}");
            assert!(first.is_sorted(), "{name}: {kind:?} came out of order");
            let may_come_again = *kind == Kind::One || self.qos == Qos::One;
            assert!(may_come_again || again.is_empty(), "{name}: of {last} of {kind:?} these came again: {again:?}");
        }
    }
}
