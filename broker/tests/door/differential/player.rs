//! A client that does what it is told, and says what it has observed.

use std::{collections::VecDeque, net::SocketAddr};

use super::{Deed, FILTERS, TOPICS};
use crate::stage::{Client, Guest, Packet, body, packet, prop, publish, text};

/// What a client observes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    Message(Message, Option<u16>, bool),
    /// A PUBREL, with its packet id.
    Release(u16),
}

/// A message as a subscriber sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) topic: String,
    pub(super) payload: String,
    pub(super) qos: u8,
    pub(super) retain: bool,
}

/// A step that a client owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    Puback(u16),
    /// PUBREC, and no more.
    Pubrec(u16),
    /// PUBREC, and all that follows.
    Exchange(u16),
    Pubcomp(u16),
}

/// What a broker said to a deed: a code, or whether there was a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    Session(bool),
    Granted(u8),
}

pub(super) struct Player {
    name: String,
    version: u8,
    address: SocketAddr,
    client: Option<Client>,
    aside: VecDeque<Packet>,
    last_id: u16,
    fences: u32,
    /// What it published with `QoS` 2 and did not release.
    begun: Vec<(u16, String, String)>,
}

impl Player {
    pub(super) fn new(who: usize, version: u8, address: SocketAddr) -> Self {
        let name = format!("c{who}");
        let (aside, begun) = (VecDeque::new(), Vec::new());
        Self { name, version, address, client: None, aside, last_id: 0, fences: 0, begun }
    }

    pub(super) async fn act(&mut self, deed: &Deed, number: usize) -> Told {
        match deed {
            Deed::Connect { is_kept, has_will } => return self.connect(*is_kept, *has_will, number).await,
            Deed::Leave => {
                self.say(&[0xe0, 0]).await;
                self.see_it_close().await;
            }
            Deed::Vanish => {
                self.client().hang_up().await;
                self.see_it_close().await;
            }
            Deed::Subscribe { filter, options } => {
                let options = if self.version == 5 { *options } else { options & 3 };
                // no local is an error there
                let options = if FILTERS[*filter].starts_with("$share") { options & !4 } else { options };
                return self.subscribe(FILTERS[*filter], options).await;
            }
            Deed::Unsubscribe { filter } => {
                let (id, properties) = (self.id(), prop(self.version, &[]));
                self.say(&packet(0xa2, &body(&[&id.to_be_bytes(), &properties, &text(FILTERS[*filter])]))).await;
                self.wait_for(0xb0, Some(id)).await;
            }
            Deed::Publish { topic, qos, retain, is_empty } => {
                let payload = if *is_empty { String::new() } else { number.to_string() };
                self.publish(TOPICS[*topic], &payload, *qos << 1 | u8::from(*retain)).await;
            }
            Deed::Begin { topic } => {
                let (id, topic, payload) = (self.id(), TOPICS[*topic].to_owned(), number.to_string());
                self.say(&publish(self.version, 4, id.to_be_bytes(), &topic, payload.as_bytes(), &[])).await;
                self.wait_for(0x50, Some(id)).await;
                self.begun.push((id, topic, payload));
            }
            Deed::Finish => self.finish().await,
            Deed::Acknowledge { .. } | Deed::Kill => {}
        }
        Told::Nothing
    }

    /// Has lost its broker, which is now somewhere else.
    pub(super) fn move_to(&mut self, address: SocketAddr) {
        self.address = address;
        self.client = None;
        self.aside.clear();
    }

    async fn connect(&mut self, is_kept: bool, has_will: bool, number: usize) -> Told {
        let mut guest = Guest::new(self.version, &self.name).flags(if is_kept { 0 } else { 2 });
        if is_kept && self.version == 5 {
            guest = guest.properties(&[0x11, 0, 0, 14, 16]);
        }
        if has_will {
            guest = guest.will("a/b", &format!("will {number}"), false);
        }
        let mut client = Client::reach(self.address).await;
        client.say(&guest.bytes()).await;
        let connack = client.next().await;
        assert_eq!((connack.first, connack.body[1]), (0x20, 0), "{connack:?}");
        let old = self.client.replace(client);
        self.aside.clear();
        if let Some(mut old) = old {
            while old.try_next().await.is_some() {}
        }
        let is_present = connack.body[0] == 1;
        if !is_present {
            self.begun.clear();
        }
        Told::Session(is_present)
    }

    async fn subscribe(&mut self, filter: &str, options: u8) -> Told {
        let (id, properties) = (self.id(), prop(self.version, &[]));
        self.say(&packet(0x82, &body(&[&id.to_be_bytes(), &properties, &text(filter), &[options]]))).await;
        Told::Granted(*self.wait_for(0x90, Some(id)).await.body.last().unwrap())
    }

    async fn publish(&mut self, topic: &str, payload: &str, flags: u8) {
        let id = self.id();
        self.say(&publish(self.version, flags, id.to_be_bytes(), topic, payload.as_bytes(), &[])).await;
        match flags >> 1 & 3 {
            0 => self.ping().await,
            1 => {
                self.wait_for(0x40, Some(id)).await;
            }
            _ => {
                self.wait_for(0x50, Some(id)).await;
                self.release(id).await;
            }
        }
    }

    async fn finish(&mut self) {
        for (id, topic, payload) in std::mem::take(&mut self.begun) {
            self.say(&publish(self.version, 12, id.to_be_bytes(), &topic, payload.as_bytes(), &[])).await;
            self.wait_for(0x50, Some(id)).await;
            self.release(id).await;
        }
    }

    async fn release(&mut self, id: u16) {
        self.say(&body(&[&[0x62, 2], &id.to_be_bytes()])).await;
        self.wait_for(0x70, Some(id)).await;
    }

    /// Returns all that comes before what it publishes to itself.
    ///
    /// Nobody is told when a will has been passed on: as long as less comes than is due it asks again, a while.
    pub(super) async fn observe(&mut self, due: usize) -> Vec<Seen> {
        let mut seen = Vec::new();
        for _ in 0..1000 {
            seen.extend(self.listen().await);
            if seen.len() >= due {
                break;
            }
        }
        seen
    }

    async fn listen(&mut self) -> Vec<Seen> {
        self.fences += 1;
        let (filter, topic) = (format!("fence/{}/+", self.name), format!("fence/{}/x", self.name));
        self.subscribe(&filter, 0).await;
        let payload = self.fences.to_string();
        self.say(&publish(self.version, 0, [0, 0], &topic, payload.as_bytes(), &[])).await;
        let fence = Seen::Message(Message { topic, payload, qos: 0, retain: false }, None, false);
        let mut seen: Vec<Seen> = std::mem::take(&mut self.aside).iter().map(|packet| self.see(packet)).collect();
        loop {
            let packet = self.client().next().await;
            let next = self.see(&packet);
            if next == fence {
                return seen;
            }
            seen.push(next);
        }
    }

    /// Does what it owes, and has the broker know of it.
    pub(super) async fn acknowledge(&mut self, owed: &[Owed]) {
        for owed in owed {
            match owed {
                Owed::Puback(id) => self.say(&body(&[&[0x40, 2], &id.to_be_bytes()])).await,
                Owed::Pubrec(id) | Owed::Exchange(id) => {
                    self.say(&body(&[&[0x50, 2], &id.to_be_bytes()])).await;
                    self.wait_for(0x62, Some(*id)).await;
                }
                Owed::Pubcomp(_) => {}
            }
            if let Owed::Exchange(id) | Owed::Pubcomp(id) = owed {
                self.say(&body(&[&[0x70, 2], &id.to_be_bytes()])).await;
            }
        }
        if !owed.is_empty() {
            self.ping().await;
        }
    }

    fn see(&self, packet: &Packet) -> Seen {
        if packet.first == 0x62 {
            return Seen::Release(u16::from_be_bytes([packet.body[0], packet.body[1]]));
        }
        assert_eq!(packet.first >> 4, 3, "{packet:x?}");
        let (topic, mut rest) =
            packet.body[2..].split_at(usize::from(u16::from_be_bytes([packet.body[0], packet.body[1]])));
        let qos = packet.first >> 1 & 3;
        let mut id = None;
        if qos > 0 {
            id = Some(u16::from_be_bytes([rest[0], rest[1]]));
            rest = &rest[2..];
        }
        if self.version == 5 {
            assert_eq!(rest[0], 0, "nobody gave it properties");
            rest = &rest[1..];
        }
        let words = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let message = Message { topic: words(topic), payload: words(rest), qos, retain: packet.first & 1 == 1 };
        Seen::Message(message, id, packet.first & 8 == 8)
    }

    async fn see_it_close(&mut self) {
        let mut client = self.client.take().unwrap();
        while client.try_next().await.is_some() {}
        self.aside.clear();
    }

    async fn ping(&mut self) {
        self.say(&[0xc0, 0]).await;
        self.wait_for(0xd0, None).await;
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.client().say(bytes).await;
    }

    fn client(&mut self) -> &mut Client {
        self.client.as_mut().unwrap()
    }

    async fn wait_for(&mut self, first: u8, id: Option<u16>) -> Packet {
        loop {
            let packet = self.client().next().await;
            if packet.first == first && id.is_none_or(|id| packet.body[..2] == id.to_be_bytes()) {
                return packet;
            }
            self.aside.push_back(packet);
        }
    }

    fn id(&mut self) -> u16 {
        self.last_id += 1;
        self.last_id
    }
}
