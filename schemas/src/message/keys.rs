//! The public keys of a home, for whoever verifies what it signed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The signing keys of a home that hold at the moment, on `<home>/$jwks`; the one in use is the last.
///
/// Shape: a JSON Web Key Set.
///
/// Source: RFC 7517, 5.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<PublicJwk>,
}

/// One public key, of the curve P-256.
///
/// Source: RFC 7517, 4; RFC 7518, 6.2.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicJwk {
    /// Which key: its thumbprint (RFC 7638).
    pub kid: Box<str>,
    /// `EC`.
    pub kty: Box<str>,
    /// `P-256`.
    pub crv: Box<str>,
    /// One half of the point, in base64url.
    pub x: Box<str>,
    /// The other half.
    pub y: Box<str>,
    /// `ES256`.
    pub alg: Box<str>,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: Box<str>,
}
