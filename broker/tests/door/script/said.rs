//! Words that become packets.

use crate::stage::{body, packet, prop, text};

/// The shape of a property's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Byte,
    Short,
    Long,
    Variable,
    Text,
}

/// Every property of MQTT 5 but the user's, which is written `user:name=value`.
pub(super) const PROPERTIES: [(u8, &str, Shape); 26] = [
    (0x01, "format", Shape::Byte),
    (0x02, "expiry", Shape::Long),
    (0x03, "type", Shape::Text),
    (0x08, "response", Shape::Text),
    (0x09, "correlation", Shape::Text),
    (0x0b, "sub", Shape::Variable),
    (0x11, "session", Shape::Long),
    (0x12, "assigned", Shape::Text),
    (0x13, "keeping", Shape::Short),
    (0x15, "method", Shape::Text),
    (0x16, "data", Shape::Text),
    (0x17, "problems", Shape::Byte),
    (0x18, "delay", Shape::Long),
    (0x19, "responses", Shape::Byte),
    (0x1a, "answers", Shape::Text),
    (0x1c, "server", Shape::Text),
    (0x1f, "reason", Shape::Text),
    (0x21, "receive", Shape::Short),
    (0x22, "aliases", Shape::Short),
    (0x23, "alias", Shape::Short),
    (0x24, "maxqos", Shape::Byte),
    (0x25, "retaining", Shape::Byte),
    (0x27, "packet", Shape::Long),
    (0x28, "wildcards", Shape::Byte),
    (0x29, "subs", Shape::Byte),
    (0x2a, "shared", Shape::Byte),
];

/// Writes a property, if the word is one.
pub(super) fn property(word: &str) -> Option<Vec<u8>> {
    let (name, value) = word.split_once('=')?;
    if let Some(name) = name.strip_prefix("user:") {
        return Some(body(&[&[0x26], &text(name), &text(&expand(value))]));
    }
    let (kind, _, shape) = PROPERTIES.iter().find(|(_, known, _)| *known == name)?;
    let mut bytes = vec![*kind];
    match shape {
        Shape::Byte => bytes.push(value.parse().unwrap()),
        Shape::Short => bytes.extend(value.parse::<u16>().unwrap().to_be_bytes()),
        Shape::Long => bytes.extend(value.parse::<u32>().unwrap().to_be_bytes()),
        Shape::Variable => bytes.extend(variable(value.parse().unwrap())),
        Shape::Text => bytes.extend(text(&expand(value))),
    }
    Some(bytes)
}

/// Writes a number in one to four bytes.
pub(super) fn variable(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 127).unwrap();
        value >>= 7;
        bytes.push(if value > 0 { low | 128 } else { low });
        if value == 0 {
            return bytes;
        }
    }
}

/// Expands `''` to nothing and `[9]` to nine times an x.
pub(super) fn expand(word: &str) -> String {
    match word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).and_then(|n| n.parse().ok()) {
        Some(length) => "x".repeat(length),
        None if word == "''" => String::new(),
        None => word.to_owned(),
    }
}

/// Returns the value behind `name=`.
pub(super) fn value<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

/// Returns a number in decimal, or after `0x`.
pub(super) fn number(word: &str) -> u16 {
    word.strip_prefix("0x").map_or_else(|| word.parse().unwrap(), |hex| u16::from_str_radix(hex, 16).unwrap())
}

/// Returns a number of one byte.
fn byte(word: &str) -> u8 {
    number(word).try_into().unwrap()
}

/// Writes all words that are properties, unless the version has none.
pub(super) fn properties(version: u8, words: &[&str]) -> Vec<u8> {
    prop(version, &words.iter().filter_map(|word| property(word)).collect::<Vec<_>>().concat())
}

/// Writes a CONNECT.
///
/// `keep` asks for a session that stays for an hour; `will.<property>` belongs to the will.
pub(super) fn connect(version: u8, name: &str, words: &[&str]) -> Vec<u8> {
    let id = value(words, "id").map_or_else(|| name.to_owned(), expand);
    let mut flags = if words.contains(&"keep") { 0 } else { 2 };
    let mut tail = Vec::new();
    if let Some((topic, payload)) = value(words, "will").and_then(|will| will.split_once(':')) {
        let qos = value(words, "willqos").map_or(0, byte);
        flags |= 4 | qos << 3 | u8::from(words.contains(&"willretain")) << 5;
        let own: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix("will.")).collect();
        tail.extend(body(&[&properties(version, &own), &text(&expand(topic)), &text(&expand(payload))]));
    }
    for (name, flag) in [("user", 0x80), ("password", 0x40)] {
        if let Some(value) = value(words, name) {
            flags |= flag;
            tail.extend(text(&expand(value)));
        }
    }
    if let Some(raw) = value(words, "flags") {
        flags = byte(raw);
    }
    let mut own: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("user=")).collect();
    if words.contains(&"keep") && value(words, "session").is_none() {
        own.push("session=3600");
    }
    let keep_alive = value(words, "alive").map_or(0, number).to_be_bytes();
    packet(0x10, &body(&[&text("MQTT"), &[version, flags], &keep_alive, &properties(version, &own), &text(&id), &tail]))
}

/// Writes a PUBLISH; `words` begin with its topic and payload.
pub(super) fn publish(version: u8, words: &[&str], id: u16) -> Vec<u8> {
    let qos = qos(words);
    let flags = qos << 1 | u8::from(words.contains(&"retain")) | u8::from(words.contains(&"dup")) << 3;
    let id = if qos == 0 { Vec::new() } else { id.to_be_bytes().to_vec() };
    let (topic, payload) = (expand(words[0]), expand(words[1]));
    packet(0x30 | flags, &body(&[&text(&topic), &id, &properties(version, words), payload.as_bytes()]))
}

/// Returns the `QoS` that is asked for.
pub(super) fn qos(words: &[&str]) -> u8 {
    words.iter().find_map(|word| word.strip_prefix("qos")).map_or(0, |qos| qos.parse().unwrap())
}

/// Writes a SUBSCRIBE; a comma stands between filters.
pub(super) fn subscribe(version: u8, words: &[&str], id: u16) -> Vec<u8> {
    let mut filters = Vec::new();
    for wanted in words.split(|word| *word == ",") {
        let mut options = qos(wanted);
        if version == 5 {
            options |= u8::from(wanted.contains(&"nolocal")) << 2 | u8::from(wanted.contains(&"asis")) << 3;
            options |= value(wanted, "handling").map_or(0, byte) << 4;
        }
        if let Some(raw) = value(wanted, "options") {
            options = byte(raw);
        }
        filters.extend(body(&[&text(&expand(wanted[0])), &[options]]));
    }
    packet(0x82, &body(&[&id.to_be_bytes(), &properties(version, words), &filters]))
}

/// Writes an UNSUBSCRIBE.
pub(super) fn unsubscribe(version: u8, words: &[&str], id: u16) -> Vec<u8> {
    let filters: Vec<u8> = words
        .iter()
        .filter(|word| property(word).is_none() && !word.starts_with("id="))
        .flat_map(|f| text(&expand(f)))
        .collect();
    packet(0xa2, &body(&[&id.to_be_bytes(), &properties(version, words), &filters]))
}

/// Writes an acknowledgement: its packet id, then perhaps a code and properties.
pub(super) fn acknowledgement(first: u8, version: u8, words: &[&str]) -> Vec<u8> {
    let mut bytes = number(words[0]).to_be_bytes().to_vec();
    if version == 5 && words.len() > 1 {
        bytes.push(byte(words[1]));
        if words.len() > 2 {
            bytes.extend(properties(version, words));
        }
    }
    packet(first, &bytes)
}

/// Writes a DISCONNECT or AUTH: perhaps a code, and properties.
pub(super) fn coded(first: u8, version: u8, words: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    if version == 5 && !words.is_empty() {
        bytes.push(byte(words[0]));
        if words.len() > 1 {
            bytes.extend(properties(version, words));
        }
    }
    packet(first, &bytes)
}

/// Writes bytes: two hexadecimal digits each, or a text in quotes with its length.
pub(super) fn bytes(words: &[&str]) -> Vec<u8> {
    let bytes = |word: &&str| match word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(quoted) => text(&expand(quoted)),
        None => vec![u8::from_str_radix(word, 16).unwrap()],
    };
    words.iter().flat_map(bytes).collect()
}
