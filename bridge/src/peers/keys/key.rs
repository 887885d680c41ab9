//! One key for ES256: its public half, and its secret one.

use std::{fmt, path::Path};

use data_encoding::BASE64URL_NOPAD;
use hes_schemas::message::PublicJwk;
use jsonwebtoken::{DecodingKey, EncodingKey};
use p256::{
    elliptic_curve::sec1::ToEncodedPoint,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::tokens::{KeyError, make, place, unless_there};

/// Names a key: the hash of its public half, in 43 signs of base64url.
///
/// Source: RFC 7638.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct KeyId(String);

/// The public half of a key.
///
/// Shape, in JSON: a JSON Web Key with `kty`, `crv`, `x` and `y`.
#[derive(Clone)]
pub struct PublicKey {
    x: String,
    y: String,
    id: KeyId,
    decoding: DecodingKey,
}

/// A key, to sign with.
pub struct SecretKey {
    pem: SecretString,
    encoding: EncodingKey,
    public: PublicKey,
}

impl KeyId {
    /// Returns its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads one as it was written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PublicKey {
    /// Returns the hash that names it.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Returns it as a JSON Web Key, with nothing but what is needed.
    #[must_use]
    pub fn jwk(&self) -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y })
    }

    /// Returns it as it is published, with what it is for.
    pub(super) fn published(&self) -> PublicJwk {
        PublicJwk {
            kid: self.id.as_str().into(),
            kty: "EC".into(),
            crv: "P-256".into(),
            x: self.x.as_str().into(),
            y: self.y.as_str().into(),
            alg: "ES256".into(),
            usage: "sig".into(),
        }
    }

    pub(in crate::peers) const fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    fn new(key: &p256::PublicKey) -> Option<Self> {
        let point = key.to_encoded_point(false);
        let text = |half: Option<&p256::FieldBytes>| half.map(|half| BASE64URL_NOPAD.encode(half));
        let (x, y) = (text(point.x())?, text(point.y())?);
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let id = KeyId(BASE64URL_NOPAD.encode(&Sha256::digest(canonical)));
        Some(Self { decoding: DecodingKey::from_ec_components(&x, &y).ok()?, x, y, id })
    }

    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let mut point = vec![4];
        for half in [&jwk.x, &jwk.y] {
            let half = BASE64URL_NOPAD.decode(half.as_bytes()).ok().filter(|half| half.len() == 32)?;
            point.extend(half);
        }
        let is_ours = jwk.kty == "EC" && jwk.crv == "P-256";
        p256::PublicKey::from_sec1_bytes(&point).ok().filter(|_| is_ours).and_then(|key| Self::new(&key))
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.id.0).finish()
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.jwk().serialize(serializer)
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let jwk = Jwk::deserialize(deserializer)?;
        Self::from_jwk(&jwk).ok_or_else(|| D::Error::custom("no public key for ES256"))
    }
}

impl SecretKey {
    /// Opens the key in a file, and makes it if there is none.
    pub(super) fn open_or_make(data: &Path, file: &str) -> Result<Self, KeyError> {
        let path = data.join(file);
        let pem = unless_there(&path, |path| {
            let pem = make()?;
            place(data, path, &pem).map(|()| pem)
        })?;
        Self::read(pem).ok_or(KeyError::NoKey(path))
    }

    /// Makes one that is nowhere kept.
    pub(super) fn make() -> Result<Self, KeyError> {
        Self::read(make()?).ok_or_else(|| KeyError::NoKey("a key made just now".into()))
    }

    /// Reads one in PEM.
    pub(super) fn read(pem: SecretString) -> Option<Self> {
        let secret = p256::SecretKey::from_pkcs8_pem(pem.expose_secret()).ok()?;
        // one spelling, whatever the file has
        let pem = SecretString::from(secret.to_pkcs8_pem(LineEnding::LF).ok()?.as_str());
        Some(Self {
            encoding: EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).ok()?,
            public: PublicKey::new(&secret.public_key())?,
            pem,
        })
    }

    /// Returns its public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) const fn pem(&self) -> &SecretString {
        &self.pem
    }

    pub(in crate::peers) const fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretKey").field(&self.public).finish()
    }
}
