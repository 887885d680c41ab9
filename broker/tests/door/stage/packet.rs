//! Packets as bytes, written apart from the broker's own code so that both have to be right.

/// A packet as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) first: u8,
    pub(crate) body: Vec<u8>,
}

/// Puts a header before a body.
pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    bytes.extend(variable(body.len()));
    bytes.extend(body);
    bytes
}

/// Puts parts together.
pub(crate) fn body(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Writes a text behind its length.
pub(crate) fn text(text: &str) -> Vec<u8> {
    body(&[&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()])
}

/// Writes the properties of a version 5 packet; nothing for an older one.
pub(crate) fn prop(version: u8, properties: &[u8]) -> Vec<u8> {
    if version < 5 { Vec::new() } else { body(&[&variable(properties.len()), properties]) }
}

fn variable(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value % 128).unwrap();
        value /= 128;
        bytes.push(if value > 0 { low | 128 } else { low });
        if value == 0 {
            return bytes;
        }
    }
}

/// Reads a variable number and returns it with what follows.
pub(crate) fn split_variable(bytes: &[u8]) -> (usize, &[u8]) {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate() {
        value += usize::from(byte & 127) << (7 * at);
        if byte & 128 == 0 {
            return (value, &bytes[at + 1..]);
        }
    }
    panic!("{bytes:?} is no number");
}

impl Packet {
    /// Reads a PUBLISH as words: `topic payload`, then `qos1`, `retained` and each property that it has.
    pub(crate) fn words(&self, version: u8) -> String {
        assert_eq!(self.first >> 4, 3, "{self:?} is no PUBLISH");
        let length = usize::from(u16::from_be_bytes([self.body[0], self.body[1]]));
        let (topic, mut rest) = self.body[2..].split_at(length);
        let mut words = String::new();
        if self.first & 6 == 2 {
            words.push_str(" qos1");
            rest = &rest[2..];
        }
        if self.first & 1 == 1 {
            words.push_str(" retained");
        }
        if version == 5 {
            let (length, after) = split_variable(rest);
            let (properties, after) = after.split_at(length);
            words.push_str(&property_words(properties));
            rest = after;
        }
        let payload = if rest.len() > 200 { format!("({} bytes)", rest.len()) } else { lossy(rest) };
        format!("{} {payload}{words}", lossy(topic))
    }

    /// Returns the packet id of a PUBLISH with `QoS` 1.
    pub(crate) fn id(&self) -> u16 {
        let length = usize::from(u16::from_be_bytes([self.body[0], self.body[1]]));
        u16::from_be_bytes([self.body[2 + length], self.body[3 + length]])
    }
}

fn property_words(mut bytes: &[u8]) -> String {
    let mut words = String::new();
    while let Some((kind, rest)) = bytes.split_first() {
        let (word, rest) = match kind {
            0x01 => (format!(" format={}", rest[0]), &rest[1..]),
            0x02 => (format!(" expiry={}", u32::from_be_bytes(rest[..4].try_into().unwrap())), &rest[4..]),
            0x03 => string(" type=", rest),
            0x08 => string(" response=", rest),
            0x09 => string(" correlation=", rest),
            0x0b => {
                let (id, rest) = split_variable(rest);
                (format!(" subscription={id}"), rest)
            }
            0x26 => {
                let (name, rest) = string(" ", rest);
                let (value, rest) = string("=", rest);
                (name + &value, rest)
            }
            other => panic!("property {other}"),
        };
        words.push_str(&word);
        bytes = rest;
    }
    words
}

fn string<'b>(name: &str, bytes: &'b [u8]) -> (String, &'b [u8]) {
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    (format!("{name}{}", lossy(&bytes[2..2 + length])), &bytes[2 + length..])
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
