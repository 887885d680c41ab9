//! What can be wrong with a packet, and what the broker may do about it.

use hes_tests::chance::Chance;

use crate::draft::{Draft, Kind, PROPERTIES, connect, good, packet, section, text};

/// One wrong thing that a client sends.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) version: u8,
    /// Whether it is sent on a connection that has been accepted.
    pub(crate) is_connected: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) expect: Expect,
}

/// What has to become of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// It is closed; in MQTT 5 one of these codes may be given first.
    Ends(&'static [u8]),
    /// The same, or the packet itself is answered with one of these codes.
    EndsOrRefuses(&'static [u8]),
    /// It is closed once the client has said that nothing more will come.
    EndsWithTheStream,
}

/// Malformed packet, or protocol error.
pub(crate) const WRONG: &[u8] = &[0x81, 0x82];
/// The same, or what a bad CONNECT is answered with.
const NOT_LET_IN: &[u8] = &[0x80, 0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8c, 0x90];
/// The same, or the topic or filter is not one.
const NO_TOPIC: &[u8] = &[0x81, 0x82, 0x8f, 0x90];
const NO_ALIAS: &[u8] = &[0x82, 0x94];
const NO_FILTER: &[u8] = &[0x80, 0x81, 0x82, 0x87, 0x8f, 0x9e, 0xa2];
const TOO_LARGE: &[u8] = &[0x81, 0x95];

/// Texts that are none: stray bytes, overlong forms, surrogates, beyond Unicode, cut short, and U+0000.
const NO_TEXT: [&[u8]; 8] =
    [b"\xff", b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\0"];

/// Makes all cases of a version; the same seed makes the same.
pub(crate) fn cases(version: u8, user: &str, password: &str, seed: u64) -> Vec<Case> {
    let mut workshop =
        Workshop { version, connect: connect(version, user, password), chance: Chance::new(seed), cases: Vec::new() };
    workshop.cuts();
    workshop.lengths();
    workshop.flags();
    workshop.texts();
    workshop.topics();
    workshop.filters();
    workshop.packet_ids();
    workshop.order();
    workshop.connects();
    if version == 5 {
        workshop.properties();
        workshop.values();
        workshop.sections();
    }
    workshop.cases
}

/// Where cases are made.
struct Workshop {
    version: u8,
    connect: Draft,
    chance: Chance,
    cases: Vec<Case>,
}

impl Workshop {
    fn add(&mut self, is_connected: bool, name: String, bytes: Vec<u8>, expect: Expect) {
        self.cases.push(Case { name, version: self.version, is_connected, bytes, expect });
    }

    /// Adds what is wrong with a packet of a connected client, or with a CONNECT.
    fn add_draft(&mut self, what: &str, draft: &Draft, expect: &'static [u8]) {
        self.add_bytes(what, draft.kind, draft.bytes(), expect);
    }

    fn add_bytes(&mut self, what: &str, kind: Kind, bytes: Vec<u8>, expect: &'static [u8]) {
        let is_connected = !matches!(kind, Kind::Connect | Kind::Will);
        let expect = if is_connected { expect } else { NOT_LET_IN };
        self.add(is_connected, format!("{kind:?}: {what}"), bytes, Expect::Ends(expect));
    }

    fn all(&self) -> Vec<Draft> {
        [good(self.version), vec![self.connect.clone()]].concat()
    }

    /// A packet that is shorter than its fields, and one that never ends.
    fn cuts(&mut self) {
        for draft in self.all() {
            let body = draft.body();
            let whole = match draft.kind {
                // any payload is one, and MQTT 5 lets the code and the properties of these be left out
                Kind::Publish => body.len() - draft.tail.len(),
                Kind::Puback | Kind::Pubrec | Kind::Pubrel | Kind::Pubcomp => 2,
                Kind::Ping | Kind::Disconnect => 0,
                Kind::Connect | Kind::Will | Kind::Subscribe | Kind::Unsubscribe | Kind::Auth => body.len(),
            };
            for length in 0..whole {
                if whole < 24 || length % 3 == 0 {
                    let bytes = packet(draft.first, &body[..length]);
                    self.add_bytes(&format!("cut to {length} of {whole} bytes"), draft.kind, bytes, WRONG);
                }
            }
            let bytes = draft.bytes();
            for _ in 0..6 {
                let length = 1 + self.chance.below(bytes.len() - 1);
                let name = format!("{:?}: the stream ends after {length} bytes", draft.kind);
                let expect = Expect::EndsWithTheStream;
                self.add(draft.kind != Kind::Connect, name, bytes[..length].to_vec(), expect);
            }
        }
    }

    /// A length of five bytes, and one that promises more than anyone takes.
    fn lengths(&mut self) {
        for draft in self.all() {
            for length in [&[0x80, 0x80, 0x80, 0x80, 0x01][..], &[0xff; 5], &[0x80, 0x80, 0x80, 0x80, 0x00]] {
                let bytes = [&[draft.first], length, &draft.body()].concat();
                self.add_bytes("length of five bytes", draft.kind, bytes, WRONG);
            }
            let bytes = [&[draft.first, 0xff, 0xff, 0xff, 0x7f], &*draft.body()].concat();
            self.add_bytes("promises 256 MiB", draft.kind, bytes, TOO_LARGE);
        }
        for draft in good(self.version) {
            if matches!(draft.kind, Kind::Ping | Kind::Subscribe | Kind::Unsubscribe) {
                let extra = self.chance.byte();
                let body = [&*draft.body(), &[extra]].concat();
                self.add_bytes("a byte too many", draft.kind, packet(draft.first, &body), WRONG);
            }
        }
    }

    /// Flags that are reserved, and types that a client does not send.
    fn flags(&mut self) {
        for draft in self.all() {
            let kind = draft.first & 0xf0;
            for flags in 0..16 {
                let first = kind | flags;
                let is_wrong =
                    if kind == 0x30 { matches!(flags, 6 | 7 | 14 | 15 | 8 | 9) } else { first != draft.first };
                if is_wrong && (kind != 0x30 || draft.first & 6 == if flags < 10 && flags > 7 { 0 } else { 2 }) {
                    let bytes = packet(first, &draft.body());
                    self.add_bytes(&format!("flags {flags:04b}"), draft.kind, bytes, WRONG);
                }
            }
        }
        for first in [0x00, 0x0f, 0x20, 0x90, 0xb0, 0xd0] {
            for body in [&[][..], &[0, 1], &[0, 1, 0], &[0, 0, 0, 0]] {
                let name = format!("type {first:02x} with {} bytes", body.len());
                self.add(true, name, packet(first, body), Expect::Ends(WRONG));
            }
        }
        for body in [&[][..], &[0x00], &[0x18, 0], &[0x19, 0], &[0x18, 4, 0x15, 0, 1, b'x'], &[0x7f]] {
            let bytes = packet(0xf0, body);
            self.add(
                true,
                format!("AUTH that nobody asked for, {body:02x?}"),
                bytes,
                Expect::Ends(&[0x81, 0x82, 0x8c]),
            );
        }
    }

    /// What is no text, in every place where there must be one.
    fn texts(&mut self) {
        for wrong in NO_TEXT {
            for _ in 0..2 {
                let (before, after) = (self.chance.below(5), self.chance.below(5));
                let bad = text(&[&vec![b'a'; before][..], wrong, &vec![b'z'; after]].concat());
                self.text_everywhere(&bad, &format!("{wrong:02x?} behind {before} letters"));
            }
        }
    }

    fn text_everywhere(&mut self, bad: &[u8], what: &str) {
        let version = self.version;
        for draft in good(version) {
            match draft.kind {
                Kind::Publish if draft.first & 6 != 4 => {
                    let id: &[u8] = if draft.first & 6 == 0 { &[] } else { &[0, 7] };
                    let head = [bad, id].concat();
                    self.add_draft(&format!("topic with {what}"), &Draft { head, ..draft.clone() }, NO_TOPIC);
                    for id in [0x03, 0x08].iter().filter(|_| version == 5) {
                        let draft = draft.clone().with(*id, bad);
                        self.add_draft(&format!("property {id:02x} with {what}"), &draft, NO_TOPIC);
                    }
                }
                Kind::Subscribe => {
                    let tail = [bad, &[0]].concat();
                    self.add_draft(&format!("filter with {what}"), &Draft { tail, ..draft.clone() }, NO_TOPIC);
                }
                Kind::Unsubscribe => {
                    let draft = Draft { tail: bad.to_vec(), ..draft.clone() };
                    self.add_draft(&format!("filter with {what}"), &draft, NO_TOPIC);
                }
                Kind::Connect
                | Kind::Will
                | Kind::Publish
                | Kind::Puback
                | Kind::Pubrec
                | Kind::Pubrel
                | Kind::Pubcomp
                | Kind::Ping
                | Kind::Disconnect
                | Kind::Auth => {}
            }
            if version == 5 && !matches!(draft.kind, Kind::Ping | Kind::Disconnect) {
                for value in [[bad, &text(b"v")].concat(), [&text(b"k"), bad].concat()] {
                    let draft = draft.clone().with(0x26, &value);
                    self.add_draft(&format!("user property with {what}"), &draft, WRONG);
                }
            }
        }
        let connect = Draft { tail: bad.to_vec(), ..self.connect.clone() };
        let mut plain = connect.clone();
        plain.head[7] = 0x02;
        self.add_draft(&format!("client id with {what}"), &plain, NOT_LET_IN);
        let mut named = connect;
        named.head[7] = 0xc2;
        named.tail = [&text(b"hostile"), bad, &text(b"secret")].concat();
        self.add_draft(&format!("user with {what}"), &named, NOT_LET_IN);
    }

    /// Topics of a PUBLISH that are none.
    fn topics(&mut self) {
        for topic in ["", "#", "+", "a/+", "a/#", "+/a", "a/+/b", "#/a", "a/#/b", "a+", "a#"] {
            for first in [0x30, 0x32, 0x31, 0x33] {
                let id: &[u8] = if first & 6 == 0 { &[] } else { &[0, 7] };
                let none: &[u8] = if self.version == 5 { &[0] } else { &[] };
                let body = [&text(topic.as_bytes()), id, none, b"x"].concat();
                let name = format!("publishes to {topic:?} with {first:02x}");
                self.add(true, name, packet(first, &body), Expect::EndsOrRefuses(NO_TOPIC));
            }
        }
    }

    /// Filters that are none, and options that do not exist.
    fn filters(&mut self) {
        let none: &[u8] = if self.version == 5 { &[0] } else { &[] };
        for filter in [
            "",
            "a#",
            "#a",
            "a/#/b",
            "#/",
            "##",
            "a/b#",
            "+a",
            "a+",
            "a/+b",
            "a/b+/c",
            "++",
            "+#",
            "$share/g",
            "$share/",
            "$share//x",
            "$share/g/",
            "$share/+/x",
            "$share/#/x",
            "$share/g+/x",
            "$share/g/a#",
            "$share/g/#/b",
        ] {
            let filter = text(filter.as_bytes());
            let name = format!("subscribes to {:?}", String::from_utf8_lossy(&filter[2..]));
            let body = [&[0, 3], none, &filter, &[0]].concat();
            self.add(true, name, packet(0x82, &body), Expect::EndsOrRefuses(NO_FILTER));
        }
        for options in [0x03, 0x07, 0x33, 0x30, 0x40, 0x80, 0xc1, 0xff] {
            let body = [&[0, 3], none, &text(b"hostile/y"), &[options]].concat();
            self.add(true, format!("subscribes with options {options:02x}"), packet(0x82, &body), Expect::Ends(WRONG));
        }
        if self.version == 5 {
            let body = [&[0, 3, 0], &*text(b"$share/g/hostile"), &[0x04]].concat();
            let name = "shares a subscription without its own messages".to_owned();
            self.add(true, name, packet(0x82, &body), Expect::EndsOrRefuses(&[0x82, 0x9e]));
        }
        for first in [0x82, 0xa2] {
            self.add(
                true,
                format!("{first:02x} without a filter"),
                packet(first, &[&[0, 3], none].concat()),
                Expect::Ends(WRONG),
            );
        }
    }

    /// The packet id 0.
    fn packet_ids(&mut self) {
        for mut draft in good(self.version) {
            let at = match draft.kind {
                Kind::Publish if draft.first & 6 == 0 => continue,
                Kind::Publish => draft.head.len() - 2,
                Kind::Ping | Kind::Disconnect => continue,
                Kind::Connect
                | Kind::Will
                | Kind::Puback
                | Kind::Pubrec
                | Kind::Pubrel
                | Kind::Pubcomp
                | Kind::Subscribe
                | Kind::Unsubscribe
                | Kind::Auth => 0,
            };
            draft.head[at..at + 2].fill(0);
            self.add_draft("packet id 0", &draft, WRONG);
        }
    }

    /// What comes when it must not.
    fn order(&mut self) {
        let connect = self.connect.bytes();
        self.add(true, "a second CONNECT".to_owned(), connect.clone(), Expect::Ends(&[0x82]));
        for draft in good(self.version) {
            let bytes = draft.bytes();
            self.add(false, format!("{:?} comes first", draft.kind), bytes.clone(), Expect::Ends(NOT_LET_IN));
            let both = [&bytes[..], &connect].concat();
            self.add(false, format!("{:?} comes before CONNECT", draft.kind), both, Expect::Ends(NOT_LET_IN));
        }
        for first in [0x00, 0x20, 0x90, 0xb0, 0xd0, 0xf0] {
            self.add(false, format!("{first:02x} comes first"), packet(first, &[0, 0]), Expect::Ends(NOT_LET_IN));
        }
        for line in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03", "EHLO x\r\n"] {
            self.add(false, format!("{line:?} comes first"), line.as_bytes().to_vec(), Expect::Ends(NOT_LET_IN));
        }
    }

    /// A CONNECT that contradicts itself.
    fn connects(&mut self) {
        let version = self.version;
        for (name, level) in
            [("mqtt", version), ("MQTS", version), ("", version), ("MQTTT", version), ("MQIsdp", version)]
        {
            let head = [&text(name.as_bytes())[..], &[level, 0xce, 0, 60]].concat();
            self.add_draft(&format!("protocol {name:?}"), &Draft { head, ..self.connect.clone() }, NOT_LET_IN);
        }
        for level in [0, 1, 2, 3, 6, 7, 0x7f, 0xff] {
            let mut draft = self.connect.clone();
            draft.head[6] = level;
            self.add_draft(&format!("protocol level {level}"), &draft, NOT_LET_IN);
        }
        // reserved; will QoS 3; QoS or retain without a will
        for flags in [0xcf, 0xde, 0xc3, 0xd2, 0xca, 0xe2, 0xda] {
            let mut draft = self.connect.clone();
            draft.head[7] = flags;
            self.add_draft(&format!("flags {flags:02x}"), &draft, NOT_LET_IN);
        }
        let mut promised = self.connect.clone();
        promised.head[7] = 0xc2;
        promised.tail = text(b"hostile");
        self.add_draft("promises a user and has none", &promised, NOT_LET_IN);
        let none: &[u8] = if version == 5 { &[0] } else { &[] };
        for topic in ["", "#", "hostile/+", "a/#/b", "a\0b"] {
            let mut draft = self.connect.clone();
            draft.head[7] = 0x06;
            draft.tail = [&text(b"hostile")[..], none, &text(topic.as_bytes()), &text(b"x")].concat();
            self.add_draft(&format!("will on {topic:?}"), &draft, NOT_LET_IN);
        }
        if version == 4 {
            for (flags, id) in [(0x00, ""), (0x42, "hostile")] {
                let mut draft = self.connect.clone();
                draft.head[7] = flags;
                draft.tail = [text(id.as_bytes()), text(b"secret")].concat();
                self.add_draft(&format!("flags {flags:02x} with client id {id:?}"), &draft, NOT_LET_IN);
            }
        }
        let mut longer = self.connect.clone();
        longer.tail.extend(b"more");
        self.add_draft("bytes behind its end", &longer, NOT_LET_IN);
    }

    /// Properties that are unknown, belong to another packet, or come twice.
    fn properties(&mut self) {
        let drafts = self.all();
        for draft in drafts.iter().filter(|draft| !matches!(draft.kind, Kind::Ping)) {
            for id in [0x00, 0x04, 0x0a, 0x14, 0x2b, 0x7f] {
                let draft = draft.clone().with(id, &[1, 1]);
                self.add_draft(&format!("unknown property {id:02x}"), &draft, WRONG);
            }
            let draft_long = draft.clone().with(0x81, &[0x01, 1]);
            self.add_draft("property number of two bytes", &draft_long, WRONG);
            for (id, value, kinds) in PROPERTIES {
                if kinds.contains(&draft.kind) {
                    let twice = draft.clone().with(id, value).with(id, value);
                    self.add_draft(&format!("property {id:02x} twice"), &twice, &[0x81, 0x82, 0x94]);
                } else {
                    let draft = draft.clone().with(id, value);
                    self.add_draft(&format!("property {id:02x} of another packet"), &draft, WRONG);
                }
            }
        }
        for (id, value, kinds) in PROPERTIES {
            let one = [&[id], value].concat();
            let (what, listed) = match kinds.contains(&Kind::Will) {
                true => ("twice", one.repeat(2)),
                false => ("of another packet", one),
            };
            let mut draft = self.connect.clone();
            draft.kind = Kind::Will;
            draft.head[7] = 0x06;
            draft.tail = [text(b"hostile"), section(&listed), text(b"hostile/will"), text(b"x")].concat();
            self.add_draft(&format!("property {id:02x} {what}"), &draft, NOT_LET_IN);
        }
    }

    /// Properties with values that do not exist.
    fn values(&mut self) {
        let connect = self.connect.clone();
        for (id, value) in [
            (0x17, &[2][..]),
            (0x19, &[2]),
            (0x19, &[0xff]),
            (0x21, &[0, 0]),
            (0x27, &[0, 0, 0, 0]),
            (0x16, b"\0\x01x"),
        ] {
            let draft = connect.clone().with(id, value);
            self.add_draft(&format!("property {id:02x} is {value:02x?}"), &draft, NOT_LET_IN);
        }
        for draft in good(5).into_iter().filter(|draft| draft.kind == Kind::Publish) {
            for (id, value, expect) in [
                (0x01, &[2][..], WRONG),
                (0x01, &[0xff], WRONG),
                (0x0b, &[0], WRONG),
                (0x0b, &[1], WRONG),
                (0x23, &[0, 0], NO_ALIAS),
                (0x23, &[0xff, 0xff], NO_ALIAS),
                (0x08, b"\0\x01#", NO_TOPIC),
                (0x08, b"\0\x03a/+", NO_TOPIC),
            ] {
                let draft = draft.clone().with(id, value);
                self.add_draft(&format!("property {id:02x} is {value:02x?}"), &draft, expect);
            }
            let id = if draft.first & 6 == 0 { &[][..] } else { &[0, 7] };
            let nameless = Draft { head: [&[0, 0], id].concat(), ..draft };
            self.add_draft("no topic and no alias", &nameless, NO_TOPIC);
            self.add_draft(
                "an alias that stands for nothing",
                &nameless.with(0x23, &[0, 1]),
                &[0x81, 0x82, 0x94, 0x90],
            );
        }
        let subscribe = good(5).into_iter().find(|draft| draft.kind == Kind::Subscribe).unwrap();
        for value in [&[0][..], &[0x80, 0x80, 0x80, 0x80, 0x01], &[0xff, 0xff, 0xff, 0xff, 0x7f]] {
            let draft = subscribe.clone().with(0x0b, value);
            self.add_draft(&format!("subscription identifier {value:02x?}"), &draft, WRONG);
        }
        let disconnect = good(5).into_iter().find(|draft| draft.kind == Kind::Disconnect).unwrap();
        let draft = disconnect.with(0x11, &[0, 0, 0, 9]);
        self.add_draft("wants its session kept after all", &draft, &[0x82]);
    }

    /// Properties whose length is not theirs.
    fn sections(&mut self) {
        for draft in self.all().iter().filter(|draft| !matches!(draft.kind, Kind::Ping)) {
            let listed = [&[0x26], &*text(b"k"), &*text(b"v")].concat();
            let with = |length: &[u8]| packet(draft.first, &[&*draft.head, length, &*listed, &*draft.tail].concat());
            let rest = listed.len() + draft.tail.len();
            let beyond = u8::try_from(rest + 1 + self.chance.below(20)).unwrap_or(0x7f);
            let within = u8::try_from(1 + self.chance.below(listed.len() - 1)).unwrap();
            let beyond_bytes: &[u8] = if beyond < 0x80 { &[beyond] } else { &[0xff, 0x7f] };
            for (what, bytes) in [
                ("properties that go beyond the packet", with(beyond_bytes)),
                ("properties that end within one", with(&[within])),
                ("properties with a length of five bytes", with(&[0x87, 0x80, 0x80, 0x80, 0x80, 0x00])),
                ("properties with a length of 256 MiB", with(&[0xff, 0xff, 0xff, 0x7f])),
            ] {
                self.add_bytes(what, draft.kind, bytes, WRONG);
            }
        }
    }
}
