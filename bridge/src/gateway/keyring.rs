//! The keys of the home while it runs: made, rotated in time, and told to whoever verifies what they signed.

use std::{sync::Arc, time::Duration};

use hes_engine::Input;
use hes_schemas::message::KeySet;
use tokio::time::sleep;

use super::{clock::Clock, mind::Mind, report};
use crate::peers::keys::Keys;

/// How long to wait at most: the time of day may leap.
const LONGEST: Duration = Duration::from_secs(60);

/// How long to wait at least.
const SHORTEST: Duration = Duration::from_secs(1);

/// The keys, and what time it is for them.
#[derive(Debug, Clone)]
pub(crate) struct Keyring {
    keys: Arc<Keys>,
    clock: Arc<Clock>,
}

impl Keyring {
    pub(crate) const fn new(keys: Arc<Keys>, clock: Arc<Clock>) -> Self {
        Self { keys, clock }
    }

    /// Returns the public keys that hold at the moment.
    pub(crate) fn public(&self) -> KeySet {
        self.keys.jwks(self.clock.now())
    }

    /// Tells which keys hold; nothing happens if they are the same as before.
    pub(crate) fn tell(&self, mind: &Mind) {
        mind.handle(Input::Keys(self.public()));
    }

    /// Rotates the keys in time, for ever.
    pub(crate) async fn tend(self, mind: Arc<Mind>) {
        loop {
            let now = self.clock.now();
            if let Err(error) = self.keys.tend(now) {
                report::not_rotated(&error);
            }
            self.tell(&mind);
            sleep(self.keys.due(now).since(now).to_duration().clamp(SHORTEST, LONGEST)).await;
        }
    }
}
