//! A client that speaks in bytes.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::packet::{Packet, body, packet, prop, text};

/// Far longer than any answer takes, so that a missing one ends the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a client introduces itself.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    version: u8,
    id: String,
    flags: u8,
    keep_alive: u16,
    properties: Vec<u8>,
    will: Vec<u8>,
    account: Vec<u8>,
}

impl Guest {
    pub(crate) fn new(version: u8, id: &str) -> Self {
        Self {
            version,
            id: id.to_owned(),
            flags: 2,
            keep_alive: 0,
            properties: Vec::new(),
            will: Vec::new(),
            account: Vec::new(),
        }
    }

    pub(crate) fn account(mut self, user: &str, password: &str) -> Self {
        self.flags |= 0xc0;
        self.account = body(&[&text(user), &text(password)]);
        self
    }

    pub(crate) fn keep_alive(mut self, seconds: u16) -> Self {
        self.keep_alive = seconds;
        self
    }

    pub(crate) fn properties(mut self, properties: &[u8]) -> Self {
        self.properties = properties.to_vec();
        self
    }

    pub(crate) fn flags(mut self, flags: u8) -> Self {
        self.flags = flags;
        self
    }

    /// Leaves a will of `QoS` 1 behind.
    pub(crate) fn will(mut self, topic: &str, payload: &str, is_retained: bool) -> Self {
        self.flags |= if is_retained { 0x2c } else { 0x0c };
        self.will = body(&[&prop(self.version, &[]), &text(topic), &text(payload)]);
        self
    }

    /// Leaves a will of `QoS` 0 behind that is due after some seconds.
    pub(crate) fn will_after(mut self, seconds: u8, topic: &str, payload: &str) -> Self {
        self.flags |= 0x04;
        self.will = body(&[&[5, 0x18, 0, 0, 0, seconds], &text(topic), &text(payload)]);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let head = [&text("MQTT"), &[self.version, self.flags][..], &self.keep_alive.to_be_bytes()].concat();
        let properties = prop(self.version, &self.properties);
        packet(0x10, &body(&[&head, &properties, &text(&self.id), &self.will, &self.account]))
    }
}

/// One connection.
pub(crate) struct Client {
    pub(crate) version: u8,
    /// The last CONNACK.
    pub(crate) connack: Vec<u8>,
    stream: TcpStream,
    last_id: u16,
}

impl Client {
    pub(crate) async fn reach(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { version: 4, connack: Vec::new(), stream, last_id: 0 }
    }

    /// Sends a CONNECT and returns the code of its CONNACK.
    pub(crate) async fn connect(&mut self, guest: &Guest) -> u8 {
        self.version = guest.version;
        self.say(&guest.bytes()).await;
        let connack = self.next().await;
        assert_eq!(connack.first, 0x20);
        self.connack.clone_from(&connack.body);
        connack.body[1]
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends bytes that the broker may no longer want.
    pub(crate) async fn try_say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Reads a packet, or nothing when the broker has closed.
    pub(crate) async fn try_next(&mut self) -> Option<Packet> {
        timeout(PATIENCE, self.read()).await.expect("the broker said nothing").ok()
    }

    pub(crate) async fn next(&mut self) -> Packet {
        self.try_next().await.expect("the broker closed")
    }

    async fn read(&mut self) -> std::io::Result<Packet> {
        let first = self.stream.read_u8().await?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.stream.read_u8().await?;
            length |= usize::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Packet { first, body })
    }

    /// Reads the next PUBLISH, acknowledges it if need be, and compares it.
    pub(crate) async fn hears(&mut self, expect: &str) {
        assert_eq!(self.hear().await, expect);
    }

    /// Reads the next PUBLISH as words, and acknowledges it if need be.
    pub(crate) async fn hear(&mut self) -> String {
        let packet = self.next().await;
        if packet.first & 6 == 2 {
            self.say(&body(&[&[0x40, 2], &packet.id().to_be_bytes()])).await;
        }
        packet.words(self.version)
    }

    /// Reads that the broker ends the connection, in version 5 with a reason.
    pub(crate) async fn is_told_to_go(&mut self, reason: u8) {
        if self.version == 5 {
            let last = self.next().await;
            assert_eq!((last.first, last.body[0]), (0xe0, reason), "{last:x?}");
        }
        self.is_closed().await;
    }

    pub(crate) async fn is_closed(&mut self) {
        assert_eq!(self.try_next().await, None);
    }

    /// Subscribes with the options byte of a filter; returns the code of the SUBACK.
    pub(crate) async fn subscribe(&mut self, filter: &str, options: u8) -> u8 {
        self.subscribe_as(filter, options, &[]).await
    }

    pub(crate) async fn subscribe_as(&mut self, filter: &str, options: u8, properties: &[u8]) -> u8 {
        let id = self.id();
        let bytes = body(&[&id, &prop(self.version, properties), &text(filter), &[options]]);
        self.say(&packet(0x82, &bytes)).await;
        let suback = self.next().await;
        assert_eq!((suback.first, &suback.body[..2]), (0x90, &id[..]), "{suback:?}");
        suback.body.last().copied().unwrap()
    }

    pub(crate) async fn unsubscribe(&mut self, filter: &str) -> Packet {
        let id = self.id();
        self.say(&packet(0xa2, &body(&[&id, &prop(self.version, &[]), &text(filter)]))).await;
        let unsuback = self.next().await;
        assert_eq!(unsuback.first, 0xb0);
        unsuback
    }

    /// Publishes with the first byte's flags, and returns the code of the PUBACK that `QoS` 1 brings.
    pub(crate) async fn publish(&mut self, flags: u8, topic: &str, payload: &str) -> u8 {
        self.publish_as(flags, topic, payload, &[]).await
    }

    pub(crate) async fn publish_as(&mut self, flags: u8, topic: &str, payload: &str, properties: &[u8]) -> u8 {
        let id = if flags & 6 == 0 { [0, 0] } else { self.id() };
        self.say(&publish(self.version, flags, id, topic, payload.as_bytes(), properties)).await;
        if flags & 6 == 0 {
            return 0;
        }
        let puback = self.next().await;
        assert_eq!((puback.first, &puback.body[..2]), (0x40, &id[..]), "{puback:?}");
        puback.body.get(2).copied().unwrap_or(0)
    }

    /// Sends a ping and reads its answer: all that was sent before has been seen.
    pub(crate) async fn ping(&mut self) {
        self.say(&[0xc0, 0]).await;
        assert_eq!(self.next().await, Packet { first: 0xd0, body: Vec::new() });
    }

    pub(crate) async fn leave(mut self) {
        self.say(&[0xe0, 0]).await;
        self.is_closed().await;
    }

    /// Ends the connection without a word, and at once.
    pub(crate) fn vanish(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// Says that it will say no more, as a process that dies does.
    pub(crate) async fn hang_up(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    fn id(&mut self) -> [u8; 2] {
        self.last_id += 1;
        self.last_id.to_be_bytes()
    }
}

/// Writes a PUBLISH.
pub(crate) fn publish(version: u8, flags: u8, id: [u8; 2], topic: &str, payload: &[u8], properties: &[u8]) -> Vec<u8> {
    let id: &[u8] = if flags & 6 == 0 { &[] } else { &id };
    packet(0x30 | flags, &body(&[&text(topic), id, &prop(version, properties), payload]))
}
