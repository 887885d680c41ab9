//! The gateway: the engine, and everything that carries for it.
//!
//! The way of a message: socket -> `door` (or `link`, `alongside`) -> `mind`, which holds the engine -> `sinks` -> broker,
//! link or store. `mind.rs` shows the style of this room best.

mod abroad;
mod alongside;
mod clock;
mod clusters;
mod departed;
mod door;
pub(crate) mod explain;
pub(crate) mod gates;
mod keyring;
mod link;
mod listeners;
mod marks;
mod metrics;
mod mind;
mod notebook;
mod peers;
pub(crate) mod register;
mod report;
mod rights;
mod sinks;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use hes_broker::{Attachment, Broker, Config, RestoredSession};
use hes_engine::{Engine, Input, Limits, clusters::zigbee2mqtt::Zigbee2Mqtt, record::Restored};
use hes_schemas::ClusterId;
use secrecy::SecretString;
use tokio::sync::SetOnce;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    alongside::Outbox,
    clock::Clock,
    door::Door,
    keyring::Keyring,
    listeners::Doors,
    mind::Mind,
    peers::{Kept, Peers, Surroundings},
    register::Register,
    rights::House,
    sinks::{Link, Sinks},
};
use crate::{
    accounts::Accounts,
    peers::{
        book::Book,
        keys::{Keys, LIFE, RotateError},
        notary::HomeNotary,
        station::Station,
    },
    settings::{ClusterSettings, Settings},
    store::{Opened, Store},
};

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    mind: Arc<Mind>,
    store: Store,
    broker: Option<Broker>,
    addresses: Vec<SocketAddr>,
    founded: Option<SecretString>,
    attachments: Vec<Attachment>,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

/// Says why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("{place}{address} cannot be used")]
    Listen {
        /// Where it was given, as `bridge.toml:7: broker.listen: `.
        place: String,
        /// Which one.
        address: SocketAddr,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The certificate of a listener cannot be used.
    #[error("{place}{cause}")]
    Tls {
        /// Which listener, as `bridge.toml:7: broker.listener.address: `.
        place: String,
        /// Why not; part of the text, which would say nothing otherwise.
        cause: crate::certificates::TlsFilesError,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The accounts cannot be used.
    #[error(transparent)]
    Accounts(#[from] crate::accounts::AccountsError),
    /// The keys of the home cannot be used.
    #[error(transparent)]
    Keys(#[from] RotateError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The broker does not start.
    #[error("the built-in broker does not start")]
    Broker(#[source] hes_broker::StartError),
}

impl Gateway {
    /// Starts a gateway; when this returns, it serves.
    ///
    /// # Errors
    /// [`StartError`]; then nothing has been started.
    pub async fn start(settings: &Settings) -> Result<Self, StartError> {
        settings.remarks.iter().for_each(report::remark);
        let doors = Doors::open(&settings.broker).await?;
        let pages = metrics::open(&settings.metrics.listen, &settings.metrics.listen_place).await?;
        let addresses = doors.addresses();
        let clock = Arc::new(Clock::start());
        let opened = Store::open(&settings.data, settings.store.save_interval, clock.now()).await?;
        let keys = Arc::new(Keys::open_or_make(&settings.data, &settings.home, LIFE, clock.now())?);
        let keyring = Keyring::new(Arc::clone(&keys), Arc::clone(&clock));
        let kept = Kept::read(opened.store.ledger(), clock.now()).await?;
        let accounts = Accounts::open(opened.store.ledger().clone(), settings.broker.anonymous).await?;
        accounts.accept_tokens(settings.home.clone());
        let founded = accounts.found_owner().await?;
        let Opened { store, mut restored, retained, sessions, damaged } = opened;
        report::damaged(damaged);
        departed::let_go(&store, &mut restored, &settings.clusters).await?;

        let register = Arc::new(Register::default());
        let (outbox, outgoing) = settings.alongside.as_ref().map(|_| Outbox::new()).unzip();
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let station = Station::new(Arc::clone(&keys), Arc::new(Book::default()), settings.root.clone());
        let station = Arc::new(station.ok_or(StartError::Random)?);
        let around = Surroundings {
            station: Arc::clone(&station),
            root: settings.root.clone(),
            clock: Arc::clone(&clock),
            store: store.clone(),
            accounts: accounts.clone(),
            settings: settings.peers.clone(),
            tasks: tasks.clone(),
            cancel: cancel.clone(),
        };
        let peers = Peers::new(around);
        let sinks = Sinks::new(store.clone(), Arc::clone(&register), outbox.clone(), Arc::clone(&peers));
        let mut engine = engine(settings, restored, &clock);
        engine.set_notary(Arc::new(HomeNotary::new(Arc::clone(station.keys()), Arc::clone(station.book()))));
        let mind = Mind::new(engine, sinks, Arc::clone(&clock));
        mind.look(|engine| engine.devices().for_each(|record| register.add(record)));
        mind.handle(Input::Rights(accounts.rights()));
        keyring.tell(&mind);

        let mut gateway =
            Self { mind, store, broker: None, addresses, founded, attachments: Vec::new(), cancel, tasks };
        let complete = Arc::new(SetOnce::new());
        let (root, home) = (settings.root.clone(), settings.home.clone());
        let roster = Arc::clone(peers.roster());
        let house = House { root, home, register, roster, clock, complete: Arc::clone(&complete) };
        gateway.open_door(settings, doors, (retained, sessions), accounts.clone(), house).await?;
        gateway.link_clusters(&settings.clusters);
        gateway.serve_alongside(settings, outbox, outgoing);
        peers.start(&gateway.mind, gateway.broker.clone(), kept);
        gateway.watch(accounts);
        for listener in pages {
            let (broker, store) = (gateway.broker.clone(), gateway.store.clone());
            gateway.spawn_endless(metrics::serve(listener, broker, store, Arc::clone(&peers), keyring.clone()));
        }
        gateway.spawn_endless(keyring.tend(Arc::clone(&gateway.mind)));
        gateway.spawn_endless(Arc::clone(&gateway.mind).keep_time());
        drop(complete.set(()));
        Ok(gateway)
    }

    /// Returns where the built-in broker listens.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns how many devices it knows.
    #[must_use]
    pub fn device_count(&self) -> usize {
        self.mind.look(Engine::device_count)
    }

    /// Returns the password of the owner's account if this start made it; it is not known afterwards.
    pub const fn take_founded(&mut self) -> Option<SecretString> {
        self.founded.take()
    }

    /// Stops in good order: nobody new is let in, what was promised is kept, and the store is closed.
    ///
    /// # Errors
    /// [`crate::store::StoreError`] if the last changes could not be written.
    pub async fn shutdown(mut self) -> Result<(), crate::store::StoreError> {
        self.mind.sinks().peers().leave();
        self.cancel.cancel();
        if let Some(broker) = &self.broker {
            broker.shutdown().await;
        }
        // not before: what the broker has taken from a cluster until then must have been heard
        self.attachments.clear();
        self.tasks.close();
        self.tasks.wait().await;
        let closed = self.store.close().await;
        report::stored(self.store.figures());
        closed
    }

    async fn open_door(
        &mut self,
        settings: &Settings,
        Doors { doors, certificates }: Doors,
        (retained, sessions): (Vec<hes_broker::Publish>, Vec<RestoredSession>),
        accounts: Accounts,
        house: House,
    ) -> Result<(), StartError> {
        if doors.is_empty() {
            return Ok(());
        }
        let door = Door::new(Arc::clone(&self.mind), accounts, Arc::new(house));
        let config = Config {
            doors,
            limits: settings.broker.limits.clone(),
            root: settings.root.clone(),
            home: settings.home.clone(),
            router: settings.broker.router,
            retained,
            sessions,
        };
        let broker = Broker::start(config, Arc::new(door)).await.map_err(StartError::Broker)?;
        self.spawn_endless(listeners::follow(certificates));
        self.mind.sinks().set_broker(broker.clone());
        self.broker = Some(broker);
        Ok(())
    }

    fn serve_alongside(
        &self,
        settings: &Settings,
        outbox: Option<Outbox>,
        outgoing: Option<tokio::sync::mpsc::Receiver<alongside::Outgoing>>,
    ) {
        let (Some(alongside), Some(outbox), Some(outgoing)) = (&settings.alongside, outbox, outgoing) else { return };
        let (mind, cancel) = (Arc::clone(&self.mind), self.cancel.clone());
        let (remote, acts_as) = (alongside.remote.clone(), alongside.acts_as.clone());
        let serve = alongside::serve(mind, remote, acts_as, outbox, outgoing, cancel);
        // on a thread of its own: a request that comes from there is answered without waking another
        self.tasks.spawn_blocking(move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(serve),
            Err(error) => report::no_thread(&error),
        });
    }

    /// Has changes of the accounts take effect while the gateway runs.
    fn watch(&self, accounts: Accounts) {
        let mind = Arc::downgrade(&self.mind);
        accounts.follow(move |rights| {
            if let Some(mind) = mind.upgrade() {
                mind.handle(Input::Rights(rights));
            }
        });
        self.spawn_endless(async move { accounts.watch().await });
    }

    /// Runs a task that ends by itself when the gateway stops.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Runs a task that may be dropped anywhere when the gateway stops.
    fn spawn_endless(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(self.cancel.clone().run_until_cancelled_owned(task));
    }
}

fn engine(settings: &Settings, restored: Restored, clock: &Clock) -> Engine {
    let now = clock.now();
    let mut engine = Engine::new(settings.home.clone(), settings.root.clone(), Limits::default(), restored, now);
    for cluster in &settings.clusters {
        engine.add_cluster(cluster.id.clone(), Box::new(Zigbee2Mqtt::new(cluster.base.clone())), now);
    }
    engine
}
