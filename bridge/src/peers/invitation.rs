//! Invitations: the code that one owner hands to another, so that their gateways can find and recognise each other.

use std::{fmt, str::FromStr};

use data_encoding::BASE32_NOPAD;
use hes_schemas::{HomeId, Timestamp};
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use super::keys::{KeyId, Keys, seconds, timestamp};

/// What every code begins with.
const PREFIX: &str = "HES1-";

/// What the names of accounts of invitations begin with.
pub const INVITED: &str = "invited-";

/// The longest code that is looked at, in signs.
const LONGEST: usize = 1_024;

/// The longest address, in bytes.
const LONGEST_URL: usize = 255;

/// The bytes of the sum that tells a code from one with a slip.
const SUM: usize = 4;

/// An invitation to become this home's peer, which can be used once.
///
/// Shape: `HES1-` and base32 of: expiry in eight bytes, secret and fingerprint in 32 each, the length of the home's id in
/// one and the id, the length of the address in one and the address, and four bytes of a hash over all of that. Without
/// small letters, so that it makes a small QR code; small ones are read too.
#[derive(Clone)]
pub struct Invitation {
    home: HomeId,
    url: String,
    fingerprint: KeyId,
    secret: SecretSlice<u8>,
    until: Timestamp,
}

/// Says why a text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// It does not begin as one does, or is too long.
    #[error("an invitation begins with {PREFIX}")]
    Form,
    /// It was not copied as it was.
    #[error("the invitation was not copied as it is: its checksum is wrong")]
    Sum,
    /// It says what no invitation says.
    #[error("the invitation is not understood")]
    Content,
}

impl Invitation {
    /// Makes an invitation to this home, with a secret drawn for it.
    ///
    /// The address says where the other gateway can reach a broker that both use; nothing if it is longer than 255 bytes.
    #[must_use]
    pub fn new(keys: &Keys, url: &str, secret: [u8; 32], until: Timestamp) -> Option<Self> {
        (url.len() <= LONGEST_URL).then(|| Self {
            home: keys.home().clone(),
            url: url.to_owned(),
            fingerprint: keys.fingerprint().clone(),
            secret: SecretSlice::from(secret.to_vec()),
            until: timestamp(seconds(until)),
        })
    }

    /// Returns who invites.
    #[must_use]
    pub const fn home(&self) -> &HomeId {
        &self.home
    }

    /// Returns where to go.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the hash of the identity key of who invites.
    #[must_use]
    pub const fn fingerprint(&self) -> &KeyId {
        &self.fingerprint
    }

    /// Returns until when it can be used.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }

    /// Returns what only those know who have seen the code.
    pub(super) fn secret(&self) -> Option<&[u8; 32]> {
        self.secret.expose_secret().try_into().ok()
    }

    /// Returns the account by which its bearer comes to the broker of who invites, until it has another: name and password.
    #[must_use]
    pub fn account(&self) -> (String, SecretString) {
        let draw = |label: &str| {
            let mut hash = Sha256::new_with_prefix("hes-pair/1 ");
            hash.update(label);
            hash.update(self.secret.expose_secret());
            BASE32_NOPAD.encode(&hash.finalize()).to_lowercase()
        };
        let name: String = draw("account\n").chars().take(16).collect();
        (format!("{INVITED}{name}"), SecretString::from(draw("password\n")))
    }

    /// Returns the code, in one line.
    #[must_use]
    pub fn code(&self) -> String {
        let mut bytes = seconds(self.until).to_be_bytes().to_vec();
        bytes.extend(self.secret.expose_secret());
        bytes.extend(data_encoding::BASE64URL_NOPAD.decode(self.fingerprint.as_str().as_bytes()).unwrap_or_default());
        for text in [self.home.as_str(), &self.url] {
            bytes.push(u8::try_from(text.len()).unwrap_or_default());
            bytes.extend(text.as_bytes());
        }
        bytes.extend(sum(&bytes));
        format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes))
    }

    /// Draws the code for a terminal, in half blocks; nothing if it is too long for that.
    #[must_use]
    pub fn qr(&self) -> Option<String> {
        let code = QrCode::with_error_correction_level(self.code(), EcLevel::L).ok()?;
        Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (until, rest) = bytes.split_first_chunk::<8>()?;
        let (secret, rest) = rest.split_first_chunk::<32>()?;
        let (fingerprint, rest) = rest.split_first_chunk::<32>()?;
        let (home, rest) = text(rest)?;
        let (url, rest) = text(rest)?;
        let until = timestamp(u64::from_be_bytes(*until));
        let fingerprint = KeyId::parse(&data_encoding::BASE64URL_NOPAD.encode(fingerprint))?;
        let home = home.parse().ok()?;
        let secret = SecretSlice::from(secret.to_vec());
        let is_printable = url.chars().all(|sign| !sign.is_control());
        (rest.is_empty() && is_printable).then(|| Self { home, url: url.to_owned(), fingerprint, secret, until })
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    fn from_str(code: &str) -> Result<Self, InvitationError> {
        let code = code.trim().to_ascii_uppercase();
        let body = code.strip_prefix(PREFIX).filter(|_| code.len() <= LONGEST).ok_or(InvitationError::Form)?;
        let bytes = BASE32_NOPAD.decode(body.as_bytes()).map_err(|_why| InvitationError::Sum)?;
        let (bytes, wanted) = bytes.split_last_chunk::<SUM>().ok_or(InvitationError::Sum)?;
        if sum(bytes) != *wanted {
            return Err(InvitationError::Sum);
        }
        Self::read(bytes).ok_or(InvitationError::Content)
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("home", &self.home).field("url", &self.url).finish_non_exhaustive()
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    Sha256::digest(bytes).first_chunk().copied().unwrap_or_default()
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

#[cfg(test)]
mod tests;
