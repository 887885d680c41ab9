//! What passes a line, both ways.

use std::{fmt, sync::atomic::Ordering};

use hes_broker::Publish;
use hes_engine::Input;
use hes_schemas::link::LinkMessage;
use tokio::sync::mpsc::Sender;

use super::{
    super::{super::report, dial::Outgoing},
    ACCOUNT, Account, CALL, Carrier, ECHO, Line, State, lock,
};
use crate::peers::{channel::SealError, words::unpack};

/// Why a peer is not let in whose certificate has not begun, or has ended.
const UNTIMELY: &str = "its key does not hold at this time: a clock is wrong, here or there";

impl Line {
    pub(super) fn heard(&self, message: &[u8]) {
        // the way was closed here, and the peer did not notice: it is there all the same
        self.up();
        if let Some(messages) = unpack(message) {
            return messages.for_each(|said| match said {
                Ok(said) => {
                    if said == LinkMessage::Bye {
                        lock(&self.state).is_parting = true;
                    }
                    self.tell(Input::PeerSaid(&self.home, said));
                }
                Err(error) => self.malformed(&error),
            });
        }
        match message.split_first() {
            Some((&ACCOUNT, account)) => match serde_json::from_slice(account) {
                Ok(account) => self.taker.get().into_iter().for_each(|take| take(Account::clone(&account))),
                Err(error) => self.malformed(&error),
            },
            Some((&CALL, number)) if number.len() == size_of::<u64>() => self.seal(&[&[ECHO], number].concat()),
            Some((&ECHO, number)) => self.echo.answered(number),
            Some(_) | None => self.malformed(&"it is nothing that is known"),
        }
    }

    pub(super) fn malformed(&self, error: &dyn fmt::Display) {
        self.counters.malformed.fetch_add(1, Ordering::Relaxed);
        report::peer_malformed(&self.home, error);
    }

    pub(super) fn up(&self) {
        {
            let mut state = lock(&self.state);
            if state.is_told {
                return;
            }
            *state =
                State { is_told: true, since: Some(self.clock.now()), reason: None, is_parting: false, failed: None };
        }
        report::peer_up(&self.home);
        self.tell(Input::PeerUp(self.home.clone()));
        self.give_account();
        self.call();
    }

    pub(super) fn down(&self, reason: &str) {
        let State { is_told: was_told, is_parting, .. } = {
            let mut state = lock(&self.state);
            let since = if state.is_told { Some(self.clock.now()) } else { state.since };
            let reason = Some(reason.to_owned());
            std::mem::replace(&mut *state, State { is_told: false, since, reason, is_parting: false, failed: None })
        };
        if was_told {
            if is_parting {
                report::peer_gone(&self.home);
            } else {
                report::peer_down(&self.home, reason);
            }
            self.tell(Input::PeerDown(self.home.clone(), reason.to_owned()));
        }
    }

    /// Takes note why a peer that is who it says is not let in.
    pub(super) fn untimely(&self) {
        let mut state = lock(&self.state);
        if !state.is_told && state.reason.as_deref() != Some(UNTIMELY) {
            state.reason = Some(UNTIMELY.to_owned());
            report::peer_untimely(&self.home);
        }
    }

    pub(super) fn tell(&self, input: Input<'_>) {
        if let Some(mind) = self.mind.upgrade() {
            mind.handle(input);
        }
    }

    pub(super) fn give_account(&self) {
        let account = lock(&self.handover).clone();
        if let Some(text) = account.and_then(|account| serde_json::to_vec(&account).ok()) {
            self.seal(&[&[ACCOUNT], text.as_slice()].concat());
        }
    }

    pub(super) fn seal(&self, message: &[u8]) {
        let mut channel = lock(&self.channel);
        match channel.seal(message) {
            // sent while nobody else can seal, so that frames leave in the order of their numbers
            Ok(frame) => self.send(frame),
            Err(SealError::TooLarge) => {
                self.counters.too_large.fetch_add(1, Ordering::Relaxed);
                report::peer_too_large(&self.home, message.len());
            }
            Err(SealError::Down) => {}
            Err(SealError::Spent) => self.fail("the session is used up"),
        }
    }

    pub(super) fn send(&self, frame: Vec<u8>) {
        match &*lock(&self.carrier) {
            Some(Carrier::Own(broker)) => {
                broker.publish(Publish::new(self.topic.clone(), frame).at_least_once());
            }
            Some(Carrier::Elsewhere(queue)) => self.queue(queue, frame),
            None => {}
        }
    }

    pub(super) fn queue(&self, queue: &Sender<Outgoing>, frame: Vec<u8>) {
        if queue.try_send(Outgoing { to: self.home.clone(), frame }).is_err() {
            self.counters.overflows.fetch_add(1, Ordering::Relaxed);
            self.fail("more waits for it than may");
        }
    }

    pub(super) fn fail(&self, reason: &'static str) {
        let mut state = lock(&self.state);
        if state.is_told && state.failed.is_none() {
            state.failed = Some(reason);
            self.wake.notify_one();
        }
    }
}
