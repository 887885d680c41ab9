//! The handshakes, by the crate `snow`: no cryptography of our own.
//!
//! All chance comes from outside, one draw for each side of a handshake, so that its state can be made again: a message that
//! is forged uses up one that was made for it, and the one that comes after finds another.
//!
//! Source: the Noise Protocol Framework, revision 34.

use std::fmt;

use snow::{
    Builder, Error, HandshakeState,
    params::{CipherChoice, DHChoice, HashChoice, NoiseParams},
    resolvers::{CryptoResolver, DefaultResolver, RingResolver},
    types::{Cipher, Dh, Hash, Random},
};

/// The handshake of a channel.
pub(crate) const CHANNEL: &str = "Noise_XX_25519_ChaChaPoly_SHA256";

/// The handshake of a pairing, with the secret of an invitation.
pub(crate) const PAIRING: &str = "Noise_XXpsk3_25519_ChaChaPoly_SHA256";

/// Where the secret comes in: in the last message.
const PSK: u8 = 3;

/// The longest handshake message that is looked at, in bytes.
const LONGEST: usize = 16_384;

/// The key by which one run of the program is heard; its signing key vouches for it.
pub struct Voice {
    private: Vec<u8>,
    public: [u8; 32],
}

/// What a handshake begins with.
pub(crate) struct Terms<'t> {
    pub(crate) pattern: &'static str,
    pub(crate) voice: &'t Voice,
    pub(crate) prologue: &'t [u8],
    pub(crate) secret: Option<&'t [u8; 32]>,
    pub(crate) chance: [u8; 32],
}

impl Voice {
    /// Makes one.
    #[must_use]
    pub fn new(chance: [u8; 32]) -> Option<Self> {
        let builder = Builder::with_resolver(CHANNEL.parse().ok()?, Box::new(Seeded(chance)));
        let pair = builder.generate_keypair().ok()?;
        Some(Self { public: pair.public.as_slice().try_into().ok()?, private: pair.private })
    }

    /// Returns what others hear of it.
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Voice")
    }
}

impl Terms<'_> {
    pub(crate) fn initiator(&self) -> Result<HandshakeState, Error> {
        self.builder()?.build_initiator()
    }

    pub(crate) fn responder(&self) -> Result<HandshakeState, Error> {
        self.builder()?.build_responder()
    }

    fn builder(&self) -> Result<Builder<'_>, Error> {
        let params: NoiseParams = self.pattern.parse()?;
        let builder = Builder::with_resolver(params, Box::new(Seeded(self.chance)));
        let builder = builder.local_private_key(&self.voice.private)?.prologue(self.prologue)?;
        match self.secret {
            Some(secret) => builder.psk(PSK, secret),
            None => Ok(builder),
        }
    }
}

/// Writes the next message of a handshake.
pub(crate) fn write(state: &mut HandshakeState, payload: &[u8]) -> Result<Vec<u8>, Error> {
    let mut message = vec![0; payload.len() + 128];
    let length = state.write_message(payload, &mut message)?;
    message.truncate(length);
    Ok(message)
}

/// Reads the next message of a handshake; if it is not what the other side wrote, the handshake is of no more use.
pub(crate) fn read(state: &mut HandshakeState, message: &[u8]) -> Result<Vec<u8>, Error> {
    if message.len() > LONGEST {
        return Err(Error::Input);
    }
    let mut payload = vec![0; message.len()];
    let length = state.read_message(message, &mut payload)?;
    payload.truncate(length);
    Ok(payload)
}

/// Returns the key by which the other side is heard.
pub(crate) fn remote(state: &HandshakeState) -> Option<[u8; 32]> {
    state.get_remote_static()?.try_into().ok()
}

/// The usual choices, with chance that is given beforehand, and the cipher that TLS has here as well: each frame needs it.
struct Seeded([u8; 32]);

/// One draw; a second one would be the same, and there is none.
struct Draw(Option<[u8; 32]>);

impl CryptoResolver for Seeded {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Draw(Some(self.0))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        RingResolver.resolve_cipher(choice)
    }
}

impl Random for Draw {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        let drawn = self.0.take().filter(|drawn| drawn.len() == dest.len()).ok_or(Error::Rng)?;
        dest.copy_from_slice(&drawn);
        Ok(())
    }
}
