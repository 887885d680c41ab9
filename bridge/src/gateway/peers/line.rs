//! The way to one peer: what is said is sealed and sent, what comes is opened and heard.

mod echo;
mod figures;
mod passage;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::Duration,
};

use hes_broker::Broker;
use hes_schemas::{Address, HomeId, Root, Timestamp, Topic, link::LinkMessage};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc::Sender};

pub(crate) use self::figures::LineFigures;
use self::{echo::Echo, figures::Counters};
use super::{
    super::{clock::Clock, mind::Mind},
    dial::{Ear, Outgoing},
};
use crate::peers::{
    channel::{Channel, Event, Figures, Refused},
    keys::KeyId,
    station::Station,
    words::pack,
};
use crate::remote::CREDENTIALS;

/// Why a peer is not there that never was.
const UNHEARD: &str = "it has not answered yet; its owner may still have to confirm the number";

/// Why a peer is not there whose broker does not let us in.
const SHUT_OUT: &str = "its broker lets this home in no more; its owner may have ended the trust";

/// What else is within the seal but what the engines say, by its first byte.
const ACCOUNT: u8 = 1;
const CALL: u8 = 2;
const ECHO: u8 = 3;

/// An account at the broker of the other home, as it is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) user: String,
    pub(super) password: String,
}

/// The way to one peer.
///
/// Its locks are taken in the order of its fields; the engine's, which is taken by whoever brings something, comes behind
/// `inbox` and before all others.
pub(crate) struct Line {
    home: HomeId,
    topic: Topic,
    fingerprint: KeyId,
    clock: Arc<Clock>,
    mind: Weak<Mind>,
    /// What comes is heard in the order in which it came.
    inbox: Mutex<()>,
    channel: Mutex<Channel>,
    carrier: Mutex<Option<Carrier>>,
    state: Mutex<State>,
    /// What the peer is still to be given.
    handover: Mutex<Option<Account>>,
    /// Takes the account that the peer hands over.
    taker: OnceLock<Box<dyn Fn(Account) + Send + Sync>>,
    wake: Notify,
    echo: Echo,
    counters: Counters,
}

/// What carries frames to a peer.
#[derive(Clone)]
pub(super) enum Carrier {
    /// It is a client of the built-in broker.
    Own(Broker),
    /// Both are clients of another broker.
    Elsewhere(Sender<Outgoing>),
}

#[derive(Debug, Clone)]
struct State {
    /// The engine knows that the peer is there.
    is_told: bool,
    since: Option<Timestamp>,
    reason: Option<String>,
    /// One of the two has said goodbye.
    is_parting: bool,
    /// The way cannot go on as it is; why.
    failed: Option<&'static str>,
}

/// Whether a peer is there, since when, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_up: bool,
    pub(super) since: Option<Timestamp>,
    pub(super) reason: Option<String>,
}

impl Line {
    /// Makes the way to a peer; nothing if that is this home itself.
    pub(super) fn new(
        station: &Arc<Station>,
        (root, home, fingerprint): (&Root, HomeId, KeyId),
        clock: &Arc<Clock>,
        mind: Weak<Mind>,
    ) -> Option<Arc<Self>> {
        let channel = Channel::new(Arc::clone(station), home.clone())?;
        let state =
            State { is_told: false, since: None, reason: Some(UNHEARD.to_owned()), is_parting: false, failed: None };
        Some(Arc::new(Self {
            topic: root.topic(&Address::Link(station.home().clone(), home.clone())),
            home,
            fingerprint,
            clock: Arc::clone(clock),
            mind,
            inbox: Mutex::default(),
            channel: Mutex::new(channel),
            carrier: Mutex::default(),
            state: Mutex::new(state),
            handover: Mutex::default(),
            taker: OnceLock::new(),
            wake: Notify::new(),
            echo: Echo::default(),
            counters: Counters::default(),
        }))
    }

    pub(super) const fn fingerprint(&self) -> &KeyId {
        &self.fingerprint
    }

    /// Has an account handed over as soon as the peer is there, and again whenever it comes anew.
    pub(super) fn hand_over(&self, account: Option<Account>) {
        *lock(&self.handover) = account;
        self.give_account();
    }

    /// Says whether there is an account that the peer has not come by yet; from now on there is none.
    pub(super) fn has_taken_over(&self) -> bool {
        lock(&self.handover).take().is_some()
    }

    /// Says who takes the account that the peer hands over, once.
    pub(super) fn set_taker(&self, taker: impl Fn(Account) + Send + Sync + 'static) {
        drop(self.taker.set(Box::new(taker)));
    }

    pub(super) fn set_carrier(&self, carrier: Carrier) {
        *lock(&self.carrier) = Some(carrier);
    }

    /// Looks for the peer.
    pub(super) fn open(&self) {
        let _in_order = lock(&self.inbox);
        let events = lock(&self.channel).open(self.clock.now());
        self.perform(events);
        self.wake.notify_one();
    }

    /// Takes a frame of the peer, or of somebody who says so.
    pub(super) fn receive(&self, frame: &[u8]) {
        let _in_order = lock(&self.inbox);
        let (events, is_proven, is_untimely) = {
            let mut channel = lock(&self.channel);
            let before = channel.figures();
            let events = channel.receive(self.clock.now(), frame);
            let after = channel.figures();
            let untimely = |figures: Figures| figures.refused(Refused::Untimely);
            (events, after.handshakes > before.handshakes, untimely(after) > untimely(before))
        };
        if is_untimely {
            self.untimely();
        }
        if events.iter().any(|event| !matches!(event, Event::Message(_))) || is_proven {
            self.wake.notify_one();
        }
        self.perform(events);
        if is_proven {
            // a session that follows another one of the same voice is no news to the channel
            self.up();
        }
    }

    /// Says something to the peer, in its order; if it cannot be carried, the way is closed soon.
    pub(crate) fn say(&self, messages: &[LinkMessage]) {
        pack(messages).iter().for_each(|piece| self.seal(piece));
    }

    /// Calls the peer to see how long it takes, if it is there.
    pub(super) fn call(&self) {
        if lock(&self.state).is_told {
            self.seal(&[&[CALL], self.echo.call().as_slice()].concat());
        }
    }

    /// Says goodbye, if the peer is there.
    pub(super) fn leave(&self) {
        if lock(&self.state).is_told {
            self.say(&[LinkMessage::Bye]);
            lock(&self.state).is_parting = true;
        }
    }

    /// Closes the way; it is looked for again when there is something that carries.
    pub(super) fn close(&self, reason: &str) {
        let _in_order = lock(&self.inbox);
        self.down(reason);
    }

    /// Does what is due, for ever.
    pub(super) async fn tend(self: Arc<Self>) {
        loop {
            let next = lock(&self.channel).next_timeout();
            let wait = next.map(|next| next.since(self.clock.now()).to_duration());
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(wait) => {}
            }
            self.mend();
            let _in_order = lock(&self.inbox);
            let events = lock(&self.channel).handle_timeout(self.clock.now());
            self.perform(events);
        }
    }

    /// Has what is due done soon, because keys are others.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) fn standing(&self) -> Standing {
        let State { is_told, since, reason, .. } = lock(&self.state).clone();
        Standing { is_up: is_told, since, reason }
    }

    /// Begins anew if the way could not go on.
    fn mend(&self) {
        let failed = lock(&self.state).failed.take();
        if let Some(reason) = failed {
            self.close(reason);
            self.open();
        }
    }

    fn perform(&self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Send(frame) => self.send(frame),
                Event::Up => self.up(),
                Event::Message(message) => self.heard(&message),
                Event::Down(reason) => self.down(reason),
            }
        }
    }
}

impl Ear for Line {
    fn up(&self) {
        self.open();
    }

    fn heard(&self, from: &HomeId, frame: &[u8]) {
        if *from == self.home {
            self.receive(frame);
        }
    }

    fn down(&self, reason: &str) {
        self.close(if reason == CREDENTIALS { SHUT_OUT } else { reason });
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("home", &self.home).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
