//! Passwords: how they are kept, verified and made.

use std::sync::{Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, PasswordHasher, Version,
    password_hash::{Output, SaltString},
};
use secrecy::{ExposeSecret, SecretString};

/// Letters and digits that are not mistaken for each other; 32 of them, so that five bits choose one.
const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Says that the system gives no randomness, or that a password is one that nobody can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// There is no randomness to be had.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// It cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    /// It has no characters, and nobody may come in with that.
    #[error("a password must not be empty")]
    Empty,
}

/// How many characters a password should have.
///
/// Source: NIST SP 800-63B, 5.1.1.1.
const ENOUGH: usize = 8;

/// Hashes a password for keeping, as a PHC string.
///
/// # Errors
/// [`PasswordError`].
pub fn hash(password: &SecretString) -> Result<String, PasswordError> {
    let password = password.expose_secret();
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(PasswordError::Hash)?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost());
    let hash = argon.hash_password(password.as_bytes(), &salt).map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// Says whether a password is easily guessed for its length alone.
#[must_use]
pub fn is_short(password: &SecretString) -> bool {
    password.expose_secret().chars().count() < ENOUGH
}

/// Makes a password that a person can read and type: `k7mwp-…`, five groups of five, 125 bits.
///
/// # Errors
/// [`PasswordError::Random`].
pub fn generate() -> Result<SecretString, PasswordError> {
    let bytes = random::<25>()?;
    let sign = |byte: &u8| SIGNS.get(usize::from(byte % 32)).copied().map_or('a', char::from);
    let groups: Vec<String> = bytes.chunks(5).map(|group| group.iter().map(sign).collect()).collect();
    Ok(SecretString::from(groups.join("-")))
}

/// Verifies passwords one after the other, in memory that is used again and again.
///
/// The memory is not given back, because the allocator would not do so either, and kept once here instead of in several
/// of its arenas.
#[derive(Default)]
pub(super) struct Verifier {
    memory: Mutex<Vec<Block>>,
}

impl Verifier {
    /// Says whether a password is the one behind a hash; takes as long whatever the answer is.
    ///
    /// Without a hash the answer is no, after the time that it takes with one: who asks learns of no account.
    pub(super) fn verify(&self, password: &[u8], hash: Option<&str>) -> bool {
        let kept = hash.and_then(Kept::read);
        let nobody = Kept { params: cost(), salt: vec![0; 16], output: None };
        let found = self.output(password, kept.as_ref().unwrap_or(&nobody));
        // outputs are compared in constant time
        found.is_some() && found == kept.and_then(|kept| kept.output)
    }

    fn output(&self, password: &[u8], kept: &Kept) -> Option<Output> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.resize(kept.params.block_count(), Block::default());
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, kept.params.clone());
        Output::init_with(kept.output.map_or(32, |output| output.len()), |bytes| {
            Ok(argon.hash_password_into_with_memory(password, &kept.salt, bytes, memory.as_mut_slice())?)
        })
        .ok()
    }
}

/// A hash that was kept.
struct Kept {
    params: Params,
    salt: Vec<u8>,
    output: Option<Output>,
}

impl Kept {
    fn read(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let mut salt = [0; 64];
        let salt = hash.salt?.decode_b64(&mut salt).ok()?.to_vec();
        Some(Self { params: Params::try_from(&hash).ok()?, salt, output: hash.hash })
    }
}

/// Remembers that a password was right, without the password, so that a storm of reconnecting clients costs little.
///
/// What it keeps is worth nothing outside the process: the key is made anew at each start.
pub(super) struct Memory {
    key: [u8; 32],
}

impl Memory {
    pub(super) fn new() -> Result<Self, PasswordError> {
        Ok(Self { key: random()? })
    }

    /// Returns what is remembered of a password of an account's generation.
    pub(super) fn trace(&self, password: &[u8], generation: i64) -> Option<Output> {
        let quick = Params::new(Params::MIN_M_COST, 1, 1, None).ok()?;
        let argon = Argon2::new_with_secret(&self.key, Algorithm::Argon2id, Version::V0x13, quick.clone()).ok()?;
        let mut memory = vec![Block::default(); quick.block_count()];
        Output::init_with(32, |bytes| {
            Ok(argon.hash_password_into_with_memory(
                password,
                &generation.to_be_bytes(),
                bytes,
                memory.as_mut_slice(),
            )?)
        })
        .ok()
    }
}

/// Returns what a guess costs: 7 MiB, five passes, one lane.
///
/// Source: OWASP, Password Storage Cheat Sheet: these are as strong as 19 MiB and two passes. Of its equals they take
/// the least memory, and a gateway has to fit into 64 MiB.
#[expect(clippy::expect_used, reason = "the test below proves that these are allowed")]
fn cost() -> Params {
    Params::new(7 * 1024, 5, 1, None).expect("these are allowed")
}

fn random<const N: usize>() -> Result<[u8; N], PasswordError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(PasswordError::Random)?;
    Ok(bytes)
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifies_what_it_hashed_and_nothing_else() {
        let verifier = Verifier::default();
        let kept = hash(&"swordfish".into()).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{kept}");
        assert!(verifier.verify(b"swordfish", Some(&kept)));
        for (password, hash) in [
            ("swordfisH", Some(kept.as_str())),
            ("", Some(&kept)),
            ("swordfish", None),
            ("swordfish", Some("")),
            ("swordfish", Some("swordfish")),
            ("swordfish", Some(kept.rsplit_once('$').unwrap().0)),
        ] {
            assert!(!verifier.verify(password.as_bytes(), hash), "{password} {hash:?}");
        }
    }

    #[test]
    fn verifies_hashes_of_another_cost() {
        let dearer = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
        let kept = dearer.hash_password(b"swordfish", &SaltString::encode_b64(&[7; 16]).unwrap()).unwrap().to_string();
        assert!(Verifier::default().verify(b"swordfish", Some(&kept)));
    }

    #[test]
    fn makes_passwords_that_people_can_type() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        let one = one.expose_secret();
        assert_eq!((one.len(), one.split('-').count()), (29, 5));
        assert!(one.bytes().all(|byte| byte == b'-' || SIGNS.contains(&byte)));
        assert_ne!(one, other.expose_secret());
        assert_eq!(hash(&"".into()), Err(PasswordError::Empty));
        assert!(is_short(&"7 chars".into()) && !is_short(&"8 chars!".into()));
    }

    #[test]
    fn remembers_a_password_for_one_generation_and_one_process() {
        let memory = Memory::new().unwrap();
        let trace = memory.trace(b"swordfish", 1).unwrap();
        assert_eq!(memory.trace(b"swordfish", 1), Some(trace));
        assert_ne!(memory.trace(b"swordfish", 2), Some(trace));
        assert_ne!(memory.trace(b"swordfisH", 1), Some(trace));
        assert_ne!(Memory::new().unwrap().trace(b"swordfish", 1), Some(trace));
    }
}
