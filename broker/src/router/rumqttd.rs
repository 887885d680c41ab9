//! rumqttd's router as a library: one link for all clients, supervised, and replaced when it dies or grows too large.
//!
//! What it is asked: messages go in with a number as their payload, each under an inner prefix and never retained;
//! filters go in with their key as subscription identifier. What comes back is a pair of number and key. So nothing
//! that its router does with payloads, retained messages, topics or sessions can reach a client.
//!
//! What it may not do: block the runtime (only calls that cannot wait are made from tasks; links are built, and their
//! notifications read, on a thread of our own), lose a message (each is kept in the ledger until proven matched), or
//! stay silent (a marker is sent round as a heartbeat).

mod ledger;
mod link;
mod supervisor;

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use hes_schemas::Filter;
use tokio::sync::Notify;

use self::{ledger::Ledger, link::Sender, supervisor::Supervisor};
use super::{FilterKey, Router, Sink};
use crate::{BoxFuture, Limits, figures::Counters, pledge::Posting, sync::lock};

/// rumqttd's router with its supervisor.
pub(crate) struct Rumqttd {
    shared: Arc<Shared>,
}

/// What the publishers' tasks and the supervisor's thread share.
pub(crate) struct Shared {
    pub(crate) core: Mutex<Core>,
    pub(crate) is_congested: AtomicBool,
    pub(crate) is_stopped: AtomicBool,
    pub(crate) room: Notify,
    pub(crate) sink: Sink,
    pub(crate) counters: Arc<Counters>,
}

/// What must change together: the way into the router, and what is known to be in it.
pub(crate) struct Core {
    /// Nothing while the router is being replaced.
    pub(crate) sender: Option<Sender>,
    pub(crate) ledger: Ledger,
}

impl Rumqttd {
    /// Starts the router and its supervisor. Blocks shortly.
    ///
    /// # Errors
    /// A text that says why it did not start.
    pub(crate) fn start(sink: Sink, limits: &Limits, counters: Arc<Counters>) -> Result<Self, String> {
        let (sender, receiver) = link::build().map_err(|error| error.to_string())?;
        let core = Core { sender: Some(sender), ledger: Ledger::new(limits.router_filters, limits.router_topics) };
        let shared = Arc::new(Shared {
            core: Mutex::new(core),
            is_congested: AtomicBool::new(false),
            is_stopped: AtomicBool::new(false),
            room: Notify::new(),
            sink,
            counters,
        });
        let supervisor = Supervisor::new(Arc::clone(&shared), receiver);
        thread::Builder::new()
            .name("router-link".to_owned())
            .spawn(move || supervisor.run())
            .map_err(|error| error.to_string())?;
        Ok(Self { shared })
    }
}

impl Router for Rumqttd {
    fn subscribe(&self, key: FilterKey, filter: &Filter) {
        let mut core = lock(&self.shared.core);
        core.ledger.subscribe(key, filter);
        if let Some(sender) = &mut core.sender {
            sender.subscribe(key, filter);
        }
    }

    fn unsubscribe(&self, key: FilterKey, filter: &Filter) {
        let mut core = lock(&self.shared.core);
        core.ledger.unsubscribe(key);
        if let Some(sender) = &mut core.sender {
            sender.unsubscribe(filter);
        }
    }

    fn publish(&self, posting: &Posting) -> bool {
        if self.shared.is_stopped.load(Ordering::Acquire) {
            return false;
        }
        let mut core = lock(&self.shared.core);
        let has_room = core.ledger.push(posting);
        core.pump();
        self.shared.note_congestion(&core);
        has_room
    }

    fn is_congested(&self) -> bool {
        self.shared.is_congested.load(Ordering::Acquire)
    }

    fn room(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            loop {
                let mut room = std::pin::pin!(self.shared.room.notified());
                room.as_mut().enable();
                if !self.is_congested() {
                    return;
                }
                room.await;
            }
        })
    }

    fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::Release);
        if let Some(mut sender) = lock(&self.shared.core).sender.take() {
            sender.leave();
        }
        self.shared.is_congested.store(false, Ordering::Release);
        self.shared.room.notify_waiters();
    }
}

impl Drop for Rumqttd {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    /// Has publishers wait or go on, as the ledger says.
    pub(crate) fn note_congestion(&self, core: &Core) {
        let is_congested = core.ledger.is_congested();
        if self.is_congested.swap(is_congested, Ordering::AcqRel) && !is_congested {
            self.room.notify_waiters();
        }
    }
}

impl Core {
    /// Sends what the ledger lets go, and a marker behind it if many wait to be proven matched.
    pub(crate) fn pump(&mut self) {
        let Some(sender) = &mut self.sender else { return };
        while let Some((number, parcel)) = self.ledger.next() {
            sender.publish(number, parcel.publish.topic.as_str());
        }
        if let Some(round) = self.ledger.begin_round() {
            sender.mark(round);
        }
    }

    /// Sends a marker as a heartbeat, unless one is on its way.
    pub(crate) fn beat(&mut self) {
        let Some(sender) = &mut self.sender else { return };
        if let Some(round) = self.ledger.force_round() {
            sender.mark(round);
        }
    }
}

impl fmt::Debug for Rumqttd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rumqttd").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use hes_schemas::Topic;

    use super::*;
    use crate::{Publish, parcel::Parcel};

    fn posting(topic: &str, payload: &str) -> Posting {
        let publish = Publish::new(Topic::new(topic).unwrap(), payload.to_owned());
        Posting { parcel: Arc::new(Parcel::new(publish, 0, None)), pledge: None }
    }

    #[test]
    fn loses_and_repeats_nothing_when_the_router_dies() {
        let (tell, told) = mpsc::channel();
        let sink: Sink =
            Arc::new(move |key, posting| tell.send((key.0, posting.parcel.publish.payload.clone())).unwrap());
        let counters = Arc::new(Counters::default());
        let router = Rumqttd::start(sink, &Limits::default(), Arc::clone(&counters)).unwrap();
        router.subscribe(FilterKey(1), &Filter::new("a/+").unwrap());
        router.subscribe(FilterKey(2), &Filter::new("b/#").unwrap());
        for number in 0..2000 {
            if number % 500 == 250 {
                lock(&router.shared.core).sender.iter_mut().for_each(Sender::kill);
            }
            router.publish(&posting("a/x", &number.to_string()));
        }
        for number in 0..2000 {
            let (key, payload) = told.recv().unwrap();
            assert_eq!((key, payload), (1, number.to_string().into()));
        }
        router.publish(&posting("b/x", "last"));
        assert_eq!(told.recv().unwrap(), (2, "last".into()));
        assert!(counters.read().router_rebuilds > 0);
    }
}
