//! Tokens: short, signed proofs of who somebody is, with no more rights than they say.
//!
//! A token is a JWT of the type `at+jwt`, signed with ES256 by a key of the home alone; whoever bears it acts for its
//! account until it expires. Another password, or removing the account, voids it; a new key voids all.
//!
//! Source: RFC 9068; RFC 8725, 3.

mod key;
mod scope;

use std::path::Path;

use hes_schemas::{HomeId, Millis, Timestamp, UserName, rights::Grants};
use jsonwebtoken::{Algorithm, Header, Validation};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use key::{KeyError, TokenKey};
pub(crate) use key::{make, place, unless_there};
pub use scope::{Words, WordsError};

/// The type of our tokens.
const TYPE: &str = "at+jwt";

/// The longest that a token may hold.
pub const LONGEST: Millis = Millis::from_secs(LONGEST_SECONDS);
const LONGEST_SECONDS: u32 = 600;

/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 5;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    iss: HomeId,
    aud: HomeId,
    sub: UserName,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The generation of the account's password.
    generation: i64,
}

/// What a token is to say.
#[derive(Debug, Clone)]
pub struct Order<'o> {
    /// The home that it is for, and that made it.
    pub home: &'o HomeId,
    /// The account.
    pub user: &'o UserName,
    /// The generation of the account's password.
    pub generation: i64,
    /// What its rights are narrowed to, if they are.
    pub scope: Option<&'o Words>,
    /// When it is made.
    pub now: Timestamp,
    /// For how long it holds; [`LONGEST`] at most.
    pub lifetime: Millis,
}

/// What a token that holds says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The account.
    pub user: UserName,
    /// The generation of the account's password.
    pub generation: i64,
    /// Until when.
    pub until: Timestamp,
    /// What the rights of the account are narrowed to, if they are.
    pub bounds: Option<Grants>,
}

/// Says why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// There is no key, or it cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It is not ours, has been changed, or does not hold at the moment.
    #[error("the token does not hold")]
    Invalid(#[source] jsonwebtoken::errors::Error),
    /// It is a token of another type, wants something understood that is not, or holds for longer than any may.
    #[error("the token is not one of this home's")]
    Foreign,
    /// Its scope cannot be understood.
    #[error(transparent)]
    Scope(#[from] WordsError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// Says whether a text is written as a token is, so that it can be no password that we make.
#[must_use]
pub fn is_token(text: &[u8]) -> bool {
    text.starts_with(b"eyJ") && text.iter().filter(|byte| **byte == b'.').count() == 2
}

/// Makes a token.
///
/// # Errors
/// [`TokenError`] if it cannot be signed.
pub fn issue(key: &TokenKey, order: &Order<'_>) -> Result<SecretString, TokenError> {
    let now = seconds(order.now);
    let claims = Claims {
        iss: order.home.clone(),
        aud: order.home.clone(),
        sub: order.user.clone(),
        iat: now,
        nbf: now,
        exp: seconds(order.now + order.lifetime.min(LONGEST)),
        jti: unique()?,
        scope: order.scope.map(ToString::to_string),
        generation: order.generation,
    };
    let header = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::ES256) };
    let token = jsonwebtoken::encode(&header, &claims, key.signing()).map_err(TokenError::Invalid)?;
    Ok(token.into())
}

/// Verifies a token: our signature, our home and nobody else's, our type, and that it holds at the moment.
///
/// # Errors
/// [`TokenError`] with the reason, which whoever sent it is not told.
pub fn verify(key: &TokenKey, home: &HomeId, token: &str) -> Result<Proof, TokenError> {
    let header = jsonwebtoken::decode_header(token).map_err(TokenError::Invalid)?;
    if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE)) || header.crit.is_some() {
        return Err(TokenError::Foreign);
    }
    let claims = jsonwebtoken::decode::<Claims>(token, key.verifying(), &validation(home));
    let claims = claims.map_err(TokenError::Invalid)?.claims;
    let is_sound = claims.iat <= claims.nbf && claims.nbf < claims.exp && !claims.jti.is_empty();
    if claims.exp.saturating_sub(claims.iat) > u64::from(LONGEST_SECONDS) || !is_sound {
        return Err(TokenError::Foreign);
    }
    Ok(Proof {
        user: claims.sub,
        generation: claims.generation,
        until: Timestamp::from_millis(i64::try_from(claims.exp).unwrap_or(i64::MAX).saturating_mul(1_000)),
        bounds: claims.scope.map(|scope| scope.parse::<Words>()).transpose()?.map(|words| words.grants()),
    })
}

/// Verifies a token with the key of a data directory, as it is there at the moment.
///
/// # Errors
/// As [`verify`].
pub fn verify_in(data: &Path, home: &HomeId, token: &str) -> Result<Proof, TokenError> {
    verify(&TokenKey::open(data)?, home, token)
}

fn validation(home: &HomeId) -> Validation {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    validation.set_audience(&[home]);
    validation.set_issuer(&[home]);
    validation
}

fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis() / 1_000).unwrap_or_default()
}

fn unique() -> Result<String, TokenError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(TokenError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests;
