//! The stage: a broker on a free port, a gateway behind it that can be told what to do, and clients made of bytes.

mod client;
mod disk;
mod gateway;
mod packet;

use std::sync::Arc;

use hes_broker::{Backend, Broker, Config, Door, Limits, Properties, Publish, RouterKind};
use hes_schemas::{HomeId, Root, Topic};
use tokio::net::TcpListener;

pub(crate) use self::{
    client::{Client, Guest, publish},
    gateway::Gateway,
    packet::{Packet, body, packet, prop, split_variable, text},
};

/// Both protocol versions, for stories that are the same in both.
pub(crate) const VERSIONS: [u8; 2] = [4, 5];

/// A running broker with the gateway behind it.
pub(crate) struct House {
    pub(crate) broker: Broker,
    pub(crate) gateway: Arc<Gateway>,
}

impl House {
    /// Opens a house that lets anyone in as the owner.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_routed(router: RouterKind) -> Self {
        Self::open_with(|config| config.router = router).await
    }

    pub(crate) async fn open_limited(limits: Limits) -> Self {
        Self::open_with(|config| config.limits = limits).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config {
            doors: vec![Door { anonymous: true, ..Door::new(socket) }],
            limits: Limits::default(),
            root: Root::default(),
            home: HomeId::new("oak").unwrap(),
            router: RouterKind::Direct,
            retained: Vec::new(),
            sessions: Vec::new(),
        };
        change(&mut config);
        let gateway = Arc::new(Gateway::default());
        let backend: Arc<dyn Backend> = gateway.clone();
        let broker = Broker::start(config, backend).await.unwrap();
        gateway.meet(&broker);
        Self { broker, gateway }
    }

    /// Opens the house that stands where this one was cut off from power: all that was given to the store is on disk.
    pub(crate) async fn reopen(&self) -> Self {
        let sessions = disk::sessions(&self.gateway.kept.lock().unwrap());
        Self::open_with(|config| config.sessions = sessions).await
    }

    /// Does the same with the retained messages and other settings, as often as need be.
    pub(crate) async fn reopen_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let (kept, retained) =
            (self.gateway.kept.lock().unwrap().clone(), self.gateway.retained.lock().unwrap().clone());
        let house = Self::open_with(|config| {
            (config.retained, config.sessions) = (retained.values().cloned().collect(), disk::sessions(&kept));
            change(config);
        })
        .await;
        house.gateway.kept.lock().unwrap().splice(..0, kept);
        *house.gateway.retained.lock().unwrap() = retained;
        house
    }

    /// Waits until so many clients are connected.
    pub(crate) async fn holds(&self, connected: u64) {
        while self.broker.figures().connected != connected {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many answers of the store are owed.
    pub(crate) async fn owes(&self, answers: usize) {
        while self.gateway.owes() != answers {
            tokio::task::yield_now().await;
        }
    }

    /// Opens a connection that has said nothing yet.
    pub(crate) async fn knock(&self) -> Client {
        Client::reach(self.broker.addresses()[0]).await
    }

    /// Opens a connection and has it accepted.
    pub(crate) async fn client(&self, version: u8, id: &str) -> Client {
        self.enter(Guest::new(version, id)).await
    }

    pub(crate) async fn enter(&self, guest: Guest) -> Client {
        let mut client = self.knock().await;
        assert_eq!(client.connect(&guest).await, 0, "{guest:?}");
        client
    }
}

/// Makes a message as the gateway or the store would.
pub(crate) fn message(topic: &str, payload: &'static str) -> Publish {
    Publish::new(Topic::new(topic).unwrap(), payload).with(Properties::default())
}
