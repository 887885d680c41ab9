//! What is wrong with what a packet says, rather than with how it is written.

use super::{Expect, NO_ALIAS, NO_FILTER, NO_TOPIC, NOT_LET_IN, WRONG, Workshop};
use crate::draft::{Draft, Kind, PROPERTIES, good, packet, section, text};

impl Workshop {
    /// Topics of a PUBLISH that are none.
    pub(super) fn topics(&mut self) {
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
    pub(super) fn filters(&mut self) {
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
    pub(super) fn packet_ids(&mut self) {
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
    pub(super) fn order(&mut self) {
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
    pub(super) fn connects(&mut self) {
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
    pub(super) fn properties(&mut self) {
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
    pub(super) fn values(&mut self) {
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
    pub(super) fn sections(&mut self) {
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
