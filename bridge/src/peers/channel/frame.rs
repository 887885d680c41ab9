//! Frames: what travels on `$link/<from>/<to>`.

/// The version of these frames.
const VERSION: u8 = 1;

/// The bytes before the body.
const HEAD: usize = 18;

/// The largest frame, in bytes.
pub const LARGEST_FRAME: usize = super::LARGEST + 1_024;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first of a handshake, from the home whose id is lower.
    Init,
    /// The second.
    Reply,
    /// The third.
    Final,
    /// Something sealed.
    Sealed,
    /// I have lost what you speak by, or never had it: please begin a handshake.
    Lost,
    /// The first of a pairing, from the home that was invited.
    PairInit,
    /// The second.
    PairReply,
    /// The third.
    PairFinal,
    /// It has come.
    PairDone,
}

/// One frame.
///
/// Shape: version, kind, which session in eight bytes, which frame of it in eight bytes, all big-endian, and the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'b> {
    /// What it is.
    pub kind: Kind,
    /// Which session or pairing it belongs to.
    pub session: u64,
    /// Which frame of the session it is.
    pub number: u64,
    /// What is in it.
    pub body: &'b [u8],
}

impl Kind {
    const ALL: [(Self, u8); 9] = [
        (Self::Init, 1),
        (Self::Reply, 2),
        (Self::Final, 3),
        (Self::Sealed, 4),
        (Self::Lost, 5),
        (Self::PairInit, 17),
        (Self::PairReply, 18),
        (Self::PairFinal, 19),
        (Self::PairDone, 20),
    ];

    fn code(self) -> u8 {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or(0, |(_, code)| code)
    }

    /// Says whether it belongs to a pairing, and not to a channel.
    #[must_use]
    pub const fn is_pairing(self) -> bool {
        matches!(self, Self::PairInit | Self::PairReply | Self::PairFinal | Self::PairDone)
    }
}

impl<'b> Frame<'b> {
    /// Reads one; nothing if it is none of this version.
    #[must_use]
    pub fn decode(bytes: &'b [u8]) -> Option<Self> {
        if bytes.len() > LARGEST_FRAME {
            return None;
        }
        let (head, body) = bytes.split_first_chunk::<HEAD>()?;
        let (&[version, code], rest) = head.split_first_chunk::<2>()?;
        let (session, rest) = rest.split_first_chunk::<8>()?;
        let (number, _) = rest.split_first_chunk::<8>()?;
        let (kind, _) = Kind::ALL.into_iter().find(|(_, it)| *it == code).filter(|_| version == VERSION)?;
        Some(Self { kind, session: u64::from_be_bytes(*session), number: u64::from_be_bytes(*number), body })
    }

    /// Writes it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.body.len());
        bytes.extend([VERSION, self.kind.code()]);
        bytes.extend(self.session.to_be_bytes());
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(self.body);
        bytes
    }
}
