//! The small house of the stories: a gateway, and a bridge with a lamp, a sensor and a plug.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    client::{Client, Refused},
    gateway::Gateway,
    wire::{Message, Version},
    zigbee::{Bridge, Network},
};

/// A house in which somebody lives; its owner's account is `owner`.
#[derive(Debug)]
pub struct House {
    /// The bridge and its devices.
    pub bridge: Bridge,
    /// The gateway.
    pub gateway: Gateway,
}

impl House {
    /// Starts a house; when this returns, the gateway knows all its devices.
    #[must_use]
    pub fn start(binary: impl Into<PathBuf>) -> Self {
        Self::start_as(binary, "home")
    }

    /// Starts a house whose home has another id.
    #[must_use]
    pub fn start_as(binary: impl Into<PathBuf>, home: &str) -> Self {
        Self::start_in(Gateway::prepare(binary).named(home))
    }

    /// Starts a house around a gateway that was prepared.
    #[must_use]
    pub fn start_in(gateway: Gateway) -> Self {
        let gateway = gateway.with_cluster("zigbee", "zigbee2mqtt").start();
        Self { bridge: join(&gateway), gateway }
    }

    /// Connects a client of the owner.
    #[must_use]
    pub fn owner(&self) -> Client {
        self.gateway.client("owner")
    }

    /// Kills the gateway like a power cut and starts it again; the bridge comes back by itself.
    pub fn survive_power_cut(&mut self) {
        self.gateway.kill();
        self.gateway.restart();
        self.bridge = join(&self.gateway);
    }

    /// Returns all that a new subscriber finds retained, by topic.
    ///
    /// # Panics
    /// If the owner may not see everything.
    #[must_use]
    pub fn retained(&self) -> BTreeMap<String, Message> {
        let mut client = self.owner();
        client.subscribe(&["#"]).expect("the owner may see everything");
        client.fence();
        client.heard().iter().map(|message| (message.topic.clone(), message.clone())).collect()
    }
}

fn join(gateway: &Gateway) -> Bridge {
    let connect = |name: &str| -> Result<Client, Refused> { gateway.named_client("cluster", Version::V5, name) };
    Bridge::join(Network::house(), |name| connect(name).expect("the gateway lets the bridge in"))
}
