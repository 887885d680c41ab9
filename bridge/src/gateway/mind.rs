//! The engine behind its lock: inputs go in from any task, outputs go out in order.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use hes_broker::Part;
use hes_engine::{
    Engine, Input, Output, Post,
    record::{ParcelRecord, Record},
};
use hes_schemas::{ClusterId, Filter, HomeId, Timestamp, link::LinkMessage};
use tokio::{runtime::Handle, sync::Notify};

use super::{
    clock::Clock,
    notebook::Turn,
    sinks::{Done, Sinks, heard},
};

/// How long to wait before a log that could not be kept is tried again.
const LOG_AGAIN: Duration = Duration::from_secs(1);

/// The engine and where its outputs go.
///
/// An input is handled on the task that brings it, under the lock, and so are its outputs: every sink is a bounded queue
/// that never waits. That is why a property is read in two socket hops and no wake-up.
#[derive(Debug)]
pub(crate) struct Mind {
    engine: Mutex<Engine>,
    sinks: Sinks,
    clock: Arc<Clock>,
    /// When the engine wants to be woken, as the timer knows it.
    armed: AtomicI64,
    rearm: Notify,
    runtime: Handle,
    me: Weak<Self>,
}

impl Mind {
    pub(crate) fn new(engine: Engine, sinks: Sinks, clock: Arc<Clock>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            engine: Mutex::new(engine),
            sinks,
            clock,
            armed: AtomicI64::new(i64::MAX),
            rearm: Notify::new(),
            runtime: Handle::current(),
            me: me.clone(),
        })
    }

    pub(crate) const fn sinks(&self) -> &Sinks {
        &self.sinks
    }

    /// Takes in what happened, and does what the engine wants done.
    pub(crate) fn handle(&self, input: Input<'_>) {
        self.handle_for(input, None);
    }

    /// Does the same for somebody who is told that it was taken in; what may not be lost of it has a part in that.
    pub(crate) fn handle_for(&self, input: Input<'_>, part: Option<Part<'_>>) {
        let mut engine = self.engine();
        engine.handle(self.clock.now(), input);
        self.drain(&mut engine, part);
    }

    /// Only looks at the engine.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Engine) -> T) -> T {
        look(&self.engine())
    }

    /// Hands out what is retained and matches a filter, while nothing can change.
    pub(crate) fn retained(&self, filter: &Filter, each: &mut dyn FnMut(Post)) {
        self.engine().retained(filter, each);
    }

    /// Returns what is to be said last where it stays: that nobody is there.
    pub(crate) fn farewell(&self) -> Vec<Post> {
        self.engine().farewell(self.clock.now())
    }

    /// Wakes the engine when it wants to be; ends with the task it runs in.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        loop {
            let next = self.look(Engine::poll_timeout);
            self.armed.store(next.map_or(i64::MAX, Timestamp::as_millis), Ordering::SeqCst);
            let wait = next.map(|next| next.since(self.clock.now()).to_duration());
            // a clock of whole milliseconds would make what is wanted at once wait
            if wait != Some(Duration::ZERO) {
                tokio::select! {
                    () = self.rearm.notified() => continue,
                    () = sleep(wait) => {}
                }
            }
            self.do_due();
            tokio::task::yield_now().await;
        }
    }

    fn do_due(&self) {
        let mut engine = self.engine();
        engine.handle_timeout(self.clock.now());
        self.drain(&mut engine, None);
    }

    fn drain(&self, engine: &mut Engine, part: Option<Part<'_>>) {
        let mut said: BTreeMap<HomeId, Vec<LinkMessage>> = BTreeMap::new();
        while let Some(output) = engine.poll_output() {
            if let Output::Log(parcel) = output {
                self.log(parcel, part.map(|part| part()));
            } else if let Output::Say(peer, message) = output {
                said.entry(peer).or_default().push(message);
            } else {
                self.carry_out(output);
            }
        }
        said.iter().for_each(|(peer, messages)| self.sinks.peers().say(peer, messages));
        let next = engine.poll_timeout().map_or(i64::MAX, Timestamp::as_millis);
        if next < self.armed.load(Ordering::SeqCst) {
            self.rearm.notify_one();
        }
    }

    fn carry_out(&self, output: Output) {
        match output {
            Output::Publish(post) => self.sinks.publish(post),
            Output::Answer(letter) => self.sinks.answer(letter),
            Output::Notify { user, client, post } => self.sinks.notify(&user, &client, post),
            Output::Command(cluster, command) => self.sinks.command(&cluster, command),
            Output::Save(record) => self.sinks.save(record),
            Output::Remember { cluster, topic, payload } => self.sinks.remember(cluster, topic, payload),
            Output::Recall(cluster) => self.recall(cluster),
            Output::Notice(notice) => super::report::notice(&notice),
            Output::Say(peer, message) => self.sinks.peers().say(&peer, &[message]),
            Output::Log(parcel) => self.log(parcel, None),
            Output::PublishOnce(post, records) => {
                let done = self.noted(&records);
                self.sinks.publish_with(post, records, done);
            }
            Output::NotifyOnce { user, client, post, records } => {
                let (noted, me) = (self.noted(&records), self.me.clone());
                let done = move |is_kept| {
                    if let Some(me) = me.upgrade().filter(|_| is_kept) {
                        me.sinks.notify(&user, &client, post);
                    }
                    noted(is_kept);
                };
                self.sinks.keep_all(records, Box::new(done));
            }
            Output::Note(records) => {
                let done = self.noted(&records);
                self.sinks.keep_all(records, done);
            }
            Output::Mirrored(path, document) => self.sinks.register().mirror(path, document.as_deref()),
            Output::Foreign(home, user, grants) => {
                self.sinks.register().grant_abroad(self.clock.now(), home, user, grants);
            }
            Output::Errand(key, errand) => self.sinks.peers().run(key, errand),
            Output::Keep { record, kept, refused, undo } => {
                let (me, runtime) = (self.me.clone(), self.runtime.clone());
                let done = move |is_kept: bool| {
                    let Some(me) = me.upgrade() else { return };
                    let Some(sid) = undo.filter(|_| !is_kept) else {
                        return me.carry_out(if is_kept { *kept } else { *refused });
                    };
                    later(&runtime, Duration::ZERO, move || {
                        // undone before it is answered: whoever asks again at once begins anew
                        me.handle(Input::NotKept(sid));
                        me.carry_out(*refused);
                    });
                };
                self.sinks.keep(record, Box::new(done));
            }
        }
    }

    /// Keeps an entry of the log, for as long as it takes; who waits for it hears whether it was kept at once.
    fn log(&self, parcel: ParcelRecord, waits: Option<Done>) {
        let (me, runtime) = (self.me.clone(), self.runtime.clone());
        let again = parcel.clone();
        let done = move |is_kept: bool| {
            let Some(me) = me.upgrade() else { return };
            if is_kept {
                me.handle(Input::Logged(again.peer, again.log.seq));
            } else {
                later(&runtime, LOG_AGAIN, move || me.log(again, None));
            }
            waits.into_iter().for_each(|waits| waits(is_kept));
        };
        self.sinks.store().log(parcel, Box::new(done));
    }

    /// Returns what is to be called when what a peer's log said is on disk, or could not be put there.
    fn noted(&self, records: &[Record]) -> Done {
        let heard: Vec<(HomeId, u64)> =
            records.iter().filter_map(heard).map(|(peer, seq)| (peer.clone(), seq)).collect();
        let me = self.me.clone();
        Box::new(move |is_kept| {
            let Some(me) = me.upgrade() else { return };
            for (peer, seq) in heard {
                if is_kept {
                    me.handle(Input::Noted(peer, seq));
                } else {
                    me.go_back(peer);
                }
            }
        })
    }

    /// Has heard again what the store refused of a peer's log, and all behind it; once, however much that is.
    fn go_back(&self, peer: HomeId) {
        let me = self.me.clone();
        later(&self.runtime, LOG_AGAIN, move || {
            let Some(me) = me.upgrade() else { return };
            // nothing is heard between the two
            let mut engine = me.engine();
            match me.sinks.hear_again(&peer) {
                Turn::Whole => {}
                Turn::Busy => me.go_back(peer),
                Turn::Turned => {
                    engine.handle(me.clock.now(), Input::NotNoted(peer));
                    me.drain(&mut engine, None);
                }
            }
        });
    }

    /// Brings back what a cluster said of its devices in another life.
    fn recall(&self, cluster: ClusterId) {
        let Some(me) = self.me.upgrade() else { return };
        tokio::spawn(async move {
            match me.sinks.store().recall(&cluster).await {
                Ok(inventories) => {
                    for (topic, payload) in inventories {
                        me.handle(Input::Retained { cluster: &cluster, topic: &topic, payload: &payload });
                    }
                }
                Err(error) => super::report::not_recalled(&cluster, &error),
            }
        });
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        // the engine never panics; were it to, a half-done step would still be better than a house that stands still
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Acts on what the store has refused, on a task of its own: it may refuse while whoever asked holds the engine's lock.
fn later(runtime: &Handle, pause: Duration, act: impl FnOnce() + Send + 'static) {
    runtime.spawn(async move {
        tokio::time::sleep(pause).await;
        act();
    });
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
