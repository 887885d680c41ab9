//! A client that asks the gateway and remembers what it was told.

mod answer;
mod asking;
mod notices;
mod request;

use std::{io, net::SocketAddr, time::Instant};

pub use answer::Answer;
pub use notices::numbers;
pub use request::{CBOR, JSON, Request};

use crate::{
    HOME,
    patience::WAIT,
    wire::{self, Account, Hangup, Message, Packet, Qos, Version, Wire},
};

/// Where the topics begin on which clients find out that nothing more is under way.
const FENCE: &str = "fence/";

/// A connected client.
///
/// It panics where a test cannot go on: the connection is lost, or what must come does not come within [`WAIT`].
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    name: String,
    answers: String,
    heard: Vec<Message>,
    answered: Vec<Answer>,
    acknowledged: Vec<(u16, Vec<u8>)>,
    packets: u16,
    listens: bool,
    fences: usize,
}

/// The broker said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// By this reason code.
    Code(u8),
    /// By closing the connection.
    Closed,
}

impl Client {
    /// Connects to a broker under a name of the client's own.
    ///
    /// # Errors
    /// [`Refused`] if the broker does not let it in.
    ///
    /// # Panics
    /// If the broker does not answer.
    pub fn connect(
        address: SocketAddr,
        version: Version,
        name: &str,
        account: Option<&Account>,
    ) -> Result<Self, Refused> {
        Self::greet(address, version, name, &wire::connect(version, name, account))
    }

    /// Connects to a broker with a CONNECT of the test's own making.
    ///
    /// # Errors
    /// [`Refused`] if the broker does not let it in.
    ///
    /// # Panics
    /// If the broker does not answer.
    pub fn greet(address: SocketAddr, version: Version, name: &str, connect: &[u8]) -> Result<Self, Refused> {
        let mut wire = Wire::open(address, version).expect("the broker listens");
        wire.set_patience(Some(WAIT)).expect("a socket takes a timeout");
        match wire.send(connect).and_then(|()| wire.receive()) {
            Ok(Packet::ConnAck(0)) => Ok(Self::on(wire, name)),
            Ok(Packet::ConnAck(code) | Packet::Disconnect(code)) => Err(Refused::Code(code)),
            Ok(other) => panic!("{other:?} came before CONNACK"),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => panic!("the broker does not answer CONNECT"),
            Err(_closed) => Err(Refused::Closed),
        }
    }

    fn on(wire: Wire, name: &str) -> Self {
        Self {
            wire,
            name: name.to_owned(),
            answers: format!("{HOME}/$res/{name}"),
            heard: Vec::new(),
            answered: Vec::new(),
            acknowledged: Vec::new(),
            packets: 0,
            listens: false,
            fences: 0,
        }
    }

    /// Is a client of a home with another id.
    #[must_use]
    pub fn at(mut self, home: &str) -> Self {
        self.answers = format!("hes/1/{home}/$res/{}", self.name);
        self
    }

    /// Returns the client's id.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what came, answers left out, in order.
    #[must_use]
    pub fn heard(&self) -> &[Message] {
        &self.heard
    }

    /// Forgets what came.
    pub fn forget(&mut self) {
        self.heard.clear();
    }

    /// Waits for as long as it takes, as a peer does whose life another thread ends.
    ///
    /// # Panics
    /// If the socket is broken.
    #[must_use]
    pub fn endless(self) -> (Self, Hangup) {
        self.wire.set_patience(None).expect("a socket takes a timeout");
        let hangup = self.wire.hangup().expect("a socket can be shared");
        (self, hangup)
    }

    /// Subscribes with `QoS` 1 and waits for the broker's word.
    ///
    /// # Errors
    /// [`Refused`] with the reason for the first filter that is refused.
    pub fn subscribe(&mut self, filters: &[&str]) -> Result<(), Refused> {
        let number = self.number();
        self.send(&wire::subscribe(self.wire.version(), number, filters, Qos::One))?;
        let codes = self.acknowledgement(number)?;
        codes.into_iter().find(|code| *code >= 0x80).map_or(Ok(()), |code| Err(Refused::Code(code)))
    }

    /// Publishes and, with `QoS` 1, waits until the broker has acknowledged it.
    ///
    /// # Errors
    /// [`Refused`] if the broker refuses the message.
    pub fn publish(&mut self, message: Message) -> Result<(), Refused> {
        let number = self.put(message)?;
        if number == 0 {
            return Ok(());
        }
        match self.acknowledgement(number)?.first() {
            Some(code) if *code >= 0x80 => Err(Refused::Code(*code)),
            _ => Ok(()),
        }
    }

    /// Publishes, waits for nothing, and returns the number of the message.
    ///
    /// # Errors
    /// [`Refused`] if the connection is lost.
    pub fn put(&mut self, mut message: Message) -> Result<u16, Refused> {
        message.packet_id = if message.qos == Qos::One { self.number() } else { 0 };
        self.send(&wire::publish(self.wire.version(), &message))?;
        Ok(message.packet_id)
    }

    /// Sends any bytes.
    ///
    /// # Errors
    /// [`Refused`] if the connection is lost.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.wire.send(bytes).map_err(|_closed| Refused::Closed)
    }

    /// Sends any bytes as its last, and takes in what the broker still says until that ends the connection.
    pub fn end_with(&mut self, bytes: &[u8]) {
        // the broker may have ended the connection before it read them all
        drop(self.send(bytes));
        drop(self.wire.finish());
        while self.step().is_ok() {}
    }

    /// Returns when all has come that the broker had for this client when asked, by whichever way it goes through it:
    /// the client's own message comes last on both. It is not among what was heard.
    ///
    /// Only for accounts that may use any topic.
    pub fn fence(&mut self) {
        let number = self.number();
        let topic = format!("{FENCE}{}/{number}", self.name);
        self.subscribe(&[&topic, &format!("{topic}/#")]).expect("the client may subscribe to any topic");
        self.fences = 0;
        self.publish(Message::new(topic, "fence")).expect("the client may publish on any topic");
        self.until("its own message comes back twice", |client| (client.fences == 2).then_some(()));
    }

    /// Waits until a message comes on a topic, and takes it out of what was heard.
    pub fn next(&mut self, topic: &str) -> Message {
        self.until(&format!("something is said on {topic}"), |client| client.take(topic))
    }

    /// Takes the first message on a topic out of what was heard.
    pub fn take(&mut self, topic: &str) -> Option<Message> {
        let at = self.heard.iter().position(|message| message.topic == topic)?;
        Some(self.heard.remove(at))
    }

    /// Returns the last message that came on a topic.
    #[must_use]
    pub fn last(&self, topic: &str) -> Option<&Message> {
        self.heard.iter().rev().find(|message| message.topic == topic)
    }

    /// Waits until what was retained on a topic is no more.
    pub fn await_end(&mut self, topic: &str) {
        let is_over = |client: &mut Self| client.last(topic).is_some_and(|it| it.payload.is_empty()).then_some(());
        self.until(&format!("what {topic} held is no more"), is_over);
    }

    /// Waits until a look at what has come succeeds.
    ///
    /// # Panics
    /// If that does not happen within [`WAIT`], or the connection ends.
    pub fn until<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(seen) = look(self) {
                return seen;
            }
            assert!(began.elapsed() < WAIT, "waited in vain until {what}");
            if let Err(refused) = self.step() {
                panic!("the connection ended ({refused:?}) before {what}");
            }
        }
    }

    /// Takes in one packet.
    ///
    /// # Errors
    /// [`Refused`] if the connection has ended.
    ///
    /// # Panics
    /// If nothing comes within the client's patience.
    pub fn step(&mut self) -> Result<(), Refused> {
        match self.wire.receive() {
            Ok(packet) => self.take_in(packet),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => panic!("nothing came, and all is silent"),
            Err(_closed) => Err(Refused::Closed),
        }
    }

    fn take_in(&mut self, packet: Packet) -> Result<(), Refused> {
        match packet {
            Packet::Publish(message) => {
                if message.qos == Qos::One {
                    self.send(&wire::puback(message.packet_id))?;
                }
                if message.topic == self.answers {
                    self.answered.push(Answer::read(&message).unwrap_or_else(|| panic!("{message:?} is no answer")));
                } else if message.topic.starts_with(FENCE) {
                    self.fences += usize::from(message.topic.starts_with(&format!("{FENCE}{}/", self.name)));
                } else {
                    self.heard.push(message);
                }
            }
            Packet::PubAck(number, code) => self.acknowledged.push((number, vec![code])),
            Packet::SubAck(number, codes) => self.acknowledged.push((number, codes)),
            Packet::UnsubAck(number) => self.acknowledged.push((number, Vec::new())),
            Packet::Disconnect(code) => return Err(Refused::Code(code)),
            Packet::ConnAck(_)
            | Packet::Resumed
            | Packet::PubRec(..)
            | Packet::PubRel(_)
            | Packet::PubComp(_)
            | Packet::Pong => {}
        }
        Ok(())
    }

    fn acknowledgement(&mut self, number: u16) -> Result<Vec<u8>, Refused> {
        loop {
            if let Some(at) = self.acknowledged.iter().position(|(known, _)| *known == number) {
                return Ok(self.acknowledged.swap_remove(at).1);
            }
            self.step()?;
        }
    }

    fn number(&mut self) -> u16 {
        self.packets = self.packets.checked_add(1).unwrap_or(1);
        self.packets
    }
}
