//! What waits for one client: filled by anyone without waiting, emptied by the client's own task.

mod line;
mod mail;
mod room;

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

pub(crate) use self::mail::{Mail, Put, Standing};
use self::{line::Line, room::Room};
use crate::{Limits, Qos, delivery::Delivery, sync::lock, wire::Violation};

#[derive(Debug)]
pub(crate) struct Mailbox {
    room: Room,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    mails: VecDeque<Mail>,
    /// Where live messages wait while a snapshot is being taken.
    held: Option<VecDeque<Mail>>,
    /// Where messages wait that the store has to have first.
    line: Line,
    /// Messages that count against the limits: those here, those taken and not yet written, and those to come.
    messages: usize,
    bytes: usize,
    is_away: bool,
    /// Whether nobody ever comes for what is put in here.
    is_closed: bool,
    ending: Option<Violation>,
    is_awake: bool,
    waker: Option<Waker>,
}

impl Mailbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        let inside = Inside { is_awake: true, ..Inside::default() };
        Self { room: Room::new(limits), inside: Mutex::new(inside) }
    }

    /// Has room for so many bytes from then on.
    pub(crate) fn resize(&self, bytes: usize) {
        self.room.resize(bytes);
    }

    /// Puts a message in, if there is room; `outlives` says whether its session outlives the connection.
    pub(crate) fn put(&self, delivery: Delivery, outlives: bool) -> Put {
        let mut inside = lock(&self.inside);
        let put = self.make_room(&mut inside, &delivery, outlives);
        match put {
            Put::Waits => add(inside, Mail::Message(delivery)),
            Put::Overflow => wake(inside),
            Put::Away | Put::Dropped | Put::Lost => {}
        }
        put
    }

    /// Keeps room for a message that is to come with [`Mailbox::arrive`], and returns its place; those that come are
    /// delivered in the order of their places.
    ///
    /// # Errors
    /// What becomes of it if there is no room.
    pub(crate) fn expect(&self, delivery: &Delivery) -> Result<u64, Put> {
        let mut inside = lock(&self.inside);
        let put = self.make_room(&mut inside, delivery, true);
        if put == Put::Waits {
            return Ok(inside.line.join());
        }
        if put == Put::Overflow {
            wake(inside);
        }
        Err(put)
    }

    /// Puts in a message that was expected at a place, behind those at places before it; gives it back if nobody ever
    /// comes for it.
    pub(crate) fn arrive(&self, place: u64, delivery: Delivery) -> Option<Delivery> {
        let mut inside = lock(&self.inside);
        if inside.is_closed {
            return Some(delivery);
        }
        inside.line.fill(place, delivery);
        advance(inside);
        None
    }

    /// Expects a message no longer.
    pub(crate) fn renounce(&self, place: u64, delivery: &Delivery) {
        let mut inside = lock(&self.inside);
        inside.messages = inside.messages.saturating_sub(1);
        inside.bytes = inside.bytes.saturating_sub(delivery.weight());
        inside.line.leave(place);
        advance(inside);
    }

    /// Puts in what needs no room.
    pub(crate) fn admit(&self, mail: Mail) {
        add(lock(&self.inside), mail);
    }

    /// Has places begin behind that of a message from before the broker was away.
    pub(crate) fn restore(&self, place: u64) {
        lock(&self.inside).line.begin_behind(place);
    }

    /// Counts a message that waits elsewhere since before the broker was away.
    pub(crate) fn count_restored(&self, delivery: &Delivery) {
        let mut inside = lock(&self.inside);
        inside.messages += 1;
        inside.bytes += delivery.weight();
    }

    fn make_room(&self, inside: &mut Inside, delivery: &Delivery, outlives: bool) -> Put {
        let (qos, weight) = (delivery.qos(), delivery.weight());
        let is_gone = inside.is_away || inside.ending.is_some();
        if inside.is_closed || (is_gone && (qos == Qos::AtMostOnce || !outlives)) {
            return Put::Away;
        }
        if self.room.fits(weight, inside.messages, inside.bytes) {
            inside.messages += 1;
            inside.bytes += weight;
            return Put::Waits;
        }
        match qos {
            Qos::AtMostOnce => Put::Dropped,
            Qos::AtLeastOnce | Qos::ExactlyOnce if is_gone => Put::Lost,
            Qos::AtLeastOnce | Qos::ExactlyOnce => {
                inside.ending = Some(Violation::TOO_SLOW);
                Put::Overflow
            }
        }
    }

    /// Says how good a place this is for a message of some weight.
    pub(crate) fn standing(&self, weight: usize) -> Standing {
        let inside = lock(&self.inside);
        match inside.is_away || inside.ending.is_some() {
            _ if !self.room.fits(weight, inside.messages, inside.bytes) => Standing::Full,
            true => Standing::Away,
            false => Standing::Reads,
        }
    }

    /// Holds live messages back until [`Mailbox::release`].
    pub(crate) fn hold(&self) {
        lock(&self.inside).held.get_or_insert_default();
    }

    /// Puts a snapshot in, and behind it what was held back meanwhile.
    pub(crate) fn release(&self, snapshot: Vec<Delivery>) {
        let mut inside = lock(&self.inside);
        inside.messages += snapshot.len();
        inside.bytes += snapshot.iter().map(Delivery::weight).sum::<usize>();
        inside.mails.extend(snapshot.into_iter().map(Mail::Message));
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

    /// Begins to wait for a client that is away: what is lost with the connection is dropped.
    pub(crate) fn leave(&self) {
        let mut inside = lock(&self.inside);
        let (messages, bytes) = (&mut 0, &mut 0);
        let held = inside.held.take().unwrap_or_default();
        inside.mails.extend(held);
        inside.mails.retain(|mail| {
            let Mail::Message(delivery) = mail else { return true };
            let is_lost = delivery.qos() == Qos::AtMostOnce;
            if is_lost {
                *messages += 1;
                *bytes += delivery.weight();
            }
            !is_lost
        });
        inside.messages = inside.messages.saturating_sub(*messages);
        inside.bytes = inside.bytes.saturating_sub(*bytes);
        inside.is_away = true;
        inside.waker = None;
    }

    /// Takes out all messages, and begins to give back those that are expected.
    pub(crate) fn close(&self) -> Vec<Delivery> {
        let mut inside = lock(&self.inside);
        inside.is_closed = true;
        let mails = std::mem::take(&mut inside.mails);
        let held = inside.held.take().unwrap_or_default();
        let mut messages: Vec<Delivery> = mails.into_iter().chain(held).filter_map(Mail::into_message).collect();
        messages.extend(inside.line.close());
        messages
    }

    /// Says whether nobody reads what is put in here.
    pub(crate) fn is_away(&self) -> bool {
        let inside = lock(&self.inside);
        inside.is_away || inside.ending.is_some()
    }

    /// Begins to serve a client that has come back.
    pub(crate) fn come_back(&self) {
        let mut inside = lock(&self.inside);
        (inside.is_away, inside.ending, inside.is_awake, inside.waker) = (false, None, true, None);
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

fn add(mut inside: MutexGuard<'_, Inside>, mail: Mail) {
    push(&mut inside, mail);
    wake(inside);
}

fn push(inside: &mut Inside, mail: Mail) {
    match (&mut inside.held, &mail) {
        (Some(held), Mail::Message(_)) => held.push_back(mail),
        _ => inside.mails.push_back(mail),
    }
}

/// Puts in what the line lets go.
fn advance(mut inside: MutexGuard<'_, Inside>) {
    let mut has_any = false;
    while let Some(delivery) = inside.line.next() {
        push(&mut inside, Mail::Message(delivery));
        has_any = true;
    }
    if has_any {
        wake(inside);
    }
}

/// Wakes the task outside the lock, if it sleeps.
fn wake(mut inside: MutexGuard<'_, Inside>) {
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
