//! Packets as parts, so that one part at a time can be made wrong.

/// What a packet is, or the will in a CONNECT, which has properties of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Connect,
    Will,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Unsubscribe,
    Ping,
    Disconnect,
    Auth,
}

/// A well-formed packet in parts.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) first: u8,
    /// What comes before the properties.
    pub(crate) head: Vec<u8>,
    /// Those of MQTT 5, each with its identifier; 3.1.1 has none.
    pub(crate) properties: Option<Vec<Vec<u8>>>,
    /// What comes after them.
    pub(crate) tail: Vec<u8>,
}

/// A property: its identifier, a value that is allowed, and where a client may use it.
pub(crate) type Property = (u8, &'static [u8], &'static [Kind]);

const TEXT: &[u8] = b"\0\x03a/b";
const ACKS: &[Kind] = &[Kind::Puback, Kind::Pubrec, Kind::Pubrel, Kind::Pubcomp, Kind::Disconnect, Kind::Auth];

/// All properties that are not for all packets.
///
/// Source: MQTT 5.0, 2.2.2.2.
pub(crate) const PROPERTIES: [Property; 26] = [
    (0x01, &[1], &[Kind::Publish, Kind::Will]),
    (0x02, &[0, 0, 0, 9], &[Kind::Publish, Kind::Will]),
    (0x03, TEXT, &[Kind::Publish, Kind::Will]),
    (0x08, TEXT, &[Kind::Publish, Kind::Will]),
    (0x09, TEXT, &[Kind::Publish, Kind::Will]),
    (0x0b, &[5], &[Kind::Subscribe]),
    (0x11, &[0, 0, 0, 0], &[Kind::Connect, Kind::Disconnect]),
    (0x12, TEXT, &[]),
    (0x13, &[0, 9], &[]),
    (0x15, TEXT, &[Kind::Connect, Kind::Auth]),
    (0x16, TEXT, &[Kind::Connect, Kind::Auth]),
    (0x17, &[1], &[Kind::Connect]),
    (0x18, &[0, 0, 0, 0], &[Kind::Will]),
    (0x19, &[1], &[Kind::Connect]),
    (0x1a, TEXT, &[]),
    (0x1c, TEXT, &[]),
    (0x1f, TEXT, ACKS),
    (0x21, &[0, 9], &[Kind::Connect]),
    (0x22, &[0, 9], &[Kind::Connect]),
    (0x23, &[0, 1], &[Kind::Publish]),
    (0x24, &[1], &[]),
    (0x25, &[1], &[]),
    (0x27, &[0, 1, 0, 0], &[Kind::Connect]),
    (0x28, &[1], &[]),
    (0x29, &[1], &[]),
    (0x2a, &[1], &[]),
];

impl Draft {
    fn new(kind: Kind, first: u8, version: u8, head: &[&[u8]], tail: &[&[u8]]) -> Self {
        let properties = (version == 5 && kind != Kind::Ping).then(Vec::new);
        Self { kind, first, head: head.concat(), properties, tail: tail.concat() }
    }

    /// Returns its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        packet(self.first, &self.body())
    }

    /// Returns what its first byte and its length stand before.
    pub(crate) fn body(&self) -> Vec<u8> {
        let listed = self.properties.as_ref().map(|properties| section(&properties.concat())).unwrap_or_default();
        [&*self.head, &*listed, &*self.tail].concat()
    }

    /// Adds a property.
    pub(crate) fn with(mut self, id: u8, value: &[u8]) -> Self {
        if let Some(properties) = &mut self.properties {
            properties.push([&[id], value].concat());
        }
        self
    }
}

/// What a connected client may send.
pub(crate) fn good(version: u8) -> Vec<Draft> {
    let ack = |kind, first| {
        let code: &[u8] = if version == 5 { &[0] } else { &[] };
        Draft::new(kind, first, version, &[&[0, 9], code], &[])
    };
    let mut drafts = vec![
        Draft::new(Kind::Publish, 0x30, version, &[&text(b"hostile/x")], &[b"payload"]),
        Draft::new(Kind::Publish, 0x32, version, &[&text(b"hostile/x"), &[0, 7]], &[b"payload"]),
        Draft::new(Kind::Publish, 0x34, version, &[&text(b"hostile/x"), &[0, 8]], &[b"payload"]),
        ack(Kind::Puback, 0x40),
        ack(Kind::Pubrec, 0x50),
        ack(Kind::Pubrel, 0x62),
        ack(Kind::Pubcomp, 0x70),
        Draft::new(Kind::Subscribe, 0x82, version, &[&[0, 3]], &[&text(b"hostile/y"), &[1]]),
        Draft::new(Kind::Unsubscribe, 0xa2, version, &[&[0, 4]], &[&text(b"hostile/y")]),
        Draft::new(Kind::Ping, 0xc0, version, &[], &[]),
    ];
    let code: &[u8] = if version == 5 { &[0] } else { &[] };
    drafts.push(Draft::new(Kind::Disconnect, 0xe0, version, &[code], &[]));
    drafts
}

/// A CONNECT with a will, a user and a password that are right.
pub(crate) fn connect(version: u8, user: &str, password: &str) -> Draft {
    let will = [if version == 5 { &[0][..] } else { &[] }, &text(b"hostile/will"), &text(b"gone")].concat();
    let credentials = [text(user.as_bytes()), text(password.as_bytes())].concat();
    let head = [&text(b"MQTT")[..], &[version, 0xce, 0, 60]].concat();
    Draft::new(Kind::Connect, 0x10, version, &[&head], &[&text(b"hostile"), &will, &credentials])
}

/// Writes a packet.
pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    [&[first], &*variable(body.len()), body].concat()
}

/// Writes bytes behind their length.
pub(crate) fn text(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&length, bytes].concat()
}

/// Writes properties behind their length.
pub(crate) fn section(listed: &[u8]) -> Vec<u8> {
    [&*variable(listed.len()), listed].concat()
}

fn variable(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let seven = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(seven);
            return bytes;
        }
        bytes.push(seven | 0x80);
    }
}
