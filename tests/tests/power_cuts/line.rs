//! A connection of a client whose session outlives it.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use hes_tests::{
    gateway::Gateway,
    patience::WAIT,
    wire::{self, Packet, Version, Wire},
};

/// The codes by which a broker that ends lets nobody in: in MQTT 5 and in MQTT 3.1.1.
const UNAVAILABLE: u8 = 0x88;
const UNAVAILABLE_OF_OLD: u8 = 3;

/// The reason code of a broker that ends.
const SHUTTING_DOWN: u8 = 0x8b;

/// A client between two connections.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) version: Version,
    /// Whether the gateway has said that it knows it.
    is_known: bool,
}

impl Peer {
    pub(crate) const fn new(name: &'static str, version: Version) -> Self {
        Self { name, version, is_known: false }
    }

    /// Connects, with the session that there was.
    ///
    /// # Errors
    /// If there is no gateway.
    pub(crate) fn connect(&self, address: SocketAddr) -> io::Result<Line> {
        let mut wire = Wire::open(address, self.version)?;
        wire.set_patience(Some(WAIT))?;
        wire.send(&wire::resume(self.version, self.name, Some(&Gateway::account("owner"))))?;
        let mut line = Line { wire, name: self.name };
        match (line.receive()?, self.is_known) {
            (Packet::ConnAck(0), false) | (Packet::Resumed, true) => Ok(line),
            (Packet::ConnAck(UNAVAILABLE_OF_OLD | UNAVAILABLE), _) => Err(ErrorKind::ConnectionRefused.into()),
            (answer, _) => panic!("{}: {answer:?} to CONNECT, known: {}", self.name, self.is_known),
        }
    }

    /// Expects from here on that the session goes on.
    pub(crate) const fn is_known(&mut self) {
        self.is_known = true;
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Line {
    wire: Wire,
    name: &'static str,
}

impl Line {
    /// Sends bytes.
    ///
    /// # Errors
    /// If the gateway is gone.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.send(bytes)
    }

    /// Receives the next packet; a gateway that is silent or ends the connection is not what is wanted here.
    ///
    /// # Errors
    /// If the gateway is gone.
    pub(crate) fn receive(&mut self) -> io::Result<Packet> {
        match self.wire.receive() {
            Ok(Packet::Disconnect(SHUTTING_DOWN)) => Err(ErrorKind::ConnectionAborted.into()),
            Ok(Packet::Disconnect(code)) => panic!("{} was told to go: {code:#x}", self.name),
            Err(error) if error.kind() == ErrorKind::TimedOut => panic!("{} hears nothing more", self.name),
            Err(error) if error.kind() == ErrorKind::InvalidData => panic!("{} cannot read what came", self.name),
            other => other,
        }
    }
}
