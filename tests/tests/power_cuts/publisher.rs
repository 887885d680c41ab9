//! Who publishes, and sends again what was not acknowledged.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::SocketAddr,
};

use hes_tests::{
    patience::until,
    wire::{self, Message, Packet, Qos, Version},
};

use crate::{
    ledger::Ledger,
    line::{Line, Peer},
};

/// How many messages are under way at once.
const WINDOW: usize = 20;

/// How many topics keep their last message.
const TOPICS: usize = 5;

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// With `QoS` 1.
    One,
    /// With `QoS` 2.
    Two,
    /// Retained, with `QoS` 1.
    Kept,
}

/// A client that publishes numbers.
#[derive(Debug)]
pub(crate) struct Publisher {
    kind: Kind,
    peer: Peer,
    next: usize,
    in_flight: VecDeque<Flight>,
    /// The last number that was acknowledged, by topic.
    acknowledged: BTreeMap<String, usize>,
}

/// A message that was sent; its exchange has not ended.
#[derive(Debug)]
struct Flight {
    number: usize,
    message: Message,
    is_received: bool,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
            Self::Kept => "kept",
        }
    }

    /// Reads a payload: what, which, and whether nothing follows for the time being.
    pub(crate) fn read(payload: &str) -> Option<(Self, usize, bool)> {
        let mut words = payload.split(' ');
        let name = words.next()?;
        let kind = [Self::One, Self::Two, Self::Kept].into_iter().find(|kind| kind.name() == name)?;
        Some((kind, words.next()?.parse().ok()?, words.next().is_some()))
    }
}

impl Publisher {
    pub(crate) fn new(kind: Kind, version: Version) -> Self {
        let (peer, acknowledged) = (Peer::new(kind.name(), version), BTreeMap::new());
        Self { kind, peer, next: 0, in_flight: VecDeque::new(), acknowledged }
    }

    /// Has its session begin, so that it is on disk.
    pub(crate) fn begin(&mut self, address: SocketAddr) {
        let ledger = Ledger::default();
        let begun = self.peer.connect(address).and_then(|mut line| self.finish(&mut line, &ledger));
        begun.expect("the gateway is there");
        self.peer.is_known();
    }

    /// Publishes until the gateway is gone.
    pub(crate) fn live(&mut self, address: SocketAddr, ledger: &Ledger) {
        let ended: io::Result<()> = self.resume(address).and_then(|mut line| {
            loop {
                self.fill(&mut line, ledger)?;
                self.take_in(&mut line, ledger)?;
            }
        });
        drop(ended);
    }

    /// Brings to an end what is under way, and says that nothing follows for the time being.
    pub(crate) fn live_to_the_end(&mut self, address: SocketAddr, ledger: &Ledger) {
        self.resume(address).and_then(|mut line| self.finish(&mut line, ledger)).expect("the gateway is there");
    }

    /// Checks that each topic keeps what was acknowledged last or what was sent after that.
    pub(crate) fn check_kept(&self, kept: &[Message]) {
        for (topic, acknowledged) in self.acknowledged.iter().filter(|_| self.kind == Kind::Kept) {
            let found = kept.iter().find(|message| message.topic == *topic);
            let number = found.and_then(|message| Kind::read(&message.text())).map(|(_, number, _)| number);
            let is_right = number.is_some_and(|number| (*acknowledged..self.next).contains(&number));
            assert!(is_right, "{topic} keeps {number:?}, acknowledged: {acknowledged}, sent: all below {}", self.next);
        }
    }

    fn resume(&self, address: SocketAddr) -> io::Result<Line> {
        let mut line = self.peer.connect(address)?;
        for flight in &self.in_flight {
            let message = &flight.message;
            if flight.is_received {
                line.send(&wire::pubrel(message.packet_id))?;
            } else {
                line.send(&wire::publish_again(self.peer.version, message))?;
            }
        }
        Ok(line)
    }

    fn finish(&mut self, line: &mut Line, ledger: &Ledger) -> io::Result<()> {
        self.publish(line, " end")?;
        while !self.in_flight.is_empty() {
            self.take_in(line, ledger)?;
        }
        Ok(())
    }

    fn fill(&mut self, line: &mut Line, ledger: &Ledger) -> io::Result<()> {
        if self.in_flight.is_empty() {
            until("there is room", || (self.has_room(ledger) || ledger.is_cut()).then_some(()));
        }
        while self.in_flight.len() < WINDOW && (self.has_room(ledger) || self.in_flight.is_empty()) {
            self.publish(line, "")?;
        }
        Ok(())
    }

    fn has_room(&self, ledger: &Ledger) -> bool {
        self.kind == Kind::Kept || ledger.has_room(self.next)
    }

    fn publish(&mut self, line: &mut Line, end: &str) -> io::Result<()> {
        let number = self.next;
        self.next += 1;
        let topic = if self.kind == Kind::Kept { number % TOPICS } else { 0 };
        let mut message =
            Message::new(format!("{0}/{topic}", self.kind.name()), format!("{} {number}{end}", self.kind.name()));
        message.qos = if self.kind == Kind::Two { Qos::Two } else { Qos::One };
        message.retain = self.kind == Kind::Kept;
        message.packet_id = u16::try_from(number % 50_000 + 1).unwrap_or_default();
        let packet = wire::publish(self.peer.version, &message);
        self.in_flight.push_back(Flight { number, message, is_received: false });
        line.send(&packet)
    }

    fn take_in(&mut self, line: &mut Line, ledger: &Ledger) -> io::Result<()> {
        match line.receive()? {
            Packet::PubAck(id, code) if code < 0x80 => {
                let Flight { number, message, .. } = self.end(id);
                self.acknowledged.insert(message.topic, number);
                ledger.acknowledge();
                Ok(())
            }
            Packet::PubRec(id, code) if code < 0x80 => {
                let at = self.find(id);
                self.in_flight[at].is_received = true;
                ledger.acknowledge();
                line.send(&wire::pubrel(id))
            }
            Packet::PubComp(id) => {
                assert!(self.end(id).is_received, "PUBCOMP came before PUBREC");
                Ok(())
            }
            other => panic!("{} got {other:?}", self.peer.name),
        }
    }

    fn end(&mut self, id: u16) -> Flight {
        let at = self.find(id);
        self.in_flight.remove(at).expect("it was found")
    }

    fn find(&self, id: u16) -> usize {
        let at = self.in_flight.iter().position(|flight| flight.message.packet_id == id);
        at.unwrap_or_else(|| panic!("{}: nothing is under way as {id}", self.peer.name))
    }
}
