//! The broker as the gateway holds it.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, RwLock, atomic::AtomicU64},
    time::{Duration, Instant},
};

use hes_schemas::{Filter, HomeId, Root};
use rmqtt_codec::v5::DisconnectReasonCode;
use rustc_hash::FxHashMap;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Attachment, Backend, Done, Door, Figures, Limits, Publish, RestoredSession, RouterKind, Tap,
    ended::Ended,
    figures::Counters,
    gate::Gate,
    hub::{Hub, sink},
    listener::{Lobby, listen},
    pace::Accounts,
    pledge::{Keep, Pledge},
    report::Notice,
    retained::Retained,
    subscriptions::{Exact, Wild},
    sync::read,
    system::{System, tell, tell_always},
    taps::Taps,
    watch::watch,
    wire::Violation,
};

/// How long a broker that stops waits for its clients to take their last words.
const FAREWELL: Duration = Duration::from_secs(3);

const STOPPING: Violation = Violation::new(DisconnectReasonCode::ServerShuttingDown, "server is shutting down");

/// What a broker is started with.
#[derive(Debug)]
pub struct Config {
    /// Its listeners, already bound.
    pub doors: Vec<Door>,
    /// What a client may take.
    pub limits: Limits,
    /// Where the interface's topics begin.
    pub root: Root,
    /// The home whose answer spaces are here.
    pub home: HomeId,
    /// Which router answers.
    pub router: RouterKind,
    /// The retained messages that were stored, see [`Backend::store_retained`], with what is left of their expiry.
    pub retained: Vec<Publish>,
    /// The sessions that were kept, see [`Backend::keep`].
    pub sessions: Vec<RestoredSession>,
}

/// A running broker; a clone is the same one.
#[derive(Clone)]
pub struct Broker {
    pub(crate) hub: Arc<Hub>,
    addresses: Arc<[SocketAddr]>,
}

/// Why a broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener has no address.
    #[error("listener has no address")]
    Address(#[source] io::Error),
    /// The router's threads cannot be started.
    #[error("router cannot be started: {0}")]
    Router(String),
}

impl Broker {
    /// Starts the listeners and the router, in the runtime that it is called in.
    ///
    /// The first client may come before this returns: a backend that still waits for its handle on the broker should
    /// refuse it as [`crate::Refusal::Unavailable`].
    ///
    /// # Errors
    /// [`StartError`]; then nothing runs.
    pub async fn start(config: Config, backend: Arc<dyn Backend>) -> Result<Self, StartError> {
        let addresses: Result<_, _> = config.doors.iter().map(|door| door.socket.local_addr()).collect();
        let addresses: Vec<SocketAddr> = addresses.map_err(StartError::Address)?;
        let counters = Arc::new(Counters::default());
        let wild = Arc::new(Wild::default());
        let (kind, limits) = (config.router, config.limits.clone());
        let sink = sink(Arc::clone(&wild), Arc::clone(&counters));
        let router_counters = Arc::clone(&counters);
        let started = tokio::task::spawn_blocking(move || kind.start(sink, &limits, router_counters)).await;
        let router = started.map_err(|error| StartError::Router(error.to_string()))?.map_err(StartError::Router)?;
        let hub = Arc::new(Hub {
            retained: Retained::new(config.retained, config.limits.retained),
            limits: config.limits,
            gate: Gate::new(config.root, config.home),
            backend,
            sessions: RwLock::new(FxHashMap::default()),
            exact: Exact::default(),
            wild,
            router,
            taps: Arc::new(Taps::default()),
            counters,
            accounts: Accounts::default(),
            ended: Ended::default(),
            keys: AtomicU64::new(0),
            projected: AtomicU64::new(0),
            system: System::new(Instant::now()),
            started: Instant::now(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        hub.restore(config.sessions);
        let each = config.doors.iter().map(Door::connections);
        let lobby = Arc::new(Lobby::new(hub.limits.connections, hub.limits.connect_deadline, each));
        for (number, (door, address)) in config.doors.into_iter().zip(&addresses).enumerate() {
            Notice::Listening { address: *address, over: door.words() }.report();
            hub.tasks.spawn(listen(Arc::clone(&hub), Arc::clone(&lobby), number, door));
        }
        hub.tasks.spawn(watch(Arc::clone(&hub)));
        if let Some(period) = hub.limits.system_interval {
            tell(&hub);
            hub.tasks.spawn(tell_always(Arc::clone(&hub), period));
        }
        hub.expire();
        Ok(Self { hub, addresses: addresses.into() })
    }

    /// Publishes what the gateway itself has to say, to all who subscribed.
    ///
    /// Below the interface's root a retained message is not stored here: keeping it is the business of
    /// [`Backend::retained`]. Elsewhere it is stored as a client's would be. What belongs to one client's answer
    /// space goes to that client only. Never waits.
    pub fn publish(&self, message: Publish) {
        self.hub.publish_own(message);
    }

    /// Does as [`Broker::publish`], and has `keep` store what sessions are owed of it, together with whatever the gateway
    /// wants to keep in the same step; `done` hears whether that is on disk.
    ///
    /// `keep` is called once, even if no session is owed anything, unless the router could not take the message: then it
    /// is not, and `done` hears `false`. Must not call the broker, except by what it is given.
    pub fn publish_with(&self, message: Publish, keep: Keep, done: Done) {
        let pledge = Pledge::kept_by(&self.hub.backend, keep, done);
        self.hub.publish_pledged(message, Some(pledge));
    }

    /// Gives a user's client an answer or a notification, if it is subscribed to the topic in its own answer space.
    ///
    /// A client of the same id that is another user's does not get it: ids are free again when their client has gone.
    /// Returns whether the message waits to be written. Called from [`Backend::interface`], it costs no wake-up.
    pub fn send(&self, client: &str, user: &str, message: Publish) -> bool {
        self.hub.send(client, user, message)
    }

    /// Has a listener inside the gateway hear what clients publish outside the interface: the stored messages that
    /// match a filter first, then each new one, once each, on the task of its publisher and in the publisher's order.
    ///
    /// The listener must not wait. It does not hear what [`Broker::publish`] says.
    pub fn attach(&self, filters: Vec<Filter>, tap: Tap) -> Attachment {
        self.hub.taps.attach(filters, tap, &self.hub.retained)
    }

    /// Returns where the broker listens, in the order of its doors.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns what has been counted.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.hub.figures()
    }

    /// Takes no more connections, tells all clients to go, and waits for them for a moment.
    pub async fn shutdown(&self) {
        self.hub.stop.cancel();
        for session in read(&self.hub.sessions).values() {
            session.mailbox.end(STOPPING);
        }
        self.hub.tasks.close();
        // those that take longer end with the runtime
        let _late = tokio::time::timeout(FAREWELL, self.hub.tasks.wait()).await;
        self.hub.router.stop();
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}
