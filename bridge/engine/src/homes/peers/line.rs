//! The first words on a way to a peer, signs of life, and acknowledgements.

use hes_schemas::{
    HomeId, Timestamp,
    link::{Beat, Hello, LinkMessage, VERSION},
};

use super::{ACKNOWLEDGE, BEAT, FORMAT, HELLO, Line, PROMPT, SILENCE, TAKES, Way};
use crate::{engine::Engine, notice::Notice, output::Output, timers::Timer};

impl Line {
    /// Owes the peer one acknowledgement more; returns whether they are so many that they are due at once.
    pub(super) fn owe(&mut self, now: Timestamp) -> bool {
        self.acknowledge_at.get_or_insert(now + ACKNOWLEDGE);
        self.unacknowledged = self.unacknowledged.saturating_add(1);
        self.unacknowledged >= PROMPT
    }

    /// Learns what the peer's clock showed when it spoke; what was held back tells less than is known.
    fn see_clock(&mut self, now: Timestamp, at: Option<u64>) {
        let known = self.clock(now);
        if let Some(at) = at.filter(|at| known.is_none_or(|known| *at >= known)) {
            self.hands = Some((at, now));
        }
    }

    /// Returns what the peer's clock shows at least.
    fn clock(&self, now: Timestamp) -> Option<u64> {
        let (at, seen) = self.hands?;
        Some(at.saturating_add(now.since(seen).get()).min(i64::MAX.unsigned_abs()))
    }

    /// Owes none.
    const fn settle(&mut self) {
        (self.acknowledge_at, self.unacknowledged) = (None, 0);
    }
}

impl Engine {
    pub(super) fn greeted(&mut self, now: Timestamp, peer: &HomeId, hello: &Hello) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let was_linked = known.is_linked();
        if known.line.greeted_at.is_some_and(|at| now.since(at) < HELLO) {
            return self.lied(peer, "it says hello without end");
        }
        known.line.greeted_at = Some(now);
        if hello.home != *peer {
            return self.lied(peer, "it says hello for another home");
        }
        if !hello.versions.contains(&VERSION) || !hello.formats.iter().any(|format| format == FORMAT) {
            return self.note(Notice::PeerOffline(peer.clone(), "it speaks another language".to_owned()));
        }
        if was_linked && known.line.epoch != hello.epoch {
            self.unlink(now, peer, "it has begun anew");
        }
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let line = &mut known.line;
        (line.way, line.heard_at) = (Way::Linked, now);
        if line.epoch != hello.epoch {
            line.hands = None;
        }
        line.see_clock(now, hello.at);
        (line.epoch, line.takes) = (hello.epoch, hello.limits);
        known.ear.begin(hello.epoch);
        if was_linked {
            self.say_hello(now, peer);
        } else {
            self.note(Notice::PeerOnline(peer.clone()));
        }
        self.feed_from(now, peer, hello.heard);
        self.log_from(now, peer, hello.heard.log);
        self.tokens_up(now, peer);
        self.schedule(peer);
    }

    pub(super) fn acknowledged(&mut self, now: Timestamp, peer: &HomeId, Beat { heard, at }: Beat) {
        if let Some(known) = self.homes.peers.known.get_mut(peer) {
            known.line.see_clock(now, at);
        }
        if heard.epoch == self.epoch {
            self.feed_heard(peer, heard.state);
        }
        self.log_heard(now, peer, heard.log);
    }

    /// Ends what there was with a peer, if there was anything.
    pub(super) fn unlink(&mut self, now: Timestamp, peer: &HomeId, reason: &str) {
        let Some(known) = self.homes.peers.known.get_mut(peer).filter(|it| it.is_linked()) else { return };
        known.line.way = Way::Open;
        known.line.settle();
        known.ear.fall_silent();
        self.note(Notice::PeerOffline(peer.clone(), reason.to_owned()));
        self.asks_down(now, peer);
        self.timers.set(now, Timer::Mirror(peer.clone(), "".into()));
    }

    pub(super) fn say_hello(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.line.said_at = now;
        let hello = Hello {
            versions: vec![VERSION],
            formats: vec![FORMAT.to_owned()],
            home: self.home.clone(),
            epoch: self.epoch,
            limits: TAKES,
            heard: known.heard(),
            at: Some(clock(now)),
        };
        self.put(Output::Say(peer.clone(), LinkMessage::Hello(hello)));
    }

    pub(super) fn say_beat(&mut self, now: Timestamp, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        known.line.said_at = now;
        known.line.settle();
        let heard = known.heard();
        self.put(Output::Say(peer.clone(), LinkMessage::Beat(Beat { heard, at: Some(clock(now)) })));
    }

    /// Returns what a peer's clock shows at least, if it has said so.
    pub(in crate::homes) fn clock_at(&self, now: Timestamp, peer: &HomeId) -> Option<u64> {
        self.homes.peers.known.get(peer)?.line.clock(now)
    }

    /// Sets the one timer of a peer to what is due next.
    pub(super) fn schedule(&mut self, peer: &HomeId) {
        let Some(known) = self.homes.peers.known.get_mut(peer) else { return };
        let line = &mut known.line;
        let next = match line.way {
            Way::Closed => None,
            Way::Open => Some(line.said_at + BEAT),
            Way::Linked => line.acknowledge_at.into_iter().chain([line.said_at + BEAT, line.heard_at + SILENCE]).min(),
        };
        let before = std::mem::replace(&mut line.due, next);
        if let Some(before) = before.filter(|_| before != next) {
            self.timers.cancel(before, Timer::Peer(peer.clone()));
        }
        if let Some(next) = next {
            self.timers.set(next, Timer::Peer(peer.clone()));
        }
    }
}

/// Returns what the clock shows here.
pub(in crate::homes) fn clock(now: Timestamp) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledges_at_once_what_a_peer_may_soon_wait_for() {
        let (mut line, now) = (Line::default(), Timestamp::from_millis(1_000));
        assert!((1..PROMPT).all(|_| !line.owe(now)));
        assert_eq!(line.acknowledge_at, Some(now + ACKNOWLEDGE));
        assert!(line.owe(now + ACKNOWLEDGE));
        line.settle();
        assert_eq!(line.acknowledge_at, None);
        assert!(!line.owe(now));
    }
}
