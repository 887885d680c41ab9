//! A connection as bytes, for what no well-behaved client says.

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
};

use hes_tests::{gateway::Gateway, patience::WAIT, wire};

use crate::draft::{packet, section, text};

/// A connection to the broker.
pub(crate) struct Raw(TcpStream);

/// How a client introduces itself in MQTT 5.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hello<'h> {
    pub(crate) user: &'h str,
    pub(crate) password: Option<&'h str>,
    pub(crate) name: &'h str,
    /// Whether an earlier session is to end.
    pub(crate) is_clean: bool,
    /// For how many seconds the session is to be kept.
    pub(crate) expiry: u32,
    /// Where its will goes, and after how many seconds.
    pub(crate) will: Option<(&'h str, u32)>,
}

impl<'h> Hello<'h> {
    pub(crate) const fn new(user: &'h str, name: &'h str) -> Self {
        Self { user, password: None, name, is_clean: true, expiry: 0, will: None }
    }

    fn bytes(&self) -> Vec<u8> {
        let password = self.password.map_or_else(|| Gateway::account(self.user).password, str::to_owned);
        let (clean, will) = (if self.is_clean { 0x02 } else { 0 }, if self.will.is_some() { 0x0c } else { 0 });
        let head = [&text(b"MQTT")[..], &[5, 0xc0 | clean | will, 0, 0]].concat();
        let listed = section(&[&[0x11], &self.expiry.to_be_bytes()[..]].concat());
        let mut body = [head, listed, text(self.name.as_bytes())].concat();
        if let Some((topic, delay)) = self.will {
            body.extend(section(&[&[0x18], &delay.to_be_bytes()[..]].concat()));
            body.extend([text(topic.as_bytes()), text(b"gone")].concat());
        }
        body.extend([text(self.user.as_bytes()), text(password.as_bytes())].concat());
        packet(0x10, &body)
    }
}

impl Raw {
    /// Says hello and returns the code of the answer.
    pub(crate) fn greet(address: SocketAddr, hello: &Hello<'_>) -> (Self, u8) {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(WAIT)).unwrap();
        let mut raw = Self(stream);
        raw.say(&hello.bytes());
        let (first, body) = raw.hear();
        assert_eq!(first, 0x20, "{hello:?}");
        (raw, body[1])
    }

    /// Says hello and is let in.
    pub(crate) fn enter(address: SocketAddr, hello: &Hello<'_>) -> Self {
        let (raw, code) = Self::greet(address, hello);
        assert_eq!(code, 0, "{hello:?}");
        raw
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// Takes in the next packet.
    pub(crate) fn hear(&mut self) -> (u8, Vec<u8>) {
        wire::read_any(&mut self.0).unwrap()
    }

    /// Takes in what comes until the answer to a ping, which is left out.
    pub(crate) fn hear_all(&mut self) -> Vec<(u8, Vec<u8>)> {
        self.say(&[0xc0, 0]);
        std::iter::from_fn(|| Some(self.hear()).filter(|(first, _)| *first != 0xd0)).collect()
    }

    /// Takes in a DISCONNECT and returns its code.
    pub(crate) fn is_ended(&mut self) -> u8 {
        loop {
            let (first, body) = self.hear();
            if first == 0xe0 {
                assert!(wire::read_any(&mut self.0).is_err(), "the connection is closed");
                return body.first().copied().unwrap_or(0);
            }
        }
    }

    pub(crate) fn subscribe(&mut self, filter: &str, qos: u8) -> u8 {
        self.say(&packet(0x82, &[&[0, 1, 0], &*text(filter.as_bytes()), &[qos]].concat()));
        let (first, body) = self.hear();
        assert_eq!(first, 0x90);
        body.last().copied().unwrap()
    }
}

/// Writes a PUBLISH of MQTT 5.
pub(crate) fn publish(first: u8, topic: &str, packet_id: u16, properties: &[u8], payload: &[u8]) -> Vec<u8> {
    let id: &[u8] = if first & 0x06 == 0 { &[] } else { &packet_id.to_be_bytes() };
    packet(first, &[&text(topic.as_bytes()), id, &section(properties), payload].concat())
}
