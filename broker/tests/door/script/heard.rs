//! Packets that become words, and words that are compared.

use std::collections::HashMap;

use super::said::{PROPERTIES, Shape};
use crate::stage::{Packet, split_variable};

/// Puts a packet into words: what it is, then what it says.
pub(super) fn words(packet: &Packet, version: u8) -> Vec<String> {
    let body = &packet.body[..];
    match packet.first >> 4 {
        2 => connack(body, version),
        3 => publish(packet, version),
        kind @ 4..=7 => {
            let flags = if kind == 6 { 2 } else { 0 };
            assert_eq!(packet.first & 15, flags, "{packet:?}");
            let name = ["puback", "pubrec", "pubrel", "pubcomp"][usize::from(kind) - 4];
            let mut words = vec![name.to_owned(), u16::from_be_bytes([body[0], body[1]]).to_string()];
            assert!(version == 5 || body.len() == 2, "{packet:?}");
            let code = body.get(2).copied().unwrap_or(0);
            // that nobody was subscribed is a success too
            if code != 0 && code != 0x10 {
                words.push(format!("{code:#04x}"));
            }
            words.extend(body.get(3..).map(properties).unwrap_or_default());
            words
        }
        9 => listed("suback", body, version),
        11 if version == 4 => vec!["unsuback".to_owned()],
        11 => listed("unsuback", body, version),
        13 => vec!["pingresp".to_owned()],
        14 | 15 => {
            assert_eq!(version, 5, "{packet:?}");
            let name = if packet.first >> 4 == 14 { "disconnect" } else { "auth" };
            let mut words = vec![name.to_owned(), code(body.first().copied().unwrap_or(0))];
            words.extend(body.get(1..).map(properties).unwrap_or_default());
            words
        }
        _ => panic!("a broker sent {packet:?}"),
    }
}

fn code(code: u8) -> String {
    if code == 0 { "0".to_owned() } else { format!("{code:#04x}") }
}

fn connack(body: &[u8], version: u8) -> Vec<String> {
    assert!(body[0] < 2, "{body:?}");
    let state = match (body[0], body[1]) {
        (0, 0) => "new".to_owned(),
        (_, 0) => "resumed".to_owned(),
        (0, refused) => code(refused),
        _ => panic!("a refused client has no session: {body:?}"),
    };
    let mut words = vec!["connack".to_owned(), state];
    if version == 5 {
        words.extend(properties(&body[2..]));
    }
    words
}

fn listed(name: &str, body: &[u8], version: u8) -> Vec<String> {
    let mut rest = &body[2..];
    let mut words = vec![name.to_owned()];
    let mut own = Vec::new();
    if version == 5 {
        let (length, after) = split_variable(rest);
        own = property_words(&after[..length]);
        rest = &after[length..];
    }
    words.push(rest.iter().map(|byte| code(*byte)).collect::<Vec<_>>().join(","));
    words.extend(own);
    words
}

fn publish(packet: &Packet, version: u8) -> Vec<String> {
    let body = &packet.body[..];
    let (topic, mut rest) = body[2..].split_at(usize::from(u16::from_be_bytes([body[0], body[1]])));
    let mut words = vec!["publish".to_owned(), shown(topic), String::new()];
    let qos = packet.first >> 1 & 3;
    if qos > 0 {
        words.extend([format!("qos{qos}"), format!("id={}", u16::from_be_bytes([rest[0], rest[1]]))]);
        rest = &rest[2..];
    }
    words.extend((packet.first & 1 == 1).then(|| "retained".to_owned()));
    words.extend((packet.first & 8 == 8).then(|| "dup".to_owned()));
    if version == 5 {
        let (length, after) = split_variable(rest);
        words.extend(property_words(&after[..length]));
        rest = &after[length..];
    }
    words[2] = shown(rest);
    words
}

/// Shows a text; `''` is an empty one, and a long one of the same letter is its length in brackets.
fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        0 => "''".to_owned(),
        1..=200 => String::from_utf8_lossy(bytes).into_owned(),
        length => format!("[{length}]"),
    }
}

fn properties(bytes: &[u8]) -> Vec<String> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let (length, rest) = split_variable(bytes);
    assert_eq!(rest.len(), length, "{bytes:x?}");
    property_words(rest)
}

fn property_words(mut bytes: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        if *kind == 0x26 {
            let (name, rest) = text(rest);
            let (value, rest) = text(rest);
            words.push(format!("user:{name}={value}"));
            bytes = rest;
            continue;
        }
        let (_, name, shape) =
            PROPERTIES.iter().find(|(known, ..)| known == kind).unwrap_or_else(|| panic!("property {kind:#x}"));
        let (value, rest) = match shape {
            Shape::Byte => (rest[0].to_string(), &rest[1..]),
            Shape::Short => (u16::from_be_bytes([rest[0], rest[1]]).to_string(), &rest[2..]),
            Shape::Long => (u32::from_be_bytes(rest[..4].try_into().unwrap()).to_string(), &rest[4..]),
            Shape::Variable => {
                let (value, rest) = split_variable(rest);
                (value.to_string(), rest)
            }
            Shape::Text => text(rest),
        };
        words.push(format!("{name}={value}"));
        bytes = rest;
    }
    words
}

fn text(bytes: &[u8]) -> (String, &[u8]) {
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    (shown(&bytes[2..2 + length]).replace(' ', "_"), &bytes[2 + length..])
}

/// What `$x` stands for.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// Puts in what the names stand for.
    pub(super) fn fill(&self, word: &str) -> String {
        let Some(at) = word.find('$').filter(|_| word.starts_with('$') || word.contains("=$")) else {
            return word.to_owned();
        };
        let (before, name) = word.split_at(at);
        self.0.get(name).map_or_else(|| word.to_owned(), |value| format!("{before}{value}"))
    }

    /// Compares what was heard with what is expected, and learns the names in it.
    ///
    /// The first `fixed` words stand where they stand, the others in any order. `*` is any value, `~9` one from 4 to 9,
    /// `a|b` one of both, and `...` allows more than is said. A reason string may always come, unless `unexplained` is said.
    pub(super) fn compare(&mut self, heard: &[String], expect: &[&str], fixed: usize) -> Result<(), String> {
        let mut rest = heard.to_vec();
        let is_open = expect.contains(&"...");
        let is_explained = !expect.contains(&"unexplained");
        for (at, word) in expect.iter().filter(|word| !["...", "unexplained"].contains(word)).enumerate() {
            let word = self.fill(word);
            let found = if at < fixed {
                (!rest.is_empty() && fits(&rest[0], &word)).then_some(0)
            } else {
                rest.iter().position(|seen| fits(seen, &word))
            };
            let Some(found) = found else { return Err(format!("heard {}, without {word}", heard.join(" "))) };
            let seen = rest.remove(found);
            self.learn(&word, &seen);
        }
        rest.retain(|word| !is_explained || !word.starts_with("reason="));
        if is_open || rest.is_empty() { Ok(()) } else { Err(format!("heard {}, with {rest:?}", heard.join(" "))) }
    }

    fn learn(&mut self, word: &str, seen: &str) {
        if let (Some((_, name)), Some((_, value))) = (word.split_once('='), seen.split_once('='))
            && name.starts_with('$')
        {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn fits(seen: &str, word: &str) -> bool {
    if word.split('|').any(|word| word == seen) {
        return true;
    }
    let Some((name, value)) = word.split_once('=') else { return false };
    let Some(seen) = seen.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) else { return false };
    match value.strip_prefix('~').and_then(|most| most.parse::<u32>().ok()) {
        Some(most) => seen.parse::<u32>().is_ok_and(|seen| seen <= most && seen + 5 >= most),
        None => value == "*" || value.starts_with('$'),
    }
}
