//! What proves, in a handshake, whose voice is heard.
//!
//! Shape: two lines, the certificate of a signing key, and a compact JWS of the type `hes-channel+jwt` by that key over
//! the voice, both homes, the root of the topics and the side that is spoken for. It is the same for every handshake with
//! that peer, so a stranger who knocks does not cost a signature.

use data_encoding::BASE64URL_NOPAD;
use hes_schemas::{HomeId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::peers::{
    jws::{Kind, Refusal, head},
    keys::{Certificate, KeyId, PublicKey},
    station::Station,
};

/// Who is on which side of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// Begins handshakes: the home whose id is lower.
    Opener,
    /// Answers them.
    Answerer,
    /// Was invited, and begins the pairing.
    Guest,
    /// Has invited.
    Host,
}

/// The own proof, made anew when the signing key is another.
#[derive(Debug, Default)]
pub(crate) struct Credentials(Option<(KeyId, String)>);

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: HomeId,
    aud: HomeId,
    side: Side,
    root: String,
    voice: String,
}

impl Credentials {
    /// Returns the proof for a peer, and the key that signed it; nothing if no signing key holds.
    pub(crate) fn show(
        &mut self,
        station: &Station,
        peer: &HomeId,
        side: Side,
        now: Timestamp,
    ) -> Option<(KeyId, String)> {
        let key = station.keys.current(now)?;
        let (certificate, id) = (key.certificate(), key.certificate().key().id());
        if let Some(known) = self.0.as_ref().filter(|(known, _)| known == id) {
            return Some(known.clone());
        }
        let claims = Claims {
            iss: station.home().clone(),
            aud: peer.clone(),
            side,
            root: station.root.as_str().to_owned(),
            voice: BASE64URL_NOPAD.encode(station.voice.public()),
        };
        let proof = station.keys.sign(Kind::Channel, &key, None, &claims)?;
        let shown = (id.clone(), format!("{}\n{proof}", certificate.as_str()));
        self.0 = Some(shown.clone());
        Some(shown)
    }
}

/// Verifies that a voice is a peer's, whose identity is known; returns what the identity vouches for.
pub(crate) fn verify(
    station: &Station,
    (peer, identity): (&HomeId, &PublicKey),
    side: Side,
    voice: &[u8; 32],
    text: &str,
    now: Timestamp,
) -> Result<Certificate, Refusal> {
    let (certificate, proof) = text.split_once('\n').ok_or(Refusal::Form)?;
    let kid = head(Kind::Channel, proof)?.kid;
    let certificate = station.keys.read_certificate(certificate, peer, identity)?;
    if certificate.key().id().as_str() != kid {
        return Err(Refusal::Key);
    }
    let said: Claims = station.keys.open(proof, certificate.key())?;
    let is_so = said.iss == *peer && said.aud == *station.home() && said.side == side;
    let is_here = said.root == station.root.as_str() && said.voice == BASE64URL_NOPAD.encode(voice);
    if !is_so || !is_here {
        return Err(Refusal::Claim("channel"));
    }
    // last, so that only the peer itself can seem to have another time
    if certificate.holds(now) { Ok(certificate) } else { Err(Refusal::Time) }
}

impl Side {
    /// Returns who is on the other side.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Opener => Self::Answerer,
            Self::Answerer => Self::Opener,
            Self::Guest => Self::Host,
            Self::Host => Self::Guest,
        }
    }
}
