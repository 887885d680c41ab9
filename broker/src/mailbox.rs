//! What waits for one client: filled by anyone without waiting, emptied by the client's own task.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use crate::{Limits, Qos, parcel::Parcel, subscription::Subscription, sync::lock, wire::Violation};

/// One thing that waits for a client.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A message for one of its subscriptions.
    Message { parcel: Arc<Parcel>, subscription: Arc<Subscription>, is_snapshot: bool },
    /// The store is done with a retained message that the client published: which, and whether it was kept.
    Settled { ticket: u64, is_stored: bool },
}

/// What became of a message that was put into a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// It waits.
    Waits,
    /// There is no room, or nobody who would read it.
    Dropped,
    /// There is no room, and it must not be dropped: the client is told to go.
    Overflow,
}

#[derive(Debug)]
pub(crate) struct Mailbox {
    messages: usize,
    bytes: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    mails: VecDeque<Mail>,
    /// Where live messages wait while a snapshot is being taken.
    held: Option<VecDeque<Mail>>,
    /// Messages that count against the limits: those here and those taken and not yet written.
    messages: usize,
    bytes: usize,
    ending: Option<Violation>,
    is_awake: bool,
    waker: Option<Waker>,
}

impl Mailbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        let inside = Inside { is_awake: true, ..Inside::default() };
        Self { messages: limits.queue_messages, bytes: limits.queue_bytes, inside: Mutex::new(inside) }
    }

    /// Puts a message in, if there is room.
    pub(crate) fn put(&self, parcel: &Arc<Parcel>, subscription: &Arc<Subscription>) -> Put {
        let mut inside = lock(&self.inside);
        if inside.ending.is_some() {
            return Put::Dropped;
        }
        let weight = parcel.weight();
        if inside.messages >= self.messages || (inside.bytes + weight > self.bytes && inside.messages > 0) {
            return match parcel.publish.qos.min(subscription.qos) {
                Qos::AtMostOnce => Put::Dropped,
                Qos::AtLeastOnce | Qos::ExactlyOnce => {
                    inside.ending = Some(Violation::TOO_SLOW);
                    wake(inside);
                    Put::Overflow
                }
            };
        }
        inside.messages += 1;
        inside.bytes += weight;
        let mail =
            Mail::Message { parcel: Arc::clone(parcel), subscription: Arc::clone(subscription), is_snapshot: false };
        match &mut inside.held {
            Some(held) => held.push_back(mail),
            None => inside.mails.push_back(mail),
        }
        wake(inside);
        Put::Waits
    }

    /// Says that the store is done with a retained message.
    pub(crate) fn settle(&self, ticket: u64, is_stored: bool) {
        let mut inside = lock(&self.inside);
        inside.mails.push_back(Mail::Settled { ticket, is_stored });
        wake(inside);
    }

    /// Holds live messages back until [`Mailbox::release`].
    pub(crate) fn hold(&self) {
        lock(&self.inside).held.get_or_insert_default();
    }

    /// Puts a snapshot in, and behind it what was held back meanwhile.
    pub(crate) fn release(&self, snapshot: Vec<Mail>) {
        let mut inside = lock(&self.inside);
        for mail in &snapshot {
            inside.messages += 1;
            inside.bytes += mail.weight();
        }
        inside.mails.extend(snapshot);
        let held = inside.held.take().unwrap_or_default();
        inside.mails.extend(held);
        wake(inside);
    }

    /// Has the client's task end the connection; returns whether nobody else had.
    pub(crate) fn end(&self, ending: Violation) -> bool {
        let mut inside = lock(&self.inside);
        let is_first = inside.ending.is_none();
        inside.ending.get_or_insert(ending);
        wake(inside);
        is_first
    }

    /// Waits until there is something, and lets those who put something in know that they need to wake the task.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut inside = lock(&self.inside);
        if !inside.mails.is_empty() || inside.ending.is_some() {
            inside.is_awake = true;
            return Poll::Ready(());
        }
        inside.is_awake = false;
        match &mut inside.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => inside.waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    /// Says that the task is running for another reason, so that it need not be woken.
    pub(crate) fn stay_awake(&self) {
        lock(&self.inside).is_awake = true;
    }

    /// Takes all that waits, to be counted as waiting until [`Mailbox::written`], and returns why the connection has
    /// to end, if it has.
    pub(crate) fn take(&self, into: &mut VecDeque<Mail>) -> Option<Violation> {
        let mut inside = lock(&self.inside);
        if into.is_empty() {
            std::mem::swap(into, &mut inside.mails);
        } else {
            into.append(&mut inside.mails);
        }
        inside.ending
    }

    /// Returns how many messages wait.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.inside).messages
    }

    /// Makes room for as many messages and bytes as have been written or given up.
    pub(crate) fn written(&self, messages: usize, bytes: usize) {
        let mut inside = lock(&self.inside);
        inside.messages = inside.messages.saturating_sub(messages);
        inside.bytes = inside.bytes.saturating_sub(bytes);
    }
}

/// Wakes the task outside the lock, if it sleeps.
fn wake(mut inside: std::sync::MutexGuard<'_, Inside>) {
    if inside.is_awake {
        return;
    }
    inside.is_awake = true;
    let waker = inside.waker.clone();
    drop(inside);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Mail {
    /// Returns how many bytes it takes while it waits.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Message { parcel, .. } => parcel.weight(),
            Self::Settled { .. } => 0,
        }
    }
}

impl Violation {
    /// The client has not read what it asked for.
    pub(crate) const TOO_SLOW: Self =
        Self::new(rmqtt_codec::v5::DisconnectReasonCode::QuotaExceeded, "client does not read fast enough");
}
