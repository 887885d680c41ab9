//! Signed texts: compact JWS, by ES256 and nothing else.
//!
//! Source: RFC 7515, 7.1; RFC 8725, 3.

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Serialize, de::DeserializeOwned};

use super::keys::{PublicKey, SecretKey};

/// The longest text that is looked at, in bytes.
pub(super) const LONGEST: usize = 8_192;

/// What kind of thing is signed: nothing signed as one can be taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A certificate of a signing key.
    Key,
    /// That a channel is spoken through by who it seems to be.
    Channel,
    /// A statement to another home.
    Statement,
    /// A token.
    Token,
}

/// A signed text that proves nothing; why is for the log alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// It is not the compact form of something signed by ES256, or is not of the type that is needed.
    #[error("it is not signed as it should be")]
    Form,
    /// It names no key, or one that is not known or has expired.
    #[error("it names no key that is known and holds")]
    Key,
    /// It is not what that key signed, or it does not say what it should.
    #[error("it is not what the key signed, or says too little")]
    Signature,
    /// It comes from somebody else, is for somebody else, or about something else.
    #[error("its {0} is another")]
    Claim(&'static str),
    /// It does not hold at the moment, or would hold for too long.
    #[error("it does not hold at the moment")]
    Time,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "hes-key+jwt",
            Self::Channel => "hes-channel+jwt",
            Self::Statement => "hes-statement+jwt",
            Self::Token => "at+jwt",
        }
    }
}

/// Signs; `extra` is a certificate that goes along in the head.
pub(super) fn sign(kind: Kind, key: &SecretKey, extra: Option<&str>, claims: &impl Serialize) -> Option<String> {
    let mut header = Header { typ: Some(kind.as_str().to_owned()), ..Header::new(Algorithm::ES256) };
    header.kid = Some(key.public().id().to_string());
    if let Some(certificate) = extra {
        header.extras.insert(CERTIFICATE, certificate);
    }
    jsonwebtoken::encode(&header, claims, key.encoding()).ok()
}

/// The name under which a certificate goes along.
const CERTIFICATE: &str = "hes-key";

/// What the head of a signed text says; nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// Which key is said to have signed.
    pub(super) kid: String,
    /// The certificate that goes along.
    pub(super) certificate: Option<String>,
}

/// Looks at the head.
pub(super) fn head(kind: Kind, text: &str) -> Result<Head, Refusal> {
    if text.len() > LONGEST {
        return Err(Refusal::Form);
    }
    let header = jsonwebtoken::decode_header(text).map_err(|_why| Refusal::Form)?;
    let is_meant = header.typ.as_deref() == Some(kind.as_str());
    if !is_meant || header.alg != Algorithm::ES256 || header.crit.is_some() {
        return Err(Refusal::Form);
    }
    let certificate = header.extras.get(CERTIFICATE).map_err(|_why| Refusal::Form)?;
    Ok(Head { kid: header.kid.ok_or(Refusal::Key)?, certificate })
}

/// Verifies the signature, and reads what is said; when and for whom it holds is not looked at.
pub(super) fn open<T: DeserializeOwned>(text: &str, key: &PublicKey) -> Result<T, Refusal> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    let opened = jsonwebtoken::decode::<T>(text, key.decoding(), &validation);
    opened.map(|opened| opened.claims).map_err(|_why| Refusal::Signature)
}
