//! The thread that reads what comes out of the router, and replaces it when it must.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::Duration,
};

use super::{
    Shared,
    link::{self, Receiver, Word},
};
use crate::{figures::count, report::Notice, sync::lock};

/// How often a marker is sent when nothing else happens.
const BEAT: Duration = Duration::from_secs(1);
/// How long a marker may take before the router counts as dead.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads one router after the other.
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    receiver: Receiver,
}

/// Why a router is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Died,
    Silent,
    Worn,
}

impl Supervisor {
    pub(crate) const fn new(shared: Arc<Shared>, receiver: Receiver) -> Self {
        Self { shared, receiver }
    }

    /// Reads until the router is stopped.
    pub(crate) fn run(mut self) {
        loop {
            let word = self.receiver.next(BEAT);
            if self.shared.is_stopped.load(Ordering::Acquire) {
                return self.receiver.finish();
            }
            match word {
                Word::Match(number, key) => self.deliver(number, key),
                Word::Marker(round) => self.end_round(round),
                Word::Nothing => self.beat(),
                Word::Gone => self.replace(Cause::Died),
            }
        }
    }

    fn deliver(&self, number: u64, key: crate::router::FilterKey) {
        let posting = lock(&self.shared.core).ledger.matched(number, key);
        if let Some(posting) = posting {
            (self.shared.sink)(key, &posting);
        }
    }

    fn end_round(&mut self, round: u64) {
        let mut core = lock(&self.shared.core);
        let pledges = core.ledger.end_round(round);
        core.pump();
        self.shared.note_congestion(&core);
        let is_worn = core.ledger.is_worn();
        drop(core);
        drop(pledges);
        if is_worn {
            self.replace(Cause::Worn);
        }
    }

    fn beat(&mut self) {
        let mut core = lock(&self.shared.core);
        core.beat();
        let is_silent = core.ledger.is_silent(PATIENCE);
        drop(core);
        if is_silent {
            self.replace(Cause::Silent);
        }
    }

    /// Ends the router, matches by hand what it had not, and starts another; what is published meanwhile waits.
    fn replace(&mut self, cause: Cause) {
        let mut core = lock(&self.shared.core);
        let sender = core.sender.take();
        let messages = core.ledger.recover();
        drop(core);
        if let Some(mut sender) = sender {
            sender.leave();
        }
        for (posting, keys) in messages {
            keys.into_iter().for_each(|key| (self.shared.sink)(key, &posting));
        }
        count(&self.shared.counters.router_rebuilds);
        Notice::RouterReplaced { reason: cause.text() }.report();
        if let Some(old) = self.start()
            && cause == Cause::Worn
        {
            // a silent one could make this thread wait for ever
            old.finish();
        }
    }

    /// Starts a router and returns the receiver of the one before, unless the broker is being stopped.
    fn start(&mut self) -> Option<Receiver> {
        loop {
            if self.shared.is_stopped.load(Ordering::Acquire) {
                return None;
            }
            match link::build() {
                Ok((mut sender, receiver)) => {
                    let mut core = lock(&self.shared.core);
                    for (key, filter) in core.ledger.filters() {
                        sender.subscribe(key, filter);
                    }
                    core.sender = Some(sender);
                    core.pump();
                    self.shared.note_congestion(&core);
                    drop(core);
                    return Some(std::mem::replace(&mut self.receiver, receiver));
                }
                Err(error) => {
                    Notice::RouterFailed { error: &error.to_string() }.report();
                    thread::sleep(BEAT);
                }
            }
        }
    }
}

impl Cause {
    const fn text(self) -> &'static str {
        match self {
            Self::Died => "it died",
            Self::Silent => "it was silent",
            Self::Worn => "it knew too many filters or topics that nobody needs",
        }
    }
}
