//! What is done from time to time.

use std::{sync::Arc, time::Duration};

use super::Peers;
use crate::peers::keys::KeyId;

/// How often invitations and pairings are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// At every how many looks peers are called, to see how long it takes.
const CALL: u8 = 10;

impl Peers {
    /// Ends invitations and pairings whose time is over, and wakes the ways when another key signs, for ever.
    pub(super) async fn keep_house(self: Arc<Self>) {
        let mut looks = tokio::time::interval(LOOK);
        let (mut key, mut look) = (None, 0);
        loop {
            looks.tick().await;
            look = (look + 1) % CALL;
            if look == 0 {
                self.lines().values().for_each(|held| held.line.call());
            }
            if self.is_rotated(&mut key) {
                self.lines().values().for_each(|held| held.line.wake());
            }
            let is_late = self.pairings().end_late(self.now());
            if is_late {
                self.end_invited().await;
            }
        }
    }

    /// Says whether another key signs than before.
    fn is_rotated(&self, before: &mut Option<KeyId>) -> bool {
        let now = self.around.station.keys().current(self.now()).map(|key| key.certificate().key().id().clone());
        let is_rotated = *before != now;
        *before = now;
        is_rotated
    }
}
