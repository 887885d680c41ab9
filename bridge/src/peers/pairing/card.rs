//! What each side shows of itself in a pairing.
//!
//! Shape: four lines, the identity key as a JSON Web Key, a nonce in hexadecimal, and the two lines of the credentials.

use data_encoding::HEXLOWER;
use hes_schemas::{HomeId, Timestamp};

use crate::peers::{
    channel::{Proof, Side, verify},
    keys::PublicKey,
    station::Station,
};

/// What the other side has shown, and proven.
pub(super) struct Card {
    pub(super) identity: PublicKey,
    pub(super) nonce: [u8; 32],
}

/// Writes the own card for another home.
pub(super) fn show(station: &Station, other: &HomeId, side: Side, nonce: &[u8; 32], now: Timestamp) -> Option<Vec<u8>> {
    let (_, proof) = Proof::default().show(station, other, side, now)?;
    let card = format!("{}\n{}\n{proof}", station.keys().identity().jwk(), HEXLOWER.encode(nonce));
    Some(card.into_bytes())
}

/// Reads the card of another home, whose voice is heard; nothing if it does not prove what it says.
pub(super) fn read(
    station: &Station,
    other: &HomeId,
    side: Side,
    voice: &[u8; 32],
    card: &[u8],
    now: Timestamp,
) -> Option<Card> {
    let mut lines = std::str::from_utf8(card).ok()?.splitn(3, '\n');
    let identity: PublicKey = serde_json::from_str(lines.next()?).ok()?;
    let nonce = HEXLOWER.decode(lines.next()?.as_bytes()).ok()?.try_into().ok()?;
    verify(station, (other, &identity), side, voice, lines.next()?, now).ok()?;
    Some(Card { identity, nonce })
}
