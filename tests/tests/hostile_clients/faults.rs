//! What can be wrong with a packet, and what the broker may do about it.

mod meaning;

use hes_tests::chance::Chance;

use crate::draft::{Draft, Kind, connect, good, packet, text};

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
}
