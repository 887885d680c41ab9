//! One who speaks and listens in a conversation.

use std::{collections::VecDeque, net::SocketAddr};

use super::{
    heard::{Names, words},
    other::Other,
    said,
};
use crate::stage::{Client, Packet};

/// Where a client publishes what tells it that nothing is before it.
const FENCE: &str = "fence/";

pub(super) struct Actor {
    name: String,
    version: u8,
    client: Client,
    /// What was read while something else was waited for.
    aside: VecDeque<Packet>,
    last_id: u16,
    fences: u32,
}

impl Actor {
    pub(super) async fn reach(address: SocketAddr, name: &str, words: &[&str], version: u8) -> Self {
        let version = said::value(words, "v").map_or(version, |v| v.parse().unwrap());
        let client = Client::reach(address).await;
        // high, so that the ids it takes by itself are not those of the script
        Self { name: name.to_owned(), version, client, aside: VecDeque::new(), last_id: 50_000, fences: 0 }
    }

    pub(super) async fn connect(&mut self, words: &[&str], is_answered: bool, context: &str) {
        self.client.say(&said::connect(self.version, &self.name, words)).await;
        if !is_answered {
            let connack = self.next(context).await;
            assert!(connack.first == 0x20 && connack.body[1] == 0, "{connack:?}: {context}");
        }
    }

    pub(super) async fn says(&mut self, words: &[&str], is_answered: bool, context: &str) {
        let version = self.version;
        match words {
            ["publish", rest @ ..] => self.publishes(rest, is_answered, context).await,
            ["subscribe", rest @ ..] => {
                let id = self.id(rest);
                self.client.say(&said::subscribe(version, rest, id)).await;
                if !is_answered {
                    let suback = self.wait_for(9, id, context).await;
                    assert!(suback.body.last().unwrap() < &3, "{suback:?}: {context}");
                }
            }
            ["unsubscribe", rest @ ..] => {
                let id = self.id(rest);
                self.client.say(&said::unsubscribe(version, rest, id)).await;
                if !is_answered {
                    self.wait_for(11, id, context).await;
                }
            }
            ["puback", rest @ ..] => self.client.say(&said::acknowledgement(0x40, version, rest)).await,
            ["pubrec", rest @ ..] => self.client.say(&said::acknowledgement(0x50, version, rest)).await,
            ["pubrel", rest @ ..] => self.client.say(&said::acknowledgement(0x62, version, rest)).await,
            ["pubcomp", rest @ ..] => self.client.say(&said::acknowledgement(0x70, version, rest)).await,
            ["auth", rest @ ..] => self.client.say(&said::coded(0xf0, version, rest)).await,
            ["disconnect", rest @ ..] => {
                self.client.say(&said::coded(0xe0, version, rest)).await;
                if !is_answered {
                    while self.client.try_next().await.is_some() {}
                }
            }
            ["drop"] => {
                self.client.hang_up().await;
                while self.client.try_next().await.is_some() {}
            }
            ["ping"] => self.ping(context).await,
            ["bytes", rest @ ..] => self.client.say(&said::bytes(rest)).await,
            ["packet", first, rest @ ..] => {
                let first = u8::from_str_radix(first, 16).unwrap();
                self.client.say(&crate::stage::packet(first, &said::bytes(rest))).await;
            }
            _ => panic!("not understood: {context}"),
        }
    }

    /// Publishes, and takes the acknowledgements if the script does not.
    async fn publishes(&mut self, words: &[&str], is_answered: bool, context: &str) {
        let id = self.id(words);
        self.client.say(&said::publish(self.version, words, id)).await;
        match said::qos(words) {
            _ if is_answered => {}
            0 => self.ping(context).await,
            1 => self.succeeds(4, id, context).await,
            _ => {
                self.succeeds(5, id, context).await;
                self.client.say(&said::acknowledgement(0x62, self.version, &[&id.to_string()])).await;
                self.succeeds(7, id, context).await;
            }
        }
    }

    async fn succeeds(&mut self, kind: u8, id: u16, context: &str) {
        let packet = self.wait_for(kind, id, context).await;
        assert!(packet.body.get(2).is_none_or(|code| *code < 0x80), "{packet:x?}: {context}");
    }

    async fn ping(&mut self, context: &str) {
        self.client.say(&[0xc0, 0]).await;
        self.wait_for(13, 0, context).await;
    }

    pub(super) async fn hears(&mut self, words: &[&str], names: &mut Names, context: &str) {
        match words {
            ["nothing"] => self.nothing(context).await,
            ["closed"] => {
                let packet = self.try_next().await;
                assert!(packet.is_none(), "{packet:x?}: {context}");
            }
            ["gone", codes] => self.gone(codes, context).await,
            ["connack", code, ..] if Other::is_asked_for() && code.starts_with("0x8") => {
                let packet = self.try_next().await;
                assert!(packet.is_none_or(|packet| packet.body[1] & 0x80 != 0), "let in: {context}");
            }
            [kind, ..] => {
                let packet = self.next_of(*kind == "publish", context).await;
                let heard = self::words(&packet, self.version);
                let (words, fixed) = match *kind {
                    "publish" => (words, 3),
                    "unsuback" if self.version == 4 => (&words[..1], 1),
                    _ => (words, 2),
                };
                let is_named = words.iter().any(|word| word.starts_with("id="));
                let shown: Vec<String> = match *kind == "publish" && !is_named {
                    true => heard.iter().filter(|word| !word.starts_with("id=")).cloned().collect(),
                    false => heard.clone(),
                };
                if let Err(why) = names.compare(&shown, words, fixed) {
                    panic!("{why}: {context}");
                }
                if *kind == "publish" && !is_named {
                    self.acknowledge(&packet, context).await;
                }
            }
            [] => panic!("not understood: {context}"),
        }
    }

    /// Takes a message to its end.
    async fn acknowledge(&mut self, packet: &Packet, context: &str) {
        let qos = packet.first >> 1 & 3;
        if qos == 0 {
            return;
        }
        let id = packet.id().to_string();
        if qos == 1 {
            return self.client.say(&said::acknowledgement(0x40, self.version, &[&id])).await;
        }
        self.client.say(&said::acknowledgement(0x50, self.version, &[&id])).await;
        self.wait_for(6, packet.id(), context).await;
        self.client.say(&said::acknowledgement(0x70, self.version, &[&id])).await;
    }

    /// The broker ends the connection; in MQTT 5 one of the codes says why.
    async fn gone(&mut self, codes: &str, context: &str) {
        let mut last = self.try_next().await;
        if Other::is_asked_for() {
            return assert!(last.is_none_or(|packet| packet.first == 0xe0), "not gone: {context}");
        }
        if self.version == 5 && codes != "silently" {
            let packet = last.unwrap_or_else(|| panic!("closed without a word: {context}"));
            let code = packet.body.first().copied().unwrap_or(0);
            let is_expected = codes.split('|').any(|expect| said::number(expect) == u16::from(code));
            assert!(packet.first == 0xe0 && is_expected, "{packet:x?}: {context}");
            last = self.try_next().await;
        }
        assert!(last.is_none(), "{last:x?}: {context}");
    }

    /// Nothing waits before what it publishes to itself.
    async fn nothing(&mut self, context: &str) {
        self.fences += 1;
        let (filter, payload) = (format!("{FENCE}{}/+", self.name), self.fences.to_string());
        let (id, topic) = (self.id(&[]), format!("{FENCE}{}/x", self.name));
        self.client.say(&said::subscribe(self.version, &[&filter], id)).await;
        self.wait_for(9, id, context).await;
        self.client.say(&said::publish(self.version, &[&topic, &payload], 0)).await;
        loop {
            let packet = self.read(context).await;
            if packet.first >> 4 == 3 && is_fence(&packet) {
                let heard = words(&packet, self.version);
                if heard[1] == topic && heard[2] == payload {
                    break;
                }
            } else {
                self.aside.push_back(packet);
            }
        }
        let aside: Vec<_> = self.aside.iter().map(|packet| words(packet, self.version).join(" ")).collect();
        assert!(aside.is_empty(), "heard {aside:?}: {context}");
    }

    async fn next(&mut self, context: &str) -> Packet {
        self.try_next().await.unwrap_or_else(|| panic!("closed: {context}"))
    }

    /// Takes the next PUBLISH, or the next that is none: an acknowledgement may come before or behind a message.
    async fn next_of(&mut self, is_publish: bool, context: &str) -> Packet {
        let fits = |packet: &Packet| (packet.first >> 4 == 3) == is_publish;
        if let Some(at) = self.aside.iter().position(fits) {
            return self.aside.remove(at).unwrap();
        }
        loop {
            let packet = self.read(context).await;
            if is_fence(&packet) {
                continue;
            }
            if fits(&packet) {
                return packet;
            }
            assert!(packet.first != 0xe0, "{packet:x?}: {context}");
            self.aside.push_back(packet);
        }
    }

    async fn try_next(&mut self) -> Option<Packet> {
        if let Some(packet) = self.aside.pop_front() {
            return Some(packet);
        }
        loop {
            let packet = self.client.try_next().await?;
            if !is_fence(&packet) {
                return Some(packet);
            }
        }
    }

    async fn read(&mut self, context: &str) -> Packet {
        self.client.try_next().await.unwrap_or_else(|| panic!("closed: {context}"))
    }

    /// Reads until a kind of packet comes, with an id if that kind has one; what comes before is put aside.
    async fn wait_for(&mut self, kind: u8, id: u16, context: &str) -> Packet {
        let fits = |packet: &Packet| packet.first >> 4 == kind && (kind == 13 || packet.body[..2] == id.to_be_bytes());
        if let Some(at) = self.aside.iter().position(fits) {
            return self.aside.remove(at).unwrap();
        }
        loop {
            let packet = self.read(context).await;
            if fits(&packet) {
                return packet;
            }
            assert!(packet.first != 0xe0, "{packet:x?}: {context}");
            if !is_fence(&packet) {
                self.aside.push_back(packet);
            }
        }
    }

    fn id(&mut self, words: &[&str]) -> u16 {
        said::value(words, "id").map_or_else(
            || {
                self.last_id += 1;
                self.last_id
            },
            said::number,
        )
    }
}

fn is_fence(packet: &Packet) -> bool {
    packet.first >> 4 == 3 && packet.body.get(2..).is_some_and(|topic| topic.starts_with(FENCE.as_bytes()))
}
